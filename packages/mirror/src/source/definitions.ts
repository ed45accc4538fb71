/**
 * What it takes to make the source's tables anew: the statements that the server itself gives for them, the
 * database's defaults, and the names of what is no table. Read outside of any snapshot; SHOW CREATE TABLE tells how a
 * table is now. It needs SELECT on the whole table: with SELECT on single columns the server refuses it.
 */
import { createHash } from 'node:crypto'
import { MirrorError } from '../errors.ts'
import { quoteMysql } from '../names.ts'
import type { SourceConnection } from './connection.ts'
import type { Catalogue } from './tables.ts'

export interface TableDefinition {
  readonly name: string
  /** SHOW CREATE TABLE in a session whose sql_mode changes nothing of it; null when the account may not read it */
  readonly createTable: string | null
  /** the server's words, when it may not be read */
  readonly unreadable: string | null
}

export interface SourceDefinitions {
  readonly flavour: string
  readonly version: string
  /** what tells this server from others; says nothing of what it stands for */
  readonly serverMark: string
  /** the database's defaults */
  readonly charset: string
  readonly collation: string
  /** views and sequences, which are not mirrored; triggers, routines and events show to no account with SELECT alone */
  readonly others: readonly { readonly kind: 'view' | 'sequence'; readonly name: string }[]
  readonly tables: readonly TableDefinition[]
}

/** MySQL's UUID. MariaDB has none: host, port and folder of the data, and the server_uid of newer versions. */
export const serverMark = async (connection: SourceConnection): Promise<string> => {
  const parts: string[] = []
  if (connection.flavour.identity === undefined) {
    const [row] = await connection.rows('SELECT @@GLOBAL.hostname, @@GLOBAL.port, @@GLOBAL.datadir')
    const [uid] = await connection.rows("SHOW GLOBAL VARIABLES LIKE 'server_uid'")
    parts.push(...(row ?? []).map((field) => field?.toString('utf8') ?? ''), uid?.[1]?.toString('utf8') ?? '')
  } else {
    const [row] = await connection.rows(`SELECT ${connection.flavour.identity}`)
    parts.push(row?.[0]?.toString('utf8') ?? '')
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

export const readCreateTable = async (connection: SourceConnection, table: string): Promise<string> => {
  const [row] = await connection.rows(`SHOW CREATE TABLE ${quoteMysql(table)}`)
  return row?.[1]?.toString('utf8') ?? ''
}

const definitionOf = async (connection: SourceConnection, name: string): Promise<TableDefinition> => {
  try {
    return { name, createTable: await readCreateTable(connection, name), unreadable: null }
  } catch (error) {
    if (!(error instanceof MirrorError) || error.code !== 'MIRROR_1006') throw error
    return { name, createTable: null, unreadable: error.detail ?? error.message }
  }
}

export const readDefinitions = async (
  connection: SourceConnection,
  names: readonly string[],
): Promise<SourceDefinitions> => {
  const [defaults] = await connection.rows('SELECT @@character_set_database, @@collation_database')
  const others = await connection.rows(
    `SELECT TABLE_TYPE, TABLE_NAME FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('VIEW', 'SEQUENCE') ORDER BY TABLE_NAME`,
  )
  await connection.rows('SET SESSION sql_quote_show_create = 1')
  const tables: TableDefinition[] = []
  for (const name of names) tables.push(await definitionOf(connection, name))
  return {
    flavour: connection.flavour.name,
    version: connection.flavour.version,
    serverMark: await serverMark(connection),
    charset: defaults?.[0]?.toString('utf8') ?? '',
    collation: defaults?.[1]?.toString('utf8') ?? '',
    others: others.map(([kind, name]) => ({
      kind: kind?.toString('utf8') === 'VIEW' ? 'view' : 'sequence',
      name: name?.toString('utf8') ?? '',
    })),
    tables,
  }
}

/**
 * Moves with every change of a definition that a cycle sees anyway, in the statements that it sends anyway: columns,
 * indexes, and the time at which a table was made or rebuilt.
 */
export const catalogueSignature = (catalogue: Catalogue): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        [...catalogue.createdAt],
        [...catalogue.tables.values()].map(({ name, fingerprint, indexes }) => [name, fingerprint, indexes]),
      ]),
    )
    .digest('hex')
