// Builds what browsers load: style sheets (Tailwind) and islands (esbuild), each named by the hash of its content, so
// that it can be cached for ever. Does nothing when the inputs are those of the last build. `npm start` calls it.
//
// Out: apps/portal/dist/assets/*  and  apps/portal/dist/assets/manifest.json, which names them; it is written last and by
// a rename, so that a reader sees the old build or the new one, whole.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const portal = join(root, 'apps/portal')
const out = join(portal, 'dist/assets')
const manifestFile = join(out, 'manifest.json')
// an older portal may still be serving its files: they are kept for a day
const KEEP_MS = 24 * 60 * 60 * 1000

/** Every file below a folder, sorted, so that the hash does not depend on the file system. */
const filesBelow = async (folder) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

const inputFolders = ['packages/ui/src', 'apps/portal/src/views', 'apps/portal/src/islands']

const hashOfInputs = async () => {
  const hash = createHash('sha256')
  const files = [
    fileURLToPath(import.meta.url),
    // stands for the versions of the tools
    join(root, 'package-lock.json'),
    ...(await Promise.all(inputFolders.map((folder) => filesBelow(join(root, folder))))).flat(),
  ]
  for (const file of files) {
    hash
      .update(relative(root, file))
      .update('\0')
      .update(await readFile(file))
      .update('\0')
  }
  return hash.digest('hex')
}

const readManifest = async () => {
  try {
    const manifest = JSON.parse(await readFile(manifestFile, 'utf8'))
    const names = [manifest.styles, manifest.icon, ...Object.values(manifest.scripts)]
    await Promise.all(names.map((name) => stat(join(out, name))))
    return manifest
  } catch {
    return undefined // none yet, or not whole: build
  }
}

const writeHashed = async (name, content) => {
  const extension = extname(name)
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10)
  const file = `${basename(name, extension)}-${hash}${extension}`
  await writeFile(join(out, file), content)
  console.error(`  ${file}  ${(gzipSync(content).length / 1024).toFixed(1)} KB compressed`)
  return file
}

const buildStyles = async () => {
  const cli = join(
    dirname(createRequire(join(root, 'packages/ui/package.json')).resolve('@tailwindcss/cli/package.json')),
    'dist/index.mjs',
  )
  const target = join(out, `.site-${process.pid}.css`)
  const input = join(portal, 'src/views/site.css')
  await promisify(execFile)(process.execPath, [cli, '--input', input, '--output', target, '--minify'], {
    cwd: root,
  })
  const css = await readFile(target)
  await rm(target)
  return writeHashed('site.css', css)
}

const buildIslands = async () => {
  const esbuild = await import('esbuild')
  const folder = join(portal, 'src/islands')
  // an island is a *.island.ts(x); the files beside them are its parts, shared with the server
  const entries = (await readdir(folder)).filter((name) => /\.island\.tsx?$/.test(name)).sort()
  const scripts = {}
  for (const entry of entries) {
    const { outputFiles } = await esbuild.build({
      entryPoints: [join(folder, entry)],
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: 'es2022',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      legalComments: 'none',
      logLevel: 'warning',
    })
    const name = entry.replace(/\.island\.tsx?$/, '')
    scripts[name] = await writeHashed(`${name}.js`, outputFiles[0].contents)
  }
  return scripts
}

const removeOld = async (current) => {
  for (const name of await readdir(out)) {
    if (current.has(name)) continue
    const file = join(out, name)
    const { mtimeMs } = await stat(file)
    if (Date.now() - mtimeMs > KEEP_MS) await rm(file)
  }
}

const inputs = await hashOfInputs()
const before = await readManifest()
if (before?.inputs === inputs) process.exit(0)

console.error('Building pages’ assets:')
await mkdir(out, { recursive: true })
const [styles, scripts, icon] = await Promise.all([
  buildStyles(),
  buildIslands(),
  readFile(join(portal, 'src/views/icon.svg')).then((svg) => writeHashed('icon.svg', svg)),
])
const draft = join(out, `.manifest-${process.pid}.json`)
await writeFile(draft, `${JSON.stringify({ inputs, styles, scripts, icon }, null, 2)}\n`)
await rename(draft, manifestFile)
await removeOld(new Set([styles, icon, ...Object.values(scripts), 'manifest.json']))
