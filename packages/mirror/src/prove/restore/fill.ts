/**
 * The mirror's rows → INSERT statements. A value travels as PostgreSQL's text → canonical → the source's bytes → an
 * expression of MySQL; one that PostgreSQL's type cannot hold comes from its exact entry, which is the source's bytes.
 *
 * In the order of the mirror's own key index, which is near that of the restored table: rows are appended, not scattered.
 */
import { rowsWithDigestsSql } from '../../apply/keyless.ts'
import { tableName, type TargetTable } from '../../apply/shape.ts'
import { MirrorError } from '../../errors.ts'
import type { CanonicalKey } from '../../model.ts'
import { quoteMysql, quotePostgres } from '../../names.ts'
import type { PostgresRow, Target } from '../../postgres.ts'
import { eachExactRow, type ExactRow } from '../../record/exact-row.ts'
import { readExactValues } from '../../record/ledger.ts'
import type { SourceTable } from '../../source/tables.ts'
import { keyOfMirrorRow } from '../keys.ts'
import { type Destination, isRefusedStatement } from './destination.ts'

export interface Filling {
  readonly target: Target
  readonly sourceId: string
  readonly destination: Destination
  /** the restored table, as its server describes it */
  readonly table: SourceTable
  /** the copy in PostgreSQL, columns in the same order */
  readonly shape: TargetTable
  readonly hasExactValues: boolean
  /** of the mirrored table */
  readonly tableId: number
  /** names of the columns in the copy, in the order of its record */
  readonly recordedColumns: readonly string[]
  /** positions of the columns that take values: all but the generated ones */
  readonly written: readonly number[]
  /** @@max_allowed_packet there */
  readonly packet: number
  readonly signal: AbortSignal
  readonly onRows: (rows: number) => void
}

export interface Filled {
  /** rows that the server did not take, which only an edited copy can hold */
  readonly refused: number
  /** its words for the first of them */
  readonly words: string | null
}

/** A statement of a MiB costs next to nothing beside its rows, and fits every server's limit. */
const statementBytes = 1_048_576
/** For the statement's frame; the protocol's header is among it. */
const packetMargin = 4_096
/** What is read from PostgreSQL at a time, in characters of its text; at most so many rows. */
const pieceCharacters = 2_097_152
const mostPieceRows = 2_000
/** Rows whose key PostgreSQL cannot hold are few. */
const wholeRowsPerRead = 100
/** A commit waits for the disk: one in this many statements. */
const statementsPerCommit = 16

const widthOf = (rows: readonly PostgresRow[]): number =>
  rows.reduce((sum, row) => sum + row.reduce((width, value) => width + (value?.length ?? 0), 0), 0)

/** Exact values of a table without a key are kept under digests of its rows: there each row is followed by its digest. */
const hasDigests = ({ shape, hasExactValues }: Filling): boolean => shape.key.length === 0 && hasExactValues

const rowsSql = (filling: Filling): string => {
  const { shape, tableId, recordedColumns } = filling
  const names = shape.columns.map(({ name }) => name)
  if (hasDigests(filling)) {
    const hashed = recordedColumns.flatMap(
      (name) => shape.columns.find((column) => column.name === name) ?? [],
    )
    return rowsWithDigestsSql({ ...shape, columns: hashed }, tableId, names)
  }
  const columns = names.map(quotePostgres)
  const key = shape.key.map((index) => columns[index] ?? '')
  const order = key.length === 0 ? '' : ` ORDER BY ${key.join(', ')}`
  return `SELECT ${columns.join(', ')} FROM ${tableName(shape)}${order}`
}

/** Under which the row's exact values are kept. */
const exactKeyOf = (filling: Filling, row: PostgresRow): CanonicalKey =>
  hasDigests(filling) ? [row[filling.shape.columns.length] ?? ''] : keyOfMirrorRow(filling.table, row)

/** Pieces of about the same weight; a table whose values may be huge begins with single rows. */
async function* pieces(filling: Filling): AsyncGenerator<readonly PostgresRow[]> {
  const { target, table } = filling
  await target.run(`DECLARE restore_rows NO SCROLL CURSOR FOR ${rowsSql(filling)}`)
  try {
    let size = table.columns.some((column) => (column.octets ?? 0) > 65_535) ? 1 : 100
    for (;;) {
      const rows = await target.rows(`FETCH ${size} FROM restore_rows`)
      if (rows.length > 0) yield rows
      if (rows.length < size) return
      const fitting = Math.floor((pieceCharacters * rows.length) / Math.max(1, widthOf(rows)))
      size = Math.max(1, Math.min(mostPieceRows, fitting, size * 4))
    }
  } finally {
    await target.run('CLOSE restore_rows').catch(() => undefined)
  }
}

/** One row as `(…, …)`. Throws what a codec throws at a text that none of its column's values has. */
const rowSql = (filling: Filling, row: PostgresRow, exact: ReadonlyMap<string, Buffer> | undefined): string =>
  `(${filling.written
    .map((index) => {
      const column = filling.table.columns[index]
      if (column === undefined) throw new Error(`no column ${index} in ${filling.table.name}`)
      const bytes = exact?.get(column.name)
      if (bytes !== undefined) return column.codec.insert(column.codec.fromExact(bytes))
      const shown = row[index] ?? null
      return shown === null ? 'NULL' : column.codec.insert(column.codec.bytes(column.codec.decode(shown)))
    })
    .join(',')})`

/** A row that is kept whole, by its columns' names: what the source sent for each of them. */
const wholeRowSql = (filling: Filling, row: ExactRow): string =>
  `(${filling.written
    .map((index) => {
      const column = filling.table.columns[index]
      const bytes = row.values[row.columns.indexOf(column?.name ?? '')]
      if (column === undefined || bytes === undefined) throw new Error(`${column?.name ?? index} is not kept`)
      return bytes === null ? 'NULL' : column.codec.insert(bytes)
    })
    .join(',')})`

const insertHead = ({ table, written }: Filling): string =>
  `INSERT INTO ${quoteMysql(table.name)} (${written
    .map((index) => quoteMysql(table.columns[index]?.name ?? ''))
    .join(', ')}) VALUES `

/** Sends rows in as few statements as the server takes; what it refuses is tried row by row, and counted. */
class Sender {
  readonly #filling: Filling
  readonly #head: string
  #rows: string[] = []
  #bytes = 0
  #statements = 0
  #refused = 0
  #words: string | null = null

  constructor(filling: Filling) {
    this.#filling = filling
    this.#head = insertHead(filling)
  }

  get filled(): Filled {
    return { refused: this.#refused, words: this.#words }
  }

  /** A row of the copy; one that is no row of the table at all is refused here. */
  async put(toSql: () => string): Promise<void> {
    let sql: string
    try {
      sql = toSql()
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error))
      return
    }
    await this.#add(sql)
  }

  async #add(sql: string): Promise<void> {
    const bytes = Buffer.byteLength(sql)
    const { packet, table } = this.#filling
    const needed = bytes + Buffer.byteLength(this.#head) + packetMargin
    if (needed > packet) {
      throw new MirrorError('MIRROR_1108', {
        table: table.name,
        detail: `max_allowed_packet is ${packet}, at least ${needed} are needed`,
      })
    }
    const most = Math.min(statementBytes, packet) - packetMargin - Buffer.byteLength(this.#head)
    if (this.#rows.length > 0 && this.#bytes + bytes > most) await this.send()
    this.#rows.push(sql)
    this.#bytes += bytes + 1
  }

  #refuse(words: string): void {
    this.#refused += 1
    this.#words ??= words
  }

  async send(): Promise<void> {
    const rows = this.#rows
    if (rows.length === 0) return
    this.#rows = []
    this.#bytes = 0
    const { destination, signal } = this.#filling
    signal.throwIfAborted()
    if (this.#statements % statementsPerCommit === 0) await destination.rows('COMMIT AND CHAIN')
    this.#statements += 1
    try {
      await destination.rows(this.#head + rows.join(','))
    } catch (error) {
      if (!isRefusedStatement(error)) throw error
      for (const row of rows) await this.#one(row)
    }
  }

  async #one(row: string): Promise<void> {
    try {
      await this.#filling.destination.rows(this.#head + row)
    } catch (error) {
      if (!isRefusedStatement(error)) throw error
      this.#refuse(error instanceof MirrorError ? (error.detail ?? error.message) : String(error))
    }
  }
}

/** Fills the restored table, which is empty, with the rows of the copy. */
export const fillTable = async (filling: Filling): Promise<Filled> => {
  const { target, sourceId, destination, table } = filling
  const sender = new Sender(filling)
  let done = 0
  await destination.rows('START TRANSACTION')
  for await (const rows of pieces(filling)) {
    const keys = rows.map((row) => exactKeyOf(filling, row))
    const exact = filling.hasExactValues
      ? await readExactValues(target, sourceId, table.name, keys)
      : new Map<string, Map<string, Buffer>>()
    for (const [index, row] of rows.entries())
      await sender.put(() => rowSql(filling, row, exact.get(JSON.stringify(keys[index]))))
    done += rows.length
    filling.onRows(done)
  }
  await eachExactRow(target, sourceId, table.name, wholeRowsPerRead, async (rows) => {
    for (const row of rows) await sender.put(() => wholeRowSql(filling, row))
    done += rows.length
    filling.onRows(done)
  })
  await sender.send()
  await destination.rows('COMMIT')
  return sender.filled
}
