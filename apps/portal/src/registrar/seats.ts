/**
 * The counters of a section, and the only statements that change them.
 *
 *   enrolled   rows of enrolment                      held      seats taken elsewhere
 *   waiting    entries of the list in force           tickets   tickets given out, ever
 *   reserved   seats kept for groups, not taken yet: what seat_reserve leaves of them
 *   overfull   how far enrolled + held are beyond the capacity, never less than 0: by permission, an import, or a capacity that
 *              was lowered
 *
 * Each move has a condition: it holds if, and only if, that is true at this moment, whatever was read before. "A seat is
 * left, and nobody waits for it" is the condition of taking a seat, so nobody overtakes the list.
 *
 * All moves of a transaction are made at once: one statement locks their sections by ascending id and judges each condition
 * under the lock, one changes the counters of those whose condition holds, and states it again. That comes before any row
 * that refers to a section: an insert takes a shared lock on the section that the update would have to raise, and other
 * orders lock each other out (facts: Seats under contention). Two statements however many sections there are, and the
 * counters are known afterwards: the ledger need not ask for them (decision 0042).
 */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { keyPlaces, sizeFor, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import { Overtaken } from './transaction.ts'

/**
 * - take       a seat by registration: one is left, and nobody waits
 * - take_over  by permission: no seat is left, so it is one beyond the capacity, and `overfull` says so
 * - take_past  by permission: one is left, and those who wait are not served any more
 * - free       a seat given back
 * - list       a ticket of the list: only where no seat can be had
 * - list_passed  a ticket of the list for one who is passed over from the start, as another half has no seat
 * - unlist     an entry in force leaves the list
 * - promote    an entry in force becomes a seat
 * - promote_passed   the same for an entry that was passed over, which `waiting` does not count
 * - promote_over, promote_passed_over   both by permission, beyond the capacity
 * - pass       an entry in force is passed over, as there is a seat that it cannot have
 * - reinstate  an entry that was passed over is in force again
 * - lock       no counter changes, but an event is to be written
 */
export type MoveKind =
  | 'take'
  | 'take_over'
  | 'take_past'
  | 'free'
  | 'list'
  | 'list_passed'
  | 'unlist'
  | 'promote'
  | 'promote_passed'
  | 'promote_over'
  | 'promote_passed_over'
  | 'pass'
  | 'reinstate'
  | 'lock'

export interface Move {
  readonly sectionId: number
  readonly kind: MoveKind
  /** the seat comes from, or goes back to, this reserve of the section; none: it is anybody's */
  readonly reserveId?: number | null | undefined
}

/** What an event of the ledger tells of its section. */
export interface Counters {
  readonly capacity: number
  readonly enrolled: number
  readonly held: number
  readonly overfull: number
  readonly waiting: number
}

export interface Moved {
  /** the sections whose move did not hold; what the others did stays, until the transaction ends */
  readonly missed: ReadonlySet<number>
  /** those of them that stand in the catalogue with no seat left at all, or with a list: full, and nothing else */
  readonly full: ReadonlySet<number>
  /** the counters as the moves left them, by section id; they stay so, under the lock, until the transaction ends */
  readonly after: ReadonlyMap<number, Counters>
}

interface Rule {
  readonly enrolled?: 1 | -1
  readonly waiting?: 1 | -1
  readonly tickets?: 1
  /** what becomes of `overfull` */
  readonly beyond?: keyof typeof beyond
  readonly where: RawBuilder<unknown>
}

/** In statements and in figures alike. `up` is set before `enrolled` itself: assignments are made from left to right. */
const beyond = {
  up: {
    set: sql`overfull = enrolled + held + 1 - capacity`,
    after: ({ enrolled, held, capacity }: Counters): number => enrolled + held + 1 - capacity,
  },
  down: {
    set: sql`overfull = CASE WHEN overfull > 0 THEN overfull - 1 ELSE 0 END`,
    after: ({ overfull }: Counters): number => Math.max(0, overfull - 1),
  },
} as const

/** No seat at all, kept for a group or not: a permission never takes what somebody else could have. */
const noSeat = sql`enrolled + held >= capacity`

const rulesFor = (seatLeft: RawBuilder<unknown>): Readonly<Record<MoveKind, Rule>> => ({
  take: { enrolled: 1, where: sql`status = 'active' AND ${seatLeft} AND waiting = 0` },
  take_over: { enrolled: 1, beyond: 'up', where: sql`status = 'active' AND ${noSeat}` },
  take_past: { enrolled: 1, where: sql`status = 'active' AND ${seatLeft}` },
  free: { enrolled: -1, beyond: 'down', where: sql`enrolled > 0` },
  list: {
    waiting: 1,
    tickets: 1,
    where: sql`status = 'active' AND (enrolled + held + reserved >= capacity OR waiting > 0)`,
  },
  list_passed: { tickets: 1, where: sql`status = 'active'` },
  unlist: { waiting: -1, where: sql`waiting > 0` },
  promote: { enrolled: 1, waiting: -1, where: sql`status = 'active' AND ${seatLeft} AND waiting > 0` },
  promote_passed: { enrolled: 1, where: sql`status = 'active' AND ${seatLeft}` },
  promote_over: {
    enrolled: 1,
    waiting: -1,
    beyond: 'up',
    where: sql`status = 'active' AND ${noSeat} AND waiting > 0`,
  },
  promote_passed_over: { enrolled: 1, beyond: 'up', where: sql`status = 'active' AND ${noSeat}` },
  pass: { waiting: -1, where: sql`status = 'active' AND ${seatLeft} AND waiting > 0` },
  reinstate: { waiting: 1, where: sql`TRUE` },
  lock: { where: sql`TRUE` },
})

const anybodys = rulesFor(sql`enrolled + held + reserved < capacity`)
/** Of a reserve there is a seat if the section has one at all; whether the reserve has is asked of its own row. */
const ofReserve = rulesFor(sql`enrolled + held < capacity`)

const taking: ReadonlySet<MoveKind> = new Set(['take', 'take_past', 'promote', 'promote_passed'])

/** The section's counter of what its reserves have left, under the section's lock. */
export const countReserved = async (db: Transaction<Tables>, sectionId: number): Promise<void> => {
  await sql`UPDATE section SET reserved = (
      SELECT COALESCE(SUM(CASE WHEN seats > taken THEN seats - taken ELSE 0 END), 0)
        FROM seat_reserve WHERE section_id = ${sectionId} AND ended_at IS NULL)
    WHERE id = ${sectionId}`.execute(db)
}

/** After the section's own statement, and so under its lock. @throws Overtaken when the reserve has no seat left */
const moveReserve = async (
  db: Transaction<Tables>,
  { sectionId, kind, reserveId }: Move & { readonly reserveId: number },
): Promise<void> => {
  const { numAffectedRows } = taking.has(kind)
    ? await sql`UPDATE seat_reserve SET taken = taken + 1
        WHERE id = ${reserveId} AND section_id = ${sectionId} AND ended_at IS NULL AND taken < seats`.execute(
        db,
      )
    : await sql`UPDATE seat_reserve SET taken = taken - 1
        WHERE id = ${reserveId} AND section_id = ${sectionId} AND taken > 0`.execute(db)
  if (numAffectedRows !== 1n) throw new Overtaken('the group’s last seat went, or its reserve ended')
  await countReserved(db, sectionId)
}

/** Moves of one kind, which one statement makes. */
interface Group {
  readonly rule: Rule
  readonly moves: Move[]
}

const inGroups = (moves: readonly Move[]): readonly Group[] => {
  const groups = new Map<Rule, Group>()
  for (const move of moves) {
    const rule = ((move.reserveId ?? null) === null ? anybodys : ofReserve)[move.kind]
    const group = groups.get(rule)
    if (group === undefined) groups.set(rule, { rule, moves: [move] })
    else group.moves.push(move)
  }
  return [...groups.values()]
}

const idsOf = (moves: readonly Move[]) =>
  sql.join(moves.map(({ sectionId }) => sectionId).toSorted((a, b) => a - b))

interface Locked extends Counters {
  readonly id: number
  readonly status: 'active' | 'cancelled'
  /** 1: the condition of this section's move is true */
  readonly holds: number
}

/** By the primary key and no other way: a scan of the table, which a server may prefer of a small one, would lock all of it. */
const lockSections = async (
  db: Transaction<Tables>,
  groups: readonly Group[],
): Promise<readonly Locked[]> => {
  const cases = groups.map(({ rule, moves }) => sql`WHEN id IN (${idsOf(moves)}) THEN (${rule.where})`)
  const all = idsOf(groups.flatMap(({ moves }) => moves))
  const { rows } = await sql<Locked>`
    SELECT id, status, capacity, enrolled, held, overfull, waiting, CASE ${sql.join(cases, sql` `)} END AS holds
      FROM section FORCE INDEX (PRIMARY) WHERE id IN (${all}) ORDER BY id FOR UPDATE`.execute(db)
  return rows
}

const change = async (db: Transaction<Tables>, { rule, moves }: Group): Promise<void> => {
  const { where, beyond: over, ...steps } = rule
  const set = [
    ...(over === undefined ? [] : [beyond[over].set]),
    ...Object.entries(steps).map(([name, by]) => sql`${sql.ref(name)} = ${sql.ref(name)} + ${sql.lit(by)}`),
  ]
  if (set.length === 0) return
  const { numAffectedRows } = await sql`UPDATE section FORCE INDEX (PRIMARY) SET ${sql.join(set)}
    WHERE id IN (${idsOf(moves)}) AND ${where}`.execute(db)
  // true a moment ago, and the rows are locked
  if (numAffectedRows !== BigInt(moves.length))
    throw new Error('a locked section was changed by somebody else')
}

/** At most one move a section. */
const makeEach = async (db: Transaction<Tables>, moves: readonly Move[]): Promise<Moved> => {
  const groups = inGroups(moves)
  const locked = new Map((await lockSections(db, groups)).map((row) => [row.id, row]))
  const missed = new Set(moves.map(({ sectionId }) => sectionId).filter((id) => locked.get(id)?.holds !== 1))
  for (const { rule, moves: all } of groups) {
    const held = all.filter(({ sectionId }) => !missed.has(sectionId))
    if (held.length > 0) await change(db, { rule, moves: held })
  }
  for (const move of moves.toSorted((a, b) => a.sectionId - b.sectionId)) {
    const { sectionId, kind, reserveId = null } = move
    if (reserveId !== null && !missed.has(sectionId) && (taking.has(kind) || kind === 'free'))
      await moveReserve(db, { ...move, reserveId })
  }
  const isFull = (row: Locked | undefined): boolean =>
    row?.status === 'active' && (row.enrolled + row.held >= row.capacity || row.waiting > 0)
  const full = new Set([...missed].filter((id) => isFull(locked.get(id))))
  const after = new Map<number, Counters>()
  for (const { rule, moves: all } of groups)
    for (const { sectionId } of all) {
      const row = locked.get(sectionId)
      if (row === undefined) continue
      const by = missed.has(sectionId) ? undefined : rule
      const { capacity, held } = row
      after.set(sectionId, {
        capacity,
        enrolled: row.enrolled + (by?.enrolled ?? 0),
        held,
        overfull: by?.beyond === undefined ? row.overfull : beyond[by.beyond].after(row),
        waiting: row.waiting + (by?.waiting ?? 0),
      })
    }
  return { missed, full, after }
}

export const makeMoves = async (db: Transaction<Tables>, moves: readonly Move[]): Promise<Moved> => {
  if (moves.length === 0) return { missed: new Set(), full: new Set(), after: new Map() }
  const isFirst = (move: Move): boolean => moves.find((one) => one.sectionId === move.sectionId) === move
  const first = await makeEach(db, moves.filter(isFirst))
  // a second move of a section, such as of one whose student an import enrolled, is judged by what the first one left
  const then = await makeMoves(
    db,
    moves.filter((move) => !isFirst(move)),
  )
  return {
    missed: new Set([...first.missed, ...then.missed]),
    full: new Set([...first.full, ...then.full]),
    after: new Map([...first.after, ...then.after]),
  }
}

const takeEach = statement<readonly number[], unknown>(
  (db, place, size) => ({
    compile: () =>
      sql`UPDATE section FORCE INDEX (PRIMARY) SET enrolled = enrolled + 1
        WHERE id IN (${sql.join(keyPlaces(place, size))}) AND ${anybodys.take.where}`.compile(db),
  }),
  sizeFor,
)

/**
 * Ordinary seats of these sections, without a look at them first: one statement, by ascending id, in which each is had or not.
 * @returns whether all of them were; else what the transaction did must be undone, as it is not known which
 */
export const takeAll = async (db: Transaction<Tables>, sectionIds: readonly number[]): Promise<boolean> => {
  if (sectionIds.length === 0) return true
  const { numAffectedRows } = await takeEach(
    db,
    sectionIds.toSorted((a, b) => a - b),
  )
  return numAffectedRows === BigInt(sectionIds.length)
}

/** A counter that does not match its rows can only come from writes past the registrar: nothing is done then. */
export const makeSureMoves = async (db: Transaction<Tables>, moves: readonly Move[]): Promise<Moved> => {
  const moved = await makeMoves(db, moves)
  const [first] = moved.missed
  if (first !== undefined) throw new Error(`section ${first}: the counters do not match its rows`)
  return moved
}

/** The list's newest ticket; asked under the lock of the section's row, after the move 'list'. */
export const lastTicket = async (db: Kysely<Tables>, sectionId: number): Promise<number> => {
  const { tickets } = await db
    .selectFrom('section')
    .select('tickets')
    .where('id', '=', sectionId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return tickets
}
