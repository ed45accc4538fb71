/** What the registrar's office reads: a student's whole file, a term with its rules, whom a change would hurt, the trail. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import type { CompletedCourse, TermRules } from '../policy/rules.ts'
import { readMeetings, type StoredMeeting } from './meetings.ts'
import { type Hurt, readHurt } from './office-hurt.ts'
import {
  type LinkedSection,
  type Outside,
  readLinkedSections,
  readOutside,
  readRooms,
  type Room,
} from './office-sections.ts'
import type { PlannedMeeting } from './office-taken.ts'
import { readTrail, type TrailEntry } from './office-trail.ts'
import { studentName } from './receipts.ts'
import { creditsEarned, readHistory } from './rules.ts'
import { readSections, sectionSource } from './sections.ts'
import { readTermRows, termRules, toTerms } from './terms.ts'
import type { SectionRow, Term } from './types.ts'
import { toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

export interface StudentHead {
  readonly id: number
  readonly number: string
  readonly name: string
  readonly programme: string
  readonly level: 'undergraduate' | 'graduate'
  readonly status: string
}

/** A dated record that can be ended; `ended` tells when, by whom (a staff number) and why. */
interface Dated {
  readonly id: number
  readonly since: string
  readonly by: string | null
  readonly ended: { readonly at: string; readonly by: string | null; readonly reason: string } | null
}

export interface HoldRecord extends Dated {
  readonly reason: string
  readonly office: string
}

export interface OverrideRecord extends Dated {
  readonly rule: string
  readonly reason: string
  /** 'CS 101-001', 'CS 101', 'Spring 2027', as far as it is limited to them */
  readonly concerns: readonly string[]
  readonly credits: number | null
  readonly expiresAt: string | null
}

export interface StudentFile {
  readonly student: StudentHead & { readonly email: string; readonly classYear: number | null }
  readonly creditsEarned: number
  readonly history: readonly CompletedCourse[]
  readonly enrolments: readonly {
    readonly section: SectionRow
    readonly enrolledAt: string
    readonly grade: string | null
  }[]
  readonly waiting: readonly SectionRow[]
  readonly holds: readonly HoldRecord[]
  readonly overrides: readonly OverrideRecord[]
}

export interface TermOffice {
  readonly term: Term
  readonly rules: TermRules
  readonly windows: readonly {
    readonly id: number
    readonly label: string
    readonly level: 'undergraduate' | 'graduate' | null
    readonly creditsFrom: number | null
    readonly programme: string | null
    readonly opensAt: string
  }[]
}

export interface OfficeReader {
  /** by number, or by words of the name; the first fifty */
  findStudents(words: string): Promise<readonly StudentHead[]>
  /** null: no such student */
  student(number: string): Promise<StudentFile | null>
  /** null: no such term */
  term(code: string): Promise<TermOffice | null>
  /** Labels of the term's active sections that meet outside these days ('YYYY-MM-DD'), in the catalogue's order. */
  outside(termId: number, startsOn: string, endsOn: string): Promise<Outside>
  courseId(code: string): Promise<number | null>
  meetings(sectionId: number): Promise<readonly StoredMeeting[]>
  /** rooms of the section's campus, by building and number */
  rooms(sectionId: number): Promise<readonly Room[]>
  /** @param meetings as they would be; undefined: the section would be cancelled */
  hurt(sectionId: number, meetings?: readonly PlannedMeeting[]): Promise<Hurt>
  /** the sections with which it is one choice, cancelled ones too */
  links(sectionId: number): Promise<readonly LinkedSection[]>
  /** newest first, a hundred; @param before an id */
  trail(of: { studentId?: number | undefined; before?: number | undefined }): Promise<readonly TrailEntry[]>
}

/** that a search shows */
export const mostStudents = 50

const headOf = (row: {
  id: number | string
  number: string
  given_name: string
  family_name: string
  preferred_name: string | null
  programme: string
  level: 'undergraduate' | 'graduate'
  status: string
}): StudentHead => ({
  id: toNumber(row.id),
  number: row.number,
  name: studentName(row),
  programme: row.programme,
  level: row.level,
  status: row.status,
})

const findStudents = async (db: Db, words: string): Promise<readonly StudentHead[]> => {
  const parts = words
    .split(/\s+/)
    .filter((part) => part !== '')
    .slice(0, 4)
  if (parts.length === 0) return []
  const rows = await db
    .selectFrom('student')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb('number', '=', words.trim()),
        eb.and(
          parts.map((part) => {
            // what people type is no pattern
            const like = `%${part.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`
            return eb.or([
              eb('given_name', 'like', like),
              eb('family_name', 'like', like),
              eb('preferred_name', 'like', like),
            ])
          }),
        ),
      ]),
    )
    .orderBy('family_name')
    .orderBy('given_name')
    .orderBy('id')
    .limit(mostStudents)
    .execute()
  return rows.map(headOf)
}

const ended = (at: string | null, by: string | null, reason: string | null): Dated['ended'] =>
  at === null ? null : { at: toMoment(at), by, reason: reason ?? '' }

const readHolds = async (db: Db, studentId: number): Promise<readonly HoldRecord[]> => {
  const rows = await db
    .selectFrom('student_hold as h')
    .leftJoin('staff as p', 'p.id', 'h.placed_by')
    .leftJoin('staff as r', 'r.id', 'h.released_by')
    .selectAll('h')
    .select(['p.number as placed', 'r.number as released'])
    .where('h.student_id', '=', studentId)
    .orderBy('h.id', 'desc')
    .execute()
  return rows.map((row) => ({
    id: toNumber(row.id),
    reason: row.reason,
    office: row.office,
    since: toMoment(row.placed_at),
    by: row.placed,
    ended: ended(row.released_at, row.released, row.release_reason),
  }))
}

const readOverrides = async (db: Db, studentId: number): Promise<readonly OverrideRecord[]> => {
  const rows = await db
    .selectFrom('rule_override as o')
    .leftJoin('staff as g', 'g.id', 'o.granted_by')
    .leftJoin('staff as r', 'r.id', 'o.revoked_by')
    .leftJoin('section as s', 's.id', 'o.section_id')
    .leftJoin('course as c', (join) =>
      join.on((eb) =>
        eb.or([eb('c.id', '=', eb.ref('o.course_id')), eb('c.id', '=', eb.ref('s.course_id'))]),
      ),
    )
    .leftJoin('subject as u', 'u.id', 'c.subject_id')
    .leftJoin('term as t', 't.id', 'o.term_id')
    .selectAll('o')
    .select(['g.number as granter', 'r.number as revoker', 's.code as section', 'c.number as course'])
    .select(['u.code as subject', 't.name as term'])
    .where('o.student_id', '=', studentId)
    .orderBy('o.id', 'desc')
    .execute()
  return rows.map((row) => {
    const course = row.course === null ? null : `${row.subject} ${row.course}`
    return {
      id: toNumber(row.id),
      rule: row.rule,
      reason: row.reason,
      concerns: [
        ...(course === null ? [] : [row.section === null ? course : `${course}-${row.section}`]),
        ...(row.term === null ? [] : [row.term]),
      ],
      credits: row.credits === null ? null : toNumber(row.credits),
      expiresAt: row.expires_at === null ? null : toMoment(row.expires_at),
      since: toMoment(row.granted_at),
      by: row.granter,
      ended: ended(row.revoked_at, row.revoker, row.revoke_reason),
    }
  })
}

const readFile = async (db: Db, number: string): Promise<StudentFile | null> => {
  const row = await db.selectFrom('student').selectAll().where('number', '=', number).executeTakeFirst()
  if (row === undefined) return null
  const id = toNumber(row.id)
  const enrolled = await db
    .selectFrom('enrolment')
    .select(['section_id', 'enrolled_at', 'grade'])
    .where('student_id', '=', id)
    .execute()
  const waiting = await db
    .selectFrom('wait_entry')
    .select('section_id')
    .where('student_id', '=', id)
    .execute()
  const ids = [...enrolled, ...waiting].map(({ section_id }) => toNumber(section_id))
  const sections =
    ids.length === 0
      ? []
      : await readSections(
          db,
          sectionSource(db)
            .where('section.id', 'in', ids)
            .orderBy('term.code', 'desc')
            .orderBy('section.sort_key'),
        )
  const history = await readHistory(db, id)
  const lists = new Set(waiting.map(({ section_id }) => toNumber(section_id)))
  return {
    student: { ...headOf(row), email: row.email, classYear: row.class_year },
    creditsEarned: creditsEarned(history),
    history,
    enrolments: sections.flatMap((section) => {
      const own = enrolled.find(({ section_id }) => toNumber(section_id) === section.id)
      return own === undefined ? [] : [{ section, enrolledAt: toMoment(own.enrolled_at), grade: own.grade }]
    }),
    waiting: sections.filter(({ id: section }) => lists.has(section)),
    holds: await readHolds(db, id),
    overrides: await readOverrides(db, id),
  }
}

/** On what a change of the term is judged: where another one came before it, it is judged again (registrar/office/terms.ts). */
export const termBase = ({ term, rules, windows }: TermOffice): string =>
  JSON.stringify([
    [term.registrationOpensAt, term.registrationClosesAt],
    [term.startsOn, term.endsOn],
    [rules.addUntil, rules.dropUntil, rules.withdrawUntil],
    windows.map(({ opensAt }) => opensAt),
  ])

export const readTerm = async (db: Db, code: string, now: Date): Promise<TermOffice | null> => {
  const row = (await readTermRows(db)).find((term) => term.code === code)
  const [term] = row === undefined ? [] : toTerms([row], now)
  if (row === undefined || term === undefined) return null
  const windows = await db
    .selectFrom('registration_window')
    .selectAll()
    .where('term_id', '=', row.id)
    .orderBy('opens_at')
    .orderBy('id')
    .execute()
  return {
    term,
    rules: termRules(row, []),
    windows: windows.map((window) => ({
      id: toNumber(window.id),
      label: window.label,
      level: window.level,
      creditsFrom: window.credits_from === null ? null : toNumber(window.credits_from),
      programme: window.programme,
      opensAt: toMoment(window.opens_at),
    })),
  }
}

export const createOfficeReader = (db: Db, clock: () => Date = () => new Date()): OfficeReader => ({
  findStudents: (words) => findStudents(db, words),
  student: (number) => readFile(db, number),
  term: (code) => readTerm(db, code, clock()),
  courseId: async (code) => {
    const [, subject = '', number = ''] = /^([A-Za-z&]{2,8})[ -]?(\S{1,8})$/.exec(code.trim()) ?? []
    const found = await db
      .selectFrom('course')
      .innerJoin('subject', 'subject.id', 'course.subject_id')
      .select('course.id')
      .where('subject.code', '=', subject)
      .where('course.number', '=', number)
      .executeTakeFirst()
    return found === undefined ? null : toNumber(found.id)
  },
  meetings: async (sectionId) => (await readMeetings(db, [sectionId])).get(sectionId) ?? [],
  rooms: (sectionId) => readRooms(db, sectionId),
  outside: (termId, startsOn, endsOn) => readOutside(db, termId, startsOn, endsOn),
  links: (sectionId) => readLinkedSections(db, sectionId),
  hurt: (sectionId, meetings) => readHurt(db, sectionId, meetings),
  trail: (of) => readTrail(db, of),
})
