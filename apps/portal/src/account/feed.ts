/**
 * Private addresses of calendars: whoever has one reads the schedule without signing in, until it is revoked. As with sessions
 * the token is `id.secret`, and the database holds only the secret's SHA-256: an address is shown once, when it is made.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Kysely } from 'kysely'
import { studentName } from '../catalogue/receipts.ts'
import { fromMoment, toMoment } from '../catalogue/values.ts'
import { forPeople, readAgain } from '../db/failures.ts'
import type { Tables } from '../db/tables.ts'

export interface FeedService {
  /** null: the student has none */
  of(studentId: number): Promise<{ readonly createdAt: string } | null>
  /** Makes one; an earlier one ends. @returns its token */
  renew(studentId: number): Promise<string>
  /** Does nothing where there is none. */
  revoke(studentId: number): Promise<void>
  /** null: unknown, revoked, renewed since, or the account is closed */
  student(token: string): Promise<{ readonly id: number; readonly name: string } | null>
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

export const createFeeds = (db: Kysely<Tables>): FeedService => ({
  of: (studentId) =>
    readAgain(async () => {
      const row = await db
        .selectFrom('calendar_feed')
        .select('created_at')
        .where('student_id', '=', studentId)
        .executeTakeFirst()
      return row === undefined ? null : { createdAt: toMoment(row.created_at) }
    }),
  renew: async (studentId) => {
    const id = randomBytes(10).toString('hex')
    const secret = randomBytes(32).toString('base64url')
    const feed = { feed_id: id, token_hash: hashOf(secret), created_at: fromMoment(Date.now()) }
    try {
      await db
        .insertInto('calendar_feed')
        .values({ student_id: studentId, ...feed })
        .onDuplicateKeyUpdate(feed)
        .execute()
    } catch (error) {
      throw forPeople(error)
    }
    return `${id}.${secret}`
  },
  revoke: async (studentId) => {
    try {
      await db.deleteFrom('calendar_feed').where('student_id', '=', studentId).execute()
    } catch (error) {
      throw forPeople(error)
    }
  },
  student: (token) =>
    readAgain(async () => {
      const [, id, secret] = /^([0-9a-f]{20})\.([\w-]{43})$/.exec(token) ?? []
      if (id === undefined || secret === undefined) return null
      const row = await db
        .selectFrom('calendar_feed')
        .innerJoin('student', 'student.id', 'calendar_feed.student_id')
        .innerJoin('account', 'account.student_id', 'student.id')
        .select(['student.id', 'student.given_name', 'student.family_name', 'student.preferred_name'])
        .select('calendar_feed.token_hash')
        .where('calendar_feed.feed_id', '=', id)
        .where('account.disabled_at', 'is', null)
        .executeTakeFirst()
      if (row === undefined || !timingSafeEqual(row.token_hash, hashOf(secret))) return null
      return { id: row.id, name: studentName(row) }
    }),
})
