/** A linked choice that is waited for while another one is kept: both halves in one moment, or neither (registrar/candidate.ts). */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createCatalogue } from '../apps/portal/src/catalogue/index.ts'
import { createOfficeReader } from '../apps/portal/src/catalogue/office.ts'
import { languageFor } from '../apps/portal/src/texts/index.ts'
import { noticeWords } from '../apps/portal/src/views/notice-words.ts'
import { notices, openOffice, said, seated, sound, staffNumber } from './support/office.ts'
import { describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

/** 1 with 2, 3 with 4, 5 with 6: lectures and laboratories of one course; 7 by itself. */
const openPairs = async (flavour: Parameters<typeof openOffice>[0], students: number, laboratory = 1) => {
  const office = await openOffice(flavour, students, [
    { course: 1 },
    { course: 1 },
    { course: 1, capacity: 1 },
    { course: 1, capacity: laboratory },
    { course: 1 },
    { course: 1 },
    { course: 2, capacity: 1 },
  ])
  const { db, registrar } = office
  await sql`UPDATE section SET component = 'laboratory' WHERE id IN (2, 4, 6)`.execute(db)
  await sql`INSERT INTO section_link VALUES (1, 2), (2, 1), (3, 4), (4, 3), (5, 6), (6, 5)`.execute(db)
  const idOf = async (table: 'enrolment' | 'wait_entry', studentId: number, sectionId: number) => {
    const rows = db.selectFrom(table).select('id').where('student_id', '=', studentId)
    return String((await rows.where('section_id', '=', sectionId).executeTakeFirstOrThrow()).id)
  }
  const swapNow = async (
    studentId: number,
    from: number,
    to: number,
    besides: readonly number[] = [],
    waitlist = false,
  ) =>
    registrar.swap({
      studentId,
      enrolmentId: await idOf('enrolment', studentId, from),
      sectionId: String(to),
      besides: besides.map(String),
      waitlist,
      request: undefined,
    })
  const swap = (studentId: number, from: number, to: number, ...besides: readonly number[]) =>
    swapNow(studentId, from, to, besides, true)
  const leave = async (studentId: number, sectionId: number) =>
    said(
      await registrar.leave({
        studentId,
        entryId: await idOf('wait_entry', studentId, sectionId),
        request: undefined,
      }),
    )
  const schedule = (studentId: number) => createCatalogue(db).schedule(studentId, '203010')
  const held = async (studentId: number) =>
    (await schedule(studentId)).entries.map(({ section }) => section.id).join()
  /** section, place, and why it does not count now */
  const places = async (studentId: number) =>
    (await schedule(studentId)).waiting.map(({ section, position, passed }) =>
      `${section.id} ${position} ${passed?.code ?? ''}`.trim(),
    )
  const raise = async (sectionId: number, capacity: number) =>
    registrar.setCapacity({ staffNumber, sectionId, capacity })
  return { ...office, idOf, swap, swapNow, leave, schedule, held, places, raise }
}

describeSource(
  'a choice that is waited for as a whole',
  (flavour) => {
    it('keeps both of what it has until both of what it wants are there', async () => {
      const { db, registrar, ask, drop, swap, schedule, held, places, raise } = await openPairs(flavour, 4)
      await ask(2, [3, 4])
      await ask(1, [1, 2])
      const waits = await swap(1, 1, 3, 4)
      expect(said(waits)).toEqual(['waiting', 'kept', 'waiting', 'kept'])
      expect(waits.lines.map(({ listPosition }) => listPosition)).toEqual([1, null, 1, null])
      const [first] = (await schedule(1)).waiting
      expect(first).toMatchObject({ gives: 'CS 1-001', along: ['CS 1-002'], together: ['CS 1-004'] })
      // somebody who has nothing to keep stands behind, and takes one half as it comes
      expect(await ask(3, [3, 4], [3, 4])).toEqual(['waiting', 'waiting'])

      // one half alone goes past, is told so, and nothing is given up
      await raise(3, 2)
      await seated(db, 3, [2, 3])
      await registrar.promoter.sweep()
      expect(await held(1)).toBe('1,2')
      expect(await places(1)).toEqual(['3 1 half_waits', '4 1'])
      expect(await notices(db, 1)).toEqual(['skipped'])
      // then the other one, of which the place is in its turn: the first half waits in force again
      await raise(4, 2)
      await seated(db, 4, [2, 3])
      expect(await held(1)).toBe('1,2')
      expect(await places(1)).toEqual(['3 1', '4 1 half_waits'])
      await sound(db)

      // both halves at once
      expect(await drop(2, 3)).toEqual(['dropped', 'dropped'])
      await seated(db, 3, [1, 3])
      expect(await held(1)).toBe('3,4')
      expect(await places(1)).toEqual([])
      expect(await notices(db, 1)).toEqual(['skipped', 'skipped', 'promoted', 'promoted'])
      // one transaction, and so one receipt
      const { rows } = await sql<{ number: string; line: string }>`
        SELECT r.number, CONCAT(l.result, ' ', l.section_id) AS line FROM receipt r
          JOIN receipt_line l ON l.receipt_id = r.id
         WHERE r.kind = 'promotion' AND r.student_id = 1 ORDER BY l.position`.execute(db)
      expect(rows.map(({ line }) => line.split(' ')[0])).toEqual([
        'enrolled',
        'enrolled',
        'dropped',
        'dropped',
      ])
      expect(new Set(rows.map(({ number }) => number)).size).toBe(1)
      // at no event of the ledger did the student have one half of anything
      const { rows: events } = await sql<{ section: number; event: string; receipt: string | null }>`
        SELECT section_id AS section, event, receipt FROM seat_event
         WHERE student_id = 1 ORDER BY id`.execute(db)
      const seats = new Set<number>()
      events.forEach(({ section, event, receipt }, index) => {
        if (['enrolled', 'promoted', 'swapped_in'].includes(event)) seats.add(section)
        if (['dropped', 'swapped_out'].includes(event)) seats.delete(section)
        // a receipt's events become true in one moment
        if (events[index + 1]?.receipt !== receipt)
          expect([...seats].toSorted((a, b) => a - b).join()).toMatch(/^(|1,2|3,4)$/)
      })
      await registrar.promoter.stop()
      await sound(db)
    })

    it('keeps nobody from the seat of a half, and is left as a whole', async () => {
      const { db, registrar, ask, idOf, swap, held, places } = await openPairs(flavour, 5, 3)
      await ask(2, [3, 4])
      await ask(1, [1, 2])
      const waits = await swap(1, 1, 3, 4)
      expect(said(waits)).toEqual(['waiting', 'kept', 'waiting half_waits', 'kept'])
      expect(await places(1)).toEqual(['3 1', '4 1 half_waits'])
      // the laboratory has seats: whoever can use one has it
      expect(await ask(3, [3, 4], [3])).toEqual(['waiting', 'enrolled'])
      expect(await ask(4, [3, 4], [3])).toEqual(['waiting', 'enrolled'])
      // the lecture's seat comes, and of the laboratory none is left: it goes to the next one
      await registrar.setCapacity({ staffNumber, sectionId: 3, capacity: 2 })
      await seated(db, 3, [2, 3])
      expect(await held(1)).toBe('1,2')
      expect(await places(1)).toEqual(['3 1 half_waits', '4 1'])
      const left = await registrar.leave({
        studentId: 1,
        entryId: await idOf('wait_entry', 1, 4),
        request: undefined,
      })
      expect(said(left)).toEqual(['left', 'left'])
      expect([await places(1), await held(1)]).toEqual([[], '1,2'])
      // a section by itself, too, takes the place of both; at once where there is a seat
      await ask(5, [7])
      expect(said(await swap(1, 2, 7))).toEqual(['waiting', 'kept', 'kept'])
      await registrar.setCapacity({ staffNumber, sectionId: 7, capacity: 2 })
      await seated(db, 7, [1, 5])
      expect(await held(1)).toBe('7')
      await registrar.promoter.stop()
      await sound(db)
    })

    it('ends with a half that is cancelled: the other one is not waited for alone', async () => {
      const { db, registrar, office, ask, swap, held, places } = await openPairs(flavour, 4, 3)
      await ask(2, [3, 4])
      await ask(1, [1, 2])
      expect(said(await swap(1, 1, 3, 4))).toEqual(['waiting', 'kept', 'waiting half_waits', 'kept'])
      // the other half's place is counted before, and named to who loses it
      expect(await createOfficeReader(db).hurt(3)).toMatchObject({
        enrolled: 1,
        waiting: 1,
        besides: [{ section: 'CS 1-004', places: 1 }],
        alone: [{ section: 'CS 1-004', students: 1 }],
      })
      await office.cancelSection({ staffNumber, sectionId: 3, reason: 'ill' })
      await seated(db, 3, [])
      await until('off both lists', async () => (await places(1)).length === 0)
      expect(await held(1)).toBe('1,2')
      // whoever asks for the pair again asks for both: the laboratory alone is nothing to rely on
      const { rows } = await sql<{ line: string }>`
        SELECT CONCAT_WS(' ', l.section_id, l.result, e.code) AS line FROM receipt r
          JOIN receipt_line l ON l.receipt_id = r.id
          JOIN receipt_reason e ON e.receipt_id = l.receipt_id AND e.position = l.position
         WHERE r.kind = 'cancellation' AND r.student_id = 1 ORDER BY l.position`.execute(db)
      expect(rows.map(({ line }) => line)).toEqual(['3 left cancelled', '4 left half_cancelled'])
      const told = async (studentId: number) =>
        (await createCatalogue(db).notices(studentId)).notices.map((notice) =>
          noticeWords(notice, languageFor('en-US', 'UTC')),
        )
      expect(await told(1)).toEqual([
        expect.stringContaining('together with CS 1-004, so you have left that list too'),
      ])
      // who had both keeps the laboratory, and is told that it stands alone
      expect(await held(2)).toBe('4')
      expect(await told(2)).toEqual([
        expect.stringContaining('You still have CS 1-004, which was taken together with it'),
      ])
      await registrar.promoter.stop()
      await sound(db)
    })

    it('keeps a promise when the office takes the link away, and promises no more when it adds one', async () => {
      const { db, registrar, office, ask, swap, schedule, held, raise } = await openPairs(flavour, 4)
      await ask(2, [3, 4])
      await ask(1, [1, 2])
      expect(said(await swap(1, 1, 3, 4))).toEqual(['waiting', 'kept', 'waiting', 'kept'])
      // one that has a third section, which nobody has promised
      await ask(3, [5, 6])
      expect(await ask(3, [7])).toEqual(['enrolled'])
      expect(said(await swap(3, 5, 3, 4))).toEqual(['waiting', 'kept', 'waiting', 'kept'])
      const links = async () =>
        (await createOfficeReader(db).links(1)).map(({ section, promised }) => [
          section.id,
          promised.map(({ number }) => number),
        ])
      expect(await links()).toEqual([[2, ['S1']]])
      expect(await office.unlinkSections({ staffNumber, sectionId: 1, partnerId: 2 })).toBe(true)
      expect(await links()).toEqual([])
      expect(await office.linkSections({ staffNumber, sectionId: 5, partnerIds: [7] })).toBe(true)
      const along = async (studentId: number) =>
        (await schedule(studentId)).waiting.map((place) => place.along)
      expect([await along(1), await along(3)]).toEqual([
        [['CS 1-002'], ['CS 1-002']],
        [['CS 1-006'], ['CS 1-006']],
      ])
      await raise(3, 2)
      await raise(4, 2)
      await seated(db, 4, [1, 2])
      // else the laboratory would have stood in the way of the new one for ever
      expect(await held(1)).toBe('3,4')
      await raise(3, 3)
      await raise(4, 3)
      await seated(db, 4, [1, 2, 3])
      // else the third section would have gone with the lecture to which it was linked since
      expect(await held(3)).toBe('3,4,7')
      await registrar.promoter.stop()
      await sound(db)
    })

    it('gives up what is left of what it kept, once the other part of that is cancelled', async () => {
      const { db, registrar, office, ask, swap, schedule, held, raise } = await openPairs(flavour, 2)
      await ask(2, [3, 4])
      await ask(1, [1, 2])
      expect(said(await swap(1, 1, 3, 4))).toEqual(['waiting', 'kept', 'waiting', 'kept'])
      await office.cancelSection({ staffNumber, sectionId: 1, reason: 'ill' })
      await seated(db, 1, [])
      const { waiting } = await schedule(1)
      expect(waiting.map(({ gives }) => gives)).toEqual(['CS 1-002', 'CS 1-002'])
      await raise(3, 2)
      await raise(4, 2)
      await seated(db, 4, [1, 2])
      expect(await held(1)).toBe('3,4')
      await registrar.promoter.stop()
      await sound(db)
    })

    it('takes in the place of one half that is waited for by itself, and gives nothing up for the other alone', async () => {
      const { db, registrar, ask, leave, swap, swapNow, schedule, held, places, raise } = await openPairs(
        flavour,
        3,
      )
      await ask(2, [3, 4])
      expect(await ask(1, [3, 4], [3, 4])).toEqual(['waiting', 'waiting'])
      expect(await ask(3, [3, 4], [3, 4])).toEqual(['waiting', 'waiting'])
      expect(await leave(1, 3)).toEqual(['left'])
      await ask(1, [1, 2])
      // at once, both halves would go for one
      await raise(3, 2)
      await seated(db, 3, [2, 3])
      await raise(3, 3)
      expect(said(await swapNow(1, 1, 3))).toEqual(['refused linked_place', 'kept', 'kept'])
      expect([await held(1), await places(1)]).toEqual(['1,2', ['4 1']])
      await raise(3, 2)
      // waited for, it is the choice whose half is waited for already: in its old place, before the third student
      const waits = await swap(1, 1, 3)
      expect(said(waits)).toEqual(['waiting', 'kept', 'waiting', 'kept'])
      expect(waits.lines.map(({ listPosition }) => listPosition)).toEqual([1, null, 1, null])
      const [first, second] = (await schedule(1)).waiting
      expect(first).toMatchObject({ gives: 'CS 1-001', along: ['CS 1-002'], together: ['CS 1-004'] })
      expect(second).toMatchObject({ gives: 'CS 1-001', position: 1, length: 2, together: ['CS 1-003'] })
      await sound(db)
      // the lecture’s seat is the first student’s turn alone, and goes by until the laboratory has one
      await raise(3, 3)
      await until('the lecture is passed over', async () => (await notices(db, 1)).includes('skipped'))
      expect([await held(1), await places(1)]).toEqual(['1,2', ['3 1 half_waits', '4 1']])
      await raise(4, 2)
      await seated(db, 4, [1, 2])
      expect([await held(1), await places(1)]).toEqual(['3,4', []])
      await registrar.promoter.stop()
      await sound(db)
    })

    it('takes in the places of both halves, also one that was passed over, and that of a section by itself', async () => {
      const { db, registrar, ask, swap, schedule, held, places, raise } = await openPairs(flavour, 3)
      await ask(2, [3, 4])
      expect(await ask(1, [3, 4], [3, 4])).toEqual(['waiting', 'waiting'])
      await ask(1, [1, 2])
      // one course at a time: what came free is passed over, and stands behind nobody meanwhile
      await raise(4, 2)
      await until('passed over', async () => (await notices(db, 1)).includes('skipped'))
      expect(await places(1)).toEqual(['3 1', expect.stringMatching(/^4 1 ./) as string])
      await raise(4, 1)
      expect(said(await swap(1, 1, 3, 4))).toEqual(['waiting', 'kept', 'waiting', 'kept'])
      expect(await places(1)).toEqual(['3 1', '4 1'])
      const { rows } = await sql<{ event: string }>`SELECT event FROM seat_event
        WHERE student_id = 1 AND section_id = 4 ORDER BY id`.execute(db)
      expect(rows.map(({ event }) => event)).toEqual(['wait_listed', 'skipped', 'reinstated'])
      // asked for once more: nothing is taken in twice
      expect(said(await swap(1, 1, 3, 4))).toEqual([
        'refused already_waiting',
        'kept',
        'refused already_waiting',
        'kept',
      ])
      await raise(3, 2)
      await raise(4, 2)
      await seated(db, 4, [1, 2])
      expect(await held(1)).toBe('3,4')

      // a section that goes with none: what is kept is said when the place is there already
      await ask(2, [7])
      expect(await ask(1, [7], [7])).toEqual(['waiting'])
      expect(said(await swap(1, 3, 7))).toEqual(['waiting', 'kept', 'kept'])
      const [place] = (await schedule(1)).waiting
      expect(place).toMatchObject({ position: 1, gives: 'CS 1-003', along: ['CS 1-004'], together: [] })
      await raise(7, 2)
      await seated(db, 7, [1, 2])
      expect(await held(1)).toBe('7')
      await registrar.promoter.stop()
      await sound(db)
    })

    it('is a fallback’s first choice in a cart: neither half is taken alone', async () => {
      const { db, registrar, ask, drop, held, places } = await openPairs(flavour, 2, 2)
      await ask(2, [3, 4])
      const wishes = { waitlist: ['3', '4'], fallbacks: ['5:3', '6:4'], request: undefined }
      const receipt = await registrar.register({ studentId: 1, sections: ['4', '3', '5', '6'], ...wishes })
      expect(said(receipt)).toEqual(['waiting half_waits', 'waiting', 'enrolled', 'enrolled'])
      expect([await held(1), await places(1)]).toEqual(['5,6', ['3 1', '4 1 half_waits']])
      await drop(2, 3)
      await until('both halves', async () => (await held(1)) === '3,4')
      await registrar.promoter.stop()
      await sound(db)
    })
  },
  ['mariadb', 'mysql'],
)

describeSource(
  'a choice of which one half is waited for already',
  (flavour) => {
    it.each([
      ['which came first', [4, 3]],
      ['which comes later', [3, 4]],
    ] as const)('joins a cart’s half with the other one’s place, %s', async (_, [own, other]) => {
      const { db, registrar, ask, leave, held, places, raise } = await openPairs(flavour, 2)
      await ask(2, [3, 4])
      expect(await ask(1, [3, 4], [3, 4])).toEqual(['waiting', 'waiting'])
      expect(await leave(1, own === 4 ? 3 : 4)).toEqual(['left'])
      if (own === 4) {
        const wishes = { waitlist: ['3'], fallbacks: ['5:3'], request: undefined }
        const receipt = await registrar.register({ studentId: 1, sections: ['3', '5', '6'], ...wishes })
        expect(said(receipt)).toEqual(['waiting', 'enrolled', 'enrolled'])
      } else {
        // the lecture is waited for, and two sections of another course are kept for it; its laboratory’s list is joined later
        await sql`UPDATE section SET course_id = 2 WHERE id IN (5, 6)`.execute(db)
        await ask(1, [5, 6])
        await sql`UPDATE wait_entry SET drop_section_id = 5 WHERE student_id = 1`.execute(db)
        await raise(3, 2)
        await until('passed over', async () => (await notices(db, 1)).includes('skipped'))
        await raise(3, 1)
        expect(await ask(1, [other], [other])).toEqual(['waiting'])
      }
      expect(await places(1)).toEqual(['3 1', '4 1'])
      await raise(3, 2)
      await until('one half is passed over', async () => (await places(1)).includes('3 1 half_waits'))
      expect(await held(1)).toBe('5,6')
      await raise(4, 2)
      await seated(db, 4, [1, 2])
      expect(await held(1)).toBe('3,4')
      await registrar.promoter.stop()
      await sound(db)
    })
  },
  // which places become one is decided before any lock; what is locked then is tried above
  ['mariadb'],
)
