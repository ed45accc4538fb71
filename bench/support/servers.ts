/** Private servers of one benchmark, with ordinary defaults; gone when the work is done, also when it failed. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  createSourceDatabase,
  createTargetDatabase,
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

export const withSource = async <T>(
  flavour: SourceFlavour,
  say: (line: string) => void,
  work: (source: BenchSource) => Promise<T>,
): Promise<T> => {
  const dir = join(repository, '.matricula', 'bench', `${process.pid}-${flavour}`)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const server = await startSource({ flavour, dir, progress: say })
  try {
    const account = (user: string) => ({ user, password: randomBytes(12).toString('base64url') })
    const database = { name: 'bench', owner: account('owner'), reader: account('reader') }
    await createSourceDatabase(server.adminUrl, database)
    const admin = new URL(server.adminUrl)
    admin.pathname = '/bench'
    return await work({
      server,
      adminUrl: admin.href,
      readerUrl: server.url(database.reader.user, database.reader.password, database.name),
    })
  } finally {
    await server.kill()
    rmSync(dir, { recursive: true, force: true })
  }
}

export const withTarget = async <T>(
  say: (line: string) => void,
  work: (target: TargetServer) => Promise<T>,
): Promise<T> => {
  const dir = join(repository, '.matricula', 'bench', `${process.pid}-postgres`)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const server = await startTarget({ dir, progress: say })
  try {
    return await work(server)
  } finally {
    await server.kill()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** An empty database of its own; the address is its owner's. */
export const makeTargetDatabase = async (server: TargetServer, name: string): Promise<string> => {
  const account = (user: string) => ({ user, password: randomBytes(12).toString('base64url') })
  const owner = account(`${name}_owner`)
  await createTargetDatabase(server.adminUrl, { name, owner, reader: account(`${name}_reader`) })
  return server.url(owner.user, owner.password, name)
}
