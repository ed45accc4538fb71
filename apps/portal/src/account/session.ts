/**
 * Sessions. A token is `id.secret`: the id finds the row, the secret (256 random bits) proves it; the database holds only
 * the secret's SHA-256, so whoever reads the database, or its mirror, cannot take a session over.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Kysely } from 'kysely'
import { fromMoment, toMoment } from '../catalogue/values.ts'
import { createBatched } from '../catalogue/batched.ts'
import { keyPlaces, type Places, sizeFor, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import type { Person } from './index.ts'

const hourMs = 3_600_000
/** Nothing times out under 20 hours: whoever signed in yesterday morning may go on today. */
export const idleMs = 24 * hourMs
export const absoluteMs = 7 * 24 * hourMs
/** Every write is mirrored; when somebody was last here need not be known more exactly. */
const seenEveryMs = 10 * 60_000

const secretHash = (secret: string): Buffer => createHash('sha256').update(secret).digest()

const parseToken = (token: string): { id: string; secret: string } | null => {
  const [, id, secret] = /^([0-9a-f]{20})\.([\w-]{43})$/.exec(token) ?? []
  return id === undefined || secret === undefined ? null : { id, secret }
}

export interface SessionStore {
  /** Removes the account's sessions that are over: no job is needed that looks for them. */
  tidy(accountId: number): Promise<void>
  /**
   * null, and no session, when the account's password is not the one of this hash any more: it was just replaced.
   * @param transaction in which whatever belongs to the beginning is written, too
   */
  begin(
    transaction: Kysely<Tables>,
    accountId: number,
    passwordHash: string,
  ): Promise<{ token: string; expiresAt: string } | null>
  find(token: string): Promise<Person | null>
  end(token: string): Promise<void>
  /** All of the account's, on whatever device. */
  endAll(transaction: Kysely<Tables>, accountId: number): Promise<void>
}

const sessionRows = statement(
  (db, place: Places<readonly string[]>, size) =>
    db
      .selectFrom('session')
      .innerJoin('account', 'account.id', 'session.account_id')
      .leftJoin('student', 'student.id', 'account.student_id')
      .leftJoin('staff', 'staff.id', 'account.staff_id')
      .leftJoin('instructor', 'instructor.id', 'account.instructor_id')
      .select([
        'session.id',
        'session.token_hash',
        'session.seen_at',
        'session.expires_at',
        'account.id as account_id',
        'account.number',
        'account.student_id',
        'account.instructor_id',
        'account.disabled_at',
        'student.given_name',
        'student.preferred_name',
        'student.family_name',
        'staff.given_name as staff_given',
        'staff.family_name as staff_family',
        'instructor.given_name as instructor_given',
        'instructor.family_name as instructor_family',
      ])
      .where('session.id', 'in', keyPlaces(place, size)),
  sizeFor,
)

const readSessions = async (db: Kysely<Tables>, ids: readonly string[]) =>
  new Map((await sessionRows(db, ids)).rows.map((row) => [row.id, row]))

export const createSessionStore = (db: Kysely<Tables>, clock: () => Date): SessionStore => {
  const sessions = createBatched((ids: readonly string[]) => readSessions(db, ids))
  const read = async (token: string) => {
    const parsed = parseToken(token)
    if (parsed === null) return null
    const row = (await sessions.get([parsed.id])).get(parsed.id)
    return row !== undefined && timingSafeEqual(row.token_hash, secretHash(parsed.secret)) ? row : null
  }
  return {
    tidy: async (accountId) => {
      const now = clock()
      await db
        .deleteFrom('session')
        .where('account_id', '=', accountId)
        .where((eb) =>
          eb.or([
            eb('expires_at', '<', fromMoment(now)),
            eb('seen_at', '<', fromMoment(now.getTime() - idleMs)),
          ]),
        )
        .execute()
    },
    begin: async (transaction, accountId, passwordHash) => {
      const now = clock()
      const id = randomBytes(10).toString('hex')
      const secret = randomBytes(32).toString('base64url')
      const expires = new Date(now.getTime() + absoluteMs)
      // One statement: a password that is replaced before it leaves nothing to insert for, and one that is replaced after
      // it ends this session with all others.
      const made = await transaction
        .insertInto('session')
        .columns(['id', 'account_id', 'token_hash', 'created_at', 'seen_at', 'expires_at'])
        .expression((eb) =>
          eb
            .selectFrom('account')
            .select([
              eb.val(id).as('id'),
              'account.id as account_id',
              eb.val(secretHash(secret)).as('token_hash'),
              eb.val(fromMoment(now)).as('created_at'),
              eb.val(fromMoment(now)).as('seen_at'),
              eb.val(fromMoment(expires)).as('expires_at'),
            ])
            .where('account.id', '=', accountId)
            .where('account.password_hash', '=', passwordHash),
        )
        .executeTakeFirstOrThrow()
      if (made.numInsertedOrUpdatedRows !== 1n) return null
      return { token: `${id}.${secret}`, expiresAt: expires.toISOString() }
    },
    find: async (token) => {
      const row = await read(token)
      if (row === null || row.disabled_at !== null) return null
      const now = clock().getTime()
      const seen = Date.parse(toMoment(row.seen_at))
      if (Date.parse(toMoment(row.expires_at)) <= now || seen + idleMs <= now) return null
      if (seen + seenEveryMs <= now)
        await db
          .updateTable('session')
          .set({ seen_at: fromMoment(now) })
          .where('id', '=', row.id)
          .execute()
      const role =
        row.student_id !== null ? 'student' : row.instructor_id !== null ? 'instructor' : 'registrar'
      const given = row.preferred_name ?? row.given_name ?? row.instructor_given ?? row.staff_given
      const family = row.family_name ?? row.instructor_family ?? row.staff_family
      return {
        accountId: row.account_id,
        role,
        number: row.number,
        name: `${given ?? ''} ${family ?? ''}`.trim(),
        studentId: row.student_id,
        instructorId: row.instructor_id,
      }
    },
    end: async (token) => {
      const row = await read(token)
      if (row !== null) await db.deleteFrom('session').where('id', '=', row.id).execute()
    },
    endAll: async (transaction, accountId) => {
      await transaction.deleteFrom('session').where('account_id', '=', accountId).execute()
    },
  }
}
