// `npm start`, from a bare clone on: packages, assets, programs, then the real launcher, which is TypeScript in
// packages/devstack/src/stack and was built among the programs.
import { buildAssets, checkNode, installPackages } from './prepare.mjs'

checkNode()
if (!process.argv.includes('--help')) {
  await installPackages()
  // esbuild is among the packages
  const { buildPrograms } = await import('./programs.mjs')
  await Promise.all([buildAssets(), buildPrograms()])
}
let main
try {
  ;({ main } = await import('../packages/devstack/dist/stack/main.js'))
} catch (error) {
  // --help before the first start: the text is in a program that is not built yet
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  console.log(
    'npm start [-- OPTIONS]   Run it once; it installs what it needs. Its options are told after that.',
  )
  process.exit(0)
}
process.exit(await main(process.argv.slice(2)))
