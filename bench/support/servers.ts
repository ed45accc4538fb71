/** Private servers of one benchmark, with ordinary defaults; gone when the work is done, also when it failed. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  createSourceDatabase,
  createTargetDatabase,
  dropSourceDatabase,
  repository,
  startSource,
  startTarget,
  type SourceFlavour,
  type SourceServer,
  type TargetServer,
} from '../../packages/devstack/src/index.ts'

export interface BenchSource {
  readonly server: SourceServer
  /** the administrator, in the benchmark's database */
  readonly adminUrl: string
  /** GRANT SELECT and nothing else */
  readonly readerUrl: string
}

interface Placed<Server> {
  readonly server: Server
  readonly dir: string
}

/** By what they were started as: those of one `sharingServers` live until it ends, others until their work does. */
interface Fleet {
  readonly sources: Map<string, Placed<SourceServer>>
  target: Placed<TargetServer> | undefined
}

let shared: Fleet | undefined
let made = 0

const folderFor = (name: string): string => {
  made += 1
  const dir = join(repository, '.matricula', 'bench', `${process.pid}-${made}-${name}`)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  return dir
}

const remove = async ({ server, dir }: Placed<SourceServer | TargetServer>): Promise<void> => {
  await server.kill()
  rmSync(dir, { recursive: true, force: true })
}

const start = async <Server>(
  name: string,
  work: (dir: string) => Promise<Server>,
): Promise<Placed<Server>> => {
  const dir = folderFor(name)
  try {
    return { server: await work(dir), dir }
  } catch (error) {
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
}

/** Benchmarks within share their servers, each with databases of its own: for tiny versions, of which a server's start is the larger part. */
export const sharingServers = async <T>(work: () => Promise<T>): Promise<T> => {
  const fleet: Fleet = { sources: new Map(), target: undefined }
  shared = fleet
  try {
    return await work()
  } finally {
    shared = undefined
    const servers = [...fleet.sources.values(), ...(fleet.target === undefined ? [] : [fleet.target])]
    await Promise.all(servers.map(remove))
  }
}

const account = (user: string) => ({ user, password: randomBytes(12).toString('base64url') })

const inDatabase = async <T>(server: SourceServer, work: (source: BenchSource) => Promise<T>): Promise<T> => {
  made += 1
  const name = shared === undefined ? 'bench' : `bench_${made}`
  const database = { name, owner: account(`owner_${made}`), reader: account(`reader_${made}`) }
  await createSourceDatabase(server.adminUrl, database)
  const admin = new URL(server.adminUrl)
  admin.pathname = `/${name}`
  try {
    return await work({
      server,
      adminUrl: admin.href,
      readerUrl: server.url(database.reader.user, database.reader.password, name),
    })
  } finally {
    // with a server of its own it goes as a whole
    if (shared !== undefined) await dropSourceDatabase(server.adminUrl, database)
  }
}

/** A server whose memory holds the table, as that of whoever has such a table does; the default is for tests. */
export const roomFor = (rows: number): readonly string[] =>
  rows > 500_000 ? ['--innodb-buffer-pool-size=2G'] : []

/** An empty database on a server of the flavour; `settings` in the server's own spelling. */
export const withSource = async <T>(
  flavour: SourceFlavour,
  say: (line: string) => void,
  work: (source: BenchSource) => Promise<T>,
  settings: readonly string[] = [],
): Promise<T> => {
  const kind = [flavour, ...settings].join(' ')
  const placed =
    shared?.sources.get(kind) ??
    (await start(flavour, async (dir) => startSource({ flavour, dir, progress: say, settings })))
  shared?.sources.set(kind, placed)
  try {
    return await inDatabase(placed.server, work)
  } finally {
    if (shared === undefined) await remove(placed)
  }
}

export const withTarget = async <T>(
  say: (line: string) => void,
  work: (target: TargetServer) => Promise<T>,
): Promise<T> => {
  const placed =
    shared?.target ?? (await start('postgres', async (dir) => startTarget({ dir, progress: say })))
  if (shared !== undefined) shared.target = placed
  try {
    return await work(placed.server)
  } finally {
    if (shared === undefined) await remove(placed)
  }
}

/** An empty database of its own; the address is its owner's. */
export const makeTargetDatabase = async (server: TargetServer, name: string): Promise<string> => {
  made += 1
  const database = `${name}_${made}`
  const owner = account(`${database}_owner`)
  await createTargetDatabase(server.adminUrl, {
    name: database,
    owner,
    reader: account(`${database}_reader`),
  })
  return server.url(owner.user, owner.password, database)
}
