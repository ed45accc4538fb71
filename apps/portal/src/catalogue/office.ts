/** What the registrar's office reads: a student's whole file, a term with its rules, whom a change would hurt, the trail. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { describeOverlap, overlap, type Pattern } from '../policy/meeting.ts'
import { sectionLabel } from '../policy/registration.ts'
import type { CompletedCourse, TermRules } from '../policy/rules.ts'
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

export interface OwnMeeting extends Pattern {
  readonly id: number
}

/** Whom a change of a section would hurt. */
export interface Hurt {
  readonly enrolled: number
  readonly waiting: number
  readonly carts: number
  /** students who could not be at both, with what it is that meets at the same time */
  readonly conflicts: readonly { readonly number: string; readonly name: string; readonly words: string }[]
}

export interface TrailEntry {
  readonly id: number
  readonly at: string
  readonly staff: { readonly number: string; readonly name: string }
  readonly action: string
  readonly student: { readonly number: string; readonly name: string } | null
  readonly section: { readonly id: number; readonly label: string } | null
  readonly term: string | null
  readonly detail: string
}

export interface OfficeReader {
  /** by number, or by words of the name; the first fifty */
  findStudents(words: string): Promise<readonly StudentHead[]>
  /** null: no such student */
  student(number: string): Promise<StudentFile | null>
  /** null: no such term */
  term(code: string): Promise<TermOffice | null>
  courseId(code: string): Promise<number | null>
  meetings(sectionId: number): Promise<readonly OwnMeeting[]>
  /** @param meetings as they would be; undefined: the section would be cancelled */
  hurt(sectionId: number, meetings?: readonly Pattern[]): Promise<Hurt>
  /** newest first, a hundred; @param before an id */
  trail(of: { studentId?: number | undefined; before?: number | undefined }): Promise<readonly TrailEntry[]>
}

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
    .limit(50)
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

const readTerm = async (db: Db, code: string, now: Date): Promise<TermOffice | null> => {
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

const readMeetings = async (db: Db, sectionId: number): Promise<readonly OwnMeeting[]> => {
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', sectionId))
  const ids = await db
    .selectFrom('meeting')
    .select('id')
    .where('section_id', '=', sectionId)
    .orderBy('id')
    .execute()
  return (section?.meetings ?? []).flatMap((meeting, index) => {
    const id = ids[index]?.id
    return id === undefined ? [] : [{ ...meeting, id: toNumber(id) }]
  })
}

const count = async (
  db: Db,
  table: 'enrolment' | 'wait_entry' | 'cart_item',
  sectionId: number,
): Promise<number> => {
  const { rows } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number | string>().as('rows'))
    .where('section_id', '=', sectionId)
    .executeTakeFirstOrThrow()
  return toNumber(rows)
}

const readHurt = async (db: Db, sectionId: number, meetings?: readonly Pattern[]): Promise<Hurt> => {
  const counts = {
    enrolled: await count(db, 'enrolment', sectionId),
    waiting: await count(db, 'wait_entry', sectionId),
    carts: await count(db, 'cart_item', sectionId),
  }
  if (meetings === undefined || counts.enrolled === 0) return { ...counts, conflicts: [] }
  const rows = await db
    .selectFrom('enrolment as own')
    .innerJoin('enrolment as other', 'other.student_id', 'own.student_id')
    .innerJoin('student', 'student.id', 'own.student_id')
    .select(['other.section_id', 'student.number', 'student.given_name', 'student.family_name'])
    .select('student.preferred_name')
    .where('own.section_id', '=', sectionId)
    .where('other.section_id', '<>', sectionId)
    .where('other.grade', 'is', null)
    .orderBy('student.number')
    .execute()
  const ids = [...new Set(rows.map(({ section_id }) => toNumber(section_id)))]
  if (ids.length === 0) return { ...counts, conflicts: [] }
  const sections = await readSections(db, sectionSource(db).where('section.id', 'in', ids))
  const clashes = new Map(
    sections.flatMap((section) => {
      const found = overlap(meetings, section.meetings)
      return found === null
        ? []
        : [[section.id, `${sectionLabel(section)} (${describeOverlap(found)})`] as const]
    }),
  )
  return {
    ...counts,
    conflicts: rows.flatMap((row) => {
      const words = clashes.get(toNumber(row.section_id))
      return words === undefined ? [] : [{ number: row.number, name: studentName(row), words }]
    }),
  }
}

const readTrail: (db: Db, ...of: Parameters<OfficeReader['trail']>) => ReturnType<OfficeReader['trail']> =
  async (db, { studentId, before }) => {
    const rows = await db
      .selectFrom('staff_action as a')
      .innerJoin('staff as f', 'f.id', 'a.staff_id')
      .leftJoin('student as n', 'n.id', 'a.student_id')
      .leftJoin('section as s', 's.id', 'a.section_id')
      .leftJoin('course as c', 'c.id', 's.course_id')
      .leftJoin('subject as u', 'u.id', 'c.subject_id')
      .leftJoin('term as t', 't.id', 'a.term_id')
      .select(['a.id', 'a.at', 'a.action', 'a.detail', 'a.section_id', 't.name as term'])
      .select(['f.number as staff', 'f.given_name as staff_given', 'f.family_name as staff_family'])
      .select(['n.number', 'n.given_name', 'n.family_name', 'n.preferred_name'])
      .select(sql<string | null>`CONCAT(u.code, ' ', c.number, '-', s.code)`.as('label'))
      .$if(studentId !== undefined, (query) => query.where('a.student_id', '=', studentId ?? 0))
      .$if(before !== undefined, (query) => query.where('a.id', '<', before ?? 0))
      .orderBy('a.id', 'desc')
      .limit(100)
      .execute()
    return rows.map((row) => ({
      id: toNumber(row.id),
      at: toMoment(row.at),
      staff: { number: row.staff, name: `${row.staff_given} ${row.staff_family}` },
      action: row.action,
      student:
        row.number === null || row.given_name === null || row.family_name === null
          ? null
          : {
              number: row.number,
              name: `${row.preferred_name ?? row.given_name} ${row.family_name}`,
            },
      section:
        row.section_id === null || row.label === null
          ? null
          : { id: toNumber(row.section_id), label: row.label },
      term: row.term,
      detail: row.detail,
    }))
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
  meetings: (sectionId) => readMeetings(db, sectionId),
  hurt: (sectionId, meetings) => readHurt(db, sectionId, meetings),
  trail: (of) => readTrail(db, of),
})
