/** Receipts: the lasting, repeatable answer to a submission, written in the transaction whose outcome it states. */
import { createHash, randomInt, randomUUID } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { HeldRow } from '../catalogue/facts-reader.ts'
import { type OwnFacts, ownSource, toOwn } from '../catalogue/own.ts'
import { readReceipt, studentName } from '../catalogue/receipts.ts'
import type { LineResult, Receipt, ReceiptLine } from '../catalogue/types.ts'
import { fromMoment, toMoment, toNumber } from '../catalogue/values.ts'
import { insertion, type Places, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { said } from '../texts/index.ts'
import { revisionNow } from './revision.ts'

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
  /** of the catalogue and its rules, after the lock was had (revision.ts) */
  readonly revision: number
  /** the database's clock, when the lock was asked for */
  readonly now: Date
}

/** What a student has of sections in one text: equal only if nothing of it has changed. `lockAndRead` says the same in SQL. */
export const sectionsMark = ({
  held,
  waiting,
}: {
  readonly held: readonly Pick<HeldRow, 'sectionId' | 'grade'>[]
  readonly waiting: readonly number[]
}): string => [...held.map(({ sectionId, grade }) => `${sectionId}${grade ?? ''}`), '', ...waiting].join(' ')

const lockAndRead = statement((db, place: Places<{ readonly id: number; readonly key: string }>) =>
  ownSource(
    db,
    place(({ id }) => id),
  )
    .select(['student.number', 'student.given_name', 'student.family_name', 'student.preferred_name'])
    .select([
      sql<number>`EXISTS (SELECT 1 FROM receipt
        WHERE receipt.student_id = student.id AND receipt.request_key = ${place(({ key }) => key)})`.as(
        'answered',
      ),
      sql<string>`UTC_TIMESTAMP(3)`.as('now'),
      revisionNow.as('revision'),
      // as sectionsMark says it
      sql<string>`CONCAT_WS(' ',
        (SELECT GROUP_CONCAT(section_id, COALESCE(grade, '') ORDER BY section_id SEPARATOR ' ')
           FROM enrolment WHERE enrolment.student_id = student.id), '',
        (SELECT GROUP_CONCAT(section_id ORDER BY section_id SEPARATOR ' ')
           FROM wait_entry WHERE wait_entry.student_id = student.id))`.as('sections'),
    ])
    .forUpdate(),
)

/**
 * The first statement of every seat transaction: it makes a student's submissions follow each other, so that what is read
 * afterwards cannot change under the decision. It asks besides all that every command wants to know, by sub-queries: those lock
 * nothing, and are answered after the lock was had, from the snapshot that begins then, as plain reads after it are. So they see
 * what the one before committed (tests/register.db.test.ts holds this on every server).
 */
export const lockStudent = async (
  db: Transaction<Tables>,
  studentId: number,
  mark?: RequestMark,
): Promise<LockedStudent> => {
  const [row] = (await lockAndRead(db, { id: studentId, key: mark?.key ?? '' })).rows
  if (row === undefined) throw new PortalError('not_found', { detail: said('error.no_student') })
  return {
    id: studentId,
    number: row.number,
    name: studentName(row),
    own: toOwn(row),
    answered: row.answered === 1,
    sections: row.sections,
    revision: row.revision,
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

const insertReceipt = insertion('receipt', [
  'number',
  'student_id',
  'kind',
  'request_key',
  'request_digest',
  'created_at',
])
const insertLines = insertion('receipt_line', [
  'receipt_id',
  'position',
  'asked',
  'section_id',
  'crn',
  'label',
  'title',
  'credits',
  'result',
  'list_position',
])
const insertReasons = insertion('receipt_reason', ['receipt_id', 'position', 'ordinal', 'code', 'detail'])

export const writeReceipt = async (
  db: Transaction<Tables>,
  kind: Receipt['kind'],
  student: LockedStudent,
  mark: RequestMark,
  lines: readonly ReceiptLine[],
): Promise<Receipt> => {
  const number = receiptNumber()
  const { insertId } = await insertReceipt(db, [
    {
      number,
      student_id: student.id,
      kind,
      request_key: mark.key,
      request_digest: mark.digest,
      created_at: fromMoment(student.now),
    },
  ])
  const receiptId = toNumber(String(insertId))
  const rows = lines.map((line) => ({
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
  }))
  await insertLines(db, rows)
  const reasons = lines.flatMap((line) =>
    line.reasons.map((reason, index) => ({
      receipt_id: receiptId,
      position: line.position,
      ordinal: index + 1,
      code: reason.code,
      detail: reason.detail,
    })),
  )
  if (reasons.length > 0) await insertReasons(db, reasons)
  const { id, name } = student
  return {
    number,
    kind,
    student: { id, number: student.number, name },
    createdAt: student.now.toISOString(),
    lines,
  }
}
