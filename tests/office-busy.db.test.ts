/** What the office changes of a section, and forms of students that are under way: neither stands in the way of the other. */
import { type RawBuilder, sql } from 'kysely'
import { expect, it } from 'vitest'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import { errorCode } from '../apps/portal/src/db/failures.ts'
import { findStaff } from '../apps/portal/src/registrar/office/action.ts'
import { changeMeetings } from '../apps/portal/src/registrar/office/meetings.ts'
import { createOffice } from '../apps/portal/src/registrar/office/index.ts'
import { at, holders, noLimits, notices, openOffice, sound, staffNumber } from './support/office.ts'
import { atEnd, describeSource } from './support/servers.ts'
import { underWay } from './support/under-way.ts'
import { until } from './support/until.ts'

describeSource(
  'a busy section and the office',
  (flavour) => {
    it('changes a busy section without standing in the way of a form that has begun', async () => {
      const { db, database, ask, office } = await openOffice(flavour, 4, [
        { capacity: 9, meetings: [['M', '09:00', '09:50']] },
      ])
      for (const id of [1, 2, 3]) await ask(id, [1])
      const { rows: dates } = await sql<{ startsOn: string; endsOn: string }>`
        SELECT starts_on AS startsOn, ends_on AS endsOn FROM meeting WHERE id = 1`.execute(db)
      const own = { startsOn: '', endsOn: '', ...dates[0], everyWeeks: 1, roomId: null }
      const to = (days: string) => ({
        sectionId: 1,
        meetings: [{ ...own, id: 1, days, startsAt: '09:00', endsAt: '09:50' }],
        removed: [],
      })
      const admin = connectSource(database.adminUrl, { size: 3 })
      atEnd(() => admin.destroy())
      /** A form of the third student: it has the student's lock, and asks for the section's when the change has begun. */
      const beside = async (
        change: () => Promise<unknown>,
      ): Promise<readonly [form: string, change: string]> => {
        let changed: Promise<string> | undefined
        const form = await admin
          .transaction()
          .execute(async (transaction) => {
            await sql`SELECT id FROM student WHERE id = 3 FOR UPDATE`.execute(transaction)
            changed = change().then(() => 'done', clash)
            const waits = sql`INFO LIKE '%SHARE MODE%' OR INFO LIKE 'insert into%notice%'`
            await until('it waits for the student', async () => (await underWay(admin, waits)) > 0)
            await sql`SELECT id FROM section WHERE id = 1 FOR UPDATE`.execute(transaction)
            return 'done'
          })
          .catch(clash)
        return [form, (await changed) ?? 'nothing']
      }
      const clash = (error: unknown) => errorCode(error) ?? 'broken'
      expect(await beside(() => office.changeMeetings({ staffNumber, ...to('T') }))).toEqual(['done', 'done'])
      // who has enrolled since the look, and who never was looked for, is told too
      await ask(4, [1])
      expect(await office.changeMeetings({ staffNumber, ...to('W') })).toBe(4)
      expect(await Promise.all([1, 3, 4].map(async (id) => (await notices(db, id)).length))).toEqual([
        2, 2, 1,
      ])
      // negative control: without a look at the students first, one of the two has to give way. (MySQL 9.7 does not let the row of a
      // notice wait for its student: there the two never meet.)
      if (flavour === 'mysql') return
      const blind = () =>
        admin.transaction().execute(async (transaction) => {
          await changeMeetings(transaction, await findStaff(db, staffNumber), to('F'))
        })
      expect((await beside(blind)).toSorted()).toEqual(['ER_LOCK_DEADLOCK', 'done'])
      await sound(db)
    })

    it('is met by a form that is under way: the receipt says why, and all of it', async () => {
      const { db, ask } = await openOffice(flavour, 8, [{ capacity: 1 }, {}, { capacity: 0 }])
      /**
       * What the form of a student is answered while somebody else, who has the section's lock, does this to it: one that asks for seats
       * alone, which waits where it takes them, and one that waits for a list too, and first takes the locks.
       */
      const meanwhile = async (studentId: number, ...changes: readonly RawBuilder<unknown>[]) => {
        const during = async (waitsAt: string, form: () => Promise<readonly string[]>) => {
          let answer: Promise<readonly string[]> | undefined
          await db.transaction().execute(async (transaction) => {
            for (const one of changes) await one.execute(transaction)
            answer = form()
            await until(
              'the form waits for the section',
              async () => (await underWay(db, sql`INFO LIKE ${waitsAt}`)) > 0,
            )
          })
          return answer
        }
        const plain = await during('UPDATE section FORCE INDEX (PRIMARY)%', () => ask(studentId, [1, 2]))
        await back()
        const listed = await during('%FORCE INDEX (PRIMARY)%FOR UPDATE', () =>
          ask(studentId + 4, [1, 3], [3]),
        )
        await back()
        return [plain, listed]
      }
      const seats = (capacity: number) => sql`UPDATE section SET capacity = ${capacity} WHERE id = 1`
      const back = async () => {
        await sql`UPDATE section SET capacity = 1, reserved = 0, status = 'active' WHERE id = 1`.execute(db)
        await sql`UPDATE seat_reserve SET ended_at = UTC_TIMESTAMP() WHERE ended_at IS NULL`.execute(db)
      }
      const both = (refused: string) => [
        [refused, 'enrolled'],
        [refused, 'waiting'],
      ]
      expect(await meanwhile(1, seats(0))).toEqual(both('refused full'))
      const kept = sql`INSERT INTO seat_reserve (section_id, label, programme, seats)
        VALUES (1, 'biologists', 'BS Biology', 1)`
      const counted = sql`UPDATE section SET reserved = 1 WHERE id = 1`
      expect(await meanwhile(2, kept, counted)).toEqual(both('refused reserved'))
      const cancelled = sql`UPDATE section SET status = 'cancelled' WHERE id = 1`
      expect(await meanwhile(3, cancelled)).toEqual(both('refused cancelled'))
      expect(await meanwhile(4, cancelled, seats(0))).toEqual(both('refused cancelled full'))
    })

    it('lifts a rule of a term, and nobody overtakes those who were passed over for it', async () => {
      const { db, registrar, office, ask, drop } = await openOffice(flavour, 3, [
        { capacity: 1 },
        { capacity: 1 },
      ])
      // after the change nobody looks at the list before somebody comes by
      const quiet = createOffice(db, { soon: () => undefined })
      for (const [sectionId, why, rule, lifted] of [
        [1, 'add_closed', { addUntil: at(-1) }, {}],
        [2, 'credit_limit', { creditsUndergraduate: 3 }, { creditsUndergraduate: 6 }],
      ] as const) {
        await ask(1, [sectionId])
        expect(await ask(2, [sectionId], [sectionId])).toEqual(['waiting'])
        await office.setTerm({ staffNumber, termId: 1, settings: { ...noLimits, ...rule } })
        await drop(1, sectionId)
        const place = db.selectFrom('wait_entry').select('passed_code').where('section_id', '=', sectionId)
        await until('it is passed over', async () => (await place.execute())[0]?.passed_code === why)
        await registrar.promoter.stop()
        await quiet.setTerm({ staffNumber, termId: 1, settings: { ...noLimits, ...lifted } })
        expect(await ask(3, [sectionId])).toEqual(['refused full'])
        await registrar.promoter.sweep()
        expect(await holders(db, sectionId)).toEqual([2])
      }
      await sound(db)
    })
  },
  ['mariadb', 'mysql'],
)
