/**
 * Two orders of statements that look as good as the registrar's and are not (facts: Seats under contention): a row that refers to the
 * section before the section's counter, and the sections of a cart in the order of the form. Both deadlock here; the
 * registrar's own transaction, without its retries, does not. Reading before writing, and counting rows: oversell.db.test.ts.
 */
import { sql, type Transaction } from 'kysely'
import { expect, it } from 'vitest'
import { factsReader } from '../apps/portal/src/catalogue/facts-reader.ts'
import { prepareFacts } from '../apps/portal/src/catalogue/facts.ts'
import type { Db } from '../apps/portal/src/db/connect.ts'
import { failureKind } from '../apps/portal/src/db/failures.ts'
import type { Tables } from '../apps/portal/src/db/tables.ts'
import { plainWishes } from '../apps/portal/src/policy/registration.ts'
import { markRequest } from '../apps/portal/src/registrar/receipt.ts'
import { register } from '../apps/portal/src/registrar/register.ts'
import { makeSchool, wrongCounters } from './support/school.ts'
import { describeSource } from './support/servers.ts'

const connections = 24
const students = 240
const cart = [1, 2, 3, 4, 5] as const

type Work = (db: Transaction<Tables>, studentId: number, sections: readonly number[]) => Promise<unknown>

const insert = (db: Transaction<Tables>, student: number, section: number) =>
  sql`INSERT INTO enrolment (student_id, section_id, credits, enrolled_at)
      VALUES (${student}, ${section}, 3, UTC_TIMESTAMP(3))`.execute(db)
const raise = (db: Transaction<Tables>, section: number) =>
  sql`UPDATE section SET enrolled = enrolled + 1
       WHERE id = ${section} AND enrolled < capacity AND waiting = 0`.execute(db)

const insertFirst: Work = async (db, student, sections) => {
  for (const section of sections) {
    await insert(db, student, section)
    await raise(db, section)
  }
}
const counterFirst: Work = async (db, student, sections) => {
  for (const section of sections) await raise(db, section)
  for (const section of sections) await insert(db, student, section)
}
const registrar: Work = async (db, student, sections) => {
  const asked = sections.map(String)
  const prepared = await prepareFacts(factsReader(db), student, asked, new Date())
  return register(db, student, asked, plainWishes, markRequest(undefined, []), prepared)
}

/** Each student's cart in an order of its own. */
const turned = (student: number, width: number): readonly number[] => {
  const order = cart.slice(0, width)
  const start = student % width
  const round = [...order.slice(start), ...order.slice(0, start)]
  return student % 2 === 0 ? round : round.toReversed()
}

/** How many transactions the server made give way; any other failure fails the test. */
const clashes = async (db: Db, work: Work, order: (student: number) => readonly number[]) => {
  const rest = Array.from({ length: students }, (_, index) => index + 1)
  let count = 0
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let student = rest.pop(); student !== undefined; student = rest.pop()) {
        const one = student
        try {
          await db.transaction().execute((transaction) => work(transaction, one, order(one)))
        } catch (error) {
          if (failureKind(error) !== 'clash') throw error
          count += 1
        }
      }
    }),
  )
  return count
}

describeSource(
  'patterns of seat transactions',
  (flavour) => {
    const school = async () =>
      (await makeSchool(flavour, { students, sections: cart.map(() => ({ capacity: 500 })), connections })).db

    it('a row before its counter deadlocks', async () => {
      expect(await clashes(await school(), insertFirst, () => [1])).toBeGreaterThan(0)
    })

    it('sections in the order of the form deadlock', async () => {
      expect(await clashes(await school(), counterFirst, (student) => turned(student, 5))).toBeGreaterThan(0)
    })

    it('the registrar’s transaction does not, whatever the order of the form', async () => {
      const db = await school()
      expect(await clashes(db, registrar, (student) => turned(student, 5))).toBe(0)
      expect(await wrongCounters(db)).toEqual([])
      const { seats } = await db
        .selectFrom('section')
        .select((eb) => eb.fn.sum<string>('enrolled').as('seats'))
        .executeTakeFirstOrThrow()
      expect(Number(seats)).toBe(students * cart.length)
    })
  },
  ['mariadb', 'mysql'],
)
