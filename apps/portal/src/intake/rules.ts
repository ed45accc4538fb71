/**
 * The sample's rules, one of each kind, so that each can be seen: most courses are free, those of four subjects ask for what comes
 * before. What `sampleLogins` say of a student is made so here.
 */
import { parseRequirement } from '../policy/requirement-text.ts'
import type { SampleCourse } from './bulletin.ts'
import { addDays, clockOn, endOfDay, type SampleTerm } from './calendar.ts'
import { earlierCourses, prerequisites, ruledSubjects } from './data/prerequisites.ts'
import type { SampleStudent } from './people.ts'
import { createRandom } from './random.ts'
import type { SampleSection } from './timetable.ts'

/** Columns of `course` that hold what it asks for. */
export const courseRules = ({ subject, number, creditsMin, creditsMax, kind }: SampleCourse) => {
  const text = prerequisites[`${subject.code} ${number}`] ?? null
  const read = parseRequirement(text)
  return {
    prerequisite_text: text,
    requirement: read.state === 'tree' ? JSON.stringify(read.requirement) : null,
    // practica and studios are taken again and again
    repeatable: creditsMin < creditsMax || kind === 'studio' ? 1 : 0,
  }
}

/** Columns of `term`. */
export const termRules = (term: SampleTerm, timeZone: string) => ({
  add_until: null,
  drop_until: endOfDay(addDays(term.startsOn, 14), timeZone),
  withdraw_until: endOfDay(addDays(term.startsOn, 9 * 7 + 4), timeZone),
  credits_undergraduate: '21.00',
  credits_graduate: '15.00',
  requirements: term.phase === 'open' ? ('enforce' as const) : ('advise' as const),
  repeat_from: 'C',
  most_attempts: 3,
})

/** Who has just come: nothing on the record, a hold, and a window that is not open yet. */
export const newcomer = 'S100005'

interface RulesInput {
  readonly seed: string
  readonly today: string
  readonly timeZone: string
  readonly open: SampleTerm
  /** of the open term */
  readonly sections: readonly SampleSection[]
  readonly students: readonly SampleStudent[]
  /** numbers of the students with known passwords */
  readonly known: readonly string[]
  /** enrolled, by section id */
  readonly counts: ReadonlyMap<number, number>
}

const holds = [
  ['Library books that are overdue', 'the library, Kepler Hall, ground floor'],
  ['A fee that is not paid', 'the bursar’s office, Weir House 12'],
  ['The health form is missing', 'the health centre, Riverside Centre'],
] as const

/** Laboratories of the ruled subjects are one choice with a lecture. */
const makeLinks = (sections: readonly SampleSection[]) => {
  const ruled = sections.filter(
    ({ course, status }) => ruledSubjects.has(course.subject.code) && status === 'active',
  )
  return ruled.flatMap((section) =>
    ruled
      .filter(
        (other) =>
          other.course.id === section.course.id &&
          other.component !== section.component &&
          [other.component, section.component].includes('laboratory'),
      )
      .map((other) => ({ section_id: section.id, partner_id: other.id })),
  )
}

/** Rows of the tables of rules; a function of the seed alone, which draws from numbers of its own. */
export const makeRules = ({ seed, today, timeZone, open, sections, students, known, counts }: RulesInput) => {
  const random = createRandom(`${seed} rules`)
  const now = `${today} 06:00:00.000`
  const kept = sections.find(
    (section) =>
      section.course.subject.code === 'CS' &&
      section.status === 'active' &&
      section.capacity - (counts.get(section.id) ?? 0) - section.held >= 7,
  )
  const held = students.filter(
    ({ number, status }) =>
      number === newcomer || (status === 'active' && !known.includes(number) && random.chance(0.03)),
  )
  const window = (label: string, opens_at: string, who: object) => ({
    term_id: open.id,
    label,
    level: null,
    credits_from: null,
    programme: null,
    opens_at,
    announced_at: null,
    ...who,
  })
  return {
    /** section id → seats kept for a group */
    reserved: new Map(kept === undefined ? [] : [[kept.id, 5]]),
    rows: {
      transcript_entry: students
        .filter(({ number }) => known.includes(number) && number !== newcomer)
        .flatMap(({ id }) =>
          earlierCourses.map(([course, title, credits, grade]) => ({
            student_id: id,
            course,
            title,
            credits: credits.toFixed(2),
            grade,
            source: grade === 'T' ? ('transfer' as const) : ('earlier' as const),
            completed_on: addDays(today, -700),
            recorded_at: now,
            recorded_by: null,
          })),
        ),
      student_hold: held.map(({ id, number }) => {
        const [reason, office] = number === newcomer ? holds[1] : random.pick(holds)
        return { student_id: id, reason, office, placed_at: now, placed_by: null }
      }),
      registration_window: [
        window('Graduate students', open.opensAt, { level: 'graduate' }),
        window('From 60 credits', open.opensAt, { credits_from: 60 }),
        window('From 30 credits', clockOn(addDays(today, -4), '08:00', timeZone), { credits_from: 30 }),
        window('All students', clockOn(addDays(today, 3), '08:00', timeZone), {}),
      ],
      section_link: makeLinks(sections),
      seat_reserve:
        kept === undefined
          ? []
          : [
              {
                section_id: kept.id,
                label: 'students of computer science',
                level: null,
                programme: 'BS Computer Science',
                class_year: null,
                seats: 5,
                taken: 0,
                until_at: endOfDay(addDays(today, 10), timeZone),
              },
            ],
      rule_override: students
        .filter(({ number }) => number === 'S100002')
        .map(({ id }) => ({
          student_id: id,
          rule: 'credits',
          section_id: null,
          course_id: null,
          term_id: open.id,
          credits: '24.00',
          reason: 'Makes up for a term abroad; agreed with the adviser',
          granted_at: now,
          granted_by: null,
          expires_at: null,
        })),
    },
  }
}
