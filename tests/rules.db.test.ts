/** The rules inside the transactions: what is decided there again, and seats that are kept for groups or given by permission. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { checkSeats } from '../apps/portal/src/catalogue/ledger.ts'
import { keepDates } from '../apps/portal/src/registrar/office/dates.ts'
import { createTransact } from '../apps/portal/src/registrar/transaction.ts'
import { at, holders, notices, openOffice, said, seated, sound, staffNumber } from './support/office.ts'
import { describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

describeSource(
  'rules of registration',
  (flavour) => {
    it('are decided in the transaction, all of them, and the receipt keeps every reason', async () => {
      const { db, office, ask } = await openOffice(flavour, 2, [
        { course: 101 },
        { course: 102 },
        { course: 103 },
      ])
      await office.placeHold({ staffNumber, studentId: 1, reason: 'A fee', office: 'the bursar' })
      await sql`UPDATE course SET requirement = ${JSON.stringify({
        kind: 'course',
        course: 'CS 99',
        grade: 'C-',
        timing: 'before',
      })} WHERE id = 102`.execute(db)
      await sql`UPDATE term SET requirements = 'enforce', credits_undergraduate = 3 WHERE id = 1`.execute(db)
      expect(await ask(1, [1, 2])).toEqual(['refused hold', 'refused hold requirement'])
      expect(await ask(2, [1, 2, 3])).toEqual([
        'enrolled',
        'refused requirement credit_limit',
        'refused credit_limit',
      ])
      const [hold] = await db.selectFrom('student_hold').select('id').execute()
      const release = { staffNumber, studentId: 1, holdId: hold?.id ?? 0, reason: 'paid' }
      // somebody else's hold is none of this student's
      expect(await office.releaseHold({ ...release, studentId: 2 })).toBe(false)
      expect(await office.releaseHold(release)).toBe(true)
      expect(await office.releaseHold(release)).toBe(false)
      await office.addTranscriptEntry({
        staffNumber,
        studentId: 1,
        course: 'CS 99',
        title: 'Before',
        credits: 3,
        grade: 'T',
        source: 'transfer',
        completedOn: '2020-01-01',
      })
      await office.grantOverride({
        staffNumber,
        studentId: 1,
        rule: 'credits',
        sectionId: null,
        courseId: null,
        termId: 1,
        credits: 6,
        reason: 'agreed',
        expiresAt: null,
      })
      expect(await ask(1, [1, 2, 3])).toEqual(['enrolled', 'enrolled', 'refused credit_limit'])
      expect(await notices(db, 1)).toEqual(['hold_placed', 'hold_released', 'permission_granted'])
      const trail = await db.selectFrom('staff_action').select('action').orderBy('id').execute()
      expect(trail.map(({ action }) => action)).toEqual([
        'hold_placed',
        'hold_released',
        'transcript_added',
        'override_granted',
      ])
      // a permission that was revoked or has expired permits nothing
      await sql`UPDATE rule_override SET expires_at = '2020-01-01 00:00:00'`.execute(db)
      expect(await ask(1, [3])).toEqual(['refused credit_limit'])
      await sound(db)
    })

    it('are decided again when a place on the list becomes a seat; what the office lifts counts at once', async () => {
      const { db, registrar, office, ask, drop } = await openOffice(flavour, 3, [{ capacity: 1 }])
      await ask(1, [1])
      expect(await ask(2, [1], [1])).toEqual(['waiting'])
      await office.placeHold({ staffNumber, studentId: 2, reason: 'A fee', office: 'the bursar' })
      await drop(1, 1)
      await until('the second is passed over', async () => (await notices(db, 2)).includes('skipped'))
      expect(await notices(db, 2)).toEqual(['hold_placed', 'skipped'])
      expect(await holders(db, 1)).toEqual([])
      const [hold] = await db.selectFrom('student_hold').select('id').execute()
      await office.releaseHold({ staffNumber, studentId: 2, holdId: hold?.id ?? 0, reason: 'paid' })
      await registrar.promoter.sweep()
      await seated(db, 1, [2])
      await registrar.promoter.stop()
      await sound(db)
    })

    it('keep linked sections together: had, swapped and dropped as one choice', async () => {
      const { db, registrar, ask, drop } = await openOffice(flavour, 2, [
        { course: 1 },
        { course: 1, capacity: 1 },
        { course: 1 },
        { course: 2 },
      ])
      await sql`UPDATE section SET component = 'laboratory' WHERE id IN (2, 3)`.execute(db)
      await sql`INSERT INTO section_link VALUES (1, 2), (2, 1), (1, 3), (3, 1)`.execute(db)
      expect(await ask(1, [1])).toEqual(['refused linked'])
      expect(await ask(1, [1, 2])).toEqual(['enrolled', 'enrolled'])
      expect(await ask(2, [1, 2])).toEqual(['refused linked', 'refused full'])
      const own = async (sectionId: number) =>
        String(
          (
            await db
              .selectFrom('enrolment')
              .select('id')
              .where('student_id', '=', 1)
              .where('section_id', '=', sectionId)
              .executeTakeFirstOrThrow()
          ).id,
        )
      const swap = async (from: number, to: number) =>
        said(
          await registrar.swap({
            studentId: 1,
            enrolmentId: await own(from),
            sectionId: String(to),
            waitlist: false,
            request: undefined,
          }),
        )
      expect(await swap(1, 4)).toEqual(['refused linked_left', 'kept'])
      expect(await swap(2, 3)).toEqual(['enrolled', 'dropped'])
      expect(await drop(1, 1)).toEqual(['dropped', 'dropped'])
      expect(await holders(db, 3)).toEqual([])
      await sound(db)
    })

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
      await keepDates(db, createTransact(db, 2))
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

    it('turn a drop into a withdrawal after its day, and into nothing later', async () => {
      const { db, ask, drop, office } = await openOffice(flavour, 3, [{ capacity: 5 }])
      for (const id of [1, 2, 3]) await ask(id, [1])
      const settings = {
        addUntil: null,
        dropUntil: at(-1),
        withdrawUntil: at(5),
        creditsUndergraduate: null,
        creditsGraduate: null,
        requirements: 'advise' as const,
        repeatFrom: null,
        mostAttempts: null,
      }
      await office.setTerm({ staffNumber, termId: 1, settings })
      expect(await drop(1, 1)).toEqual(['withdrawn drop_late'])
      expect(await holders(db, 1)).toEqual([1, 2, 3])
      expect(await ask(1, [1])).toEqual(['refused withdrawn'])
      await office.setTerm({ staffNumber, termId: 1, settings: { ...settings, withdrawUntil: at(-0.5) } })
      expect(await drop(2, 1)).toEqual(['refused drop_closed'])
      await office.grantOverride({
        staffNumber,
        studentId: 2,
        rule: 'deadline',
        sectionId: 1,
        courseId: null,
        termId: null,
        credits: null,
        reason: 'illness',
        expiresAt: at(1),
      })
      expect(await drop(2, 1)).toEqual(['dropped'])
      await sound(db)
    })
  },
  ['mariadb', 'mysql'],
)
