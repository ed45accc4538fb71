/**
 * A freed seat goes to whoever waits for it. Each step is a transaction of its own for one place on the list: student
 * first, then sections, the same order as everywhere (register.ts), so it meets no other in a deadlock by design.
 *
 *   candidate ──eligible──▶ promoted   a seat, and what was kept until then is given up, in one transaction
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
import { readRegistrationFacts } from '../catalogue/facts.ts'
import { fromMoment } from '../catalogue/values.ts'
import type { Db } from '../db/connect.ts'
import type { Tables } from '../db/tables.ts'
import { reason } from '../policy/reasons.ts'
import { reasonsAgainst, seatFor, sectionLabel } from '../policy/registration.ts'
import type { Reserve } from '../policy/rules.ts'
import { findHeld, findLeftAlone, type Held } from './held.ts'
import { writeEvents } from './ledger.ts'
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
import { makeMoves } from './seats.ts'
import { fits, openReserves, placeColumns, servedByReserve } from './fitting.ts'
import { type PermittedPlace, permittedPlaces, permittedSections } from './permitted.ts'
import type { Transact } from './transaction.ts'

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

/**
 * What the student has promised to give up for it, held and not graded, with what goes with that and would stand alone: as in a drop.
 * @param wanted the section that comes in its place
 */
const givenFor = async (
  db: Transaction<Tables>,
  { id: studentId, now }: LockedStudent,
  sectionId: number | null,
  wanted: number,
): Promise<readonly Held[]> => {
  if (sectionId === null) return []
  const row = await db
    .selectFrom('enrolment')
    .select('id')
    .where('student_id', '=', studentId)
    .where('section_id', '=', sectionId)
    .where('grade', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return []
  const held = await findHeld(db, studentId, String(row.id), now)
  return [held, ...(await findLeftAlone(db, studentId, held.section, now, [wanted]))]
}

type Facts = Awaited<ReturnType<typeof readRegistrationFacts>>

const inTurn = (facts: Facts): Facts => ({
  ...facts,
  rules: { ...facts.rules, overrides: facts.rules.overrides.filter(({ rule }) => rule !== 'full') },
})

/** @param byPermission a seat is given by a permission for a full section; else in turn, as to everybody */
const readCandidate = async (
  db: Transaction<Tables>,
  student: LockedStudent,
  entryId: number,
  byPermission: boolean,
) => {
  const entry = await db.selectFrom('wait_entry').selectAll().where('id', '=', entryId).executeTakeFirst()
  if (entry === undefined) throw new Undone('again')
  const facts: Facts = await readRegistrationFacts(db, student, [String(entry.section_id)], student.now)
  const section = facts.sections.get(entry.section_id)
  if (section === undefined) throw new Error(`section ${entry.section_id} has a list but is not there`)
  const gives = await givenFor(db, student, entry.drop_section_id, section.id)
  const goes = new Set(gives.map((held) => held.section.id))
  const enrolled = facts.enrolled.filter(({ id }) => !goes.has(id))
  const stuck = gives.filter(({ way }) => way !== 'drop')
  const seat = seatFor(section, byPermission ? facts : inTurn(facts))
  return {
    entry,
    section,
    gives,
    goes,
    seat,
    reserve: facts.rules.reserves.get(section.id)?.find(({ id }) => id === seat.reserveId),
    reasons: [
      // the days to drop may be over by now
      ...stuck.map((held) => reason('swap_refused', sectionLabel(held.section))),
      ...reasonsAgainst(section, { ...facts, enrolled }),
    ],
  }
}

type Read = Awaited<ReturnType<typeof readCandidate>>

/**
 * Under the section's lock: is a place before this one in force (again)? A locking read sees what is true now. For a seat of a
 * reserve only those come before who could have it.
 */
const isOutOfTurn = async (
  db: Transaction<Tables>,
  sectionId: number,
  ticket: number,
  reserve: Reserve | undefined,
): Promise<boolean> => {
  const before = db
    .selectFrom('wait_entry')
    .where('wait_entry.section_id', '=', sectionId)
    .where('wait_entry.ticket', '<', ticket)
    .where('wait_entry.passed_code', 'is', null)
    .orderBy('wait_entry.ticket')
    .forUpdate()
  if (reserve === undefined) return (await before.select('wait_entry.id').limit(1).execute()).length > 0
  const places = await before.select(placeColumns).execute()
  return places.some((place) => fits(place, reserve))
}

const pass = async (db: Transaction<Tables>, student: LockedStudent, read: Read): Promise<Step> => {
  const { entry, section, reasons, seat, reserve } = read
  const { reserveId } = seat
  const [why] = reasons
  if (why === undefined) throw new Error('nobody is passed over without a reason')
  const inForce = entry.passed_code === null
  const known = entry.passed_code === why.code && entry.passed_detail === why.detail
  if (!known) {
    // the seat that a permission would give is always there
    const inOrder = seat.take === 'take'
    const kind = !inForce ? 'lock' : inOrder ? 'pass' : 'unlist'
    const { missed } = await makeMoves(db, [{ sectionId: section.id, kind, reserveId }])
    if (missed.size > 0) throw new Undone('no_seat')
    if (inOrder && (await isOutOfTurn(db, section.id, entry.ticket, reserve))) throw new Undone('again')
  }
  await db
    .updateTable('wait_entry')
    .set({ passed_code: why.code, passed_detail: why.detail, passed_at: fromMoment(student.now) })
    .where('id', '=', entry.id)
    .execute()
  if (known) return 'passed'
  await writeEvents(db, { actor: 'system', studentId: student.id }, [
    { sectionId: section.id, event: 'skipped', ticket: entry.ticket, reason: why },
  ])
  await writeNotice(db, student, { kind: 'skipped', section, reason: why })
  await holdRevision(db, student.revision)
  return 'passed'
}

const noneReinstated: Reinstated = { moves: [], events: [], sectionIds: [] }

const give = async (
  db: Transaction<Tables>,
  student: LockedStudent,
  read: Read,
  freed: Set<number>,
): Promise<Step> => {
  const { entry, section, gives, goes, seat, reserve } = read
  const [first] = gives
  const { reserveId } = seat
  const over = seat.take === 'take_over'
  const inForce = entry.passed_code === null
  const reinstated = first === undefined ? noneReinstated : await reinstatePassed(db, student.id, section.id)
  const { missed } = await makeMoves(db, [
    {
      sectionId: section.id,
      kind: `${inForce ? 'promote' : 'promote_passed'}${over ? '_over' : ''}`,
      reserveId,
    },
    ...gives.map((held) => ({
      sectionId: held.section.id,
      kind: 'free' as const,
      reserveId: held.reserveId,
    })),
    ...reinstated.moves,
  ])
  if (missed.size > 0) throw new Undone('no_seat')
  // a seat by permission is nobody else's turn
  const inOrder = seat.take === 'take'
  if (inOrder && (await isOutOfTurn(db, section.id, entry.ticket, reserve))) throw new Undone('again')
  await db.deleteFrom('wait_entry').where('id', '=', entry.id).execute()
  for (const held of gives) await deleteEnrolment(db, student.id, held.section.id)
  await insertEnrolments(db, student, [section], new Map([[section.id, seat]]))
  await clearPassed(db, student.id, reinstated)
  const mark = markRequest(`promotion-${randomUUID()}`, ['promotion', String(entry.id)])
  const receipt = await writeReceipt(db, 'promotion', student, mark, [
    makeLine(1, String(section.id), shown(section), 'enrolled', permitted(seat)),
    ...gives.map((held, index) => makeLine(index + 2, String(held.section.id), held.shown, 'dropped', [])),
  ])
  await writeEvents(db, { actor: 'system', studentId: student.id, receipt: receipt.number }, [
    { sectionId: section.id, event: 'promoted', ticket: entry.ticket, reason: permitted(seat)[0] },
    ...gives.map((held) => ({ sectionId: held.section.id, event: 'swapped_out' as const })),
    ...reinstated.events,
  ])
  await writeNotice(db, student, {
    kind: 'promoted',
    section,
    givenUp: first === undefined ? undefined : sectionLabel(first.section),
    receipt: receipt.number,
  })
  await clearCart(db, student, [section.id])
  for (const id of [...goes, ...reinstated.sectionIds]) freed.add(id)
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
      // the permission has gone meanwhile: the place is served in its turn
      if (byPermission && read.seat.take === 'take') return 'no_seat'
      if (read.reasons.length > 0) return pass(db, student, read)
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
