import { parseArgs } from 'node:util'
import { z } from 'zod'
import type { SourceFlavour } from '../types.ts'

export const USAGE = `npm start [-- OPTIONS]

Starts a university: a private MariaDB and PostgreSQL, the portal, and the mirror between them.
Data lie in .matricula/ and stay. Ctrl-C stops all of it.

  --port N             the portal's port (default: 5000, or the next free one)
  --server NAME        mariadb-binlog (default: with the log an idle mirror asks one small question a
                       poll), mariadb (without the log), or mysql
  --source ADDRESS     a server that is there: mysql://user:password@host:port/database. The portal
                       makes its tables in that database.
  --mirror-source ADDRESS
                       the same database, for the mirror: an account with GRANT SELECT and nothing
                       else (default: the address of --source)
  --target ADDRESS     a PostgreSQL that is there: postgres://user:password@host:port/database
  --dev                the portal starts anew when its files change; logs go to the terminal
  --help               this text

PORTAL_TIME_ZONE in the environment is the campus's zone, such as America/Chicago. Without it the sample takes this machine's
when it is made; the database keeps it from then on.

MATRICULA_SOURCE, MATRICULA_MIRROR_SOURCE and MATRICULA_TARGET in the environment say the same as the options; every
user of a machine can read an option, and the password in it.
`

export interface StackOptions {
  readonly port: number | undefined
  readonly flavour: SourceFlavour
  readonly source: string | undefined
  readonly mirrorSource: string | undefined
  readonly target: string | undefined
  readonly dev: boolean
}

/** What was typed cannot be used; the message says why and never repeats an address, which may hold a password. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Addresses hold passwords, and command lines stand in everybody's `ps`. An option wins over its variable. */
const VARIABLES = {
  source: 'MATRICULA_SOURCE',
  'mirror-source': 'MATRICULA_MIRROR_SOURCE',
  target: 'MATRICULA_TARGET',
} as const

/** Parses the command line and its variables; `help` when that was asked for. */
export function parseOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): StackOptions | 'help' {
  const named = Object.entries(VARIABLES).flatMap(([option, variable]) =>
    env[variable] ? [[option, env[variable]] as const] : [],
  )
  const values = { ...Object.fromEntries(named), ...parse(args) }
  if (values.help === true) return 'help'
  const result = schema.safeParse(values)
  if (!result.success) {
    throw new UsageError(
      result.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`).join('\n'),
    )
  }
  const { server, source, target, port, dev } = result.data
  const mirrorSource = result.data['mirror-source'] ?? source
  if (source === undefined && mirrorSource !== undefined) {
    throw new UsageError('--mirror-source is of use with --source only: it names the same database.')
  }
  return { flavour: server, source, mirrorSource, target, port, dev }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: text,
        server: text,
        source: text,
        'mirror-source': text,
        target: text,
        dev: flag,
        help: { ...flag, short: 'h' },
      },
    }).values
  } catch (error) {
    // an option that is misspelt, a word that belongs to none: the first sentence names it
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(message.split('. ')[0] ?? message, { cause: error })
  }
}

const address = (protocols: readonly string[], example: string) =>
  z.string().refine(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined
      return (
        url !== undefined &&
        protocols.includes(url.protocol) &&
        url.hostname !== '' &&
        url.pathname.length > 1
      )
    },
    { error: `not an address with host and database, such as ${example}` },
  )

const mysqlAddress = address(['mysql:', 'mariadb:'], 'mysql://user:password@127.0.0.1:3306/school')

const schema = z.object({
  port: z
    .string()
    .refine((text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535, {
      error: 'not a port between 1 and 65535',
    })
    .transform(Number)
    .optional(),
  server: z
    .enum(['mariadb', 'mariadb-binlog', 'mysql'], { error: 'one of mariadb, mariadb-binlog, mysql' })
    .default('mariadb-binlog'),
  source: mysqlAddress.optional(),
  'mirror-source': mysqlAddress.optional(),
  target: address(['postgres:', 'postgresql:'], 'postgres://user:password@127.0.0.1:5432/standby').optional(),
  dev: z.boolean().default(false),
})
