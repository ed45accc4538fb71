/** Holds, permissions and transcripts of one student. What may let a waiting student in makes passed places be in force again. */
import { sql, type Transaction } from 'kysely'
import { readSections, sectionSource } from '../../catalogue/sections.ts'
import { fromMoment } from '../../catalogue/values.ts'
import type { Tables } from '../../db/tables.ts'
import { sectionLabel } from '../../policy/registration.ts'
import { writeEvents } from '../ledger.ts'
import { permissionDetail, writeNotice } from '../notices.ts'
import { lockStudent } from '../receipt.ts'
import { clearPassed, reinstatePassed } from '../rows.ts'
import { makeSureMoves } from '../seats.ts'
import { writeAction } from './action.ts'
import type { NewOverride, NewTranscriptEntry } from './index.ts'

type Db = Transaction<Tables>

const now = sql<string>`UTC_TIMESTAMP(3)`

/** @returns sections whose list may now get a seat */
const lookAgain = async (
  db: Db,
  staffId: number,
  studentId: number,
  late = false,
): Promise<readonly number[]> => {
  const reinstated = await reinstatePassed(db, studentId, [], late)
  if (reinstated.sectionIds.length === 0) return []
  await makeSureMoves(db, reinstated.moves)
  await clearPassed(db, studentId, reinstated)
  await writeEvents(db, { actor: 'staff', staffId, studentId }, reinstated.events)
  return reinstated.sectionIds
}

export const placeHold = async (
  db: Db,
  staffId: number,
  { studentId, reason, office }: { studentId: number; reason: string; office: string },
): Promise<void> => {
  // under the student's lock: a submission under way is decided before it or after it
  const student = await lockStudent(db, studentId)
  await db
    .insertInto('student_hold')
    .values({ student_id: studentId, reason, office, placed_at: now, placed_by: staffId })
    .execute()
  await writeNotice(db, student, { kind: 'hold_placed', title: reason, detail: office })
  await writeAction(db, staffId, { action: 'hold_placed', studentId, detail: `${reason} (${office})` })
}

export const releaseHold = async (
  db: Db,
  staffId: number,
  { studentId, holdId, reason }: { studentId: number; holdId: number; reason: string },
): Promise<readonly number[] | null> => {
  const student = await lockStudent(db, studentId)
  const hold = await db
    .selectFrom('student_hold')
    .select(['reason', 'office'])
    .where('id', '=', holdId)
    .where('student_id', '=', studentId)
    .where('released_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (hold === undefined) return null
  await db
    .updateTable('student_hold')
    .set({ released_at: now, released_by: staffId, release_reason: reason })
    .where('id', '=', holdId)
    .execute()
  await writeNotice(db, student, { kind: 'hold_released', title: hold.reason, detail: hold.office })
  await writeAction(db, staffId, { action: 'hold_released', studentId, detail: `${hold.reason}: ${reason}` })
  return lookAgain(db, staffId, studentId)
}

/** By name, as the student reads it: 'CS 101-001', 'CS 101', 'Spring 2027'; '' where it is for everything. */
const concernsOf = async (
  db: Db,
  { sectionId, courseId, termId }: Pick<NewOverride, 'sectionId' | 'courseId' | 'termId'>,
): Promise<string> => {
  const section =
    sectionId === null ? [] : await readSections(db, sectionSource(db).where('section.id', '=', sectionId))
  const course =
    courseId === null
      ? []
      : await db
          .selectFrom('course')
          .innerJoin('subject', 'subject.id', 'course.subject_id')
          .select(['subject.code', 'course.number'])
          .where('course.id', '=', courseId)
          .execute()
  const term =
    termId === null ? [] : await db.selectFrom('term').select('name').where('id', '=', termId).execute()
  return [
    ...section.map(sectionLabel),
    ...course.map(({ code, number }) => `${code} ${number}`),
    ...term.map(({ name }) => name),
  ].join(', ')
}

export const grantOverride = async (
  db: Db,
  staffId: number,
  wanted: NewOverride,
): Promise<readonly number[]> => {
  const { studentId } = wanted
  const student = await lockStudent(db, studentId)
  await db
    .insertInto('rule_override')
    .values({
      student_id: studentId,
      rule: wanted.rule,
      section_id: wanted.sectionId,
      course_id: wanted.courseId,
      term_id: wanted.termId,
      credits: wanted.credits === null ? null : wanted.credits.toFixed(2),
      reason: wanted.reason,
      granted_at: now,
      granted_by: staffId,
      expires_at: wanted.expiresAt === null ? null : fromMoment(wanted.expiresAt),
    })
    .execute()
  await writeNotice(db, student, {
    kind: 'permission_granted',
    title: wanted.rule,
    detail: permissionDetail(await concernsOf(db, wanted), wanted.credits, wanted.expiresAt),
  })
  await writeAction(db, staffId, {
    action: 'override_granted',
    studentId,
    sectionId: wanted.sectionId ?? undefined,
    termId: wanted.termId ?? undefined,
    detail: `${wanted.rule}: ${wanted.reason}`,
  })
  const again = await lookAgain(db, staffId, studentId, wanted.rule === 'deadline')
  if (wanted.rule !== 'full' && wanted.rule !== 'reserved') return again
  // whoever waits already gets the seat by itself
  const places = await db
    .selectFrom('wait_entry')
    .select('section_id')
    .where('student_id', '=', studentId)
    .execute()
  return [...again, ...places.map(({ section_id }) => section_id)]
}

export const revokeOverride = async (
  db: Db,
  staffId: number,
  { studentId, overrideId, reason }: { studentId: number; overrideId: number; reason: string },
): Promise<boolean> => {
  const student = await lockStudent(db, studentId)
  const found = await db
    .selectFrom('rule_override')
    .select(['rule', 'section_id', 'course_id', 'term_id'])
    .where('id', '=', overrideId)
    .where('student_id', '=', studentId)
    .where('revoked_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (found === undefined) return false
  await db
    .updateTable('rule_override')
    .set({ revoked_at: now, revoked_by: staffId, revoke_reason: reason })
    .where('id', '=', overrideId)
    .execute()
  const concerns = await concernsOf(db, {
    sectionId: found.section_id,
    courseId: found.course_id,
    termId: found.term_id,
  })
  await writeNotice(db, student, {
    kind: 'permission_revoked',
    title: found.rule,
    detail: permissionDetail(concerns, null, null),
  })
  await writeAction(db, staffId, {
    action: 'override_revoked',
    studentId,
    detail: `${found.rule}: ${reason}`,
  })
  return true
}

export const addTranscriptEntry = async (
  db: Db,
  staffId: number,
  { studentId, course, title, credits, grade, source, completedOn }: NewTranscriptEntry,
): Promise<readonly number[]> => {
  await lockStudent(db, studentId)
  await db
    .insertInto('transcript_entry')
    .values({
      student_id: studentId,
      course,
      title,
      credits: credits.toFixed(2),
      grade,
      source,
      completed_on: completedOn,
      recorded_at: now,
      recorded_by: staffId,
    })
    .execute()
  await writeAction(db, staffId, {
    action: 'transcript_added',
    studentId,
    facts: { of: 'transcript', course, title, grade, credits, source },
  })
  return lookAgain(db, staffId, studentId)
}
