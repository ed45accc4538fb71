/**
 * A place on a list that a student has by itself, taken into a choice that is waited for as a whole (decision 0074): its ticket stays,
 * and so does everybody behind it. What keeps it company is had in the same moment, and what is kept until then is given up in it.
 */
import type { Selectable, Transaction } from 'kysely'
import { readLinks } from '../catalogue/rules.ts'
import type { Tables } from '../db/tables.ts'
import { leftAlone } from '../policy/linked.ts'
import type { PlannedLine, RegistrationFacts } from '../policy/registration.ts'
import type { SeatEvent } from './ledger.ts'
import type { Joined } from './rows.ts'
import type { Move } from './seats.ts'

type Db = Transaction<Tables>
export type Entry = Selectable<Tables['wait_entry']>

/** The student's places that become seats by themselves, by section. */
export const readLonePlaces = async (db: Db, studentId: number): Promise<ReadonlyMap<number, Entry>> => {
  const rows = await db
    .selectFrom('wait_entry')
    .selectAll()
    .where('student_id', '=', studentId)
    .where('together', 'is', null)
    .execute()
  return new Map(rows.map((row) => [row.section_id, row]))
}

/** It is in force from here on: what it was passed over for may be gone with the new wish, and else is told again. */
export const adoptMove = ({ section_id, passed_code }: Entry): Move => ({
  sectionId: section_id,
  kind: passed_code === null ? 'lock' : 'reinstate',
})

/** After its move. The position is counted by a locking read, as of a new place. */
export const adoptPlace = async (
  db: Db,
  { id, section_id, ticket }: Entry,
  { dropSectionId, together }: { readonly dropSectionId: number; readonly together: number | null },
): Promise<Joined> => {
  await db
    .updateTable('wait_entry')
    .set({
      together,
      drop_section_id: dropSectionId,
      drop_along: null,
      passed_code: null,
      passed_detail: null,
      passed_at: null,
    })
    .where('id', '=', id)
    .execute()
  const list = await db
    .selectFrom('wait_entry')
    .select('ticket')
    .where('section_id', '=', section_id)
    .forUpdate()
    .execute()
  return { ticket, position: list.filter((entry) => entry.ticket <= ticket).length }
}

const backInForce = ({ section_id, ticket, passed_code }: Entry): readonly SeatEvent[] =>
  passed_code === null ? [] : [{ sectionId: section_id, event: 'reinstated', ticket }]

export const adoptEvents = (entries: readonly Entry[]): readonly SeatEvent[] => entries.flatMap(backInForce)

/** New places and old ones that are to arrive in one moment. */
export interface Joins {
  /** of a new place, by its section: the number of its choice */
  readonly together: ReadonlyMap<number, number>
  /** places that there were, with that number */
  readonly places: readonly { readonly entry: Entry; readonly together: number }[]
  readonly moves: readonly Move[]
  readonly events: readonly SeatEvent[]
}

const none: Joins = { together: new Map(), places: [], moves: [], events: [] }

/** Whether two halves would go when this is given up: without it, another one of what is kept would stand alone. */
const goesWithOthers = async (
  db: Db,
  givenUp: number,
  kept: readonly number[],
  beside: readonly number[],
): Promise<boolean> => {
  const own = (await readLinks(db, [givenUp])).get(givenUp) ?? []
  const partners = kept.filter((id) => own.some((partner) => partner.id === id))
  if (partners.length === 0) return false
  return leftAlone(kept, await readLinks(db, partners), givenUp, beside).length > 0
}

/**
 * For a form's new places: a half of which the student has the other half's place already, by itself, would be passed over for ever
 * where two halves are given up for it (candidate.ts). So the two become one choice, whichever of them came first. Of several places of one
 * kind nobody can know which is meant: they stay by themselves.
 */
export const joinsOf = async (
  db: Db,
  studentId: number,
  plan: readonly PlannedLine[],
  { rules, waiting, enrolled }: Pick<RegistrationFacts, 'rules' | 'waiting' | 'enrolled'>,
): Promise<Joins> => {
  const idOf = ({ section }: PlannedLine): number => section?.id ?? 0
  const partnersOf = (line: PlannedLine) => rules.links.get(idOf(line)) ?? []
  const waits = plan.filter(
    (line) => line.outcome === 'wait' && partnersOf(line).some(({ id }) => waiting.has(id)),
  )
  if (waits.length === 0) return none
  const lone = await readLonePlaces(db, studentId)
  const kept = [
    ...enrolled.map(({ id }) => id),
    ...plan.filter(({ outcome }) => outcome === 'enrol').map(idOf),
  ]
  const together = new Map<number, number>()
  const places: { entry: Entry; together: number }[] = []
  for (const line of waits) {
    const partners = partnersOf(line)
    for (const component of new Set(partners.map((partner) => partner.component))) {
      const group = partners.filter((partner) => partner.component === component)
      const [one, ...more] = group.filter(({ id }) => waiting.has(id))
      const entry = one === undefined || more.length > 0 ? undefined : lone.get(one.id)
      if (entry === undefined || group.some(({ id }) => kept.includes(id))) continue
      if (places.some((place) => place.entry.id === entry.id)) continue
      const givenUp = line.dropOnArrival ?? entry.drop_section_id
      const beside = [...waits.map(idOf), ...waiting]
      if (givenUp === null || !(await goesWithOthers(db, givenUp, kept, beside))) continue
      const number = line.together ?? together.get(idOf(line)) ?? idOf(line)
      together.set(idOf(line), number)
      places.push({ entry, together: number })
    }
  }
  // it lacked the other half, and has it now; what else it was passed over for is looked at again in its time
  const freed = places
    .map(({ entry }) => entry)
    .filter(({ passed_code }) => passed_code === 'linked' || passed_code === 'linked_place')
  return { together, places, moves: freed.map(adoptMove), events: adoptEvents(freed) }
}

/** The rows of `joinsOf`, after its moves. */
export const writeJoins = async (db: Db, { places, moves }: Joins): Promise<void> => {
  const freed = new Set(moves.map(({ sectionId }) => sectionId))
  for (const { entry, together } of places)
    await db
      .updateTable('wait_entry')
      .set({
        together,
        ...(freed.has(entry.section_id) ? { passed_code: null, passed_detail: null, passed_at: null } : {}),
      })
      .where('id', '=', entry.id)
      .execute()
}
