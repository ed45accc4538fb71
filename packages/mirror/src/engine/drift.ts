/**
 * Drift: rows of the copy that are not what the engine wrote. Found here by comparing the copy with the recorded digests,
 * which asks PostgreSQL alone, a few segments at a time, so that all of it is compared once in an interval; and at the latest where a row is
 * written next (apply-plan.ts). What is done about it is the policy's to say (docs/decisions/0029).
 *
 * A pass goes through the segments of all followed tables; after a table's last segment its rows are counted, and when there are
 * more than recorded those that nobody wrote are looked for.
 */
import { wrongHashes } from '../apply/keyless.ts'
import { namesInSchema } from '../apply/load.ts'
import { otherDocuments, readRows } from '../apply/rows.ts'
import { type TargetTable, tableName } from '../apply/shape.ts'
import { isWholeRowId, type KeyBytes, type KeyId, keyIdOf, keyOfId, ownKeyId } from '../model.ts'
import { quotePostgres } from '../names.ts'
import { sqlStateOf, type Target } from '../postgres.ts'
import { keyOfMirrorRow } from '../prove/keys.ts'
import { noteDriftCheck, sinceDriftCheck } from '../record/conflict.ts'
import { countExactRows } from '../record/exact-row.ts'
import { readExactValues } from '../record/ledger.ts'
import { eachSliceOfKeys } from '../record/recorded-keys.ts'
import { readRowStates } from '../record/row-state.ts'
import type { TableRecord } from '../record/tables.ts'
import { judgeCopy, shownBeside } from '../source/digest-here.ts'
import { isLearned } from '../source/learned-charsets.ts'
import type { Catalogue, SourceTable } from '../source/tables.ts'
import type { DriftPolicy } from '../types.ts'
import { isAccepted } from './brakes.ts'
import { isExactWrong } from './drift-keyless.ts'
import { strayKeptRows, wrongKeptRows } from './drift-kept.ts'
import { targetTable } from './shape.ts'
import type { MirrorState } from './state.ts'

export interface Suspect {
  readonly segment: number
  readonly id: KeyId
  /** null: no row that the engine wrote */
  readonly recorded: bigint | null
  /** of a row that is kept whole: its key's source bytes, where they stand here still */
  readonly bytes?: KeyBytes
  /** the row by itself does not tell: beside an exact value something else is shown, or others have proved how its text is stored */
  readonly isKnownWrong?: boolean
}

/** By table; an empty list says that the table as a whole is not as recorded: one without a key, or one that is not there. */
export type Suspects = ReadonlyMap<string, readonly Suspect[]>

/** At most so many segments a look: some 16,000 rows, a fraction of a second of PostgreSQL's time. */
const segmentsPerLook = 8
const pieceRows = 2_000
/** Kept in memory of one table; the next pass finds more. */
const mostSuspects = 10_000

interface Step {
  readonly table: string
  readonly segment: number
  readonly isLast: boolean
}

/** A decision for this cycle outweighs the policy. */
export const policyFor = (record: TableRecord, policy: DriftPolicy): DriftPolicy =>
  isAccepted(record, 'MIRROR_4106') ? 'repair' : policy

export class DriftWatch {
  readonly #intervalMs: number
  #catalogue: Catalogue | undefined
  #steps: readonly Step[] = []
  #done = 0
  #since: number | undefined
  /** rows that the pass missed so far, by table */
  readonly #missing = new Map<string, number>()

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  /** what the source held when it was last asked; undefined before that */
  get catalogue(): Catalogue | undefined {
    return this.#catalogue
  }

  remember(catalogue: Catalogue): void {
    this.#catalogue = catalogue
  }

  /** Would a look compare anything, or begin a new pass? No decision of somebody's bears on it. */
  get isDue(): boolean {
    return this.#done >= this.#steps.length || this.#dueSteps > this.#done
  }

  /** Of this pass, by now. */
  get #dueSteps(): number {
    const share = (performance.now() - (this.#since ?? 0)) / this.#intervalMs
    return Math.min(Math.floor(this.#steps.length * Math.min(1, share)), this.#done + segmentsPerLook)
  }

  /** Compares what is due. `whole`: this is the only cycle of its process, and takes a whole pass when one is due. */
  async look(
    target: Target,
    sourceId: string,
    state: MirrorState,
    catalogue: Catalogue,
    whole: boolean,
  ): Promise<Suspects> {
    const found = new Map<string, Suspect[]>()
    const followed = [...state.tables.values()].filter(
      ({ name, state: now, brake, fingerprint }) =>
        now === 'live' && brake === null && catalogue.tables.get(name)?.fingerprint === fingerprint,
    )
    const stepsOf = async (record: TableRecord): Promise<Step[]> => {
      const segments = await state.segments(record)
      return segments.map(({ id }, at) => ({
        table: record.name,
        segment: id,
        isLast: at === segments.length - 1,
      }))
    }
    const byName = new Map(followed.map((record) => [record.name, record]))
    const take = async (steps: readonly Step[]): Promise<void> => {
      for (const step of steps) {
        const record = byName.get(step.table)
        const table = catalogue.tables.get(step.table)
        if (record === undefined || table === undefined) continue
        const isGone = async (): Promise<boolean> =>
          !(await namesInSchema(target, sourceId)).includes(record.targetName)
        const suspects = await orUnreadable(isGone, async () =>
          compareStep(target, sourceId, table, record, step, (rows) => {
            const now = (this.#missing.get(step.table) ?? 0) + rows
            this.#missing.set(step.table, step.isLast ? 0 : now)
            return now
          }),
        )
        if (suspects === undefined) continue
        const list = [...(found.get(step.table) ?? []), ...suspects]
        found.set(step.table, list.slice(0, mostSuspects))
      }
    }
    // What a brake held is looked for again as soon as somebody has decided.
    const decided = followed.filter((known) => isAccepted(known, 'MIRROR_4106'))
    for (const record of decided) await take(await stepsOf(record))
    // and not twice: a row that is suspected twice would be written twice
    for (const { name } of decided) byName.delete(name)
    if (whole) {
      const age = await sinceDriftCheck(target, sourceId)
      // one that lies in the future was noted by a clock that has been set since
      const isRecent = age !== null && age >= 0 && age < this.#intervalMs
      if (state.source.cycle === null || isRecent) return found
      for (const record of followed) await take(await stepsOf(record))
      await noteDriftCheck(target, sourceId)
      return found
    }
    if (this.#done >= this.#steps.length) {
      if (this.#steps.length > 0) await noteDriftCheck(target, sourceId)
      const steps: Step[] = []
      for (const record of followed) steps.push(...(await stepsOf(record)))
      this.#steps = steps
      this.#done = 0
      this.#since = performance.now()
    }
    const due = this.#dueSteps
    const steps = this.#steps.slice(this.#done, due)
    await take(steps)
    this.#done = Math.max(this.#done, due)
    return found
  }
}

/**
 * A table that was made over (a column gone, a view in its place) has no rows to compare: `verify` tells in what it differs, and the
 * cycle that is to write it refuses it. One that somebody dropped has lost all of its rows. The others are looked at.
 */
const orUnreadable = async (
  isGone: () => Promise<boolean>,
  work: () => Promise<readonly Suspect[] | undefined>,
): Promise<readonly Suspect[] | undefined> => {
  try {
    return await work()
  } catch (error) {
    if (sqlStateOf(error) === '42P01' && (await isGone())) return []
    if (/^(22|42|55)/.test(sqlStateOf(error))) return undefined
    throw error
  }
}

/** All of a table at once; undefined: as recorded, or made over. At most so many suspects as are kept of one table. */
export const lookAtWhole = async (
  target: Target,
  sourceId: string,
  state: MirrorState,
  table: SourceTable,
  record: TableRecord,
): Promise<readonly Suspect[] | undefined> => {
  const segments = await state.segments(record)
  const found: Suspect[] = []
  let missing = 0
  let differs = false
  for (const [at, { id: segment }] of segments.entries()) {
    const step = { table: table.name, segment, isLast: at === segments.length - 1 }
    const suspects = await orUnreadable(
      async () => false,
      async () => compareStep(target, sourceId, table, record, step, (rows) => (missing += rows)),
    )
    differs ||= suspects !== undefined
    found.push(...(suspects ?? []))
    if (found.length >= mostSuspects) break
  }
  return differs ? found.slice(0, mostSuspects) : undefined
}

/** undefined: as recorded */
const compareStep = async (
  target: Target,
  sourceId: string,
  table: SourceTable,
  record: TableRecord,
  step: Step,
  /** takes the rows of this step that are missing, and tells those of the table so far */
  missed: (rows: number) => number,
): Promise<Suspect[] | undefined> => {
  const shape = targetTable(sourceId, table)
  if (table.key.length === 0) {
    const isWrong =
      (await wrongHashes(target, shape, record.id)).length > 0 ||
      (await isExactWrong(target, sourceId, table, shape, record))
    return isWrong ? [] : undefined
  }
  const recorded =
    (await readRowStates(target, record.id, [step.segment])).get(step.segment) ?? new Map<KeyId, bigint>()
  const suspects: Suspect[] = []
  let missing = 0
  const judge = judgeCopy(table.columns)
  const learns = table.columns.some(({ charset }) => charset !== null && isLearned(charset))
  const ids = [...recorded.keys()].filter((id) => !isWholeRowId(id))
  for (let at = 0; at < ids.length; at += pieceRows) {
    const part = ids.slice(at, at + pieceRows)
    const keys = part.map((id) => keyOfId(id, table.key.length))
    const rows = await readRows(target, shape, keys)
    const exact =
      record.exactValues === 0 ? undefined : await readExactValues(target, sourceId, table.name, keys)
    const present = new Map(rows.map((row) => [keyIdOf(keyOfMirrorRow(table, row)), row]))
    /** as recorded, but for what is shown beside an exact document */
    const asked: { readonly id: KeyId; readonly given: string | null; readonly shown: string | null }[] = []
    const judged = part.map((id) => {
      const row = present.get(id)
      const key = JSON.stringify(keyOfId(id, table.key.length))
      const before = recorded.get(id) ?? 0n
      const isRecorded = row === undefined ? () => false : judge(row, exact?.get(key))
      return { id, row, key, before, isRecorded, first: isRecorded(before) }
    })
    for (const { id, row, key, before, isRecorded: ask, first } of judged) {
      if (row === undefined) missing += 1
      // what the others of this piece have proved may tell now
      const isRecorded = first ?? ask(before)
      if (isRecorded === false)
        suspects.push({
          segment: step.segment,
          id: ownKeyId(id),
          recorded: before,
          isKnownWrong: row !== undefined && learns,
        })
      else if (row !== undefined && isRecorded === true && exact !== undefined)
        for (const pair of shownBeside(table.columns, row, exact.get(key))) asked.push({ id, ...pair })
    }
    const others = await otherDocuments(target, asked)
    for (const id of new Set(others.map((at) => ownKeyId(asked[at]?.id ?? ''))))
      suspects.push({ segment: step.segment, id, recorded: recorded.get(id) ?? 0n, isKnownWrong: true })
  }
  for (const wrong of await wrongKeptRows(target, sourceId, table, recorded)) {
    suspects.push({ segment: step.segment, ...wrong })
    if (wrong.bytes === undefined) missing += 1
  }
  const absent = missed(missing)
  if (step.isLast) {
    suspects.push(...(await findExtra(target, sourceId, table, shape, record, step.segment, absent)))
  }
  return suspects.length === 0 ? undefined : suspects
}

/** Rows of the copy that nobody recorded; looked for only where there are more than those that were found. */
const findExtra = async (
  target: Target,
  sourceId: string,
  table: SourceTable,
  shape: TargetTable,
  record: TableRecord,
  segment: number,
  missing: number,
): Promise<Suspect[]> => {
  const [count] = await target.rows(`SELECT count(*) FROM ${tableName(shape)}`)
  const whole = await countExactRows(target, sourceId, table.name)
  if (Number(count?.[0]) + whole + missing <= record.rows) return []
  const extra: Suspect[] = []
  const columns = shape.key.map((index) => quotePostgres(shape.columns[index]?.name ?? '')).join(', ')
  for await (const recorded of eachSliceOfKeys(target, record.id, record.rows)) {
    if (whole > 0)
      for (const id of await strayKeptRows(target, sourceId, table, recorded))
        extra.push({ segment, id, recorded: null })
    await target.run('BEGIN READ ONLY')
    try {
      await target.run(`DECLARE copied_keys NO SCROLL CURSOR FOR SELECT ${columns} FROM ${tableName(shape)}`)
      for (let isEnd = false; !isEnd; ) {
        const rows = await target.rows(`FETCH ${pieceRows} FROM copied_keys`)
        for (const row of rows) {
          const id = keyIdOf(
            table.key.map((index, at) => table.columns[index]?.codec.decode(row[at] ?? '') ?? ''),
          )
          if (recorded.lacks(id)) extra.push({ segment, id, recorded: null })
        }
        if (extra.length >= mostSuspects) return extra
        isEnd = rows.length < pieceRows
      }
    } finally {
      await target.run('ROLLBACK')
    }
  }
  return extra
}
