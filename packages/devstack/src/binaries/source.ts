/** Where a server of the MySQL family comes from: the PATH, else packages unpacked into the cache. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, which } from '../machine/places.ts'
import { run } from '../machine/run.ts'
import { MissingServerError } from '../types.ts'
import { debianMirror, hasApt, isUnpacked, loader, unpack, type DebianSet, type Progress } from './debian.ts'

export type SourceFamily = 'mysql' | 'mariadb'

export interface SourceProgram {
  readonly family: SourceFamily
  readonly version: string
  /** the beginning of its command line: maybe a loader, the program, options that say where its files are */
  readonly command: readonly [string, ...string[]]
  /** the folder with the SQL files that make MariaDB's own tables */
  readonly share: string
  readonly origin: 'path' | 'unpacked'
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** The oldest versions on which the portal's schema (CHECK, JSON, SKIP LOCKED) runs. */
const OLDEST: Record<SourceFamily, number> = { mysql: 8, mariadb: 10.6 }

/** Finds the program, fetching it when there is no other way. Throws MissingServerError, naming the choices. */
export async function findSource(family: SourceFamily, progress: Progress): Promise<SourceProgram> {
  const installed = await onPath(family)
  if (installed !== undefined) return installed
  const folder = join(cacheFolder(), family)
  try {
    if (!isUnpacked(folder)) {
      if (!hasApt()) throw new Error('there is no apt here to fetch it with')
      mkdirSync(cacheFolder(), { recursive: true })
      await unpack(folder, debianSet(family), progress)
    }
    return await unpacked(family, folder)
  } catch (error) {
    throw new MissingServerError(missing(family, error), { cause: error })
  }
}

async function onPath(family: SourceFamily): Promise<SourceProgram | undefined> {
  const file = family === 'mariadb' ? which('mariadbd', 'mysqld') : which('mysqld')
  if (file === undefined) return undefined
  const version = await versionOf([file], family)
  if (version === undefined || Number.parseFloat(version) < OLDEST[family]) return undefined
  // Debian's way of naming first, Homebrew's and others' after it
  const shares = [
    '/usr/share/mysql',
    '/usr/share/mariadb',
    join(file, '../../share/mysql'),
    join(file, '../../share'),
  ]
  const share = shares.find((path) => bootstrapFiles(path).length > 0)
  if (family === 'mariadb' && share === undefined) return undefined
  return { family, version, command: [file, '--no-defaults'], share: share ?? '', origin: 'path' }
}

async function unpacked(family: SourceFamily, root: string): Promise<SourceProgram> {
  const usr = join(root, 'usr')
  const program = ['sbin/mariadbd', 'sbin/mysqld']
    .map((name) => join(usr, name))
    .find((file) => existsSync(file))
  if (program === undefined) throw new Error(`there is no server program below ${root}`)
  const [first, ...rest] = loader(root, ['usr/lib/mysql/private'])
  if (first === undefined) throw new Error(`there is no loader below ${root}`)
  const share =
    ['mysql', 'mariadb'].map((name) => join(usr, 'share', name)).find((path) => existsSync(path)) ?? ''
  const places = [`--lc-messages-dir=${share}`, `--character-sets-dir=${share}/charsets`]
  if (family === 'mariadb') places.push(`--basedir=${usr}`, `--plugin-dir=${usr}/lib/mysql/plugin`)
  const version = await versionOf([first, ...rest, program], family)
  if (version === undefined) throw new Error(`${program} does not run on this machine`)
  return {
    family,
    version,
    command: [first, ...rest, program, '--no-defaults', ...places],
    share,
    origin: 'unpacked',
  }
}

/** The files in the order in which MariaDB's installer reads them; their names changed with version 11. */
export function bootstrapFiles(share: string): readonly string[] {
  for (const prefix of ['mariadb', 'mysql']) {
    const names = ['system_tables', 'performance_tables', 'system_tables_data']
    const files = names.map((name) => join(share, `${prefix}_${name}.sql`)).filter((file) => existsSync(file))
    if (files.length >= 2) return files
  }
  return []
}

async function versionOf(command: readonly string[], family: SourceFamily): Promise<string | undefined> {
  const [program, ...args] = command
  if (program === undefined) return undefined
  const { status, stdout } = await run(program, [...args, '--no-defaults', '--version'])
  // Debian's `mysqld` may be MariaDB under its old name
  if (status !== 0 || /mariadb/i.test(stdout) !== (family === 'mariadb')) return undefined
  return /Ver (\d+\.\d+\.\d+)/.exec(stdout)?.[1]
}

/** Debian's stable suites carry MariaDB only, its unstable one MySQL; Ubuntu carries both. */
function debianSet(family: SourceFamily): DebianSet {
  if (family === 'mariadb') return { title: 'MariaDB', packages: ['mariadb-server-core'] }
  const id = /^ID=(.*)$/m.exec(readOr('/etc/os-release'))?.[1]
  if (id !== 'debian') return { title: 'MySQL', packages: ['mysql-server-core-8.0'] }
  if (!existsSync(KEYRING)) throw new Error(`the key of Debian’s archive is missing (${KEYRING})`)
  const lists = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].map(readOr).join('\n')
  const uri = debianMirror(lists)
  if (uri === undefined) throw new Error('there is no Debian mirror in the sources of apt')
  const sources = `deb [signed-by=${KEYRING}] ${uri} sid main\n`
  return { title: 'MySQL', packages: ['mysql-server-core'], sources }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function missing(family: SourceFamily, error: unknown): string {
  const name = family === 'mariadb' ? 'MariaDB 10.6 or later' : 'MySQL 8.0 or later'
  const why = error instanceof Error ? error.message : String(error)
  return [
    `No ${name} could be had: ${why}`,
    'Any one of these will do:',
    '  - give the address of a server that is there: npm start -- --source mysql://user:password@host:port/database',
    `  - install ${family === 'mariadb' ? 'mariadb-server-core' : 'mysql-server-core'}, so that its program is on the PATH`,
    '  - on Debian or Ubuntu, let apt reach its package mirror: the server is then unpacked into .matricula/',
    '  - or run one in a container, on 127.0.0.1, and give its address with --source',
  ].join('\n')
}
