/**
 * A freed seat goes to whoever waits for it. Each step is a transaction of its own for one place on the list: student
 * first, then sections, the same order as everywhere (register.ts), so it meets no other in a deadlock by design.
 *
 *   candidate ──eligible──▶ promoted   a seat, and what was kept until then is given up, in one transaction; and so with
 *       │  │                           the seats of all that the place stands together with (candidate.ts)
 *       │  └──not eligible▶ passed     keeps the ticket, is told why, and no longer keeps others from the seat
 *       ├──no seat left───▶ stop
 *       └──gone, or somebody before it is in force again──▶ start over
 *
 * A place that was passed over is in force again when its student gives something up (rows.ts), in that very transaction;
 * and it is looked at again after a while, since a reason can also go by other hands (an import, a date).
 *
 * Nobody has to be asked: a seat is given at once and for good, so there is no offer that could expire.
 */
import { randomUUID } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { fromMoment } from '../catalogue/values.ts'
import type { Db } from '../db/connect.ts'
import type { Tables } from '../db/tables.ts'
import { keepReasons } from '../policy/reasons.ts'
import { sectionLabel } from '../policy/registration.ts'
import { type Candidate, isOutOfTurn, type Part, readCandidate } from './candidate.ts'
import { type SeatEvent, writeEvents } from './ledger.ts'
import { writeNotice } from './notices.ts'
import { lockStudent, type LockedStudent, makeLine, markRequest, writeReceipt } from './receipt.ts'
import { holdRevision } from './revision.ts'
import {
  clearCart,
  clearPassed,
  deleteEnrolment,
  insertEnrolments,
  permitted,
  reinstatePassed,
  type Reinstated,
  shown,
} from './rows.ts'
import { makeMoves, type MoveKind } from './seats.ts'
import { fits, openReserves, placeColumns, servedByReserve } from './fitting.ts'
import { type PermittedPlace, permittedPlaces, permittedSections } from './permitted.ts'
import { Overtaken, type Transact } from './transaction.ts'

/** The database's clock, as in the transactions: this process's may be another. */
const now = sql<string>`UTC_TIMESTAMP(3)`
/** Places passed over before this are looked at again, even if their student did nothing. */
const aWhileAgo = sql<string>`UTC_TIMESTAMP(3) - INTERVAL 60 SECOND`

/** Of the rows `section`: a seat is left that is kept for no group. */
const anybodys = sql<boolean>`(section.enrolled + section.held + section.reserved < section.capacity)`

type Step = 'promoted' | 'passed' | 'no_seat' | 'again'

/** Ends the transaction, and undoes what it did, with an answer that is no failure. */
class Undone extends Error {
  readonly step: Step
  constructor(step: Step) {
    super(step)
    this.step = step
  }
}

/** Places of the same choice for which there is no seat, and which were passed over: they wait in force from here on. */
const wake = async (db: Transaction<Tables>, parts: readonly Part[]): Promise<readonly SeatEvent[]> => {
  if (parts.length === 0) return []
  await db
    .updateTable('wait_entry')
    .set({ passed_code: null, passed_detail: null, passed_at: null })
    .where(
      'id',
      'in',
      parts.map(({ entry }) => entry.id),
    )
    .execute()
  return parts.map(({ section, entry }) => ({
    sectionId: section.id,
    event: 'reinstated',
    ticket: entry.ticket,
  }))
}

const pass = async (
  db: Transaction<Tables>,
  student: LockedStudent,
  read: Candidate,
  freed: Set<number>,
): Promise<Step> => {
  const { entry, section, reasons, seat, missing } = read
  const { reserveId } = seat
  const [why, ...rest] = reasons
  if (why === undefined) throw new Error('nobody is passed over without a reason')
  const inForce = entry.passed_code === null
  const woken = why.code === 'half_waits' ? missing.filter((part) => part.entry.passed_code !== null) : []
  // which other half has no seat changes with each seat, and by nobody's doing: it is told where nothing else is
  const more = rest.filter(({ code }) => code !== 'half_waits')
  const more_reasons = keepReasons(more)
  const known =
    entry.passed_code === why.code &&
    entry.passed_detail === why.detail &&
    entry.more_reasons === more_reasons &&
    woken.length === 0
  if (!known) {
    // the seat that a permission would give is always there
    const inOrder = seat.take === 'take'
    const kind = !inForce ? 'lock' : inOrder ? 'pass' : 'unlist'
    const { missed } = await makeMoves(db, [
      { sectionId: section.id, kind, reserveId },
      ...woken.map((part) => ({ sectionId: part.section.id, kind: 'reinstate' as const })),
    ])
    if (missed.size > 0) throw new Undone('no_seat')
    if (inOrder && (await isOutOfTurn(db, read, true))) throw new Undone('again')
  }
  await db
    .updateTable('wait_entry')
    .set({
      passed_code: why.code,
      passed_detail: why.detail,
      passed_at: fromMoment(student.now),
      more_reasons,
    })
    .where('id', '=', entry.id)
    .execute()
  if (known) return 'passed'
  await writeEvents(db, { actor: 'system', studentId: student.id }, [
    { sectionId: section.id, event: 'skipped', ticket: entry.ticket, reason: why },
    ...(await wake(db, woken)),
  ])
  // a seat may have come free since it was looked for
  for (const part of woken) freed.add(part.section.id)
  await writeNotice(db, student, { kind: 'skipped', section, reasons: [why, ...more] })
  await holdRevision(db, student.revision)
  return 'passed'
}

const kindOf = ({ entry, seat }: Part): MoveKind =>
  `${entry.passed_code === null ? 'promote' : 'promote_passed'}${seat.take === 'take_over' ? '_over' : ''}`

const noneReinstated: Reinstated = { moves: [], events: [], sectionIds: [] }

const give = async (
  db: Transaction<Tables>,
  student: LockedStudent,
  read: Candidate,
  freed: Set<number>,
): Promise<Step> => {
  const { section, gives, mates } = read
  const parts = [read, ...mates]
  const ids = parts.map((part) => part.section.id)
  const reinstated = gives.length === 0 ? noneReinstated : await reinstatePassed(db, student.id, ids)
  const { missed } = await makeMoves(db, [
    ...parts.map((part) => ({
      sectionId: part.section.id,
      kind: kindOf(part),
      reserveId: part.seat.reserveId,
    })),
    ...gives.map((held) => ({
      sectionId: held.section.id,
      kind: 'free' as const,
      reserveId: held.reserveId,
    })),
    ...reinstated.moves,
  ])
  if (missed.has(section.id)) throw new Undone('no_seat')
  if (missed.size > 0) throw new Overtaken('the seat of another half went meanwhile')
  for (const part of parts) {
    // a seat by permission is nobody else's turn
    if (part.seat.take !== 'take' || !(await isOutOfTurn(db, part, true))) continue
    if (part === read) throw new Undone('again')
    throw new Overtaken('somebody before it is in force again')
  }
  for (const part of parts) await db.deleteFrom('wait_entry').where('id', '=', part.entry.id).execute()
  for (const held of gives) await deleteEnrolment(db, student.id, held.section.id)
  const taken = parts.map((part) => part.section)
  await insertEnrolments(db, student, taken, new Map(parts.map((part) => [part.section.id, part.seat])))
  await clearPassed(db, student.id, reinstated)
  const mark = markRequest(`promotion-${randomUUID()}`, ['promotion', String(read.entry.id)])
  const receipt = await writeReceipt(db, 'promotion', student, mark, [
    ...parts.map((part, index) =>
      makeLine(index + 1, String(part.section.id), shown(part.section), 'enrolled', permitted(part.seat)),
    ),
    ...gives.map((held, index) =>
      makeLine(parts.length + index + 1, String(held.section.id), held.shown, 'dropped', []),
    ),
  ])
  await writeEvents(db, { actor: 'system', studentId: student.id, receipt: receipt.number }, [
    ...parts.map((part) => ({
      sectionId: part.section.id,
      event: 'promoted' as const,
      ticket: part.entry.ticket,
      reason: permitted(part.seat)[0],
    })),
    ...gives.map((held) => ({ sectionId: held.section.id, event: 'swapped_out' as const })),
    ...reinstated.events,
  ])
  for (const part of parts) {
    // of several that go for several, each names what it takes the place of
    const [first] = gives
    const same = gives.find((held) => held.section.component === part.section.component) ?? first
    await writeNotice(db, student, {
      kind: 'promoted',
      section: part.section,
      givenUp: same === undefined ? undefined : sectionLabel(same.section),
      receipt: receipt.number,
    })
  }
  await clearCart(db, student, ids)
  for (const id of [...gives.map((held) => held.section.id), ...reinstated.sectionIds]) freed.add(id)
  await holdRevision(db, student.revision)
  return 'promoted'
}

const step = async (
  transact: Transact,
  candidate: PermittedPlace,
  freed: Set<number>,
  byPermission = false,
): Promise<Step> => {
  try {
    return await transact(async (db) => {
      const student = await lockStudent(db, candidate.studentId)
      const read = await readCandidate(db, student, candidate.id, byPermission)
      if (read === null) return 'again'
      // the permission has gone meanwhile: the place is served in its turn
      if (byPermission && read.seat.take === 'take') return 'no_seat'
      if (read.reasons.length > 0) return pass(db, student, read, freed)
      return give(db, student, read, freed)
    })
  } catch (error) {
    if (error instanceof Undone) return error.step
    throw error
  }
}

/** Who could have a seat that is free now, in the order of the list; nobody when none is. */
const candidates = async (db: Db, sectionId: number): Promise<readonly PermittedPlace[]> => {
  const due = db
    .selectFrom('wait_entry')
    .innerJoin('section', 'section.id', 'wait_entry.section_id')
    .select(['wait_entry.id', 'wait_entry.student_id'])
    .where('wait_entry.section_id', '=', sectionId)
    .where('section.status', '=', 'active')
    .where((eb) =>
      eb.or([eb('wait_entry.passed_code', 'is', null), eb('wait_entry.passed_at', '<', aWhileAgo)]),
    )
    .orderBy('wait_entry.ticket')
  const place = (row: { id: number; student_id: number }) => ({ id: row.id, studentId: row.student_id })
  // a seat or two is free; who stands further back is looked for when it comes to that
  const most = 20
  const first = await due.where(anybodys).limit(most).execute()
  if (first.length > 0) return first.map(place)
  const reserves = (await openReserves(db, [sectionId])).get(sectionId) ?? []
  if (reserves.length === 0) return []
  const rows = await due
    .where(sql<boolean>`section.enrolled + section.held < section.capacity`)
    .select(placeColumns)
    .execute()
  return rows
    .filter((row) => reserves.some((reserve) => fits(row, reserve)))
    .slice(0, most)
    .map(place)
}

/**
 * Gives out the free seats of a section to its list, and then those that this has freed elsewhere.
 * @returns how many students were promoted
 */
export const promoteAll = async (
  db: Db,
  transact: Transact,
  sectionIds: Iterable<number>,
): Promise<number> => {
  const open = new Set(sectionIds)
  let promoted = 0
  for (const sectionId of open) {
    // a set is walked in the order of its entries, also those that are added meanwhile
    open.delete(sectionId)
    for (const candidate of await permittedPlaces(db, sectionId))
      if ((await step(transact, candidate, open, true)) === 'promoted') promoted += 1
    for (const candidate of await candidates(db, sectionId)) {
      const done = await step(transact, candidate, open)
      if (done === 'promoted') promoted += 1
      // who was looked at is either enrolled or passed over for now: looking from the start ends
      if (done === 'promoted' || done === 'again') open.add(sectionId)
      if (done !== 'passed') break
      open.add(sectionId)
    }
  }
  return promoted
}

/** Sections with a free seat and a list that could have it: whoever freed the seat may have died before promoting. */
export const unserved = async (db: Db): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom('section')
    .innerJoin('term', 'term.id', 'section.term_id')
    .select(['section.id', anybodys.as('anybodys')])
    .where('section.status', '=', 'active')
    .where('term.registration_opens_at', '<=', now)
    .where('term.registration_closes_at', '>', now)
    .where((eb) => eb.or([eb('term.add_until', 'is', null), eb('term.add_until', '>', now)]))
    .where(sql<boolean>`section.enrolled + section.held < section.capacity`)
    .where((eb) =>
      eb.or([
        eb('section.waiting', '>', 0),
        eb.exists(
          eb
            .selectFrom('wait_entry')
            .select('wait_entry.id')
            .whereRef('wait_entry.section_id', '=', 'section.id')
            .where('wait_entry.passed_at', '<', aWhileAgo),
        ),
      ]),
    )
    .orderBy('section.id')
    .execute()
  const isAnybodys = (row: (typeof rows)[number]) => Number(row.anybodys) === 1
  const kept = rows.filter((row) => !isAnybodys(row)).map((row) => row.id)
  const byReserve = await servedByReserve(db, kept)
  const free = rows.filter((row) => isAnybodys(row) || byReserve.has(row.id)).map((row) => row.id)
  return [...new Set([...free, ...(await permittedSections(db))])]
}
