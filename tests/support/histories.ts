/** Commands of students and of the office, drawn at random, and how they are done (registration-model.db.test.ts). */
import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Receipt } from '../../apps/portal/src/catalogue/types.ts'
import type { Db } from '../../apps/portal/src/db/connect.ts'
import type { RegistrarService } from '../../apps/portal/src/registrar/index.ts'
import type { OfficeService } from '../../apps/portal/src/registrar/office/index.ts'
import { noLimits } from './office.ts'
import type { SectionPlan } from './school.ts'

export const students = 20
/** Sections that are taken by themselves. */
const single = 8
/** A lecture and its laboratory: they are taken together. The lectures share an hour. */
export const choices: readonly (readonly [lecture: number, laboratory: number])[] = [
  [9, 10],
  [11, 12],
]
/** Pairs share a course, others an hour: each reason to be passed over occurs. */
const singles: readonly SectionPlan[] = Array.from({ length: single }, (_, index) => ({
  course: 100 + (index % 6),
  capacity: 1 + (index % 3),
  meetings: [
    [
      index % 2 === 0 ? 'M' : 'T',
      `${String(8 + (index % 3)).padStart(2, '0')}:00`,
      `${String(8 + (index % 3)).padStart(2, '0')}:50`,
    ],
  ],
}))
export const plans: readonly SectionPlan[] = [
  ...singles,
  ...['W', 'R', 'W', 'F'].map((day, index) => ({
    course: 200,
    capacity: 1 + (index % 2),
    meetings: [[day, '12:00', '12:50'] as const],
  })),
]

/** One seat of these sections is kept for half of the students. */
export const keeping: ReadonlySet<number> = new Set([3, 6])
export const isMember = (student: number): boolean => student % 2 === 0
export const group = {
  label: 'biologists',
  level: null,
  programme: 'BS Biology',
  classYear: null,
  until: null,
} as const

const section = fc.integer({ min: 1, max: single })
const student = fc.integer({ min: 1, max: students })
export const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('register' as const),
      student,
      sections: fc.uniqueArray(section, { minLength: 1, maxLength: 4 }),
      mode: fc.constantFrom('most' as const, 'all' as const),
      wait: fc.boolean(),
      fallback: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop' as const), student, which: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('swap' as const),
      student,
      which: fc.nat(5),
      section,
      wait: fc.boolean(),
    }),
  },
  // a lecture with its laboratory: the one, else the other; and in the place of something
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pair' as const),
      student,
      first: fc.constantFrom(0, 1),
      wait: fc.boolean(),
      fallback: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('swapPair' as const),
      student,
      which: fc.nat(5),
      first: fc.constantFrom(0, 1),
      wait: fc.boolean(),
      // for the lecture alone: of who waits for the laboratory already, its place is taken in
      alone: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), student, which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('capacity' as const),
      section: fc.integer({ min: 1, max: plans.length }),
      capacity: fc.integer({ min: 0, max: 4 }),
    }),
  },
  // what the office does meanwhile: a hold on a student, and its release; a window that closes for a moment
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold' as const), student }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), student }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('window' as const), open: fc.boolean() }) },
  // permissions for a seat, and their end
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('grant' as const),
      student,
      section: fc.oneof(section, fc.constantFrom(...keeping)),
      rule: fc.constantFrom('full' as const, 'reserved' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const), student }) },
)
export type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

const register = (student: number, section: number, wait = false): Command => ({
  kind: 'register',
  student,
  sections: [section],
  mode: 'most',
  wait,
  fallback: false,
  twice: false,
})
/** What is rare in a full school, done in order while it is empty: a swap at once, a place kept by who was passed over. */
export const overture: readonly Command[] = [
  register(1, 2),
  { kind: 'swap', student: 1, which: 0, section: 8, wait: false },
  register(2, 1),
  register(3, 1, true),
  register(3, 7), // the same course at the same hour
  { kind: 'drop', student: 2, which: 0 }, // the third student is passed over
  { kind: 'drop', student: 3, which: 0 }, // and waits again
  register(4, 4),
  { kind: 'grant', student: 5, section: 4, rule: 'full' },
  register(5, 4), // beyond the capacity
  ...[7, 9].map((student) => register(student, 3)),
  { kind: 'grant', student: 11, section: 3, rule: 'reserved' },
  register(11, 3), // the group's seat
  // one half comes free alone, then the other; then both
  { kind: 'pair', student: 13, first: 0, wait: false, fallback: false },
  { kind: 'pair', student: 14, first: 1, wait: false, fallback: false },
  { kind: 'swapPair', student: 14, which: 0, first: 0, wait: true, alone: false },
  { kind: 'capacity', section: 9, capacity: 2 },
  { kind: 'drop', student: 13, which: 0 },
  // both halves are waited for, then one; then for both, with something that is kept
  ...[9, 10, 11].map((section) => ({ kind: 'capacity' as const, section, capacity: 1 })),
  { kind: 'pair', student: 15, first: 0, wait: true, fallback: false },
  { kind: 'leave', student: 15, which: 0 },
  { kind: 'pair', student: 15, first: 1, wait: false, fallback: false },
  { kind: 'swapPair', student: 15, which: 0, first: 0, wait: true, alone: true },
]

/** What of the plan the school is not made with. */
export const linkChoices = async (db: Db): Promise<void> => {
  for (const [lecture, laboratory] of choices) {
    await db.updateTable('section').set({ component: 'laboratory' }).where('id', '=', laboratory).execute()
    await db
      .insertInto('section_link')
      .values([
        { section_id: lecture, partner_id: laboratory },
        { section_id: laboratory, partner_id: lecture },
      ])
      .execute()
  }
}

/** The ids that a page would show at this moment; another command may be quicker, as another tab would. */
const own = async (db: Db, table: 'enrolment' | 'wait_entry', studentId: number, which: number) => {
  const rows = await db
    .selectFrom(table)
    .select('id')
    .where('student_id', '=', studentId)
    .orderBy('id')
    .execute()
  return rows.length === 0 ? undefined : String(rows[which % rows.length]?.id)
}

export interface Desk {
  readonly registrar: RegistrarService
  readonly office: OfficeService
}

/** The receipts that came back; null where there was nothing to do, or it was gone. */
export const run = async (db: Db, { registrar, office }: Desk, one: Command): Promise<Receipt | null> => {
  switch (one.kind) {
    case 'register': {
      const sections = one.sections.map(String)
      const input = {
        studentId: one.student,
        sections,
        mode: one.mode,
        waitlist: one.wait ? sections : [],
        fallbacks: one.fallback && sections.length > 1 ? [`${sections[1]}:${sections[0]}`] : [],
        request: `r-${Math.random().toString(36).slice(2)}-key`,
      }
      const [first, second] = await Promise.all([
        registrar.register(input),
        one.twice ? registrar.register(input) : undefined,
      ])
      if (second !== undefined) expect(second).toEqual(first)
      return first
    }
    case 'drop': {
      const enrolmentId = await own(db, 'enrolment', one.student, one.which)
      if (enrolmentId === undefined) return null
      return registrar.drop({ studentId: one.student, enrolmentId, request: undefined })
    }
    case 'swap': {
      const enrolmentId = await own(db, 'enrolment', one.student, one.which)
      if (enrolmentId === undefined) return null
      const to = { sectionId: String(one.section), waitlist: one.wait }
      return registrar.swap({ studentId: one.student, enrolmentId, ...to, request: undefined })
    }
    case 'pair': {
      const [first = [], second = []] = one.first === 0 ? choices : choices.toReversed()
      const sections = [...first, ...(one.fallback ? second : [])].map(String)
      return registrar.register({
        studentId: one.student,
        sections,
        waitlist: one.wait ? first.map(String) : [],
        fallbacks: one.fallback ? second.map((id, index) => `${id}:${first[index]}`) : [],
        request: undefined,
      })
    }
    case 'swapPair': {
      const enrolmentId = await own(db, 'enrolment', one.student, one.which)
      const [sectionId = 0, laboratory = 0] = choices[one.first] ?? []
      if (enrolmentId === undefined) return null
      const besides = one.alone ? [] : [String(laboratory)]
      const to = { sectionId: String(sectionId), besides, waitlist: one.wait }
      return registrar.swap({ studentId: one.student, enrolmentId, ...to, request: undefined })
    }
    case 'leave': {
      const entryId = await own(db, 'wait_entry', one.student, one.which)
      if (entryId === undefined) return null
      return registrar.leave({ studentId: one.student, entryId, request: undefined })
    }
    case 'capacity':
      await registrar.setCapacity({ staffNumber: 'R1', sectionId: one.section, capacity: one.capacity })
      return null
    case 'hold':
      await office.placeHold({
        staffNumber: 'R1',
        studentId: one.student,
        reason: 'A fee',
        office: 'the bursar',
      })
      return null
    case 'release': {
      const held = await db
        .selectFrom('student_hold')
        .select('id')
        .where('student_id', '=', one.student)
        .where('released_at', 'is', null)
        .execute()
      for (const { id } of held)
        await office.releaseHold({ staffNumber: 'R1', studentId: one.student, holdId: id, reason: 'paid' })
      return null
    }
    case 'grant':
      await office.grantOverride({
        staffNumber: 'R1',
        studentId: one.student,
        rule: one.rule,
        sectionId: one.section,
        courseId: null,
        termId: null,
        credits: null,
        reason: 'agreed',
        expiresAt: null,
      })
      return null
    case 'revoke': {
      const granted = await db
        .selectFrom('rule_override')
        .select('id')
        .where('student_id', '=', one.student)
        .where('revoked_at', 'is', null)
        .execute()
      for (const { id } of granted.slice(0, 1))
        await office.revokeOverride({
          staffNumber: 'R1',
          studentId: one.student,
          overrideId: id,
          reason: 'a slip',
        })
      return null
    }
    case 'window':
      await office.setTerm({
        staffNumber: 'R1',
        termId: 1,
        settings: { ...noLimits, addUntil: one.open ? null : '2020-01-01T00:00:00.000Z' },
      })
      return null
    default:
      return one satisfies never
  }
}
