/** Seats that are kept for groups, and seats that a permission gives, on real servers. Which one there is, case by case: policy/seats.test.ts. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { checkSeats } from '../apps/portal/src/catalogue/ledger.ts'
import { belongs } from '../apps/portal/src/policy/group.ts'
import { keepDates } from '../apps/portal/src/registrar/office/dates.ts'
import { unserved } from '../apps/portal/src/registrar/promote.ts'
import { createTransact } from '../apps/portal/src/registrar/transaction.ts'
import { at, holders, openOffice, seated, sound, staffNumber } from './support/office.ts'
import { describeSource } from './support/servers.ts'

describeSource(
  'seats of groups and by permission',
  (flavour) => {
    it('let nobody into the seats of a group, and the group past those who wait for others', async () => {
      const { db, registrar, office, ask, drop } = await openOffice(flavour, 6, [{ capacity: 3 }])
      await sql`UPDATE student SET programme = 'BS Biology' WHERE id IN (4, 5, 6)`.execute(db)
      await office.addReserve({
        staffNumber,
        sectionId: 1,
        label: 'biologists',
        level: null,
        programme: 'BS Biology',
        classYear: null,
        seats: 2,
        until: at(1),
      })
      expect(await ask(1, [1])).toEqual(['enrolled'])
      expect(await ask(2, [1])).toEqual(['refused reserved'])
      expect(await ask(2, [1], [1])).toEqual(['waiting'])
      expect(await ask(4, [1], [1])).toEqual(['waiting'])
      expect(await ask(3, [1], [1])).toEqual(['waiting'])
      expect(await ask(5, [1], [1])).toEqual(['waiting'])
      await registrar.promoter.sweep()
      await seated(db, 1, [1, 4, 5])
      await sound(db)
      // the group's seat goes back to the group
      await drop(4, 1)
      await registrar.promoter.sweep()
      await seated(db, 1, [1, 5])
      expect(await ask(6, [1], [1])).toEqual(['waiting'])
      await registrar.promoter.sweep()
      await seated(db, 1, [1, 5, 6])
      await drop(6, 1)
      await sound(db)
      // its day comes: the seat is anybody's, in the order of the list
      await sql`UPDATE seat_reserve SET until_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND`.execute(db)
      // and the day on which an old form of the office is forgotten: the first of these has come to it
      for (const days of [91, 89])
        await sql`INSERT INTO staff_request (staff_id, request_key, request_digest, at, outcome)
          SELECT staff_id, ${`of-day-${days}`}, request_digest, UTC_TIMESTAMP(3) - INTERVAL ${days} DAY, outcome
            FROM staff_request LIMIT 1`.execute(db)
      await keepDates(db, createTransact(db, 2))
      const kept = await sql<{ key: string }>`SELECT request_key AS \`key\` FROM staff_request`.execute(db)
      expect(kept.rows.map(({ key }) => key.startsWith('of-day-') && key).filter(Boolean)).toEqual([
        'of-day-89',
      ])
      expect(kept.rows).toHaveLength(2)
      await registrar.promoter.sweep()
      await seated(db, 1, [1, 2, 5])
      await registrar.promoter.stop()
      await sound(db)
    })

    it('hold under everybody at once', async () => {
      const { db, office, ask, registrar } = await openOffice(flavour, 40, [{ capacity: 12 }])
      await sql`UPDATE student SET programme = 'BS Biology' WHERE id > 20`.execute(db)
      const reserve = { level: null, classYear: null, until: null, staffNumber, sectionId: 1 }
      await office.addReserve({ ...reserve, label: 'biologists', programme: 'BS Biology', seats: 5 })
      await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index + 1, [1], [1])))
      await registrar.promoter.sweep()
      await registrar.promoter.stop()
      const got = await holders(db, 1)
      expect(got).toHaveLength(12)
      // without the group's five seats no more than seven can go to others
      expect(got.filter((id) => id <= 20).length).toBeLessThanOrEqual(7)
      const [kept] = await db.selectFrom('seat_reserve').select('taken').execute()
      expect(kept?.taken).toBe(5)
      await sound(db)
    })

    it('give a seat beyond the capacity by a permission, and say so everywhere', async () => {
      const { db, registrar, office, ask, drop } = await openOffice(flavour, 6, [
        { course: 1, capacity: 1 },
        { course: 2, capacity: 2 },
      ])
      const grant = (studentId: number, rule: 'full' | 'reserved', sectionId: number) =>
        office.grantOverride({
          staffNumber,
          studentId,
          rule,
          sectionId,
          courseId: null,
          termId: null,
          credits: null,
          reason: 'the instructor agrees',
          expiresAt: null,
        })
      const counters = async () =>
        (
          await sql<object>`SELECT capacity, enrolled, overfull, waiting FROM section WHERE id = 1`.execute(
            db,
          )
        ).rows.map((row) => Object.values(row).map(Number))[0]
      expect(await ask(1, [1])).toEqual(['enrolled'])
      expect(await ask(2, [1], [1])).toEqual(['waiting'])
      expect(await ask(3, [1], [1])).toEqual(['waiting'])
      await grant(4, 'full', 1)
      expect(await ask(5, [1])).toEqual(['refused full'])
      expect(await ask(4, [1])).toEqual(['enrolled by_permission'])
      expect(await counters()).toEqual([1, 2, 1, 2])
      // whoever waits gets it by itself, and takes nobody's turn
      await grant(3, 'full', 1)
      await seated(db, 1, [1, 3, 4])
      expect(await counters()).toEqual([1, 3, 2, 1])
      await sound(db)
      // none of these seats is passed on as long as the section is at its capacity
      await drop(4, 1)
      await drop(1, 1)
      await registrar.promoter.sweep()
      expect(await holders(db, 1)).toEqual([3])
      expect(await counters()).toEqual([1, 1, 0, 1])
      await drop(3, 1)
      await seated(db, 1, [2])
      // revoked, it gives nothing more, and takes nothing away
      await grant(5, 'full', 1)
      expect(await ask(5, [1])).toEqual(['enrolled by_permission'])
      await sql`UPDATE rule_override SET revoked_at = UTC_TIMESTAMP()`.execute(db)
      expect(await holders(db, 1)).toEqual([2, 5])
      expect(await ask(6, [1])).toEqual(['refused full'])
      await sound(db)

      // a group's seat, to somebody else: it stays one of the group's
      await office.addReserve({
        staffNumber,
        sectionId: 2,
        label: 'biologists',
        level: null,
        programme: 'BS Biology',
        classYear: null,
        seats: 2,
        until: null,
      })
      expect(await ask(1, [2])).toEqual(['refused reserved'])
      await grant(1, 'reserved', 2)
      expect(await ask(1, [2])).toEqual(['enrolled by_permission'])
      expect(await ask(2, [2], [2])).toEqual(['waiting'])
      await grant(2, 'reserved', 2)
      await seated(db, 2, [1, 2])
      await drop(1, 2)
      const [kept] = await db.selectFrom('seat_reserve').select('taken').execute()
      expect(kept?.taken).toBe(1)
      expect(await ask(6, [2])).toEqual(['refused reserved'])
      await registrar.promoter.stop()
      await sound(db)
      // the check has eyes: a seat that nobody permitted
      await sql`UPDATE enrolment SET override_id = NULL WHERE student_id = 5`.execute(db)
      expect((await checkSeats(db)).map(({ words }) => words)).toEqual([
        'there are 0 seats by permission, the ledger has 1 of them',
      ])
    })

    it('let nobody overtake one of the same group by a permission, at the form or on the list', async () => {
      const { db, registrar, office, ask } = await openOffice(flavour, 6, [{ capacity: 2 }, { capacity: 2 }])
      await sql`UPDATE student SET programme = 'BS Biology' WHERE id IN (4, 5)`.execute(db)
      const group = { label: 'biologists', level: null, programme: 'BS Biology', classYear: null }
      const whole = { courseId: null, termId: null, credits: null, reason: 'agreed', expiresAt: null }
      for (const sectionId of [1, 2]) {
        await office.addReserve({ staffNumber, ...group, sectionId, seats: 1, until: null })
        expect(await ask(1, [sectionId])).toEqual(['enrolled'])
        for (const id of [3, 4]) expect(await ask(id, [sectionId], [sectionId])).toEqual(['waiting'])
      }
      // nobody has served the lists yet: the group's seat is free, and the fourth student is before the fifth
      const grant = async (sectionId: number) =>
        office.grantOverride({ staffNumber, studentId: 5, rule: 'full', sectionId, ...whole })
      await grant(1)
      expect(await ask(5, [1])).toEqual(['refused full'])
      expect(await ask(5, [1], [1])).toEqual(['waiting'])
      expect(await ask(5, [2], [2])).toEqual(['waiting'])
      await grant(2)
      await registrar.promoter.sweep()
      for (const sectionId of [1, 2]) {
        await seated(db, sectionId, [1, 4, 5])
        const { rows } = await sql<{ student: number; reason: string | null }>`
          SELECT student_id AS student, reason_code AS reason FROM seat_event
           WHERE section_id = ${sectionId} AND event = 'promoted' ORDER BY id`.execute(db)
        expect(rows.map(({ student, reason }) => [student, reason])).toEqual([
          [4, null],
          [5, 'by_permission'],
        ])
      }
      await registrar.promoter.stop()
      await sound(db)
    })

    it('let nobody overtake the list by a permission, under everybody at once', async () => {
      const { db, office, ask, registrar, drop } = await openOffice(flavour, 24, [{ capacity: 6 }])
      const permit = [20, 21, 22, 23, 24]
      for (const studentId of permit)
        await office.grantOverride({
          staffNumber,
          studentId,
          rule: 'full',
          sectionId: 1,
          courseId: null,
          termId: null,
          credits: null,
          reason: 'agreed',
          expiresAt: null,
        })
      await Promise.all(Array.from({ length: 19 }, (_, index) => ask(index + 1, [1], [1])))
      const [first = 0, second = 0] = await holders(db, 1)
      await Promise.all([
        drop(first, 1),
        drop(second, 1),
        ...permit.map((id) => ask(id, [1])),
        registrar.promoter.sweep(),
      ])
      await registrar.promoter.sweep()
      await registrar.promoter.stop()
      const got = await holders(db, 1)
      expect(permit.every((id) => got.includes(id))).toBe(true)
      // those let in fill the room: what comes free is passed on only below the capacity
      expect(got.length).toBeGreaterThanOrEqual(9)
      const { rows } = await sql<{ id: number; enrolled: number; capacity: number }>`
        SELECT id, enrolled, capacity FROM seat_event
         WHERE enrolled > capacity AND event IN ('enrolled', 'promoted', 'swapped_in')
           AND COALESCE(reason_code, '') <> 'by_permission'`.execute(db)
      expect(rows).toEqual([])
      await sound(db)
    })

    it('find the same group by the list as by the form, however its name is written', async () => {
      const names = [
        'BS Biology',
        'bs biology',
        'BS  Biology ',
        'BS Bíology',
        'BS BIOLOGY',
        'ＢＳ Biology',
        'BS Biologÿ',
        'Bs Biology\u00a0',
        'BS Bioloğy',
        '',
      ]
      const { db, registrar, office, ask } = await openOffice(flavour, names.length + 2, [
        { capacity: 1 + names.length },
        { capacity: 1 + names.length },
      ])
      const ids = names.map((_, index) => index + 1)
      for (const [index, programme] of names.entries())
        await sql`UPDATE student SET programme = ${programme} WHERE id = ${index + 1}`.execute(db)
      const group = { level: null, programme: 'BS Biology', classYear: null }
      for (const sectionId of [1, 2]) {
        const seats = names.length
        await office.addReserve({ staffNumber, ...group, label: 'biologists', sectionId, seats, until: null })
        expect(await ask(names.length + 1, [sectionId])).toEqual(['enrolled'])
      }
      const student = { level: 'undergraduate', classYear: null, creditsEarned: 0 } as const
      const expected = ids.filter((id) =>
        belongs({ ...student, programme: names[id - 1] ?? '' }, { ...group, creditsFrom: null }),
      )
      expect(expected).toHaveLength(6)
      // one who is not of the group waits before them: all of them have to
      expect(await ask(names.length + 2, [1], [1])).toEqual(['waiting'])
      for (const id of ids) expect(await ask(id, [1], [1])).toEqual(['waiting'])
      await registrar.promoter.sweep()
      await seated(db, 1, [...expected, names.length + 1])
      // nobody is left whom the sweep would find, though seats of the group are
      expect(await unserved(db)).toEqual([])
      const direct = await Promise.all(ids.map(async (id) => [id, ...(await ask(id, [2]))]))
      expect(direct.filter(([, result]) => result === 'enrolled').map(([id]) => id)).toEqual(expected)
      await registrar.promoter.stop()
      await sound(db)
    })
  },
  ['mariadb', 'mysql'],
)
