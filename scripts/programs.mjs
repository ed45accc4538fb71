// Portal, mirror and launcher as plain JavaScript of a few files each: such a program starts in a quarter of a second,
// where tsx takes more than one for the same sources, most of it for opening hundreds of files of packages.
//
// Out: apps/portal/dist/cli, packages/mirror/dist/cli, packages/devstack/dist/stack, each with main.js. They lie as deep
// below their workspace as their sources do, since they find other files by their own place. Nothing is built when the
// inputs are those of the last build; programs.json, which says so, is written last.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from '../packages/devstack/src/machine/lock.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** `main` is what package.json and the images run; `external` stays a package: it is not JavaScript. */
export const programs = {
  portal: { workspace: 'apps/portal', main: 'src/cli/main.ts', external: ['@node-rs/argon2'] },
  mirror: { workspace: 'packages/mirror', main: 'src/cli/main.ts', external: [] },
  launcher: { workspace: 'packages/devstack', main: 'src/stack/main.ts', external: [] },
}

// packages that are CommonJS call require for Node's own modules
const requireForCommonJs =
  "import { createRequire as requireFrom } from 'node:module'\nconst require = requireFrom(import.meta.url)"

/** Bundles one of the programs into a folder; the files found there before stay. */
export async function bundle({ workspace, main, external }, outdir) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: [join(workspace, main)],
    outdir,
    bundle: true,
    // what is imported only when needed stays a file of its own
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // pg asks for its native twin, and does without
    external: [...external, 'pg-native'],
    banner: { js: requireForCommonJs },
    // names in stack traces stay those of the sources; the licences of what is bundled lie beside it
    legalComments: 'linked',
    logLevel: 'warning',
  })
}

/** The built program's file. */
export const mainOf = (name) => join(outOf(programs[name]), 'main.js')

// a program that is running may still load what the last build left
const KEEP_MS = 24 * 60 * 60 * 1000

const outOf = ({ workspace, main }) => join(root, workspace, main.replace(/^src\/(.*)\/main\.ts$/, 'dist/$1'))
const stampFile = join(root, 'packages/devstack/dist/programs.json')

/** Builds those that are stale; a program that runs keeps what it has loaded. */
export async function buildPrograms() {
  const inputs = await hashOfInputs()
  if (await isBuilt(inputs)) return
  const waiting = () => console.error('Another command builds programs here; waiting for it')
  await withLock(join(root, '.matricula/build.lock'), waiting, async () => {
    if (!(await isBuilt(inputs))) await buildAll(inputs)
  })
}

async function buildAll(inputs) {
  console.error('Building portal, mirror and launcher')
  await rm(stampFile, { force: true })
  await Promise.all(
    Object.values(programs).map(async (program) => {
      const out = outOf(program)
      const fresh = `${out}.${process.pid}`
      await bundle(program, fresh)
      await replace(fresh, out)
    }),
  )
  await writeFile(stampFile, `${JSON.stringify({ inputs })}\n`)
}

/**
 * Puts a build in the place of the last one. main.js, which names the others, comes last and whole, so that a build that
 * is killed leaves no half of a program. Files that it no longer names stay for a day: a program that runs may not have
 * loaded all of its own yet.
 */
async function replace(fresh, out) {
  await mkdir(out, { recursive: true })
  const names = await readdir(fresh)
  for (const name of [...names.filter((one) => one !== 'main.js'), 'main.js'])
    await rename(join(fresh, name), join(out, name))
  await rm(fresh, { recursive: true })
  for (const name of (await readdir(out)).filter((one) => !names.includes(one))) {
    const { mtimeMs } = await stat(join(out, name))
    if (Date.now() - mtimeMs > KEEP_MS) await rm(join(out, name), { force: true })
  }
}

async function isBuilt(inputs) {
  try {
    const built = JSON.parse(await readFile(stampFile, 'utf8'))
    await Promise.all(Object.values(programs).map((program) => stat(join(outOf(program), 'main.js'))))
    return built.inputs === inputs
  } catch {
    return false // none yet, or not whole
  }
}

async function hashOfInputs() {
  const hash = createHash('sha256')
  const folders = ['apps/portal/src', 'packages/mirror/src', 'packages/devstack/src', 'packages/ui/src']
  const found = await Promise.all(folders.map((folder) => sourcesBelow(join(root, folder))))
  // the lock file stands for the versions of the packages
  const files = [fileURLToPath(import.meta.url), join(root, 'package-lock.json'), ...found.flat()]
  const texts = await Promise.all(files.map((file) => readFile(file)))
  for (const [index, text] of texts.entries())
    hash.update(relative(root, files[index])).update('\0').update(text).update('\0')
  return hash.digest('hex')
}

const sourcesBelow = async (folder) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
