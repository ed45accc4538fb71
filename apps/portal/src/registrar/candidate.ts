/**
 * A place on a list that may become a seat, with what becomes one in the same moment (`together`), and what is given up for it.
 *
 * Each of them has a place of its own. That of a section in which there is a seat for the student is passed over while another half has
 * none, so that it keeps nobody from the seat; whichever half is missing is waited for in force. So the last half that comes free
 * finds its place in its turn, and then all of them are looked at together.
 */
import type { Selectable, Transaction } from 'kysely'
import { readRegistrationFacts } from '../catalogue/facts.ts'
import type { SectionRow } from '../catalogue/types.ts'
import type { Tables } from '../db/tables.ts'
import { type Reason, reason } from '../policy/reasons.ts'
import { reasonsAgainst, seatFor, sectionLabel } from '../policy/registration.ts'
import type { SeatChoice } from '../policy/reserve.ts'
import type { Reserve } from '../policy/rules.ts'
import { halfWaits, onlyWaits } from '../policy/together.ts'
import { fits, placeColumns } from './fitting.ts'
import { findHeld, findLeftAlone, type Held } from './held.ts'
import type { LockedStudent } from './receipt.ts'
import { fixedIn } from './promises.ts'
import { readMates } from './rows.ts'

type Db = Transaction<Tables>
type Entry = Selectable<Tables['wait_entry']>
type Facts = Awaited<ReturnType<typeof readRegistrationFacts>>

export interface Part {
  readonly entry: Entry
  readonly section: SectionRow
  readonly seat: SeatChoice
  /** whose seat it would be */
  readonly reserve: Reserve | undefined
}

export interface Candidate extends Part {
  /** what becomes a seat in the same moment, by ascending section */
  readonly mates: readonly Part[]
  /** those of them that have no seat for the student now */
  readonly missing: readonly Part[]
  readonly gives: readonly Held[]
  /** why no seat can be given; empty: it can */
  readonly reasons: readonly Reason[]
}

/**
 * What the student has promised to give up for it, held and not graded, with what goes with that and would stand alone: as in a drop.
 * @param wanted the sections that come in its place
 */
const givenFor = async (
  db: Db,
  { id: studentId, now }: LockedStudent,
  { drop_section_id: sectionId, drop_along: along }: Pick<Entry, 'drop_section_id' | 'drop_along'>,
  wanted: readonly number[],
): Promise<readonly Held[]> => {
  if (sectionId === null) return []
  const rows = await db
    .selectFrom('enrolment')
    .select('id')
    .where('student_id', '=', studentId)
    .where('section_id', 'in', [sectionId, ...fixedIn(along)])
    .where('grade', 'is', null)
    .orderBy((eb) => eb.case().when('section_id', '=', sectionId).then(0).else(1).end())
    .orderBy('section_id')
    .execute()
  const held: Held[] = []
  for (const { id } of rows) held.push(await findHeld(db, studentId, String(id), now))
  const [first] = held
  if (along !== null || first === undefined) return held
  return [first, ...(await findLeftAlone(db, studentId, first.section, now, wanted))]
}

const inTurn = (facts: Facts): Facts => ({
  ...facts,
  rules: { ...facts.rules, overrides: facts.rules.overrides.filter(({ rule }) => rule !== 'full') },
})

/**
 * Is a place before this one in force (again)? For a seat of a reserve only those come before who could have it.
 * @param locked under the section's lock: a locking read sees what is true now
 */
export const isOutOfTurn = async (
  db: Db,
  { section, entry, reserve }: Pick<Part, 'section' | 'entry' | 'reserve'>,
  locked: boolean,
): Promise<boolean> => {
  const before = db
    .selectFrom('wait_entry')
    .where('wait_entry.section_id', '=', section.id)
    .where('wait_entry.ticket', '<', entry.ticket)
    .where('wait_entry.passed_code', 'is', null)
    .orderBy('wait_entry.ticket')
    .$if(locked, (query) => query.forUpdate())
  if (reserve === undefined) return (await before.select('wait_entry.id').limit(1).execute()).length > 0
  const places = await before.select(placeColumns).execute()
  return places.some((place) => fits(place, reserve))
}

const partOf = (facts: Facts, entry: Entry, choose: (section: SectionRow) => SeatChoice): Part => {
  const section = facts.sections.get(entry.section_id)
  if (section === undefined) throw new Error(`section ${entry.section_id} has a list but is not there`)
  const seat = choose(section)
  const reserve = facts.rules.reserves.get(section.id)?.find(({ id }) => id === seat.reserveId)
  return { entry, section, seat, reserve }
}

/** In its turn where there is a seat; else by a permission for a full section, which takes nobody's. */
const readMate = async (db: Db, facts: Facts, entry: Entry): Promise<{ part: Part; missing: boolean }> => {
  const part = partOf(facts, entry, (section) => seatFor(section, inTurn(facts)))
  const { seats, status, id } = part.section
  const left = seats.capacity - seats.taken
  const kept = (facts.rules.reserves.get(id) ?? []).reduce(
    (sum, reserve) => sum + Math.max(0, reserve.seats - reserve.taken),
    0,
  )
  const hasSeat = status === 'active' && left > 0 && (part.reserve !== undefined || left > kept)
  if (hasSeat && !(await isOutOfTurn(db, part, false))) return { part, missing: false }
  const permitted = partOf(facts, entry, (section) => seatFor(section, facts))
  const byPermission = status === 'active' && left <= 0 && permitted.seat.take === 'take_over'
  return byPermission ? { part: permitted, missing: false } : { part, missing: true }
}

/** Other places of the student that go with what would arrive. @returns what the sections are called */
const lonePlaces = (
  { rules, waiting }: Facts,
  parts: readonly Part[],
  ids: readonly number[],
): readonly string[] =>
  parts
    .flatMap(({ section }) => rules.links.get(section.id) ?? [])
    .filter(({ id }) => waiting.has(id) && !ids.includes(id))
    .map(({ label }) => label)

/**
 * @param byPermission a seat is given by a permission for a full section; else in turn, as to everybody
 * @returns null: the place has gone
 */
export const readCandidate = async (
  db: Db,
  student: LockedStudent,
  entryId: number,
  byPermission: boolean,
): Promise<Candidate | null> => {
  const entry = await db.selectFrom('wait_entry').selectAll().where('id', '=', entryId).executeTakeFirst()
  if (entry === undefined) return null
  const others = await readMates(db, student.id, entry)
  const entries = [entry, ...others]
  const ids = entries.map(({ section_id }) => section_id)
  const facts = await readRegistrationFacts(db, student, ids.map(String), student.now)
  const own = partOf(facts, entry, (section) => seatFor(section, byPermission ? facts : inTurn(facts)))
  const read: { part: Part; missing: boolean }[] = []
  for (const other of others) read.push(await readMate(db, facts, other))
  const mates = read.map(({ part }) => part)
  const missing = read.filter((one) => one.missing).map(({ part }) => part)

  const promised = new Map(entries.map((one) => [`${one.drop_section_id} ${one.drop_along}`, one]))
  const given = new Map<number, Held>()
  for (const promise of promised.values())
    for (const held of await givenFor(db, student, promise, ids))
      if (!ids.includes(held.section.id)) given.set(held.section.id, held)
  const gives = [...given.values()]
  const enrolled = facts.enrolled.filter(({ id }) => !given.has(id))
  const parts = [own, ...mates]
  // where two halves are given up, a place that does not arrive in this moment is no half yet
  const lone = gives.length > 1 ? lonePlaces(facts, parts, ids) : []
  const against = parts.flatMap(({ section }, index) =>
    reasonsAgainst(section, {
      ...facts,
      waiting: lone.length > 0 ? new Set(ids) : facts.waiting,
      enrolled: [...enrolled, ...parts.slice(0, index).map((part) => part.section)],
    }),
  )
  const labels = missing.map(({ section }) => sectionLabel(section))
  return {
    ...own,
    mates,
    missing,
    gives,
    reasons: [
      // the days to drop may be over by now
      ...gives
        .filter(({ way }) => way !== 'drop')
        .map((held) => reason('swap_refused', sectionLabel(held.section))),
      ...against.map((one) => (one.code === 'linked' && lone.length > 0 ? onlyWaits(lone) : one)),
      ...(missing.length > 0 ? [halfWaits(labels)] : []),
    ],
  }
}
