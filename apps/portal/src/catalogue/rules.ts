/**
 * The rules that bear on some sections and one student. Every statement is by an index; the student's record, which is the
 * longest, is read only where a rule asks for it.
 */
import type { Kysely, Selectable } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { meetsGrade } from '../policy/grade.ts'
import { readRequirement } from '../policy/requirement.ts'
import {
  type CohortWindow,
  type CompletedCourse,
  type CourseRules,
  noRules,
  type Override,
  overrideRules,
  type Partner,
  type Reserve,
  type RuleFacts,
} from '../policy/rules.ts'
import { termRules } from './terms.ts'
import type { SectionRow } from './types.ts'
import { fromMoment, toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

const numberOrNull = (value: number | string | null): number | null =>
  value === null ? null : toNumber(value)

const grouped = <Key, Value>(
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

/** What was completed here, by the grades, and what the office has recorded beside. */
export const readHistory = async (db: Db, studentId: number): Promise<readonly CompletedCourse[]> => {
  const here = await db
    .selectFrom('enrolment')
    .innerJoin('section', 'section.id', 'enrolment.section_id')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .select(['subject.code', 'course.number', 'enrolment.grade', 'enrolment.credits'])
    .where('enrolment.student_id', '=', studentId)
    .where('enrolment.grade', 'is not', null)
    .orderBy('enrolment.id')
    .execute()
  const elsewhere = await db
    .selectFrom('transcript_entry')
    .select(['course', 'grade', 'credits'])
    .where('student_id', '=', studentId)
    .orderBy('id')
    .execute()
  return [
    ...here.map(({ code, number, grade, credits }) => ({
      course: `${code} ${number}`,
      grade: grade ?? '',
      credits: toNumber(credits),
    })),
    ...elsewhere.map(({ credits, ...rest }) => ({ ...rest, credits: toNumber(credits) })),
  ]
}

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
    .select(['id', 'rule', 'section_id', 'course_id', 'term_id', 'credits'])
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
      },
    ]
  })
}

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
  return grouped(
    rows.map((row) => [
      toNumber(row.term_id),
      {
        label: row.label,
        level: row.level,
        programme: row.programme,
        classYear: null,
        creditsFrom: numberOrNull(row.credits_from),
        opensAt: toMoment(row.opens_at),
      },
    ]),
  )
}

const readCourses = async (
  db: Db,
  courseIds: readonly number[],
): Promise<ReadonlyMap<number, CourseRules>> => {
  const rows = await db
    .selectFrom('course')
    .select(['id', 'requirement', 'prerequisite_text', 'repeatable'])
    .where('id', 'in', courseIds)
    .execute()
  return new Map(
    rows.map((row) => [
      toNumber(row.id),
      {
        requirement: readRequirement(row.requirement),
        text: row.prerequisite_text,
        repeatable: toNumber(row.repeatable) !== 0,
      },
    ]),
  )
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

/** @param wanted the sections that were asked for @param terms all terms, as they were read already */
export const readRules = async (
  db: Db,
  studentId: number,
  {
    wanted,
    terms,
    now,
  }: {
    readonly wanted: readonly SectionRow[]
    readonly terms: readonly Selectable<Tables['term']>[]
    readonly now: Date
  },
): Promise<RuleFacts> => {
  if (wanted.length === 0) return noRules
  const student = await db
    .selectFrom('student')
    .select(['level', 'programme', 'class_year'])
    .where('id', '=', studentId)
    .executeTakeFirst()
  if (student === undefined) return noRules
  const holds = await db
    .selectFrom('student_hold')
    .select(['reason', 'office'])
    .where('student_id', '=', studentId)
    .where('released_at', 'is', null)
    .orderBy('id')
    .execute()
  const overrides = await readOverrides(db, studentId, now)
  const termIds = [...new Set(wanted.map(({ term }) => term.id))]
  const windows = await readWindows(db, termIds)
  const courses = await readCourses(db, [...new Set(wanted.map(({ courseId }) => courseId))])
  const ids = wanted.map(({ id }) => id)
  const links = await readLinks(db, ids)
  const reserves = await readReserves(db, ids)
  const rules = new Map(
    terms
      .filter((row) => termIds.includes(toNumber(row.id)))
      .map((row) => [toNumber(row.id), termRules(row, windows.get(toNumber(row.id)) ?? [])]),
  )
  const asksForRecord =
    [...courses.values()].some(({ requirement }) => requirement !== null) ||
    [...rules.values()].some(
      (term) =>
        term.repeatFrom !== null ||
        term.mostAttempts !== null ||
        term.windows.some(({ creditsFrom }) => creditsFrom !== null),
    )
  const history = asksForRecord ? await readHistory(db, studentId) : []
  return {
    student: {
      level: student.level,
      programme: student.programme,
      classYear: numberOrNull(student.class_year),
      creditsEarned: creditsEarned(history),
    },
    history,
    holds,
    overrides,
    terms: rules,
    courses,
    links,
    reserves,
  }
}
