/** Who sits where in one term: nobody in two places at once, no section above its seats but the one override. */
import { overlap } from '../policy/meeting.ts'
import { registrationMoment } from './calendar.ts'
import type { SampleStudent } from './people.ts'
import type { Random } from './random.ts'
import type { SampleSection } from './timetable.ts'

export interface SampleEnrolment {
  readonly studentId: number
  readonly section: SampleSection
  readonly credits: number
  readonly enrolledAt: string
  readonly grade: string | null
  readonly gradedAt: string | null
}

const grades = [
  'A',
  'A',
  'A-',
  'A-',
  'B+',
  'B+',
  'B',
  'B',
  'B',
  'B-',
  'C+',
  'C',
  'C',
  'C-',
  'D',
  'F',
  'W',
] as const

/** How many courses the known students have in the open term: nothing yet, a start, and a full week. */
const knownLoads: ReadonlyMap<string, number> = new Map([
  ['S100001', 0],
  ['S100002', 2],
  ['S100003', 4],
  ['S100004', 1],
  ['S100005', 0],
])

/** Chooses with probability by weight; `total` is the sum of all weights. */
const weighted = (
  random: Random,
  sections: readonly SampleSection[],
  total: number,
): SampleSection | undefined => {
  let rest = random.next() * total
  return sections.find((section) => (rest -= section.weight) <= 0)
}

export const makeEnrolments = (
  random: Random,
  sections: readonly SampleSection[],
  students: readonly SampleStudent[],
  today: string,
): readonly SampleEnrolment[] => {
  const seats = new Map<number, number>()
  const taken = (section: SampleSection) => seats.get(section.id) ?? 0
  const mains = sections.filter((section) => section.creditsMax > 0 && section.status === 'active')
  const total = mains.reduce((sum, section) => sum + section.weight, 0)
  const smalls = new Map<number, SampleSection[]>()
  for (const section of sections) {
    if (section.creditsMax > 0 || section.status !== 'active' || section.weight === 0) continue
    smalls.set(section.course.id, [...(smalls.get(section.course.id) ?? []), section])
  }
  const enrolments: SampleEnrolment[] = []

  const enrol = (student: SampleStudent, wanted: number) => {
    const chosen: SampleSection[] = []
    const fits = (section: SampleSection) =>
      taken(section) + section.held < section.capacity &&
      chosen.every(
        (other) =>
          (other.course.id !== section.course.id || other.component !== section.component) &&
          overlap(other.meetings, section.meetings) === null,
      )
    let courses = 0
    for (let attempt = 0; attempt < wanted * 6 && courses < wanted; attempt += 1) {
      const section = weighted(random, mains, total)
      if (section === undefined || !fits(section)) continue
      const companions = smalls.get(section.course.id)
      chosen.push(section)
      if (companions !== undefined) {
        const companion = random.shuffle(companions).find(fits)
        // no place in a laboratory: leave the lecture, too
        if (companion === undefined) {
          chosen.pop()
          continue
        }
        chosen.push(companion)
      }
      courses += 1
    }
    for (const section of chosen) {
      const { term } = section
      seats.set(section.id, taken(section) + 1)
      const over = term.phase === 'over'
      // nobody has registered in the future
      const lastMoment = `${term.startsOn < today ? term.startsOn : today} 05:00:00`
      enrolments.push({
        studentId: student.id,
        section,
        credits: section.creditsMin,
        enrolledAt: registrationMoment(random, term.opensAt, lastMoment),
        grade: over && section.creditsMax > 0 ? random.pick(grades) : null,
        gradedAt: over && section.creditsMax > 0 ? `${term.endsOn} 17:00:00.000` : null,
      })
    }
  }

  for (const student of random.shuffle(students)) {
    const [first] = sections
    if (first === undefined || student.status !== 'active' || student.admittedOn > first.term.startsOn)
      continue
    const open = first.term.phase === 'open'
    const known = open ? knownLoads.get(student.number) : undefined
    // at the start of registration a part of the students has not chosen yet
    if (known === undefined && open && random.chance(0.3)) continue
    enrol(student, known ?? random.int(3, 5))
  }
  return enrolments
}

/**
 * Settles the seats once the enrolments are known: some sections end exactly full, some with one seat left, and one
 * holds a student more than it has seats, let in by an override.
 */
export const settleSeats = (
  random: Random,
  sections: readonly SampleSection[],
  enrolments: readonly SampleEnrolment[],
): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>()
  for (const { section } of enrolments) counts.set(section.id, (counts.get(section.id) ?? 0) + 1)
  const busy = sections.filter((section) => (counts.get(section.id) ?? 0) >= 8 && section.status === 'active')
  random.shuffle(busy).forEach((section, index) => {
    const taken = (counts.get(section.id) ?? 0) + section.held
    if (index === 0) {
      section.capacity = taken - 1
      section.overfull = 1
    } else if (index < busy.length * 0.12) section.capacity = taken
    else if (index < busy.length * 0.2) section.capacity = taken + random.int(1, 2)
  })
  return counts
}
