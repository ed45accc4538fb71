import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { isReasonCode, type Reason, reason } from '../policy/reasons.ts'
import type { Receipt, ReceiptList } from './types.ts'
import { toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

export const studentName = (row: {
  given_name: string
  family_name: string
  preferred_name: string | null
}): string => `${row.preferred_name ?? row.given_name} ${row.family_name}`

/** A receipt's code and detail with their words; null for none, and for a code of a newer portal. */
export const reasonOf = (code: string | null, detail: string | null): Reason | null =>
  code !== null && isReasonCode(code) ? reason(code, detail ?? '') : null

/**
 * One receipt, found by its number or its request key; null when there is none.
 * @param studentId whose it must be; null: anybody's, for staff, by number only
 */
export const readReceipt = async (
  db: Db,
  studentId: number | null,
  by: { readonly number: string } | { readonly request: string },
): Promise<(Receipt & { readonly digest: Buffer | string }) | null> => {
  const [column, value] =
    'number' in by
      ? (['receipt.number', by.number.trim().toUpperCase()] as const)
      : (['receipt.request_key', by.request] as const)
  const head = await db
    .selectFrom('receipt')
    .innerJoin('student', 'student.id', 'receipt.student_id')
    .select([
      'receipt.id',
      'receipt.student_id',
      'receipt.number',
      'receipt.kind',
      'receipt.request_digest',
      'receipt.created_at',
      'student.number as student_number',
      'student.given_name',
      'student.family_name',
      'student.preferred_name',
    ])
    .where(column, '=', value)
    .$if(studentId !== null, (query) => query.where('receipt.student_id', '=', studentId ?? 0))
    .executeTakeFirst()
  if (head === undefined) return null
  const receiptId = toNumber(head.id)
  const [lines, reasons] = [
    await db
      .selectFrom('receipt_line')
      .selectAll()
      .where('receipt_id', '=', receiptId)
      .orderBy('position')
      .execute(),
    await db
      .selectFrom('receipt_reason')
      .selectAll()
      .where('receipt_id', '=', receiptId)
      .orderBy('position')
      .orderBy('ordinal')
      .execute(),
  ]
  const reasonsOf = (position: number): readonly Reason[] =>
    reasons
      .filter((row) => toNumber(row.position) === position)
      .map((row) => reasonOf(row.code, row.detail))
      .filter((found) => found !== null)
  return {
    number: head.number,
    kind: head.kind,
    student: { id: toNumber(head.student_id), number: head.student_number, name: studentName(head) },
    createdAt: toMoment(head.created_at),
    digest: head.request_digest,
    lines: lines.map((line) => ({
      position: toNumber(line.position),
      asked: line.asked,
      sectionId: line.section_id === null ? null : toNumber(line.section_id),
      crn: line.crn,
      label: line.label,
      title: line.title,
      credits: line.credits === null ? null : toNumber(line.credits),
      result: line.result,
      reasons: reasonsOf(toNumber(line.position)),
      listPosition: line.list_position === null ? null : toNumber(line.list_position),
    })),
  }
}

const pageOfReceipts = 50

/** A student's receipts, newest first. @param before the id of the last one that was shown, as `next` gave it */
export const readReceipts = async (db: Db, studentId: number, before: string): Promise<ReceiptList> => {
  const from = /^[1-9]\d{0,14}$/.test(before) ? Number(before) : null
  const heads = await db
    .selectFrom('receipt')
    .select(['id', 'number', 'kind', 'created_at'])
    .where('student_id', '=', studentId)
    .$if(from !== null, (query) => query.where('id', '<', from ?? 0))
    .orderBy('id', 'desc')
    .limit(pageOfReceipts + 1)
    .execute()
  const shown = heads.slice(0, pageOfReceipts)
  const lines =
    shown.length === 0
      ? []
      : await db
          .selectFrom('receipt_line')
          .select(['receipt_id', 'label', 'result'])
          .where(
            'receipt_id',
            'in',
            shown.map(({ id }) => id),
          )
          .orderBy('receipt_id')
          .orderBy('position')
          .execute()
  return {
    receipts: shown.map(({ id, number, kind, created_at }) => ({
      number,
      kind,
      createdAt: toMoment(created_at),
      lines: lines
        .filter((line) => toNumber(line.receipt_id) === toNumber(id))
        .map(({ label, result }) => ({ label, result })),
    })),
    next: heads.length > pageOfReceipts ? String(shown.at(-1)?.id) : null,
  }
}
