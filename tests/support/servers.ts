/**
 * Real servers for tests. One suite over every flavour:
 *
 *   describeSource('a seat cannot be sold twice', (flavour) => {
 *     it('…', async () => {
 *       const source = await freshDatabase(flavour)   // an empty database on the run's shared server
 *       const target = await freshTarget()
 *     })
 *   })
 *
 * What is made here is removed at the end of the test file, also when a test failed. The shared servers have hostile
 * defaults (packages/devstack/src/servers/hostile.ts) and are never stopped; who kills servers takes private ones.
 * What this machine cannot have is skipped by name; with CI=true it is a failure.
 */
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import {
  createSourceDatabase,
  createTargetDatabase,
  dropSourceDatabase,
  dropTargetDatabase,
  startSource,
  startTarget,
  type SourceFlavour,
  type SourceServer,
  type TargetServer,
} from '../../packages/devstack/src/index.ts'

import { atEnd, describeWith, scratchFolder } from './scope.ts'

export { atEnd, describeWith, scratchFolder }
export type { SourceFlavour, SourceServer, TargetServer }

export const flavours: readonly SourceFlavour[] = ['mariadb', 'mariadb-binlog', 'mysql']

interface Shared {
  readonly adminUrl: string
  readonly version: string
}

/** Address of the administrator, or why there is no such server here. */
async function shared(name: SourceFlavour | 'postgres'): Promise<Shared | string> {
  // a connection of its own: one that was kept may be closed by the other side in the very moment of its reuse
  const response = await fetch(`${inject('broker')}/${name}`, { headers: { connection: 'close' } })
  return response.ok ? ((await response.json()) as Shared) : response.text()
}

async function sharedOrThrow(name: SourceFlavour | 'postgres'): Promise<Shared> {
  const answer = await shared(name)
  if (typeof answer === 'string') throw new Error(answer)
  return answer
}

/** Why a server is missing here; empty when all are there. Asked for once, while the file is collected. */
const missing = new Map<string, string>()
await Promise.all(
  ([...flavours, 'postgres'] as const).map(async (name) => {
    const answer = await shared(name)
    if (typeof answer === 'string') missing.set(name, answer)
  }),
)

/** One suite for each flavour (or those in `only`); it may use PostgreSQL too. */
export function describeSource(
  title: string,
  suite: (flavour: SourceFlavour) => void,
  only: readonly SourceFlavour[] = flavours,
): void {
  for (const flavour of only) {
    const why = missing.get(flavour) ?? missing.get('postgres')
    describeWith(`${title} · ${flavour}`, why, () => suite(flavour))
  }
}

/**
 * One suite for each program: where the binary log of MariaDB is nothing to what is tested, neither as a witness of changes (that is
 * followed in kill, oracle, blind-spots …) nor to who writes (oversell, register-to-mirror).
 */
export const describeEachServer = (title: string, suite: (flavour: SourceFlavour) => void): void =>
  describeSource(title, suite, ['mariadb', 'mysql'])

/** A suite that needs PostgreSQL alone. */
export function describeTarget(title: string, suite: () => void): void {
  describeWith(title, missing.get('postgres'), suite)
}

export interface FreshDatabase {
  readonly name: string
  /** the server's administrator, in this database; exempt from the hostile init_connect */
  readonly adminUrl: string
  /** an account with all rights on this database, and on no other */
  readonly url: string
  /** an account with GRANT SELECT on this database, and nothing else */
  readonly mirrorUrl: string
  drop(): Promise<void>
}

/** An empty database with its accounts on the shared server of the flavour. */
export async function freshDatabase(flavour: SourceFlavour): Promise<FreshDatabase> {
  const { adminUrl } = await sharedOrThrow(flavour)
  return makeDatabase(adminUrl, `school_${id()}`)
}

/** The same on a server of one's own, under a name of one's choice. */
export async function makeDatabase(adminUrl: string, name: string): Promise<FreshDatabase> {
  const database = { name, owner: account('portal'), reader: account('mirror') }
  await createSourceDatabase(adminUrl, database)
  const drop = once(() => dropSourceDatabase(adminUrl, database))
  // with a server of one's own, the server goes as a whole, and may be down by then
  if (name.startsWith('school_')) atEnd(drop)
  return {
    name,
    adminUrl: at(adminUrl, name),
    url: at(adminUrl, name, database.owner),
    mirrorUrl: at(adminUrl, name, database.reader),
    drop,
  }
}

export interface FreshTarget {
  readonly name: string
  readonly adminUrl: string
  /** the mirror's account, which owns the database */
  readonly url: string
  /** may read what the mirror makes there */
  readonly readerUrl: string
  drop(): Promise<void>
}

/** An empty database with its roles on the shared PostgreSQL. */
export async function freshTarget(): Promise<FreshTarget> {
  const { adminUrl } = await sharedOrThrow('postgres')
  return makeTarget(adminUrl, `standby_${id()}`)
}

/** The same on a server of one's own, under a name of one's choice. */
export async function makeTarget(adminUrl: string, name: string): Promise<FreshTarget> {
  const database = { name, owner: account('mirror'), reader: account('reader') }
  await createTargetDatabase(adminUrl, database)
  const drop = once(() => dropTargetDatabase(adminUrl, database))
  if (name.startsWith('standby_')) atEnd(drop)
  return {
    name,
    adminUrl: at(adminUrl, name),
    url: at(adminUrl, name, database.owner),
    readerUrl: at(adminUrl, name, database.reader),
    drop,
  }
}

/** A server of this test file's own, to be stopped, killed or wiped at will. */
export async function privateSource(
  flavour: SourceFlavour,
  options: { hostile?: boolean; settings?: readonly string[] } = {},
): Promise<SourceServer> {
  const dir = scratchFolder(flavour)
  const server = await startSource({ flavour, dir, ...options })
  atEnd(() => server.kill())
  return server
}

export async function privateTarget(options: { hostile?: boolean } = {}): Promise<TargetServer> {
  const dir = scratchFolder('postgres')
  const server = await startTarget({ dir, ...options })
  atEnd(() => server.kill())
  return server
}

const id = (): string => randomBytes(5).toString('hex')
const account = (role: string) => ({
  user: `${role}_${id()}`,
  password: randomBytes(12).toString('base64url'),
})

function at(adminUrl: string, database: string, as?: { user: string; password: string }): string {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  if (as !== undefined) {
    url.username = as.user
    url.password = as.password
  }
  return url.href
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= work())
}
