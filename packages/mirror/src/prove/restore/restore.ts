/**
 * `mirror restore`: an empty MySQL or MariaDB becomes what the source was at the last proved snapshot, and proves it.
 *
 *   locked → judged → marked → made → (filled → proved)* → finished
 *
 * Everything comes from one snapshot of PostgreSQL; the source is not asked, it may be gone. Killed anywhere, the same
 * command goes on: what is in the database is recognised by a marker, tables whose digests are those recorded are kept,
 * the others are emptied and filled again. The marker goes last: a database without it is whole.
 */
import type { TargetTable } from '../../apply/shape.ts'
import { MirrorError } from '../../errors.ts'
import type { CanonicalKey } from '../../model.ts'
import { postgresColumnName, quoteMysql, quotePostgres } from '../../names.ts'
import { readCreateTable } from '../../source/definitions.ts'
import { readCatalogue, type SourceTable } from '../../source/tables.ts'
import type { RestoredTable, RestoreOptions, RestoreReport, RestoreStep } from '../../types.ts'
import type { Destination } from './destination.ts'
import { fillTable, type Filled } from './fill.ts'
import { dropMarkerSql, type Found, inspect, makeTables, markerName, markerSql } from './marker.ts'
import type { Mirrored } from './mirrored.ts'
import {
  autoIncrementSql,
  databaseSql,
  essenceOf,
  isSameVersion,
  type Landing,
  nextNumber,
  type PlannedTable,
  planTables,
  refuseFolding,
  refuseSource,
  reservations,
  whyNotMade,
} from './plan.ts'
import { type Difference, findDifferences, proveTable } from './proof.ts'
import { isEdited, reasonOf, rowTimes } from './reason.ts'
import { findViolations } from './violations.ts'

export interface RestoreContext {
  readonly mirrored: Mirrored
  readonly destination: Destination
  readonly sourceId: string
  readonly sourceDatabase: string
  readonly options: RestoreOptions
  readonly signal: AbortSignal
  readonly onStep: (step: RestoreStep) => void
  /** a table's keys as answers may show them */
  readonly shownKey: (table: SourceTable, key: CanonicalKey) => CanonicalKey
}

const landingOf = async (destination: Destination): Promise<Landing> => ({
  flavour: destination.flavour.name,
  version: destination.flavour.version,
  mark: await destination.mark(),
  database: await destination.one('DATABASE()'),
  folding: Number(await destination.one('@@GLOBAL.lower_case_table_names')),
  charset: await destination.one('@@character_set_database'),
  collation: await destination.one('@@collation_database'),
})

interface Columns {
  /** positions that take values */
  readonly written: readonly number[]
  /** position of the column that counts; undefined without one */
  readonly counting: number | undefined
}

const columnsOf = async (destination: Destination, table: SourceTable): Promise<Columns> => {
  const rows = await destination.rows(
    // The catalogue's own equality takes `order` and `ORDER` for one table.
    `SELECT COLUMN_NAME, EXTRA FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = DATABASE() AND CAST(TABLE_NAME AS BINARY) = x'${Buffer.from(table.name).toString('hex')}'`,
  )
  const extra = new Map(
    rows.map((row) => [row[0]?.toString('utf8') ?? '', row[1]?.toString('utf8').toLowerCase() ?? '']),
  )
  const extraOf = (index: number): string => extra.get(table.columns[index]?.name ?? '') ?? ''
  const positions = table.columns.map((_, index) => index)
  return {
    written: positions.filter((index) => !/\b(virtual|stored|persistent)\b/.test(extraOf(index))),
    counting: positions.find((index) => extraOf(index).includes('auto_increment')),
  }
}

/** The copy, its columns in the order of the restored table; undefined where the two do not have the same. */
const copyOf = (sourceId: string, table: SourceTable, planned: PlannedTable): TargetTable | undefined => {
  const names = table.columns.map((column) => column.name)
  const copied = new Set(planned.record.columns)
  if (names.length !== copied.size || names.some((name) => !copied.has(name))) return undefined
  return {
    schema: sourceId,
    name: planned.record.targetName,
    columns: table.columns.map(({ name, codec }) => ({
      name: postgresColumnName(name),
      type: codec.postgresType,
    })),
    key: table.key,
  }
}

const highestNumber = async (
  { mirrored }: RestoreContext,
  copy: TargetTable,
  counting: number,
): Promise<bigint | null> => {
  const column = quotePostgres(copy.columns[counting]?.name ?? '')
  const [row] = await mirrored.target.rows(
    `SELECT max(${column}) FROM ${quotePostgres(copy.schema)}.${quotePostgres(copy.name)}`,
  )
  const highest = row?.[0] ?? null
  return highest !== null && /^\d+$/.test(highest) ? BigInt(highest) : null
}

const unequal = (planned: PlannedTable, reason: string): RestoredTable => ({
  rows: 0,
  equal: false,
  provedAt: planned.record.provedAt ?? '',
  reason,
  differences: [],
  omitted: 0,
  autoIncrement: null,
  reworded: false,
})

const restoreTable = async (
  context: RestoreContext,
  planned: PlannedTable,
  table: SourceTable,
  landing: Landing,
): Promise<RestoredTable> => {
  const { mirrored, destination, options, signal, onStep } = context
  const { name, record } = planned
  const copy = copyOf(context.sourceId, table, planned)
  if (copy === undefined) return unequal(planned, 'its definition and its copy do not have the same columns')
  const { written, counting } = await columnsOf(destination, table)
  let proof = await proveTable(destination, table, planned)
  let filled: Filled | undefined
  if (proof.equal && proof.rows > 0) onStep({ type: 'kept', table: name, rows: proof.rows })
  else if (!proof.equal) {
    if (proof.rows > 0) await destination.rows(`TRUNCATE TABLE ${quoteMysql(name)}`)
    filled = await fillTable({
      target: mirrored.target,
      sourceId: context.sourceId,
      destination,
      table,
      shape: copy,
      hasExactValues: record.exactValues > 0,
      tableId: record.id,
      recordedColumns: record.columns.map(postgresColumnName),
      written,
      packet: Number(await destination.one('@@max_allowed_packet')),
      signal,
      onRows: (rows) => onStep({ type: 'rows', table: name, rows, total: planned.rows }),
    })
    proof = await proveTable(destination, table, planned)
  }
  const differences: Difference[] = []
  let omitted = 0
  if (!proof.equal) {
    await findDifferences(mirrored.target, destination, table, planned, proof.differing, (difference) => {
      if (differences.length < options.limit) differences.push(difference)
      else omitted += 1
    })
  }
  const edited = proof.equal ? false : await isEdited(context, planned, table, copy, proof, differences)
  let next: bigint | undefined
  if (counting !== undefined) {
    const column = table.columns[counting]
    const highest = await highestNumber(context, copy, counting)
    next =
      column === undefined
        ? undefined
        : nextNumber(column, planned.kept.autoIncrement, highest, options.autoIncrementGap)
    if (next !== undefined) await destination.rows(autoIncrementSql(name, next))
  }
  const made = await destination.reading(async (connection) => readCreateTable(connection, name))
  const reworded = essenceOf(made) !== essenceOf(planned.createTable)
  const alike = !reworded || !isSameVersion(mirrored, landing)
  const reason = (): string | null => {
    if (!proof.equal)
      return reasonOf(
        filled,
        table.key.length === 0 ? null : differences.length + omitted,
        edited,
        rowTimes(planned),
      )
    return alike ? null : `the definition came out otherwise: ${made}`
  }
  if (proof.equal) onStep({ type: 'restored', table: name, rows: proof.rows })
  return {
    rows: proof.rows,
    equal: proof.equal && alike,
    provedAt: record.state === 'live' ? (mirrored.source.snapshotAt ?? '') : (record.provedAt ?? ''),
    reason: reason(),
    differences: differences.map(({ key, kind }) => ({ key: context.shownKey(table, key), kind })),
    omitted,
    autoIncrement: next === undefined ? null : String(next),
    reworded,
  }
}

interface Judged {
  readonly landing: Landing
  readonly tables: readonly PlannedTable[]
  readonly notCovered: RestoreReport['notCovered']
  readonly reasons: readonly string[]
  readonly marker: string
  readonly found: Found
}

/** Everything that could refuse, before anything is written. */
const judge = async ({ mirrored, destination, sourceDatabase, options }: RestoreContext): Promise<Judged> => {
  const { tables, notCovered } = planTables(mirrored)
  const landing = await landingOf(destination)
  refuseSource(mirrored, landing, sourceDatabase)
  const reasons = reservations(mirrored, landing)
  if (reasons.length > 0 && !options.force)
    throw new MirrorError('MIRROR_1106', { detail: reasons.join('; ') })
  refuseFolding(tables, landing)
  const marker = markerName(tables)
  const found = await inspect(destination, marker, mirrored.source, tables)
  return { landing, tables, notCovered, reasons, marker, found }
}

const reportOf = (
  { mirrored }: RestoreContext,
  judged: Judged,
  rest: Pick<RestoreReport, 'equal' | 'tables' | 'violations' | 'remaining'> &
    Partial<Pick<RestoreReport, 'statements'>>,
): RestoreReport => {
  const { equal, tables, ...more } = rest
  return {
    equal,
    cycle: mirrored.source.cycle ?? 0,
    snapshotAt: mirrored.source.snapshotAt ?? '',
    proof: judged.reasons.length === 0 ? 'promised' : 'forced',
    reasons: judged.reasons,
    tables,
    notCovered: judged.notCovered,
    ...more,
  }
}

const rehearse = (context: RestoreContext, judged: Judged): RestoreReport => {
  const { mirrored, options } = context
  const { marker, tables, landing, found } = judged
  const database = databaseSql(mirrored, landing)
  const statements = [
    ...(database === undefined ? [] : [database]),
    ...(found.resumed ? [] : [markerSql(marker, mirrored.source)]),
    ...tables.flatMap((table) => {
      const { autoIncrement } = table.kept
      const next = autoIncrement === null ? undefined : autoIncrement + BigInt(options.autoIncrementGap)
      return [
        table.createTable,
        `-- INSERT INTO ${quoteMysql(table.name)} … ${table.rows} rows`,
        ...(next === undefined ? [] : [autoIncrementSql(table.name, next)]),
      ]
    }),
    dropMarkerSql(marker),
  ]
  return reportOf(context, judged, {
    equal: null,
    tables: Object.fromEntries(
      tables.map((table) => [
        table.name,
        { ...unequal(table, ''), rows: table.rows, equal: null, reason: null },
      ]),
    ),
    violations: [],
    remaining: [],
    statements,
  })
}

export const restoreTo = async (context: RestoreContext): Promise<RestoreReport> => {
  const { mirrored, destination, options, signal, onStep } = context
  await destination.lock()
  const judged = await judge(context)
  if (options.dryRun) return rehearse(context, judged)

  const { landing, marker, found } = judged
  if (found.resumed) onStep({ type: 'resumed', table: null })
  else await destination.rows(markerSql(marker, mirrored.source))
  const database = databaseSql(mirrored, landing)
  if (database !== undefined) await destination.rows(database)
  // Another kind of server is expected to refuse some: what it takes is worth having.
  const impossible = new Map(
    judged.tables.flatMap((table) => {
      const reason = whyNotMade(table)
      return reason === undefined ? [] : [[table.name, reason] as const]
    }),
  )
  const possible = judged.tables.filter(({ name }) => !impossible.has(name))
  const refused = await makeTables(destination, marker, found, possible, {
    skipsRefused: options.force,
    made: (table) => {
      onStep({ type: 'created', table: table.name, rows: table.rows })
      signal.throwIfAborted()
    },
  })
  const catalogue = await destination.reading(async (connection) => readCatalogue(connection, () => true))

  const done = new Map<string, RestoredTable>()
  let equal = true
  for (const planned of judged.tables) {
    if (!equal && !options.acceptDifferences) break
    signal.throwIfAborted()
    const never = impossible.get(planned.name)
    if (never !== undefined) {
      done.set(planned.name, unequal(planned, never))
      continue
    }
    const words = refused.get(planned.name)
    if (words !== undefined) {
      done.set(planned.name, unequal(planned, `the server does not take its definition: ${words}`))
      continue
    }
    const table = catalogue.tables.get(planned.name)
    const restored =
      table === undefined
        ? unequal(planned, catalogue.refused.get(planned.name)?.reason ?? 'it is not there after it was made')
        : await restoreTable(context, planned, table, landing)
    done.set(planned.name, restored)
    if (restored.equal !== true) equal = false
  }
  const tables = Object.fromEntries(done)
  const remaining = judged.tables.map(({ name }) => name).filter((name) => !done.has(name))
  if (refused.size + impossible.size > 0) equal = false
  if (!equal && !options.acceptDifferences)
    return reportOf(context, judged, { equal, tables, violations: [], remaining })
  const violations = await findViolations(destination)
  await destination.rows(dropMarkerSql(marker))
  return reportOf(context, judged, { equal, tables, violations, remaining })
}
