/** A student's notices, a page at a time; what lies on other pages unread is counted, and led to. */
import type { Kysely, Selectable } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { keptReasons } from '../policy/reasons.ts'
import { readNoticeFacts } from '../policy/notice-facts.ts'
import { reasonOf } from './receipts.ts'
import type { NoticeList, NoticeRow, NoticeWindow } from './types-notices.ts'
import { toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

export const noticeOf = (row: Selectable<Tables['notice']>): NoticeRow => ({
  id: toNumber(row.id),
  kind: row.kind,
  createdAt: toMoment(row.created_at),
  sectionId: row.section_id === null ? null : toNumber(row.section_id),
  label: row.label,
  title: row.title,
  givenUp: row.given_up,
  reason: reasonOf(row.reason_code, row.reason_detail),
  moreReasons: keptReasons(row.more_reasons),
  receipt: row.receipt,
  detail: row.detail,
  facts: readNoticeFacts(row.facts),
  read: row.read_at !== null,
})

/** As receipts: a screenful or three, and few enough to read through. */
const pageSize = 50

const own = (db: Db, studentId: number) =>
  db.selectFrom('notice').selectAll().where('student_id', '=', studentId)

/** Newest first, one more than a page where there are older ones. */
const readPage = async (db: Db, studentId: number, { before, after }: NoticeWindow) => {
  if (after !== undefined) {
    const newer = await own(db, studentId).where('id', '>', after).orderBy('id').limit(pageSize).execute()
    const oldest = newer[0]
    // fewer than a page are the newest page's: that one is shown whole
    if (newer.length === pageSize && oldest !== undefined) {
      const older = await own(db, studentId)
        .where('id', '<', oldest.id)
        .orderBy('id', 'desc')
        .limit(1)
        .execute()
      return [...newer.toReversed(), ...older]
    }
  }
  const newest = (until: number | undefined) =>
    own(db, studentId)
      .$if(until !== undefined, (query) => query.where('id', '<', until ?? 0))
      .orderBy('id', 'desc')
      .limit(pageSize + 1)
      .execute()
  const older = before === undefined || after !== undefined ? [] : await newest(before)
  // an address of what is no page leads to the newest
  return older.length > 0 ? older : newest(undefined)
}

export const readNotices = async (db: Db, studentId: number, at: NoticeWindow = {}): Promise<NoticeList> => {
  const found = await readPage(db, studentId, at)
  const notices = found.slice(0, pageSize).map(noticeOf)
  const [first, last] = [notices[0]?.id ?? 0, notices.at(-1)?.id ?? 0]
  const beside = await db
    .selectFrom('notice')
    .select((eb) => [eb.fn.countAll<number | string>().as('rows'), eb.fn.max('id').as('newest')])
    .where('student_id', '=', studentId)
    .where('read_at', 'is', null)
    .where((eb) => eb.or([eb('id', '>', first), eb('id', '<', last)]))
    .executeTakeFirstOrThrow()
  const newer = await own(db, studentId).where('id', '>', first).limit(1).executeTakeFirst()
  const unread = toNumber(beside.rows)
  return {
    notices,
    older: found.length > pageSize ? last : null,
    newer: newer === undefined || first === 0 ? null : first,
    unreadElsewhere: unread === 0 ? null : { count: unread, newest: toNumber(beside.newest) },
  }
}
