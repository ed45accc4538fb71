/** Whether what a random history left in the tables is what its ledger says, by the model, and lawful (registration-model.db.test.ts). */
import { sql } from 'kysely'
import { expect } from 'vitest'
import { checkSeats } from '../../apps/portal/src/catalogue/ledger.ts'
import type { Receipt } from '../../apps/portal/src/catalogue/types.ts'
import type { Db } from '../../apps/portal/src/db/connect.ts'
import { choices, isMember, keeping, plans } from './histories.ts'
import { type LedgerLine, SectionModel } from './seat-model.ts'

const hourOf = (section: number): string => JSON.stringify(plans[section - 1]?.meetings)

/** Results of lines, and the events that they must stand for. */
const eventsOf: Readonly<Record<Receipt['kind'], Partial<Record<string, string>>>> = {
  register: { enrolled: 'enrolled', waiting: 'wait_listed' },
  drop: { dropped: 'dropped' },
  swap: { enrolled: 'swapped_in', waiting: 'wait_listed', dropped: 'swapped_out' },
  leave: { left: 'left_list' },
  promotion: { enrolled: 'promoted', dropped: 'swapped_out' },
  cancellation: { dropped: 'dropped', left: 'left_list' },
}

/** Nobody was let in while a hold was in force: both are decided under the student's lock, and dated after it was had. */
export const checkHolds = async (db: Db): Promise<readonly unknown[]> => {
  const { rows } = await sql`SELECT e.id, e.student_id, e.event, e.at, h.placed_at, h.released_at
      FROM seat_event e JOIN student_hold h ON h.student_id = e.student_id
     WHERE e.event IN ('enrolled', 'promoted', 'swapped_in', 'wait_listed')
       AND e.at > h.placed_at + INTERVAL 5000 MICROSECOND AND e.at < h.released_at - INTERVAL 5000 MICROSECOND`.execute(
    db,
  )
  return rows
}

/** The permission was in force: beyond the capacity that for a full section, else that for the group's seats. */
export const checkPermissions = async (db: Db): Promise<readonly unknown[]> => {
  const { rows } = await sql`SELECT e.id, e.student_id, e.section_id, e.event, e.at FROM seat_event e
     WHERE e.reason_code = 'by_permission' AND NOT EXISTS (SELECT 1 FROM rule_override o
       WHERE o.student_id = e.student_id AND o.section_id = e.section_id
         AND o.rule = CASE WHEN e.enrolled + e.held > e.capacity THEN 'full' ELSE 'reserved' END
         AND e.at >= o.granted_at - INTERVAL 5000 MICROSECOND
         AND (o.revoked_at IS NULL OR e.at <= o.revoked_at + INTERVAL 5000 MICROSECOND))`.execute(db)
  return rows
}

interface ReceiptLineRow {
  readonly number: string
  readonly kind: Receipt['kind']
  readonly student: number
  readonly section: number
  readonly result: string
  readonly position: number | null
}

const ends: ReadonlySet<string> = new Set(['promoted', 'left_list'])
const gone: ReadonlySet<string> = new Set(['dropped', 'swapped_out'])

/** A student's receipts in their order. @param lines by ascending receipt */
const rankOf = (lines: readonly Pick<ReceiptLineRow, 'number'>[]) => {
  const order = new Map([...new Set(lines.map(({ number }) => number))].map((number, at) => [number, at]))
  return (receipt: string | null): number => order.get(receipt ?? '') ?? -1
}

/** On a swap's receipt: a place that the student had before, and that was taken into the wish with its ticket. */
const isTakenIn = (
  { number, kind, result, student, section }: Omit<ReceiptLineRow, 'position'>,
  ledger: readonly LedgerLine[],
  rank: (receipt: string | null) => number,
): boolean => {
  if (kind !== 'swap' || result !== 'waiting') return false
  const last = ledger.findLast(
    (line) =>
      line.student === student &&
      line.section === section &&
      (line.event === 'wait_listed' || ends.has(line.event)) &&
      rank(line.receipt) <= rank(number),
  )
  return last?.event === 'wait_listed' && last.receipt !== number
}

/**
 * What was waited for as one choice, in the place of something, and did not come or go in one moment; or came while that was kept.
 * @param came gets the numbers of the receipts in which such a choice came
 */
export const splitChoices = (
  ledger: readonly LedgerLine[],
  lines: readonly Pick<ReceiptLineRow, 'number' | 'kind' | 'student' | 'section' | 'result'>[],
  came = new Set<string>(),
): readonly string[] => {
  const swaps = new Set(lines.filter(({ kind }) => kind === 'swap').map(({ number }) => number))
  const rank = rankOf(lines)
  return [...swaps].flatMap((number) => {
    const own = lines.filter((line) => line.number === number)
    const waits = own.filter(({ result }) => result === 'waiting')
    if (waits.length < 2) return []
    const isAfter = ({ receipt }: LedgerLine): boolean => rank(receipt) > rank(number)
    const ended = waits.map(({ student, section }) => {
      const of = (line: LedgerLine) => line.student === student && line.section === section
      // or one that there was before, which is taken into the choice with its ticket
      const joined = ledger.findLast((line) => of(line) && line.event === 'wait_listed' && !isAfter(line))
      return ledger.find((line) => of(line) && line.ticket === joined?.ticket && ends.has(line.event))
    })
    const [end] = ended
    if (new Set(ended.map((line) => line?.receipt ?? '')).size > 1)
      return [`${number}: what it waits for did not arrive in one moment`]
    if (end?.event !== 'promoted') return []
    const { receipt } = end
    came.add(receipt ?? '')
    const last = ledger.findLastIndex((line) => line.receipt === receipt)
    const first = ledger.findIndex(
      (line) => line.student === end.student && rank(line.receipt) >= rank(number),
    )
    return own
      .filter(({ result }) => result === 'kept')
      .filter(
        ({ student, section }) =>
          // what was given up before, and had again, is not what was promised
          !ledger
            .slice(first, last + 1)
            .some((line) => line.student === student && line.section === section && gone.has(line.event)),
      )
      .map(({ section }) => `${number}: ${section} was not given up`)
  })
}

/** As `LedgerLine`. */
export const ledgerColumns = sql`id, section_id AS section, student_id AS student, event, ticket, receipt,
  capacity, enrolled, held, waiting, reason_code AS reason`

/** @returns the kinds of events that occurred */
export const judge = async (db: Db, answered: readonly Receipt[]): Promise<ReadonlySet<string>> => {
  const { rows: ledger } = await sql<LedgerLine>`
    SELECT ${ledgerColumns} FROM seat_event ORDER BY id`.execute(db)
  const granted = await db
    .selectFrom('rule_override')
    .select(['student_id', 'section_id', 'rule', 'revoked_at'])
    .execute()
  const models = new Map(
    plans.map((plan, index) => {
      const id = index + 1
      const full = granted.filter((one) => one.section_id === id && one.rule === 'full')
      const kept = { seats: keeping.has(id) ? 1 : 0, isMember }
      const model = new SectionModel(plan.capacity ?? 0, kept, new Set(full.map((one) => one.student_id)))
      return [id, model] as const
    }),
  )
  const faults: string[] = []
  const positions = new Map<string, number>()
  for (const line of ledger) {
    const model = models.get(line.section)
    faults.push(...(model?.apply(line) ?? ['no such section']))
    if (line.event === 'wait_listed')
      positions.set(`${line.receipt} ${line.section}`, model?.position(line.student ?? 0) ?? 0)
  }
  expect(faults).toEqual([])
  const late = await sql`SELECT a.id FROM seat_event a JOIN seat_event b
    ON b.section_id = a.section_id AND b.id > a.id AND b.at < a.at`.execute(db)
  expect(late.rows).toEqual([])

  // what the events leave is what there is
  const held = await db.selectFrom('enrolment').select(['section_id', 'student_id', 'reserve_id']).execute()
  const waiting = await db.selectFrom('wait_entry').selectAll().orderBy('ticket').execute()
  const words = (list: readonly (readonly unknown[])[]) => list.map((one) => one.join(' ')).toSorted()
  expect(words(held.map((row) => [row.section_id, row.student_id]))).toEqual(
    words([...models].flatMap(([id, { holders }]) => [...holders].map((who) => [id, who]))),
  )
  expect(
    words(waiting.map((row) => [row.section_id, row.student_id, row.ticket, row.passed_code !== null])),
  ).toEqual(
    words(
      [...models].flatMap(([id, { list }]) => list.map((one) => [id, one.student, one.ticket, one.passed])),
    ),
  )
  expect(await checkSeats(db)).toEqual([])
  // no seat is left over while somebody waits for it
  for (const [id, model] of models) {
    const own = held.filter((row) => row.section_id === id && row.reserve_id !== null)
    const ofGroup = new Set(own.map((row) => row.student_id))
    const permits = (who: number, rule: 'full' | 'reserved') =>
      granted.some(
        (one) =>
          one.student_id === who && one.section_id === id && one.rule === rule && one.revoked_at === null,
      )
    expect([id, model.couldBe(ofGroup), model.leftOver(ofGroup, permits)]).toEqual([id, true, false])
  }
  // nobody sits in two sections of one hour
  const hours = words(held.map((row) => [row.student_id, hourOf(row.section_id)]))
  expect(new Set(hours).size).toBe(hours.length)

  // receipts say what the ledger says, line by line
  const { rows: lines } =
    await sql<ReceiptLineRow>`SELECT r.number, r.kind, r.student_id AS student, l.section_id AS section, l.result, l.list_position AS position
       FROM receipt r JOIN receipt_line l ON l.receipt_id = r.id ORDER BY r.id, l.position`.execute(db)
  const rank = rankOf(lines)
  const takenIn = new Set(lines.filter((line) => isTakenIn(line, ledger, rank)))
  const said = lines.flatMap((line) => {
    if (takenIn.has(line)) return []
    const { number, kind, student, section, result } = line
    const event = eventsOf[kind][result]
    return event === undefined ? [] : [[number, student, section, event]]
  })
  expect(words(said)).toEqual(
    words(
      ledger
        .filter((line) => line.receipt !== null && line.event !== 'reinstated')
        .map((line) => [line.receipt, line.student, line.section, line.event]),
    ),
  )
  for (const line of lines) {
    const { number, section, result, position } = line
    if (takenIn.has(line)) expect(position).toBeGreaterThan(0)
    else if (result === 'waiting') expect(position).toBe(positions.get(`${number} ${section}`))
  }
  const came = new Set<string>()
  expect(splitChoices(ledger, lines, came)).toEqual([])
  // nobody has one half who does not at least wait for the other
  for (const pair of choices)
    for (const [own, other] of [pair, pair.toReversed()]) {
      const alone = [...(models.get(own ?? 0)?.holders ?? [])].filter(
        (who) =>
          models.get(other ?? 0)?.holders.has(who) !== true && models.get(other ?? 0)?.position(who) === 0,
      )
      expect([own, alone]).toEqual([own, []])
    }
  const stored = new Set(lines.map(({ number }) => number))
  for (const receipt of answered) expect(stored).toContain(receipt.number)

  // one notice for each promotion and each time somebody was passed over
  const { rows: notices } = await sql<{ kind: string; student: number; section: number }>`
    SELECT kind, student_id AS student, section_id AS section FROM notice
     WHERE kind IN ('promoted', 'skipped')`.execute(db)
  expect(words(notices.map((one) => [one.kind, one.student, one.section]))).toEqual(
    words(
      ledger
        .filter(({ event }) => event === 'promoted' || event === 'skipped')
        .map((line) => [line.event, line.student, line.section]),
    ),
  )
  const permitted = ledger.filter(({ reason }) => reason === 'by_permission')
  return new Set([
    ...ledger.map(({ event }) => event),
    ...(came.size > 0 ? ['a choice'] : []),
    ...(takenIn.size > 0 ? ['a place taken in'] : []),
    ...permitted.map((line) => (line.enrolled > line.capacity ? 'beyond' : 'of a group')),
  ])
}
