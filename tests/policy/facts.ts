/** Facts of a small school for tests of policies: each test names what differs. */
import type { SectionRow } from '../../apps/portal/src/catalogue/types.ts'
import { parseDays } from '../../apps/portal/src/policy/meeting.ts'
import {
  planRegistration,
  type RegistrationFacts,
  type Wishes,
} from '../../apps/portal/src/policy/registration.ts'
import { parseRequirement } from '../../apps/portal/src/policy/requirement-text.ts'
import {
  type CohortWindow,
  type CourseRules,
  noRules,
  type Override,
  type RuleFacts,
  type TermRules,
} from '../../apps/portal/src/policy/rules.ts'

export const spring = { id: 1, code: '202710', name: 'Spring 2027' }
export const fall = { id: 2, code: '202680', name: 'Fall 2026' }

/** Section `id` of course `id`, 'CS 100+id', three credits, Monday to Friday by its id; ten seats. */
export const section = (
  id: number,
  changes: Partial<SectionRow> & { readonly days?: string } = {},
): SectionRow => {
  const { days = '', ...rest } = changes
  return {
    id,
    crn: String(10_000 + id),
    term: spring,
    courseId: id,
    subject: 'CS',
    code: `CS ${100 + id}`,
    section: '001',
    title: 'A course',
    component: 'lecture',
    mode: 'in_person',
    campus: 'Main',
    credits: { min: 3, max: 3 },
    status: 'active',
    seats: { capacity: 10, taken: 0, left: 10, full: false, waiting: 0 },
    meetings:
      days === ''
        ? []
        : [
            {
              days: parseDays(days),
              startsAt: '09:00',
              endsAt: '09:50',
              startsOn: '2027-01-11',
              endsOn: '2027-04-30',
              place: null,
              instructor: null,
            },
          ],
    instructors: [],
    ...rest,
  }
}

export const term: TermRules = {
  addUntil: null,
  dropUntil: null,
  withdrawUntil: null,
  credits: { undergraduate: null, graduate: null },
  requirements: 'enforce',
  repeatFrom: null,
  mostAttempts: null,
  windows: [],
}

export const cohort = (opensAt: string, changes: Partial<CohortWindow> = {}): CohortWindow => ({
  label: 'a cohort',
  level: null,
  programme: null,
  classYear: null,
  creditsFrom: null,
  opensAt,
  ...changes,
})

/** A course that asks for this. @throws when the text is no rule */
export const asks = (text: string): CourseRules => {
  const read = parseRequirement(text)
  if (read.state !== 'tree') throw new Error(`${text} is ${read.state}`)
  return { requirement: read.requirement, text, repeatable: false }
}

export const permit = (rule: Override['rule'], changes: Partial<Override> = {}): Override => ({
  id: 1,
  rule,
  sectionId: null,
  courseId: null,
  termId: null,
  credits: null,
  expiresAt: null,
  ...changes,
})

export interface Changes extends Partial<Omit<RegistrationFacts, 'rules' | 'sections'>> {
  readonly rules?: Partial<Omit<RuleFacts, 'terms'>>
  /** of the spring term */
  readonly term?: Partial<TermRules>
}

/** Registration is open, and nothing has a rule. */
export const facts = (sections: readonly SectionRow[], changes: Changes = {}): RegistrationFacts => {
  const { rules = {}, term: own, ...rest } = changes
  return {
    now: '2026-11-22T12:00:00.000Z',
    studentActive: true,
    enrolled: [],
    graded: new Set(),
    withdrawn: new Set(),
    waiting: new Set(),
    waitingFor: [],
    sections: new Map([...sections, ...(rest.enrolled ?? [])].map((row) => [row.id, row])),
    windows: new Map([
      [
        1,
        { registrationOpensAt: '2026-11-01T06:00:00.000Z', registrationClosesAt: '2027-01-25T06:00:00.000Z' },
      ],
    ]),
    rules: { ...noRules, ...rules, terms: new Map(own === undefined ? [] : [[1, { ...term, ...own }]]) },
    ...rest,
  }
}

/** The outcome of each line with the codes of its reasons: 'enrol', 'refuse hold full'. */
export const outcomes = (
  asked: readonly number[],
  given: RegistrationFacts,
  wishes?: Wishes,
): readonly string[] =>
  planRegistration(asked.map(String), given, wishes).map(({ outcome, reasons }) =>
    [outcome, ...reasons.map(({ code }) => code)].join(' '),
  )
