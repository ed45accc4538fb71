/**
 * The rules that bear on some sections and one student. Every statement is by an index; what there is none of is not asked for,
 * and the student's record, which is the longest, is read only where a rule asks for it.
 */
import type { Kysely, Selectable } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { meetsGrade } from '../policy/grade.ts'
import {
  type CohortWindow,
  type CompletedCourse,
  type Override,
  overrideRules,
  type Partner,
  type Reserve,
  type RuleFacts,
} from '../policy/rules.ts'
import type { OwnFacts, Records } from './own.ts'
import { fromMoment, numberOrNull, toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

export const grouped = <Key, Value>(
  pairs: readonly (readonly [Key, Value])[],
): ReadonlyMap<Key, readonly Value[]> => {
  const groups = new Map<Key, Value[]>()
  for (const [key, value] of pairs) {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}

/**
 * What was completed here, by the grades, and what the office has recorded beside.
 * @param has what there is at all, where that is known
 */
export const readHistory = async (
  db: Db,
  studentId: number,
  has: Pick<Records, 'transcript'> & { readonly grades: boolean } = { grades: true, transcript: true },
): Promise<readonly CompletedCourse[]> => {
  const here = has.grades ? await readGrades(db, studentId) : []
  const elsewhere = has.transcript ? await readTranscript(db, studentId) : []
  return [
    ...here.map(({ code, number, grade, credits }) => ({
      course: `${code} ${number}`,
      grade: grade ?? '',
      credits: toNumber(credits),
    })),
    ...elsewhere.map(({ credits, ...rest }) => ({ ...rest, credits: toNumber(credits) })),
  ]
}

const readGrades = (db: Db, studentId: number) =>
  db
    .selectFrom('enrolment')
    .innerJoin('section', 'section.id', 'enrolment.section_id')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .select(['subject.code', 'course.number', 'enrolment.grade', 'enrolment.credits'])
    .where('enrolment.student_id', '=', studentId)
    .where('enrolment.grade', 'is not', null)
    .orderBy('enrolment.id')
    .execute()

const readTranscript = (db: Db, studentId: number) =>
  db
    .selectFrom('transcript_entry')
    .select(['course', 'grade', 'credits'])
    .where('student_id', '=', studentId)
    .orderBy('id')
    .execute()

/** Each course counts once, however often it was passed. */
export const creditsEarned = (history: readonly CompletedCourse[]): number => {
  const earned = new Map<string, number>()
  for (const { course, grade, credits } of history)
    if (meetsGrade(grade)) earned.set(course, Math.max(earned.get(course) ?? 0, credits))
  return [...earned.values()].reduce((sum, credits) => sum + Math.round(credits * 100), 0) / 100
}

/** The permissions of a student that are in force. */
export const readOverrides = async (db: Db, studentId: number, now: Date): Promise<readonly Override[]> => {
  const rows = await db
    .selectFrom('rule_override')
    .select(['id', 'rule', 'section_id', 'course_id', 'term_id', 'credits', 'expires_at'])
    .where('student_id', '=', studentId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', fromMoment(now))]))
    .orderBy('id')
    .execute()
  return rows.flatMap((row) => {
    const rule = overrideRules.find((one) => one === row.rule)
    // of a newer portal
    if (rule === undefined) return []
    return [
      {
        id: toNumber(row.id),
        rule,
        sectionId: numberOrNull(row.section_id),
        courseId: numberOrNull(row.course_id),
        termId: numberOrNull(row.term_id),
        credits: numberOrNull(row.credits),
        expiresAt: row.expires_at === null ? null : toMoment(row.expires_at),
      },
    ]
  })
}

export const toWindow = (
  row: Pick<
    Selectable<Tables['registration_window']>,
    'label' | 'level' | 'programme' | 'credits_from' | 'opens_at'
  >,
): CohortWindow => ({
  label: row.label,
  level: row.level,
  programme: row.programme,
  classYear: null,
  creditsFrom: numberOrNull(row.credits_from),
  opensAt: toMoment(row.opens_at),
})

export const readWindows = async (
  db: Db,
  termIds: readonly number[],
): Promise<ReadonlyMap<number, readonly CohortWindow[]>> => {
  if (termIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('registration_window')
    .selectAll()
    .where('term_id', 'in', termIds)
    .orderBy('opens_at')
    .orderBy('id')
    .execute()
  return grouped(rows.map((row) => [toNumber(row.term_id), toWindow(row)]))
}

/** Partners that were not cancelled, by the section that they belong to. */
export const readLinks = async (
  db: Db,
  sectionIds: readonly number[],
): Promise<ReadonlyMap<number, readonly Partner[]>> => {
  if (sectionIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('section_link')
    .innerJoin('section', 'section.id', 'section_link.partner_id')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .select([
      'section_link.section_id',
      'section_link.partner_id',
      'section.component',
      'section.code',
      'course.number',
      'subject.code as subject',
    ])
    .where('section_link.section_id', 'in', sectionIds)
    .where('section.status', '=', 'active')
    .orderBy('section.sort_key')
    .orderBy('section_link.partner_id')
    .execute()
  return grouped(
    rows.map((row) => [
      toNumber(row.section_id),
      {
        id: toNumber(row.partner_id),
        component: row.component,
        label: `${row.subject} ${row.number}-${row.code}`,
      },
    ]),
  )
}

export const readReserves = async (
  db: Db,
  sectionIds: readonly number[],
): Promise<ReadonlyMap<number, readonly Reserve[]>> => {
  if (sectionIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('seat_reserve')
    .selectAll()
    .where('section_id', 'in', sectionIds)
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute()
  return grouped(
    rows.map((row) => [
      toNumber(row.section_id),
      {
        id: toNumber(row.id),
        label: row.label,
        level: row.level,
        programme: row.programme,
        classYear: numberOrNull(row.class_year),
        creditsFrom: null,
        seats: toNumber(row.seats),
        taken: toNumber(row.taken),
      },
    ]),
  )
}

const readHolds = (db: Db, studentId: number) =>
  db
    .selectFrom('student_hold')
    .select(['reason', 'office'])
    .where('student_id', '=', studentId)
    .where('released_at', 'is', null)
    .orderBy('id')
    .execute()

/** What the sections that were asked for brought with them (facts.ts). */
export type WantedRules = Pick<RuleFacts, 'terms' | 'courses' | 'links' | 'reserves'>

const asksForRecord = ({ terms, courses }: WantedRules): boolean =>
  [...courses.values()].some(({ requirement }) => requirement !== null) ||
  [...terms.values()].some(
    (term) =>
      term.repeatFrom !== null ||
      term.mostAttempts !== null ||
      term.windows.some(({ creditsFrom }) => creditsFrom !== null),
  )

/** The rules that are the student's own: in the usual case none, and no statement. @param grades whether there are any */
export const readRules = async (
  db: Db,
  studentId: number,
  own: OwnFacts,
  grades: boolean,
  wanted: WantedRules,
  now: Date,
): Promise<RuleFacts> => {
  const { has, level, programme, classYear } = own
  const { transcript } = has
  const history = asksForRecord(wanted) ? await readHistory(db, studentId, { grades, transcript }) : []
  return {
    student: { level, programme, classYear, creditsEarned: creditsEarned(history) },
    history,
    holds: has.holds ? await readHolds(db, studentId) : [],
    overrides: has.overrides ? await readOverrides(db, studentId, now) : [],
    ...wanted,
  }
}
