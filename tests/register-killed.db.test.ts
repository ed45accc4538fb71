/**
 * Connections die while students register: the form is sent again with the same key, and in the end everybody has
 * exactly one receipt that says what the tables say.
 */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createCatalogue } from '../apps/portal/src/catalogue/index.ts'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import { PortalError } from '../apps/portal/src/errors.ts'
import { createRegistrar } from '../apps/portal/src/registrar/index.ts'
import { makeSchool, wrongCounters, patient } from './support/school.ts'
import { atEnd, describeSource } from './support/servers.ts'
import { listed } from './support/under-way.ts'

describeSource(
  'registration while connections are killed',
  (flavour) => {
    it('does every form once', async () => {
      const sections = Array.from({ length: 6 }, () => ({ capacity: 60 }))
      const { database, db, students } = await makeSchool(flavour, {
        students: 120,
        sections,
        connections: 12,
      })
      const admin = connectSource(database.adminUrl, { size: 1 })
      atEnd(() => admin.destroy())
      const registrar = createRegistrar(db, patient)
      const user = new URL(database.url).username

      let killed = 0
      /** Two of the portal's connections, whatever they are doing. */
      const kill = async () => {
        const found = await listed(async () =>
          sql<{ id: number }>`
          SELECT ID AS id FROM information_schema.processlist WHERE USER = ${user} ORDER BY RAND() LIMIT 2`.execute(
            admin,
          ),
        )
        // it may have ended by itself in between
        for (const { id } of found?.rows ?? [])
          await sql
            .raw(`KILL ${id}`)
            .execute(admin)
            .then(
              () => (killed += 1),
              () => undefined,
            )
      }

      let resent = 0
      const submit = async (studentId: number) => {
        const chosen = [1, 2, 3, 4, 5, 6].filter((section) => (section + studentId) % 3 !== 0).map(String)
        for (;;) {
          try {
            return await registrar.register({
              studentId,
              sections: chosen,
              request: `form-of-student-${studentId}`,
            })
          } catch (error) {
            // what a person sees as "try again"; anything else is a fault of ours
            if (!(error instanceof PortalError) || error.status !== 503) throw error
            resent += 1
          }
        }
      }
      const rest = [...students]
      await Promise.all(
        Array.from({ length: 12 }, async () => {
          for (let student = rest.pop(); student !== undefined; student = rest.pop())
            await Promise.all([submit(student), kill()])
        }),
      )
      expect(killed).toBeGreaterThan(10)

      // the pool holds connections that were killed while idle: they must not fail what comes now
      expect(await wrongCounters(admin)).toEqual([])
      const catalogue = createCatalogue(admin)
      const { rows: receipts } = await sql<{ student: number; number: string }>`
        SELECT student_id AS student, number FROM receipt ORDER BY student_id`.execute(admin)
      expect(receipts.map((receipt) => receipt.student)).toEqual(students)
      let enrolled = 0
      for (const { student, number } of receipts) {
        const receipt = await catalogue.receipt(student, number)
        const said = receipt?.lines.filter((line) => line.result === 'enrolled').map((line) => line.sectionId)
        const schedule = await catalogue.schedule(student, '203010')
        expect(schedule.entries.map((entry) => entry.section.id).toSorted((a, b) => a - b)).toEqual(said)
        enrolled += schedule.entries.length
      }
      const { seats } = await admin
        .selectFrom('section')
        .select((eb) => eb.fn.sum<string>('enrolled').as('seats'))
        .executeTakeFirstOrThrow()
      expect(Number(seats)).toBe(enrolled)
      expect(enrolled).toBeGreaterThan(300)
      console.log(`${killed} connections killed, ${resent} forms sent again`)
    })
  },
  ['mariadb', 'mysql'],
)
