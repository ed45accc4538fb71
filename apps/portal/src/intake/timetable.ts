/** Sections of one term: how many of each course, when, where and with whom; no room and no instructor twice at once. */
import { overlap, type Pattern } from '../policy/meeting.ts'
import type { Weekday } from '../catalogue/types.ts'
import { addDays, type SampleTerm } from './calendar.ts'
import type { SampleCourse } from './bulletin.ts'
import type { SamplePerson } from './people.ts'
import type { Random } from './random.ts'

export interface SampleRoom {
  readonly id: number
  readonly campusId: number
  readonly building: string
  readonly number: string
  readonly seats: number
}

export interface SampleMeeting extends Pattern {
  readonly roomId: number | null
  readonly instructorId: number | null
}

export interface SampleSection {
  readonly id: number
  readonly term: SampleTerm
  readonly course: SampleCourse
  readonly crn: string
  readonly code: string
  readonly component: 'lecture' | 'laboratory' | 'seminar' | 'discussion' | 'studio'
  readonly mode: 'in_person' | 'hybrid' | 'online'
  readonly campusId: number
  readonly creditsMin: number
  readonly creditsMax: number
  readonly status: 'active' | 'cancelled'
  readonly meetings: readonly SampleMeeting[]
  readonly instructor: SamplePerson | null
  /** how much students want it; 0: nobody chose it yet */
  readonly weight: number
  /** these three are settled when enrolments are known */
  capacity: number
  held: number
  overfull: number
}

type Slot = readonly (readonly [days: readonly Weekday[], start: string, end: string])[]

const mwf: readonly Weekday[] = [1, 3, 5]
const tr: readonly Weekday[] = [2, 4]
const mw: readonly Weekday[] = [1, 3]
const hours = ['08', '09', '10', '11', '12', '13', '14', '15']
const oneDay = (spans: readonly (readonly [string, string])[], days: readonly Weekday[]): readonly Slot[] =>
  days.flatMap((day) => spans.map(([start, end]): Slot => [[[day], start, end]]))

const lectureSlots: readonly Slot[] = [
  ...hours.map((hour): Slot => [[mwf, `${hour}:00`, `${hour}:50`]]),
  ...[
    ['08:00', '09:15'],
    ['09:30', '10:45'],
    ['11:00', '12:15'],
    ['12:30', '13:45'],
    ['14:00', '15:15'],
    ['15:30', '16:45'],
  ].map(([start = '', end = '']): Slot => [[tr, start, end]]),
  ...[
    ['14:00', '15:15'],
    ['15:30', '16:45'],
    ['17:00', '18:15'],
  ].map(([start = '', end = '']): Slot => [[mw, start, end]]),
]
/** Four credits without a laboratory: three mornings and one more hour. */
const longSlots: readonly Slot[] = hours.map(
  (hour): Slot => [
    [mwf, `${hour}:00`, `${hour}:50`],
    [[hour < '12' ? 4 : 2], `${hour}:00`, `${hour}:50`],
  ],
)
const slots: Readonly<Record<SampleSection['component'], readonly Slot[]>> = {
  lecture: lectureSlots,
  laboratory: oneDay(
    [
      ['08:00', '10:50'],
      ['13:00', '15:50'],
      ['16:00', '18:50'],
    ],
    [1, 2, 3, 4, 5],
  ),
  discussion: oneDay(
    hours.map((hour) => [`${hour}:00`, `${hour}:50`] as const),
    [1, 2, 3, 4, 5],
  ),
  seminar: oneDay(
    [
      ['13:30', '16:00'],
      ['18:00', '20:30'],
    ],
    [1, 2, 3, 4],
  ),
  studio: [
    ['10:00', '11:50'],
    ['13:00', '14:50'],
    ['15:00', '16:50'],
  ].flatMap(([start = '', end = '']): readonly Slot[] => [[[mw, start, end]], [[tr, start, end]]]),
}

const sizes: Readonly<Record<SampleSection['component'], readonly number[]>> = {
  lecture: [24, 30, 30, 36, 40, 48],
  laboratory: [16, 18, 20, 20],
  discussion: [18, 20, 20, 24],
  seminar: [12, 14, 15, 16],
  studio: [12, 14, 15, 16],
}

const primary = (course: SampleCourse): SampleSection['component'] =>
  course.kind === 'laboratory' || course.kind === 'discussion' ? 'lecture' : course.kind

/** How many sections of a course, by how many students need it. `scale` thins out past terms. */
const sectionCounts = (random: Random, course: SampleCourse, scale: number) => {
  const first = course.number < '200'
  const main = first ? random.int(4, 7) : course.number < '300' ? random.int(2, 4) : random.int(1, 2)
  const mains = Math.max(1, Math.round(main * scale))
  const small = course.kind === 'laboratory' || course.kind === 'discussion'
  return { mains, smalls: small ? mains + random.int(0, Math.ceil(mains / 2)) : 0 }
}

export interface TimetableInput {
  readonly random: Random
  readonly term: SampleTerm
  readonly courses: readonly SampleCourse[]
  readonly rooms: readonly SampleRoom[]
  /** by subject code */
  readonly faculty: ReadonlyMap<string, readonly SamplePerson[]>
  readonly scale: number
  readonly firstId: number
}

export const makeTimetable = (input: TimetableInput): readonly SampleSection[] => {
  const { random, term, courses, rooms, faculty, scale } = input
  const busyRooms = new Map<number, Pattern[]>()
  const busyPeople = new Map<number, Pattern[]>()
  const free = (busy: Map<number, Pattern[]>, id: number, patterns: readonly Pattern[]) =>
    overlap(patterns, busy.get(id) ?? []) === null
  const take = (busy: Map<number, Pattern[]>, id: number, patterns: readonly Pattern[]) =>
    busy.set(id, [...(busy.get(id) ?? []), ...patterns])

  const sections: SampleSection[] = []
  const add = (course: SampleCourse, component: SampleSection['component'], index: number) => {
    const main = component === primary(course)
    const online = main && component === 'lecture' && random.chance(0.06)
    const half = main && component === 'lecture' && random.chance(0.04)
    // half a term: its first or its second eight weeks
    const middle = addDays(term.startsOn, 8 * 7 - 3)
    const dates = !half
      ? [term.startsOn, term.endsOn]
      : random.chance(0.5)
        ? [term.startsOn, middle]
        : [addDays(middle, 3), term.endsOn]
    const choices =
      main && course.creditsMin === 4 && course.kind === 'discussion' ? longSlots : slots[component]
    const [startsOn = '', endsOn = ''] = dates
    const patterns: readonly Pattern[] = online
      ? [{ days: [], startsAt: null, endsAt: null, startsOn, endsOn }]
      : random.pick(choices).map(([days, startsAt, endsAt]) => ({ days, startsAt, endsAt, startsOn, endsOn }))
    const capacity =
      random.pick(sizes[component]) + (main && course.number < '130' && component === 'lecture' ? 20 : 0)
    const instructor =
      random
        .shuffle(faculty.get(course.subject.code) ?? [])
        .find((person) => free(busyPeople, person.id, patterns)) ?? null
    if (instructor !== null) take(busyPeople, instructor.id, patterns)
    const fits = rooms.filter((room) => room.seats >= capacity)
    const room = online
      ? undefined
      : random.shuffle(fits).find((candidate) => free(busyRooms, candidate.id, patterns))
    if (room !== undefined) take(busyRooms, room.id, patterns)
    const prefix = component === 'laboratory' ? 'L' : component === 'discussion' ? 'D' : '0'
    sections.push({
      id: input.firstId + sections.length,
      term,
      course,
      crn: String(10_001 + sections.length * 3),
      code: `${prefix}${String(index).padStart(2, '0')}`,
      component,
      mode: online ? 'online' : main && random.chance(0.03) ? 'hybrid' : 'in_person',
      campusId: room?.campusId ?? 1,
      creditsMin: main ? course.creditsMin : 0,
      creditsMax: main ? course.creditsMax : 0,
      status: random.chance(0.008) ? 'cancelled' : 'active',
      meetings: patterns.map((pattern) => ({
        ...pattern,
        roomId: room?.id ?? null,
        instructorId: instructor?.id ?? null,
      })),
      instructor,
      // a few are sought by everybody, some by nobody; most lie between
      weight: random.chance(0.05) ? 0 : random.next() ** 2 * 3 + 0.1,
      capacity,
      held: random.chance(0.05) ? random.int(2, 4) : 0,
      overfull: 0,
    })
  }
  for (const course of courses) {
    const { mains, smalls } = sectionCounts(random, course, scale)
    for (let index = 1; index <= mains; index += 1) add(course, primary(course), index)
    const component = course.kind === 'laboratory' ? 'laboratory' : 'discussion'
    for (let index = 1; index <= smalls; index += 1) add(course, component, index)
  }
  return sections
}
