/**
 * How a restore that was stopped recognises its own work: a table of ours in the database that is being restored, made
 * before all others and dropped after all is proved. Its comment names the mirror; its rows name the tables that were
 * made, each with a digest of the statement. What is in the tables is not noted: that is proved, by their digests.
 */
import { createHash } from 'node:crypto'
import { MirrorError } from '../../errors.ts'
import { mysqlText, quoteMysql } from '../../names.ts'
import type { SourceRecord } from '../../record/source.ts'
import { type Destination, isRefusedStatement } from './destination.ts'
import { definitionMark, type PlannedTable } from './plan.ts'

/** A name that none of the source's tables has, under any folding. */
export const markerName = (tables: readonly PlannedTable[]): string => {
  const taken = new Set(tables.map(({ name }) => name.toLowerCase()))
  let name = 'mirror_restore_under_way'
  while (taken.has(name)) name += '_'
  return name
}

/** The same for every restore from this mirror; tells nothing of its secrets. */
const commentOf = (source: SourceRecord): string => {
  const id = createHash('sha256').update(source.redactionKey).update(source.sourceId).digest('hex')
  return `mirror restore, unfinished; run it again, or drop this database (${id.slice(0, 16)})`
}

export const markerSql = (name: string, source: SourceRecord): string =>
  `CREATE TABLE ${quoteMysql(name)} (table_name VARBINARY(256) PRIMARY KEY, definition CHAR(64) NOT NULL)` +
  ` ENGINE=InnoDB COMMENT=${commentLiteral(commentOf(source))}`

/** COMMENT takes a plain string and no hexadecimal one; ours holds neither quote nor backslash. */
const commentLiteral = (text: string): string => `'${text}'`

export const dropMarkerSql = (name: string): string => `DROP TABLE ${quoteMysql(name)}`

const tableTypes = new Set(['BASE TABLE', 'SYSTEM VERSIONED'])

export interface Found {
  /** an unfinished restore of this very mirror */
  readonly resumed: boolean
  /** names of the tables that are there, the marker left out */
  readonly tables: ReadonlySet<string>
}

/** Throws MIRROR_1104 unless the database is empty, or holds an unfinished restore of this mirror and nothing else. */
export const inspect = async (
  destination: Destination,
  marker: string,
  source: SourceRecord,
  planned: readonly PlannedTable[],
): Promise<Found> => {
  const rows = await destination.rows(
    `SELECT TABLE_NAME, TABLE_COMMENT, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
     UNION ALL SELECT ROUTINE_NAME, '', 'ROUTINE' FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
     UNION ALL SELECT EVENT_NAME, '', 'EVENT' FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()`,
  )
  const found = rows.map((row) => row.map((field) => field?.toString('utf8') ?? ''))
  const resumed = found.some(([name, comment]) => name === marker && comment === commentOf(source))
  const ours = new Set(resumed ? [marker, ...planned.map(({ name }) => name)] : [])
  const foreign = found.filter(([name = '', , type]) => !ours.has(name) || !tableTypes.has(type ?? ''))
  if (foreign.length > 0) {
    const some = foreign.slice(0, 5).map(([name]) => name)
    const more = foreign.length > some.length ? `, and ${foreign.length - some.length} more` : ''
    throw new MirrorError('MIRROR_1104', { detail: `it holds ${some.join(', ')}${more}` })
  }
  return {
    resumed,
    tables: new Set(found.map(([name = '']) => name).filter((name) => name !== marker)),
  }
}

const nameHex = (name: string): string => `x'${Buffer.from(name, 'utf8').toString('hex')}'`

/** What a server of another kind does not take (a type, a collation) is said of the table. */
const make = async (destination: Destination, table: PlannedTable): Promise<void> => {
  try {
    await destination.rows(table.createTable)
  } catch (error) {
    if (!(error instanceof MirrorError) || error.code !== 'MIRROR_1103') throw error
    throw new MirrorError(error.code, {
      table: table.name,
      cause: error,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
    })
  }
}

/**
 * Makes the tables that are not there as they should be. `skipsRefused`: what the server refuses to make is told of its table,
 * and the others are made; else the first of them ends it. Returns the server's words by table.
 */
export const makeTables = async (
  destination: Destination,
  marker: string,
  found: Found,
  planned: readonly PlannedTable[],
  { skipsRefused, made }: { readonly skipsRefused: boolean; readonly made: (table: PlannedTable) => void },
): Promise<ReadonlyMap<string, string>> => {
  const refused = new Map<string, string>()
  const noted = new Map(
    (await destination.rows(`SELECT table_name, definition FROM ${quoteMysql(marker)}`)).map((row) => [
      row[0]?.toString('utf8') ?? '',
      row[1]?.toString('latin1') ?? '',
    ]),
  )
  for (const table of planned) {
    const mark = definitionMark(table.createTable)
    const isThere = found.tables.has(table.name)
    if (isThere && noted.get(table.name) === mark) continue
    // Made, and not noted any more; or made from a definition that the source has given up since.
    if (isThere) await destination.rows(`DROP TABLE ${quoteMysql(table.name)}`)
    try {
      await make(destination, table)
    } catch (error) {
      if (!skipsRefused || !isRefusedStatement(error)) throw error
      refused.set(table.name, error instanceof MirrorError ? (error.detail ?? error.message) : String(error))
      continue
    }
    await destination.rows(
      `REPLACE INTO ${quoteMysql(marker)} VALUES (${nameHex(table.name)}, ${mysqlText(mark)})`,
    )
    made(table)
  }
  return refused
}
