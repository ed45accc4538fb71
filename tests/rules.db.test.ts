/** The rules inside the transactions: what is decided there again. Seats of groups and by permission: seats-kept.db.test.ts. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createCatalogue } from '../apps/portal/src/catalogue/index.ts'
import { languageFor } from '../apps/portal/src/texts/index.ts'
import { noticeWords } from '../apps/portal/src/views/notice-words.ts'
import {
  at,
  holders,
  noLimits,
  notices,
  openOffice,
  said,
  seated,
  sound,
  staffNumber,
} from './support/office.ts'
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
      await sql`UPDATE term SET credits_undergraduate = 2 WHERE id = 1`.execute(db)
      await drop(1, 1)
      await until('the second is passed over', async () => (await notices(db, 2)).includes('skipped'))
      expect(await notices(db, 2)).toEqual(['hold_placed', 'skipped'])
      expect(await holders(db, 1)).toEqual([])
      // all that stands in the way, and what to do about each: else one would be found out after the other
      const [told] = (await createCatalogue(db).notices(2)).notices
      const [place] = (await createCatalogue(db).schedule(2, '203010')).waiting
      const both = [told?.reason, ...(told?.moreReasons ?? [])].map((one) => one?.code)
      expect(both).toEqual(['hold', 'credit_limit'])
      expect([place?.passed, ...(place?.morePassed ?? [])].map((one) => one?.code)).toEqual(both)
      const words = told === undefined ? '' : noticeWords(told, languageFor('en-GB', 'Etc/UTC'))
      for (const part of ['A fee. Ask the bursar.', '2 is your limit this term. Leave another section out'])
        expect(words).toContain(part)
      // looked at again, with nothing new: it is not told again
      await sql`UPDATE wait_entry SET passed_at = passed_at - INTERVAL 2 MINUTE`.execute(db)
      await registrar.promoter.sweep()
      expect(await notices(db, 2)).toEqual(['hold_placed', 'skipped'])
      await sql`UPDATE term SET credits_undergraduate = NULL WHERE id = 1`.execute(db)
      const [hold] = await db.selectFrom('student_hold').select('id').execute()
      await office.releaseHold({ staffNumber, studentId: 2, holdId: hold?.id ?? 0, reason: 'paid' })
      await registrar.promoter.sweep()
      await seated(db, 1, [2])
      await registrar.promoter.stop()
      await sound(db)
    })

    it('let two full sections be waited for that ask for each other, and come one after the other', async () => {
      const { db, registrar, ask, drop } = await openOffice(flavour, 2, [
        { course: 101, capacity: 1 },
        { course: 102, capacity: 1 },
      ])
      await ask(1, [1, 2])
      await sql`UPDATE course SET requirement = CONCAT(
        '{"kind":"course","course":"CS ', 203 - id, '","grade":null,"timing":"with"}')`.execute(db)
      await sql`UPDATE term SET requirements = 'enforce' WHERE id = 1`.execute(db)
      expect(await ask(2, [1, 2], [1, 2])).toEqual(['waiting', 'waiting'])
      await drop(1, 2)
      await seated(db, 2, [2])
      await drop(1, 1)
      await seated(db, 1, [2])
      await registrar.promoter.stop()
      await sound(db)
    })

    it('take a course that is over and not graded yet for one that is being taken, for a while', async () => {
      const { db, ask } = await openOffice(flavour, 3, [{ course: 99, term: 3 }, { course: 101 }])
      await sql`UPDATE course SET requirement = ${JSON.stringify({
        kind: 'course',
        course: 'CS 99',
        grade: null,
        timing: 'before',
      })} WHERE id = 101`.execute(db)
      await sql`UPDATE term SET requirements = 'enforce' WHERE id = 1`.execute(db)
      await sql`INSERT INTO enrolment (student_id, section_id, credits, enrolled_at)
        SELECT id, 1, 3, UTC_TIMESTAMP(3) FROM student`.execute(db)
      await sql`UPDATE section SET enrolled = 3 WHERE id = 1`.execute(db)
      const over = (days: number) =>
        sql`UPDATE term SET code = '202950', starts_on = UTC_DATE() - INTERVAL 200 DAY,
          ends_on = UTC_DATE() - INTERVAL ${days} DAY WHERE id = 3`.execute(db)
      await over(10)
      expect(await ask(1, [2])).toEqual(['enrolled'])
      await sql`UPDATE enrolment SET grade = 'F' WHERE student_id = 2 AND section_id = 1`.execute(db)
      expect(await ask(2, [2])).toEqual(['refused requirement'])
      // graded before its term is over: the grade decides as well
      await over(-5)
      expect(await ask(2, [2])).toEqual(['refused requirement'])
      await over(100)
      expect(await ask(3, [2])).toEqual(['refused requirement'])
    })

    it('keep linked sections together: had, swapped and dropped as one choice', async () => {
      const { db, registrar, ask } = await openOffice(flavour, 2, [
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
      expect(await swap(2, 3)).toEqual(['enrolled', 'dropped'])
      // what is taken by itself takes the place of both
      expect(await swap(1, 4)).toEqual(['enrolled', 'dropped', 'dropped'])
      expect(await holders(db, 3)).toEqual([])
      await sound(db)
    })

    it('swap a lecture with its laboratory as one, and leave no half behind', async () => {
      const { db, registrar, office, ask, drop } = await openOffice(flavour, 5, [
        { course: 1 },
        { course: 1 },
        { course: 1 },
        { course: 1, capacity: 1 },
        { course: 2, capacity: 1 },
        { course: 3 },
      ])
      await sql`UPDATE section SET component = 'laboratory' WHERE id IN (2, 4)`.execute(db)
      await sql`INSERT INTO section_link VALUES (1, 2), (2, 1), (3, 4), (4, 3)`.execute(db)
      const idOf = async (table: 'enrolment' | 'wait_entry', studentId: number, sectionId: number) =>
        String(
          (
            await db
              .selectFrom(table)
              .select('id')
              .where('student_id', '=', studentId)
              .where('section_id', '=', sectionId)
              .executeTakeFirstOrThrow()
          ).id,
        )
      const swap = async (studentId: number, from: number, to: number, ...besides: readonly number[]) =>
        said(
          await registrar.swap({
            studentId,
            enrolmentId: await idOf('enrolment', studentId, from),
            sectionId: String(to),
            besides: besides.map(String),
            waitlist,
            request: undefined,
          }),
        )
      let waitlist = true
      const held = async (studentId: number) =>
        (await createCatalogue(db).schedule(studentId, '203010')).entries.map(({ section, along }) =>
          `${section.id} ${along.map((one) => one.label).join()}`.trim(),
        )
      await ask(1, [1, 2])
      // whoever drops one of the two is told that the other goes with it
      expect(await held(1)).toEqual(['1 CS 1-002', '2 CS 1-001'])
      expect(await swap(1, 1, 3)).toEqual(['refused linked', 'kept', 'kept'])
      expect(await swap(1, 1, 3, 4)).toEqual(['enrolled', 'dropped', 'enrolled', 'dropped'])
      expect(await held(1)).toEqual(['3 CS 1-004', '4 CS 1-003'])
      // of two one is full: nothing is given up
      await ask(2, [1, 2])
      waitlist = false
      expect(await swap(2, 1, 3, 4)).toEqual(['refused linked', 'kept', 'refused full', 'kept'])
      waitlist = true
      expect(await held(2)).toEqual(['1 CS 1-002', '2 CS 1-001'])

      // a page that said something else of what goes along drops nothing
      const dropAs = async (along: string) =>
        said(
          await registrar.drop({
            studentId: 2,
            enrolmentId: await idOf('enrolment', 2, 1),
            along,
            request: undefined,
          }),
        )
      expect([await dropAs(''), await dropAs('4')]).toEqual([['refused along_more'], ['refused along_more']])
      expect(await held(2)).toEqual(['1 CS 1-002', '2 CS 1-001'])
      expect(await dropAs('2')).toEqual(['dropped', 'dropped'])

      // a place that a lecture relies on is not left before it
      expect(await ask(3, [3, 4], [4])).toEqual(['enrolled', 'waiting'])
      const leave = async () =>
        said(
          await registrar.leave({
            studentId: 3,
            entryId: await idOf('wait_entry', 3, 4),
            request: undefined,
          }),
        )
      expect(await leave()).toEqual(['refused linked_waits'])
      expect(await drop(3, 3)).toEqual(['dropped'])
      expect(await leave()).toEqual(['left'])

      // a fallback that was kept until a seat came goes as a whole
      await ask(1, [5])
      const fallback = { sections: ['5', '1', '2'], waitlist: ['5'], fallbacks: ['1:5'], request: undefined }
      expect(said(await registrar.register({ studentId: 4, ...fallback }))).toEqual([
        'waiting',
        'enrolled',
        'enrolled',
      ])
      await drop(1, 5)
      await seated(db, 5, [4])
      expect(await held(4)).toEqual(['5'])
      const receipts = await sql<{ result: string }>`SELECT l.result FROM receipt r
        JOIN receipt_line l ON l.receipt_id = r.id WHERE r.kind = 'promotion' ORDER BY l.position`.execute(db)
      expect(receipts.rows.map(({ result }) => result)).toEqual(['enrolled', 'dropped', 'dropped'])

      // what was promised cannot be dropped any more: the seat goes past, and both are kept
      await ask(5, [6])
      expect(await swap(5, 6, 5)).toEqual(['waiting', 'kept'])
      await office.setTerm({
        staffNumber,
        termId: 1,
        settings: {
          addUntil: null,
          dropUntil: at(-1),
          withdrawUntil: at(5),
          creditsUndergraduate: null,
          creditsGraduate: null,
          requirements: 'advise',
          repeatFrom: null,
          mostAttempts: null,
        },
      })
      await registrar.setCapacity({ staffNumber, sectionId: 5, capacity: 2 })
      await until('it is told', async () => (await notices(db, 5)).includes('skipped'))
      const [notice] = await db.selectFrom('notice').selectAll().where('student_id', '=', 5).execute()
      expect(notice?.reason_code).toBe('swap_refused')
      expect(await held(5)).toEqual(['6'])
      await registrar.promoter.stop()
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
      // by an import, which lets nobody out: what will not be taught can be left at any time, and leaves no W
      expect(await drop(3, 1)).toEqual(['refused drop_closed'])
      await sql`UPDATE section SET status = 'cancelled' WHERE id = 1`.execute(db)
      expect((await createCatalogue(db).schedule(3, '203010')).entries[0]?.leaving.way).toBe('drop')
      expect(await drop(3, 1)).toEqual(['dropped'])
      await sound(db)
    })

    it('tell once that the day to add has passed, whatever the student gives up after it', async () => {
      const { db, registrar, office, ask, drop } = await openOffice(flavour, 3, [{ capacity: 1 }, {}, {}])
      await ask(1, [1])
      await ask(2, [1, 2, 3], [1])
      const passed = async () =>
        (await db.selectFrom('wait_entry').select('passed_code').execute()).map((row) => row.passed_code)
      const skips = async () => (await notices(db, 2)).filter((kind) => kind === 'skipped').length
      await office.setTerm({ staffNumber, termId: 1, settings: { ...noLimits, addUntil: at(-1) } })
      await drop(1, 1)
      await until('it is told', async () => (await skips()) === 1)
      for (const id of [2, 3]) {
        await drop(2, id)
        await registrar.promoter.sweep()
        expect([await passed(), await skips()]).toEqual([['add_closed'], 1])
      }
      // a permission to add late is what it waits for
      await office.grantOverride({
        staffNumber,
        studentId: 2,
        rule: 'deadline',
        sectionId: 1,
        courseId: null,
        termId: null,
        credits: null,
        reason: 'illness',
        expiresAt: null,
      })
      await seated(db, 1, [2])
      await registrar.promoter.stop()
      await sound(db)
    })
  },
  ['mariadb', 'mysql'],
)
