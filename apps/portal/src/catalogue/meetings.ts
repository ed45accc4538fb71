/** Meetings as they are stored, with room and instructors by name: one statement whatever the number of sections. */
import type { Kysely } from 'kysely'
import { keyPlaces, type Places, sizeFor, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import { type Pattern, parseDays } from '../policy/meeting.ts'
import type { Meeting } from './types.ts'
import { toClock, toNumber } from './values.ts'

export interface StoredMeeting extends Meeting {
  readonly id: number
  readonly roomId: number | null
  /** by name: the first one, then those beside, in their order */
  readonly instructors: readonly string[]
}

/** What a statement has to select for `toPattern`. */
export const patternColumns = [
  'meeting.days',
  'meeting.starts_at',
  'meeting.ends_at',
  'meeting.starts_on',
  'meeting.ends_on',
  'meeting.every_weeks',
] as const

export const toPattern = (row: {
  readonly days: string
  readonly starts_at: string | null
  readonly ends_at: string | null
  readonly starts_on: string
  readonly ends_on: string
  readonly every_weeks: number | string
}): Pattern => ({
  days: parseDays(row.days),
  startsAt: toClock(row.starts_at),
  endsAt: toClock(row.ends_at),
  startsOn: row.starts_on,
  endsOn: row.ends_on,
  ...(toNumber(row.every_weeks) > 1 ? { everyWeeks: toNumber(row.every_weeks) } : {}),
})

/** A meeting stands in a row for each who teaches it beside the first. */
const meetingRows = statement(
  (db, place: Places<readonly number[]>, size) =>
    db
      .selectFrom('meeting')
      .leftJoin('room', 'room.id', 'meeting.room_id')
      .leftJoin('instructor', 'instructor.id', 'meeting.instructor_id')
      .leftJoin('co_instructor', 'co_instructor.meeting_id', 'meeting.id')
      .leftJoin('instructor as other', 'other.id', 'co_instructor.instructor_id')
      .select(['meeting.id', 'meeting.section_id', 'meeting.room_id'])
      .select(patternColumns)
      .select(['room.building', 'room.number as room'])
      .select(['instructor.given_name', 'instructor.family_name', 'co_instructor.position'])
      .select(['other.given_name as other_given', 'other.family_name as other_family'])
      .where('meeting.section_id', 'in', keyPlaces(place, size)),
  sizeFor,
)

/** Empty for nobody. */
const named = (given: string | null, family: string | null): readonly string[] =>
  family === null ? [] : [`${given ?? ''} ${family}`.trim()]

/** By section, in the order of their ids. */
export const readMeetings = async (
  db: Kysely<Tables>,
  sectionIds: readonly number[],
): Promise<ReadonlyMap<number, readonly StoredMeeting[]>> => {
  const found = new Map<number, StoredMeeting[]>()
  if (sectionIds.length === 0) return found
  const { rows: unsorted } = await meetingRows(db, sectionIds)
  // sorted here: a server would make a table of the joined rows for it
  const rows = unsorted.toSorted(
    (a, b) => toNumber(a.id) - toNumber(b.id) || toNumber(a.position ?? 0) - toNumber(b.position ?? 0),
  )
  const beside = new Map<number, string[]>()
  for (const { id, other_given, other_family } of rows)
    beside.set(toNumber(id), [...(beside.get(toNumber(id)) ?? []), ...named(other_given, other_family)])
  let last: number | undefined
  for (const row of rows) {
    const id = toNumber(row.id)
    if (id === last) continue
    last = id
    const instructors = [...named(row.given_name, row.family_name), ...(beside.get(id) ?? [])]
    const meetings = found.get(toNumber(row.section_id)) ?? []
    found.set(toNumber(row.section_id), meetings)
    meetings.push({
      ...toPattern(row),
      id,
      roomId: row.room_id === null ? null : toNumber(row.room_id),
      // a room without a number: the building is all that is known
      place: row.building === null || row.room === null ? null : `${row.building} ${row.room}`.trim(),
      instructor: instructors.length === 0 ? null : instructors.join(', '),
      instructors,
    })
  }
  return found
}
