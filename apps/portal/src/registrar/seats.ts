/**
 * The counters of a section, and the only statements that change them.
 *
 *   enrolled   rows of enrolment                      held      seats taken elsewhere
 *   waiting    entries of the list in force           tickets   tickets given out, ever
 *   reserved   seats kept for groups, not taken yet: what seat_reserve leaves of them
 *   overfull   how far enrolled + held may be beyond the capacity: by permission, an import, or a capacity that was lowered
 *
 * Each move is one conditional UPDATE: it holds if, and only if, what it needs is true at that moment, whatever was read
 * before. "A seat is left, and nobody waits for it" is part of the statement that takes a seat, so nobody overtakes the list.
 *
 * All moves of a transaction are made at once, by ascending section id and before any row that refers to a section: an
 * insert takes a shared lock on the section that the update would have to raise, and other orders lock each other out
 * (facts: Seats under contention).
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { Overtaken } from './transaction.ts'

/**
 * - take       a seat by registration: one is left, and nobody waits
 * - take_over  by permission: no seat is left, so it is one beyond the capacity, and `overfull` says so
 * - take_past  by permission: one is left, and those who wait are not served any more
 * - free       a seat given back
 * - list       a ticket of the list: only where no seat can be had
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

const seatLeft = sql`enrolled + held + reserved < capacity`
/** Of a reserve there is a seat if the section has one at all; whether the reserve has is asked of its own row. */
const anySeatLeft = sql`enrolled + held < capacity`

/** No seat at all, kept for a group or not: a permission never takes what somebody else could have. */
const noSeat = sql`enrolled + held >= capacity`
/** Before `enrolled` itself: assignments are made from left to right. */
const oneOver = sql`overfull = enrolled + held + 1 - capacity, enrolled = enrolled + 1`

type Statements = Readonly<
  Record<MoveKind, { readonly set: ReturnType<typeof sql>; readonly where: ReturnType<typeof sql> }>
>

const statementsFor = (seatLeft: ReturnType<typeof sql>): Statements => ({
  take: { set: sql`enrolled = enrolled + 1`, where: sql`status = 'active' AND ${seatLeft} AND waiting = 0` },
  take_over: { set: oneOver, where: sql`status = 'active' AND ${noSeat}` },
  take_past: { set: sql`enrolled = enrolled + 1`, where: sql`status = 'active' AND ${seatLeft}` },
  free: {
    set: sql`enrolled = enrolled - 1, overfull = CASE WHEN overfull > 0 THEN overfull - 1 ELSE 0 END`,
    where: sql`enrolled > 0`,
  },
  list: {
    set: sql`waiting = waiting + 1, tickets = tickets + 1`,
    where: sql`status = 'active' AND (enrolled + held + reserved >= capacity OR waiting > 0)`,
  },
  unlist: { set: sql`waiting = waiting - 1`, where: sql`waiting > 0` },
  promote: {
    set: sql`enrolled = enrolled + 1, waiting = waiting - 1`,
    where: sql`status = 'active' AND ${seatLeft} AND waiting > 0`,
  },
  promote_passed: { set: sql`enrolled = enrolled + 1`, where: sql`status = 'active' AND ${seatLeft}` },
  promote_over: {
    set: sql`${oneOver}, waiting = waiting - 1`,
    where: sql`status = 'active' AND ${noSeat} AND waiting > 0`,
  },
  promote_passed_over: { set: oneOver, where: sql`status = 'active' AND ${noSeat}` },
  pass: { set: sql`waiting = waiting - 1`, where: sql`status = 'active' AND ${seatLeft} AND waiting > 0` },
  reinstate: { set: sql`waiting = waiting + 1`, where: sql`TRUE` },
  // an assignment of the same value locks the row, and counts as matched
  lock: { set: sql`tickets = tickets`, where: sql`TRUE` },
})

const anybodys = statementsFor(seatLeft)
const ofReserve = statementsFor(anySeatLeft)

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

/** @returns the sections whose move did not hold; what the others did stays, until the transaction ends */
export const makeMoves = async (
  db: Transaction<Tables>,
  moves: readonly Move[],
): Promise<ReadonlySet<number>> => {
  const failed = new Set<number>()
  for (const move of moves.toSorted((a, b) => a.sectionId - b.sectionId)) {
    const { sectionId, kind, reserveId = null } = move
    const moved = reserveId !== null && (taking.has(kind) || kind === 'free')
    const { set, where } = (reserveId === null ? anybodys : ofReserve)[kind]
    const result = await sql`UPDATE section SET ${set} WHERE id = ${sectionId} AND ${where}`.execute(db)
    if (result.numAffectedRows !== 1n) failed.add(sectionId)
    else if (moved) await moveReserve(db, { ...move, reserveId })
  }
  return failed
}

/** A counter that does not match its rows can only come from writes past the registrar: nothing is done then. */
export const makeSureMoves = async (db: Transaction<Tables>, moves: readonly Move[]): Promise<void> => {
  const [first] = await makeMoves(db, moves)
  if (first !== undefined) throw new Error(`section ${first}: the counters do not match its rows`)
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
