/** Receipts: the lasting, repeatable answer to a submission, written in the transaction whose outcome it states. */
import { createHash, randomInt, randomUUID } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { OwnSections } from '../catalogue/facts-reader.ts'
import { type OwnFacts, ownSource, toOwn } from '../catalogue/own.ts'
import { readReceipt, studentName } from '../catalogue/receipts.ts'
import type { LineResult, Receipt, ReceiptLine } from '../catalogue/types.ts'
import { fromMoment, toMoment, toNumber } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { said } from '../texts/index.ts'

/** No vowels, so that no words appear; no 0, 1, 5 that could be letters: 27 signs. */
const alphabet = '2346789BCDFGHJKMNPQRSTVWXYZ'

/** 'R7KQ-2MXD-9TPA': eleven random signs, about 52 bits, after an R. */
const receiptNumber = (): string => {
  const signs = `R${Array.from({ length: 11 }, () => alphabet.charAt(randomInt(alphabet.length))).join('')}`
  return [signs.slice(0, 4), signs.slice(4, 8), signs.slice(8)].join('-')
}

export interface RequestMark {
  readonly key: string
  /** what was asked for; the same key with another digest is a mistake */
  readonly digest: Buffer
}

/** What a transaction leaves to be said, and to be done after it. */
export interface Outcome {
  readonly receipt: Receipt
  /** sections whose waiting list may now get a seat */
  readonly freed: readonly number[]
}

/** @throws PortalError request_malformed */
export const markRequest = (request: string | undefined, content: readonly string[]): RequestMark => {
  const key = request ?? randomUUID()
  if (!/^[\w-]{8,64}$/.test(key))
    throw new PortalError('request_malformed', {
      detail: said('error.request_key'),
      field: 'request',
    })
  return { key, digest: createHash('sha256').update(JSON.stringify(content)).digest() }
}

export interface LockedStudent {
  readonly id: number
  readonly number: string
  readonly name: string
  readonly own: OwnFacts
  /** whether this student has a receipt of the request that the lock was taken for */
  readonly answered: boolean
  /** what the student has, as `sectionsMark` says it */
  readonly sections: string
  /** the database's clock, after the lock was had */
  readonly now: Date
}

/** What a student has of sections in one text: equal only if nothing of it has changed. The registrar's SQL says the same. */
export const sectionsMark = ({ held, waiting }: OwnSections): string =>
  [...held.map(({ sectionId, grade }) => `${sectionId}${grade ?? ''}`), '', ...waiting].join(' ')

/**
 * The first statement of every seat transaction: it makes a student's submissions follow each other, so that what is read
 * afterwards cannot change under the decision. Plain reads come after it, and so see what the one before committed; the first of
 * them asks all at once that every command wants to know.
 */
export const lockStudent = async (
  db: Transaction<Tables>,
  studentId: number,
  mark?: RequestMark,
): Promise<LockedStudent> => {
  const locked = await db
    .selectFrom('student')
    .select('id')
    .where('id', '=', studentId)
    .forUpdate()
    .executeTakeFirst()
  if (locked === undefined) throw new PortalError('not_found', { detail: said('error.no_student') })
  const answered = sql<number>`EXISTS (SELECT 1 FROM receipt
    WHERE receipt.student_id = student.id AND receipt.request_key = ${mark?.key ?? ''})`
  const sections = sql<string>`CONCAT_WS(' ',
    (SELECT GROUP_CONCAT(section_id, COALESCE(grade, '') ORDER BY section_id SEPARATOR ' ')
       FROM enrolment WHERE enrolment.student_id = student.id), '',
    (SELECT GROUP_CONCAT(section_id ORDER BY section_id SEPARATOR ' ')
       FROM wait_entry WHERE wait_entry.student_id = student.id))`
  const row = await ownSource(db, studentId)
    .select(['student.number', 'student.given_name', 'student.family_name', 'student.preferred_name'])
    .select([answered.as('answered'), sql<string>`UTC_TIMESTAMP(3)`.as('now'), sections.as('sections')])
    .executeTakeFirstOrThrow()
  return {
    id: studentId,
    number: row.number,
    name: studentName(row),
    own: toOwn(row),
    answered: row.answered === 1,
    sections: row.sections,
    now: new Date(toMoment(row.now)),
  }
}

/**
 * The receipt of this very request, if it was dealt with before.
 * @param student locked for it @throws PortalError request_reused
 */
export const earlierReceipt = async (
  db: Kysely<Tables>,
  student: LockedStudent,
  mark: RequestMark,
): Promise<Receipt | null> => {
  if (!student.answered) return null
  const found = await readReceipt(db, student.id, { request: mark.key })
  if (found === null) return null
  const { digest, ...receipt } = found
  if (!Buffer.isBuffer(digest) || !digest.equals(mark.digest))
    throw new PortalError('request_reused', { field: 'request' })
  return receipt
}

export const makeLine = (
  position: number,
  asked: string,
  section: {
    readonly id: number
    readonly crn: string
    readonly label: string
    readonly title: string
    readonly credits: number
  } | null,
  result: LineResult,
  reasons: ReceiptLine['reasons'],
  listPosition: number | null = null,
): ReceiptLine => ({
  position,
  // as it was typed, but no longer than its column
  asked: Array.from(asked).slice(0, 80).join(''),
  sectionId: section?.id ?? null,
  crn: section?.crn ?? null,
  label: section?.label ?? null,
  title: section?.title ?? null,
  credits: section?.credits ?? null,
  result,
  reasons,
  listPosition,
})

export const writeReceipt = async (
  db: Transaction<Tables>,
  kind: Receipt['kind'],
  student: LockedStudent,
  mark: RequestMark,
  lines: readonly ReceiptLine[],
): Promise<Receipt> => {
  const number = receiptNumber()
  const inserted = await db
    .insertInto('receipt')
    .values({
      number,
      student_id: student.id,
      kind,
      request_key: mark.key,
      request_digest: mark.digest,
      created_at: fromMoment(student.now),
    })
    .executeTakeFirstOrThrow()
  const receiptId = toNumber(String(inserted.insertId))
  await db
    .insertInto('receipt_line')
    .values(
      lines.map((line) => ({
        receipt_id: receiptId,
        position: line.position,
        asked: line.asked,
        section_id: line.sectionId,
        crn: line.crn,
        label: line.label,
        title: line.title,
        credits: line.credits === null ? null : line.credits.toFixed(2),
        result: line.result,
        list_position: line.listPosition,
      })),
    )
    .execute()
  const reasons = lines.flatMap((line) =>
    line.reasons.map((reason, index) => ({
      receipt_id: receiptId,
      position: line.position,
      ordinal: index + 1,
      code: reason.code,
      detail: reason.detail,
    })),
  )
  if (reasons.length > 0) await db.insertInto('receipt_reason').values(reasons).execute()
  const { id, name } = student
  return {
    number,
    kind,
    student: { id, number: student.number, name },
    createdAt: student.now.toISOString(),
    lines,
  }
}
