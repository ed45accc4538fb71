/**
 * Debian packages, unpacked into a folder and not installed: no service, no user, no file outside of the folder,
 * no right needed but to write there.
 *
 * apt does the work with private lists and an *empty* record of what is installed. So it resolves the whole set of
 * packages down to libc, checks every signature and hash, and asks nobody for a lock or for root. A program then
 * runs by the loader and with the libraries of its own set, whatever libc the machine has.
 *
 * The folder appears under its name only when it is complete; a download that was cut off never counts.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { withLock } from '../machine/lock.mjs'
import { which } from '../machine/places.ts'
import { run, runOrThrow } from '../machine/run.ts'

export interface DebianSet {
  /** in progress lines: `MariaDB` */
  readonly title: string
  readonly packages: readonly string[]
  /** a sources.list of one's own; absent: the machine's */
  readonly sources?: string
  /** the record of installed packages; absent: an empty one, so that everything is fetched */
  readonly status?: string
  /** files of archives to leave out */
  readonly skip?: RegExp
}

export type Progress = (line: string) => void

/** Files are there and complete? */
export const isUnpacked = (folder: string): boolean => existsSync(join(folder, '.ready'))

/** Whether this machine has the two programs that unpacking needs. */
export const hasApt = (): boolean => which('apt-get') !== undefined && which('dpkg-deb') !== undefined

/** Returns when `folder` holds the set; fetches and unpacks it unless it does already. */
export async function unpack(folder: string, set: DebianSet, progress: Progress): Promise<void> {
  if (isUnpacked(folder)) return
  await withLock(
    `${folder}.lock`,
    () => progress(`${set.title}: another process is fetching it; waiting`),
    async () => {
      if (isUnpacked(folder)) return
      const work = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`))
      try {
        const root = await fetchAndExtract(work, set, progress)
        writeFileSync(join(root, '.ready'), `${set.packages.join(' ')}\n`)
        rmSync(folder, { recursive: true, force: true })
        renameSync(root, folder)
      } finally {
        rmSync(work, { recursive: true, force: true })
      }
    },
  )
}

async function fetchAndExtract(work: string, set: DebianSet, progress: Progress): Promise<string> {
  const root = join(work, 'root')
  for (const name of ['lists/partial', 'cache/archives/partial', 'state', 'root']) {
    mkdirSync(join(work, name), { recursive: true })
  }
  const status = set.status ?? join(work, 'status')
  if (set.status === undefined) writeFileSync(status, '')
  const options = [
    `Dir::State=${work}/state`,
    `Dir::State::Lists=${work}/lists`,
    `Dir::State::status=${status}`,
    `Dir::Cache=${work}/cache`,
    // no file may be handed to apt's own user, nor a lock of the machine be asked for
    'APT::Sandbox::User=',
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
  ]
  if (set.sources !== undefined) {
    writeFileSync(join(work, 'sources.list'), set.sources)
    options.push(`Dir::Etc::sourcelist=${work}/sources.list`, 'Dir::Etc::sourceparts=/dev/null')
  }
  const apt = options.flatMap((option) => ['-o', option])
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }

  progress(`${set.title}: fetching the package lists`)
  // One unreachable list of many is no reason to stop: whether the packages are found decides.
  const update = await run('apt-get', [...apt, '-q', 'update'], { env })
  const install = [
    ...apt,
    '-q',
    '-y',
    '--no-install-recommends',
    '--download-only',
    'install',
    ...set.packages,
  ]
  let fetched = 0
  const got = await run('apt-get', install, {
    env,
    onLine(line) {
      const size = /^Need to get (.*?) of archives/.exec(line)?.[1]
      if (size !== undefined) {
        progress(
          `${set.title}: fetching ${set.packages.join(', ')} and what it needs, ${size} (unpacked, not installed)`,
        )
      } else if (/^Get:\d+ /.test(line) && (fetched += 1) % 20 === 0) {
        progress(`${set.title}: ${fetched} packages fetched`)
      }
    },
  })
  if (got.status !== 0) {
    const said = [update.stderr, got.stderr].join('\n').trim().split('\n').slice(-8).join('\n')
    throw new Error(`${set.title}: apt-get could not fetch ${set.packages.join(', ')}:\n${said}`)
  }
  const archives = join(work, 'cache', 'archives')
  const debs = readdirSync(archives).filter((name) => name.endsWith('.deb') && set.skip?.test(name) !== true)
  progress(`${set.title}: unpacking ${debs.length} packages`)
  for (const deb of debs) await runOrThrow('dpkg-deb', ['-x', join(archives, deb), root])
  return root
}

/** The loader of an unpacked set with its library folders: the beginning of a command line. */
export function loader(root: string, extra: readonly string[] = []): readonly string[] {
  const folders: string[] = []
  let found: string | undefined
  for (const parent of ['lib', 'usr/lib', 'lib64', 'usr/lib64']) {
    const folder = join(root, parent)
    if (!existsSync(folder)) continue
    for (const entry of readdirSync(folder)) {
      if (/^ld-linux.*\.so\.\d$/.test(entry)) found ??= join(folder, entry)
      if (!/-linux-gnu/.test(entry)) continue
      folders.push(join(folder, entry))
      for (const file of readdirSync(join(folder, entry))) {
        if (/^ld-linux.*\.so\.\d$/.test(file)) found ??= join(folder, entry, file)
      }
    }
  }
  if (found === undefined) throw new Error(`No loader below ${root}.`)
  return [found, '--library-path', [...folders, ...extra.map((path) => join(root, path))].join(':')]
}

/** The first address of the machine's own package sources: a mirror that can be reached from here. */
export function debianMirror(sources: string): string | undefined {
  return (/^URIs: *(\S+)/m.exec(sources) ?? /^deb (?:\[[^\]]*\] )?(\S+)/m.exec(sources))?.[1]
}
