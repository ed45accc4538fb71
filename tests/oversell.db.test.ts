/**
 * Six hundred students press for fifty seats over 64 connections. Beside the registrar, two ways of doing it that look
 * right are measured in the same test: if they did not oversell here, the test would prove nothing about the registrar.
 */
import { type Transaction, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import type { Tables } from '../apps/portal/src/db/tables.ts'
import { createRegistrar } from '../apps/portal/src/registrar/index.ts'
import { makeSchool, wrongCounters, patient } from './support/school.ts'
import { atEnd, describeSource } from './support/servers.ts'

const connections = 64
const attempts = 600
const seats = 50

type Attempt = (db: Db, studentId: number) => Promise<boolean>

/** Keeps `connections` attempts under way until each student has had one. */
const press = async (db: Db, students: readonly number[], attempt: Attempt): Promise<number> => {
  const rest = [...students]
  let granted = 0
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let student = rest.pop(); student !== undefined; student = rest.pop())
        if (await attempt(db, student)) granted += 1
    }),
  )
  return granted
}

const enrolmentRow = (studentId: number) => ({
  student_id: studentId,
  section_id: 1,
  credits: '3.00',
  enrolled_at: '2030-01-01 00:00:00.000',
  grade: null,
  graded_at: null,
})

/** Negative control: look whether there is a seat, and then take one. The counter is set to what was read plus one. */
const readThenWrite: Attempt = async (db, studentId) => {
  const { enrolled, capacity } = await db
    .selectFrom('section')
    .select(['enrolled', 'capacity'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow()
  if (enrolled >= capacity) return false
  await db
    .updateTable('section')
    .set({ enrolled: enrolled + 1 })
    .where('id', '=', 1)
    .execute()
  await db.insertInto('enrolment').values(enrolmentRow(studentId)).execute()
  return true
}

/** Negative control: count the rows inside a transaction, then insert. The snapshot does not see the others. */
const countInTransaction: Attempt = async (db, studentId) => {
  try {
    return await db.transaction().execute(async (transaction: Transaction<Tables>) => {
      const { rows } = await sql<{ taken: number; capacity: number }>`
        SELECT (SELECT COUNT(*) FROM enrolment WHERE section_id = 1) AS taken, capacity FROM section WHERE id = 1
      `.execute(transaction)
      const [found] = rows
      if (found === undefined || found.taken >= found.capacity) return false
      await transaction.insertInto('enrolment').values(enrolmentRow(studentId)).execute()
      return true
    })
  } catch {
    // one that had to give way got no seat
    return false
  }
}

describeSource('seats under contention', (flavour) => {
  const school = async () => {
    const made = await makeSchool(flavour, { students: attempts, sections: [{ capacity: seats }] })
    const db = connectSource(made.database.url, { size: connections })
    atEnd(() => db.destroy())
    return { ...made, db }
  }
  const rows = async (db: Db) => {
    const { count } = await db
      .selectFrom('enrolment')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return count
  }

  it('the registrar gives out every seat once', async () => {
    const { db, students } = await school()
    const registrar = createRegistrar(db, { ...patient, atOnce: connections })
    const granted = await press(db, students, async (_, studentId) => {
      const receipt = await registrar.register({ studentId, sections: ['1'], request: undefined })
      const [line] = receipt.lines
      if (line?.result === 'refused') expect(line.reasons.map((reason) => reason.code)).toEqual(['full'])
      return line?.result === 'enrolled'
    })
    expect(granted).toBe(seats)
    expect(await rows(db)).toBe(seats)
    expect(await wrongCounters(db)).toEqual([])
  })

  it('seats held elsewhere are not given out', async () => {
    const { db, students } = await school()
    await db.updateTable('section').set({ held: 20 }).execute()
    const registrar = createRegistrar(db, { ...patient, atOnce: connections })
    const granted = await press(db, students.slice(0, 100), async (_, studentId) => {
      const receipt = await registrar.register({ studentId, sections: ['1'], request: undefined })
      return receipt.lines[0]?.result === 'enrolled'
    })
    expect(granted).toBe(seats - 20)
    expect(await wrongCounters(db)).toEqual([])
  })

  describe('negative controls', () => {
    it('read, then write oversells', async () => {
      const { db, students } = await school()
      expect(await press(db, students, readThenWrite)).toBeGreaterThan(seats)
      expect(await wrongCounters(db)).not.toEqual([])
    })

    it('COUNT in a transaction oversells', async () => {
      const { db, students } = await school()
      expect(await press(db, students, countInTransaction)).toBeGreaterThan(seats)
      expect(await rows(db)).toBeGreaterThan(seats)
    })

    it('the table itself refuses a counter above the seats', async () => {
      const { db } = await school()
      await expect(
        db
          .updateTable('section')
          .set({ enrolled: seats + 1 })
          .where('id', '=', 1)
          .execute(),
      ).rejects.toThrow(/section_seats/)
    })
  })
})
