import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { bootstrapFiles, findSource, type SourceProgram } from '../binaries/source.ts'
import { cacheFolder } from '../machine/places.ts'
import { runOrThrow } from '../machine/run.ts'
import type { SourceOptions, SourceServer } from '../types.ts'
import { hostileSource } from './hostile.ts'
import { supervise, type Definition } from './supervise.ts'

/** Starts a private MySQL or MariaDB; fetches its program when the machine has none. Rejects with MissingServerError. */
export async function startSource(options: SourceOptions): Promise<SourceServer> {
  const progress = options.progress ?? ((line: string) => console.error(line))
  const program = await findSource(options.flavour === 'mysql' ? 'mysql' : 'mariadb', progress)
  const server = await supervise(define(program, options), options)
  // getters must stay getters: port and pid change
  return Object.defineProperties(server as SourceServer, {
    flavour: { value: options.flavour, enumerable: true },
    socket: { value: join(server.dataDir, SOCKET), enumerable: true },
  })
}

/** Relative to the data folder, since a socket's path may have 107 bytes only. */
const SOCKET = 'server.sock'

function define(program: SourceProgram, options: SourceOptions): Definition {
  const { family, version } = program
  return {
    title: `${family === 'mysql' ? 'MySQL' : 'MariaDB'} ${version}`,
    kind: family,
    version,
    scheme: 'mysql',
    admin: 'root',
    adminDatabase: '',
    stopSignal: 'SIGTERM',
    orphanSignal: options.durable === true ? 'TERM' : 'KILL',
    initialise: (dataDir, password) =>
      family === 'mysql'
        ? initialiseMysql(program, dataDir, password, options.durable !== true)
        : initialiseMariadb(program, dataDir, password),
    started: (dataDir) => rmSync(join(dataDir, FIRST_START), { force: true }),
    launch: (dataDir, port) => ({
      command: [
        ...program.command,
        ...asUser(),
        `--datadir=${dataDir}`,
        `--port=${port}`,
        `--socket=${SOCKET}`,
        `--pid-file=${join(dataDir, 'server.pid')}`,
        `--tmpdir=${ownTmp(dataDir)}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        ...(existsSync(join(dataDir, FIRST_START)) ? [`--init-file=${join(dataDir, FIRST_START)}`] : []),
        ...settings(options),
        ...(options.hostile === true ? hostileSource(family) : []),
        ...(options.settings ?? []),
      ],
    }),
    async probe(url) {
      const connection = await mysql.createConnection({ uri: url, connectTimeout: 3000 })
      await connection.end()
    },
  }
}

/**
 * A server deletes what looks like a leftover temporary table in its tmpdir when it starts: in a shared /tmp those may
 * be another server's, at work.
 */
function ownTmp(dataDir: string): string {
  const tmp = `${dataDir}-tmp`
  mkdirSync(tmp, { recursive: true, mode: 0o700 })
  return tmp
}

/** The servers refuse to run as root unless told to. */
const asUser = (): readonly string[] => (process.getuid?.() === 0 ? ['--user=root'] : [])

function settings(options: SourceOptions): readonly string[] {
  const durable = options.durable === true
  return [
    '--server-id=1',
    '--max-connections=500',
    `--innodb-buffer-pool-size=${durable ? 256 : 96}M`,
    ...(options.flavour === 'mysql'
      ? ['--mysqlx=OFF', '--secure-file-priv=', '--innodb-redo-log-capacity=64M']
      : ['--innodb-log-file-size=64M']),
    ...(options.flavour === 'mariadb-binlog' ? ['--log-bin=binlog', '--binlog-format=ROW'] : []),
    // 2 and not 0: what was committed has left the process and survives SIGKILL, though not the power's failure.
    // The doublewrite buffer stays on, since SIGKILL can cut a page's write in two.
    ...(durable ? [] : ['--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0']),
  ]
}

/** Statements for the first start of a MySQL; the file goes when they have run. */
const FIRST_START = 'first-start.sql'

/** The two names under which a connection over 127.0.0.1 may arrive; the password has no quote (base64url). */
const accounts = (password: string): readonly string[] =>
  ['localhost', '127.0.0.1'].flatMap((host) => [
    `CREATE USER IF NOT EXISTS 'root'@'${host}';`,
    `ALTER USER 'root'@'${host}' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO 'root'@'${host}' WITH GRANT OPTION;`,
  ])

/**
 * MySQL takes 3 s to make its data, a copy of data made before 0.3 s. Test servers share one such template, in the
 * cache, without passwords and identity (auto.cnf); what is to last gets data, and keys for TLS, of its own.
 */
async function initialiseMysql(
  program: SourceProgram,
  dataDir: string,
  password: string,
  shared: boolean,
): Promise<void> {
  if (shared) {
    const template = join(cacheFolder(), `mysql-data-${program.version}`)
    if (!existsSync(template)) {
      const own = `${template}.${process.pid}`
      await makeMysqlData(program, own)
      try {
        renameSync(own, template)
      } catch {
        // another process was first; its template is as good
        rmSync(own, { recursive: true, force: true })
      }
    }
    cpSync(template, dataDir, { recursive: true })
  } else {
    await makeMysqlData(program, dataDir)
  }
  const statements = ['SET SESSION sql_log_bin = 0;', ...accounts(password), '']
  writeFileSync(join(dataDir, FIRST_START), statements.join('\n'), { mode: 0o600 })
}

async function makeMysqlData(program: SourceProgram, dataDir: string): Promise<void> {
  const [first, ...rest] = program.command
  const tmp = ownTmp(dataDir)
  await runOrThrow(first, [
    ...rest,
    ...asUser(),
    '--initialize-insecure',
    `--datadir=${dataDir}`,
    `--tmpdir=${tmp}`,
  ])
  rmSync(tmp, { recursive: true, force: true })
  rmSync(join(dataDir, 'auto.cnf'), { force: true })
}

async function initialiseMariadb(program: SourceProgram, dataDir: string, password: string): Promise<void> {
  const [first, ...rest] = program.command
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const tables = bootstrapFiles(program.share).map((file) => readFileSync(file, 'utf8'))
  await runOrThrow(
    first,
    [
      ...rest,
      ...asUser(),
      '--bootstrap',
      `--datadir=${dataDir}`,
      `--tmpdir=${ownTmp(dataDir)}`,
      '--log-warnings=0',
      '--enforce-storage-engine=',
      '--max-allowed-packet=8M',
      '--innodb-log-file-size=64M',
    ],
    {
      input: [
        'CREATE DATABASE IF NOT EXISTS mysql;',
        'USE mysql;',
        ...tables,
        // the installer's own accounts for ::1 and the machine's name, which have no password
        "DELETE FROM global_priv WHERE User = 'root' AND Host <> 'localhost';",
        "DELETE FROM proxies_priv WHERE Host <> 'localhost';",
        'FLUSH PRIVILEGES;',
        ...accounts(password),
        '',
      ].join('\n'),
    },
  )
}
