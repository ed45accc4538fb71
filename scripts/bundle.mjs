// Makes what the images hold, from sources and built assets (scripts/build.mjs): one folder for each image, with a
// program of a few files and no packages, but for what is not JavaScript. The Dockerfile runs it; so does
// tests/compose.test.ts.
//
//   node scripts/bundle.mjs [FOLDER]       default: dist/images
//
// FOLDER/portal and FOLDER/mirror are laid out as the workspaces are (src/cli, dist/assets, package.json), since the
// programs find their files by their own place.
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, programs } from './programs.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = resolve(process.argv[2] ?? join(root, 'dist/images'))

const copyProgram = async (program, folder) => {
  await bundle(program, join(folder, 'src/cli'))
  const { name, version, type, license } = JSON.parse(
    await readFile(join(root, program.workspace, 'package.json'), 'utf8'),
  )
  await writeFile(
    join(folder, 'package.json'),
    `${JSON.stringify({ name, version, type, license }, null, 2)}\n`,
  )
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

/** A program of docker/ → bin/, executable whatever the checkout made of its mode. */
const copyScript = async (source, folder, name) => {
  await mkdir(join(folder, 'bin'), { recursive: true })
  await cp(join(root, 'docker', source), join(folder, 'bin', name))
  await chmod(join(folder, 'bin', name), 0o755)
}

/** A package with a native part, as installed here, and its parts for this platform. */
const copyNative = async (workspace, folder, name) => {
  const require = createRequire(join(root, workspace, 'package.json'))
  const place = (found) => join(folder, 'node_modules', found)
  const manifest = require.resolve(`${name}/package.json`)
  await cp(dirname(manifest), place(name), { recursive: true, dereference: true })
  const { optionalDependencies = {} } = JSON.parse(await readFile(manifest, 'utf8'))
  let copied = 0
  for (const part of Object.keys(optionalDependencies)) {
    try {
      const found = createRequire(manifest).resolve(`${part}/package.json`)
      await cp(dirname(found), place(part), { recursive: true, dereference: true })
      copied += 1
    } catch (error) {
      // another platform's: npm has left it out
      if (error.code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  if (copied === 0) throw new Error(`${name}: its native part for this platform is not installed`)
}

await rm(out, { recursive: true, force: true })

const portal = join(out, 'portal')
await copyProgram(programs.portal, portal)
await copyNative('apps/portal', portal, '@node-rs/argon2')
await cp(join(root, 'apps/portal/dist/assets'), join(portal, 'dist/assets'), { recursive: true })
await copyScript('portal/portal', portal, 'portal')
await copyScript('portal/passwords', portal, 'passwords')
await copyScript('healthy.js', portal, 'healthy.js')

const mirror = join(out, 'mirror')
await copyProgram(programs.mirror, mirror)
await copyScript('mirror/mirror', mirror, 'mirror')
await copyScript('healthy.js', mirror, 'healthy.js')
console.error(`Bundled: ${portal}, ${mirror}`)
