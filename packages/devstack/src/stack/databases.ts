/** The two databases of the stack: private servers, or those that were given. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readJson, writeJson } from '../machine/files.ts'
import {
  createSourceDatabase,
  createTargetDatabase,
  type SourceDatabase,
  type TargetDatabase,
} from '../servers/accounts.ts'
import { startSource } from '../servers/source.ts'
import { startTarget } from '../servers/target.ts'
import { type PrivateServer, type SourceFlavour, type SourceServer } from '../types.ts'
import type { StackOptions } from './options.ts'

export interface Databases {
  /** for the portal: all rights on its database */
  readonly portalSource: string
  /** for the mirror: SELECT and nothing else */
  readonly mirrorSource: string
  /** for the mirror: owns the standby's database */
  readonly mirrorTarget: string
  /** for the portal: may read the standby */
  readonly portalStandby: string
  /** a folder that lives and dies with the source's data; undefined when the server was given */
  readonly sourceFolder: string | undefined
  /** those that we started, in the order in which they are to be stopped */
  readonly servers: readonly PrivateServer[]
}

type Passwords = Readonly<Record<'portal' | 'mirror' | 'standby' | 'portal_reader', string>>

/** Starts what was not given. `started` hears of each server at once, so that it can be stopped if a later one fails. */
export async function openDatabases(
  options: StackOptions,
  folder: string,
  tell: (line: string) => void,
  started: (server: PrivateServer) => void,
): Promise<Databases> {
  const passwords = keptPasswords(join(folder, 'passwords.json'))
  const servers: PrivateServer[] = []
  const keep = <T extends PrivateServer>(server: T): T => {
    started(server)
    servers.push(server)
    return server
  }
  const [source, target] = await Promise.all([
    options.source === undefined ? privateSource(options.flavour, folder, passwords, tell, keep) : undefined,
    options.target === undefined ? privateTarget(folder, passwords, tell, keep) : undefined,
  ])
  const portalSource = source?.portal ?? options.source ?? ''
  const mirrorTarget = target?.mirror ?? options.target ?? ''
  return {
    portalSource,
    mirrorSource: source?.mirror ?? options.mirrorSource ?? portalSource,
    mirrorTarget,
    portalStandby: target?.reader ?? mirrorTarget,
    sourceFolder: source?.folder,
    servers,
  }
}

async function privateSource(
  flavour: SourceFlavour,
  folder: string,
  passwords: Passwords,
  tell: (line: string) => void,
  keep: (server: SourceServer) => SourceServer,
) {
  const dir = join(folder, flavour)
  const server = keep(await startSource({ flavour, dir, durable: true, progress: tell }))
  const database: SourceDatabase = {
    name: 'school',
    owner: { user: 'portal', password: passwords.portal },
    reader: { user: 'mirror', password: passwords.mirror },
  }
  await createSourceDatabase(server.adminUrl, database)
  tell(`${flavour === 'mysql' ? 'MySQL' : 'MariaDB'} ${server.version} on 127.0.0.1:${server.port}`)
  return {
    portal: server.url('portal', passwords.portal, 'school'),
    mirror: server.url('mirror', passwords.mirror, 'school'),
    folder: dir,
  }
}

async function privateTarget(
  folder: string,
  passwords: Passwords,
  tell: (line: string) => void,
  keep: (server: PrivateServer) => PrivateServer,
) {
  const server = keep(await startTarget({ dir: join(folder, 'postgres'), durable: true, progress: tell }))
  const database: TargetDatabase = {
    name: 'standby',
    owner: { user: 'mirror', password: passwords.standby },
    reader: { user: 'portal_reader', password: passwords.portal_reader },
  }
  await createTargetDatabase(server.adminUrl, database)
  tell(`PostgreSQL ${server.version} on 127.0.0.1:${server.port}`)
  return {
    mirror: server.url('mirror', passwords.standby, 'standby'),
    reader: server.url('portal_reader', passwords.portal_reader, 'standby'),
  }
}

/** Random, made once for each clone, and readable by the owner only. */
function keptPasswords(file: string): Passwords {
  const kept = readJson(file) as Partial<Passwords> | undefined
  const fresh = (): string => randomBytes(18).toString('base64url')
  const passwords: Passwords = {
    portal: kept?.portal ?? fresh(),
    mirror: kept?.mirror ?? fresh(),
    standby: kept?.standby ?? fresh(),
    portal_reader: kept?.portal_reader ?? fresh(),
  }
  writeJson(file, passwords)
  return passwords
}
