// `npm start`, from a bare clone on: packages, assets, then the real launcher in packages/devstack/src/stack, which is
// TypeScript and can run once its packages are there.
import { buildAssets, checkNode, installPackages } from './prepare.mjs'

checkNode()
if (!process.argv.includes('--help')) {
  await installPackages()
  await buildAssets()
}
let main
try {
  const { register } = await import('tsx/esm/api')
  register()
  ;({ main } = await import('../packages/devstack/src/stack/main.ts'))
} catch (error) {
  // --help before the first start: the text is in a file that cannot be read without packages
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  console.log(
    'npm start [-- OPTIONS]   Run it once; it installs what it needs. Its options are told after that.',
  )
  process.exit(0)
}
process.exit(await main(process.argv.slice(2)))
