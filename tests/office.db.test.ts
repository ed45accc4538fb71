/** What the registrar's office changes: windows, meetings, cancellations; what was shown is what is done, and it is done once. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createOfficeReader } from '../apps/portal/src/catalogue/index.ts'
import { termBase } from '../apps/portal/src/catalogue/office.ts'
import { readHurt } from '../apps/portal/src/catalogue/office-hurt.ts'
import { PortalError } from '../apps/portal/src/errors.ts'
import { markRequest } from '../apps/portal/src/registrar/receipt.ts'
import { at, holders, noLimits, notices, openOffice, seated, sound, staffNumber } from './support/office.ts'
import { describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

describeSource(
  'the registrar’s office',
  (flavour) => {
    it('lets everybody out of a cancelled section, once, and tells them', async () => {
      const { db, ask, office, registrar } = await openOffice(flavour, 5, [
        { capacity: 2, meetings: [['M', '09:00', '09:50']] },
        { capacity: 1, meetings: [['M', '09:00', '09:50']] },
      ])
      for (const id of [1, 2]) await ask(id, [1])
      expect(await ask(3, [1], [1])).toEqual(['waiting'])
      // the fourth holds the second section; the first waits for it, and would be skipped for the hour
      await ask(4, [2])
      await sql`UPDATE meeting SET starts_at = '10:00', ends_at = '10:50' WHERE section_id = 2`.execute(db)
      expect(await ask(1, [2], [2])).toEqual(['waiting'])
      const { rows: dates } = await sql<{ startsOn: string; endsOn: string }>`
        SELECT starts_on AS startsOn, ends_on AS endsOn FROM meeting WHERE id = 2`.execute(db)
      const own = { startsOn: '', endsOn: '', ...dates[0], everyWeeks: 1, roomId: null }
      expect(
        await office.changeMeetings({
          staffNumber,
          sectionId: 2,
          meetings: [{ ...own, id: 2, days: 'M', startsAt: '09:00', endsAt: '09:50' }],
          removed: [],
        }),
      ).toBe(2)
      await registrar.setCapacity({ staffNumber, sectionId: 2, capacity: 2 })
      await until('the first is passed over', async () => (await notices(db, 1)).includes('skipped'))
      expect(await notices(db, 1)).toEqual(['section_changed', 'skipped'])
      const request = markRequest('the-first-form', [])
      const cancel = (form?: typeof request) =>
        office.cancelSection({ staffNumber, sectionId: 1, reason: 'no room', request: form })
      expect(await cancel(request)).toBe(3)
      expect(await cancel()).toBe(0)
      expect(await ask(5, [1])).toEqual(['refused cancelled'])
      expect(await holders(db, 1)).toEqual([])
      await registrar.promoter.sweep()
      await seated(db, 2, [1, 4])
      await registrar.promoter.stop()
      expect(await notices(db, 3)).toEqual(['section_cancelled'])
      const lines = await sql<{ student_id: number; result: string; code: string; told: string | number }>`
        SELECT r.student_id, l.result, x.code, COUNT(n.id) + 0 AS told
          FROM receipt r JOIN receipt_line l ON l.receipt_id = r.id JOIN receipt_reason x ON x.receipt_id = r.id
          JOIN notice n ON n.receipt = r.number AND n.kind = 'section_cancelled'
         WHERE r.kind = 'cancellation' GROUP BY 1, 2, 3 ORDER BY 1`.execute(db)
      expect(lines.rows.map((row) => [row.student_id, row.result, row.code, Number(row.told)])).toEqual([
        [1, 'dropped', 'cancelled', 1],
        [2, 'dropped', 'cancelled', 1],
        [3, 'left', 'cancelled', 1],
      ])
      // an import has reinstated it, and the form comes again, as by a reload of the page: it lets nobody out
      await sql`UPDATE section SET status = 'active' WHERE id = 1`.execute(db)
      expect(await ask(5, [1])).toEqual(['enrolled'])
      expect(await cancel(request)).toBe(3)
      expect(await holders(db, 1)).toEqual([5])
      await sound(db)
    })

    it('changes a section only as it was shown, whoever else changes it, or enrols, meanwhile', async () => {
      const { db, ask, office, drop } = await openOffice(flavour, 12, [
        { capacity: 12, meetings: [['M', '09:00', '09:50']] },
        { capacity: 12, meetings: [['T', '09:00', '09:50']] },
      ])
      await sql`INSERT INTO room (id, campus_id, building, number, seats) VALUES (1, 1, 'Hall', '1', 40)`.execute(
        db,
      )
      for (const id of [1, 2]) await ask(id, [1])
      const { rows: dates } = await sql<{ startsOn: string; endsOn: string }>`
        SELECT starts_on AS startsOn, ends_on AS endsOn FROM meeting WHERE id = 1`.execute(db)
      const own = { startsOn: '', endsOn: '', ...dates[0], everyWeeks: 1, roomId: null }
      const clock = (hour: number, minute: string) => `${String(hour).padStart(2, '0')}:${minute}`
      const times = (hour: number) => ({ startsAt: clock(hour, '00'), endsAt: clock(hour, '50') })
      const meeting = (id: number, days: string, hour: number, roomId: number | null = null) => ({
        ...own,
        id,
        days,
        ...times(hour),
        roomId,
      })
      type Wanted = ReturnType<typeof meeting>
      const shown = async ({ id, days, ...rest }: Wanted) =>
        (await readHurt(db, id, [{ ...rest, id, days: days === 'M' ? [1] : [5] }])).base
      /** section and meeting have the same id here @returns how many were told; null: something had moved */
      const change = async (wanted: Wanted, base: string | undefined) => {
        try {
          return await office.changeMeetings({
            staffNumber,
            sectionId: wanted.id,
            meetings: [wanted],
            removed: [],
            base,
          })
        } catch (error) {
          if (error instanceof PortalError && error.code === 'preview_moved') return null
          throw error
        }
      }
      const first = meeting(1, 'M', 10)
      // one enrols, one goes: as many as before, but not the same
      const before = await shown(first)
      await ask(3, [1])
      await drop(2, 1)
      expect(await change(first, before)).toBe(null)
      expect(await change(first, await shown(first))).toBe(2)
      // a grade is an end: who has withdrawn neither counts nor is told
      await sql`UPDATE enrolment SET grade = 'W' WHERE student_id = 3`.execute(db)
      const told = async () => Promise.all([1, 2, 3].map((id) => notices(db, id)))
      expect(await told()).toEqual([['section_changed'], [], ['section_changed']])
      const second = meeting(1, 'M', 11)
      expect(await change(second, await shown(second))).toBe(1)
      expect(await told()).toEqual([['section_changed', 'section_changed'], [], ['section_changed']])

      // the term’s last day has moved since the form was judged by it: no new day lies outside, one that was there may stay
      await sql`UPDATE term SET ends_on = ends_on - INTERVAL 7 DAY WHERE id = 1`.execute(db)
      const dayBefore = new Date(Date.parse(own.endsOn) - 86_400_000).toISOString().slice(0, 10)
      expect(await change({ ...second, endsOn: dayBefore }, undefined)).toBe(null)
      expect(await change(meeting(1, 'T', 11), undefined)).toBe(1)
      await sql`UPDATE term SET ends_on = ends_on + INTERVAL 7 DAY WHERE id = 1`.execute(db)

      // several who were shown the same at the same time: one of them does it
      const hours = [12, 13, 14, 15]
      const race = async (bases: readonly (string | undefined)[]) =>
        (await Promise.all(hours.map((hour, index) => change(meeting(1, 'M', hour), bases[index])))).filter(
          (one) => one !== null,
        ).length
      expect(await race(await Promise.all(hours.map((hour) => shown(meeting(1, 'M', hour)))))).toBe(1)
      // without the guard the last one has it, and the others never knew
      expect(await race(hours.map(() => undefined))).toBe(hours.length)

      // two sections into one room at one hour: each was shown that nothing is in the way
      const rooms = async (guarded: boolean) => {
        const both = [meeting(1, 'F', 9, 1), meeting(2, 'F', 9, 1)]
        const bases = await Promise.all(both.map(shown))
        const done = await Promise.all(
          both.map((one, index) => change(one, guarded ? bases[index] : undefined)),
        )
        await sql`UPDATE meeting SET room_id = NULL, days = 'M', starts_at = '08:00', ends_at = '08:50'`.execute(
          db,
        )
        return done.filter((one) => one !== null).length
      }
      expect([await rooms(true), await rooms(false)]).toEqual([1, 2])

      // whoever enrols at that moment was shown, and is told, or came after it
      for (let turn = 4; turn <= 12; turn += 1) {
        const wanted = meeting(1, 'M', turn + 5)
        const base = await shown(wanted)
        const [done] = await Promise.all([change(wanted, base), ask(turn, [1])])
        if (done !== null) expect([turn, done]).toEqual([turn, turn - 3])
        expect(await notices(db, turn)).toEqual([])
        const again = await change(wanted, await shown(wanted))
        expect(again).toBe(done === null ? turn - 2 : 0)
        await sql`DELETE e FROM outgoing_email e JOIN notice n ON n.id = e.notice_id
          WHERE n.student_id = ${turn}`.execute(db)
        await sql`DELETE FROM notice WHERE student_id = ${turn}`.execute(db)
      }
      const cancel = (base: string) =>
        office.cancelSection({ staffNumber, sectionId: 1, reason: 'no room', base })
      const { base } = await readHurt(db, 1)
      await drop(4, 1)
      await expect(cancel(base)).rejects.toMatchObject({ code: 'preview_moved' })
      expect(await ask(4, [1])).toEqual(['enrolled'])
      const now = await readHurt(db, 1)
      expect(await cancel(now.base)).toBe(now.enrolled)
      await sound(db)
    })

    it('names whoever teaches elsewhere at that hour, beside others too, and nobody whose meeting it is not', async () => {
      const { db } = await openOffice(flavour, 1, [
        {
          meetings: [
            ['M', '09:00', '09:50'],
            ['T', '09:00', '09:50'],
          ],
        },
        { meetings: [['F', '10:00', '10:50']] },
      ])
      await sql`INSERT INTO instructor (id, number, given_name, family_name, email, search_text)
        VALUES (1, 'I1', 'Ann', 'Lee', '', ''), (2, 'I2', 'Bo', 'Ruiz', '', ''), (3, 'I3', 'Cy', 'Tan', '', '')`.execute(
        db,
      )
      // Ann has the first section's first meeting with Bo, Cy its second one; Cy and Bo teach elsewhere, Bo as the second of two
      const teaches = (meeting: number, instructor: number) =>
        sql`UPDATE meeting SET instructor_id = ${instructor} WHERE id = ${meeting}`.execute(db)
      for (const [meeting, instructor] of [
        [1, 1],
        [2, 3],
        [3, 3],
      ] as const)
        await teaches(meeting, instructor)
      await sql`INSERT INTO co_instructor (meeting_id, position, instructor_id) VALUES (1, 2, 2), (3, 2, 2)`.execute(
        db,
      )
      const files = createOfficeReader(db)
      const known = await files.meetings(1)
      const moved = (id: number | null) => {
        const { days: _, ...pattern } = known[0] ?? { days: [], startsOn: '', endsOn: '' }
        return { ...pattern, id, days: [5] as const, startsAt: '10:30', endsAt: '11:20', roomId: null }
      }
      const names = async (id: number | null) =>
        (await files.hurt(1, [moved(id)])).taken.map((words) => words.split(':')[0])
      expect(await names(1)).toEqual(['Bo Ruiz'])
      expect(await names(2)).toEqual(['Cy Tan'])
      // a new one is given by the first instructor that the section has, who is free
      expect(await names(null)).toEqual([])
      await teaches(1, 3)
      expect(await names(null)).toEqual(['Cy Tan'])
      expect((await files.hurt(1, [moved(1)])).taken).toEqual([
        'Cy Tan: CS 1001-002 (Fri 10:30–10:50)',
        'Bo Ruiz: CS 1001-002 (Fri 10:30–10:50)',
      ])
    })

    it('does each form once, however often it is sent, and answers as the first time', async () => {
      const { db, ask, office, registrar } = await openOffice(flavour, 3, [
        { course: 1, meetings: [['M', '09:00', '09:50']] },
        { course: 1 },
        { course: 2 },
      ])
      for (const id of [1, 2]) await ask(id, [1])
      await sql`UPDATE section SET component = 'laboratory' WHERE id = 2`.execute(db)
      const { rows: dates } = await sql<{ startsOn: string; endsOn: string }>`
        SELECT starts_on AS startsOn, ends_on AS endsOn FROM meeting WHERE id = 1`.execute(db)
      const added = { id: null, startsOn: '', endsOn: '', ...dates[0], everyWeeks: 1, roomId: null }
      const student = { studentId: 1 }
      const none = { sectionId: null, courseId: null, termId: null, credits: null, expiresAt: null }
      const group = { level: null, programme: null }
      const times = { days: 'F', startsAt: '09:00', endsAt: '09:50' }
      const meetings = [{ ...added, ...times }]
      type By = Parameters<typeof office.placeHold>[0]
      /** each changing form, and what is counted of it: rows that are added, or that hold */
      const forms: readonly (readonly [
        (by: Pick<By, 'staffNumber' | 'request'>) => Promise<unknown>,
        string,
      ])[] = [
        [(by) => office.placeHold({ ...by, ...student, reason: 'A fee', office: 'x' }), 'student_hold'],
        [(by) => office.releaseHold({ ...by, ...student, holdId: 1, reason: 'paid' }), 'notice'],
        [
          (by) => office.grantOverride({ ...by, ...student, ...none, rule: 'window', reason: 'x' }),
          'rule_override',
        ],
        [(by) => office.revokeOverride({ ...by, ...student, overrideId: 1, reason: 'x' }), 'notice'],
        [
          (by) =>
            office.addTranscriptEntry({
              ...by,
              ...student,
              course: 'CS 1',
              title: 'x',
              credits: 3,
              grade: 'A',
              source: 'transfer',
              completedOn: '2020-01-01',
            }),
          'transcript_entry',
        ],
        [
          (by) =>
            office.addWindow({
              ...by,
              ...group,
              termId: 1,
              label: 'x',
              creditsFrom: null,
              opensAt: at(-1),
            }),
          'registration_window',
        ],
        [(by) => office.removeWindow({ ...by, termId: 1, windowId: 1 }), 'staff_action'],
        [
          (by) =>
            office.moveRegistration({ ...by, termId: 1, opensAt: at(-2), closesAt: at(9), reason: 'x' }),
          'staff_action',
        ],
        [
          (by) =>
            office.addReserve({
              ...by,
              ...group,
              sectionId: 1,
              label: 'x',
              classYear: null,
              seats: 2,
              until: null,
            }),
          'seat_reserve',
        ],
        [(by) => office.endReserve({ ...by, sectionId: 1, reserveId: 1 }), 'staff_action'],
        [(by) => office.changeMeetings({ ...by, sectionId: 1, meetings, removed: [] }), 'meeting'],
        [(by) => office.linkSections({ ...by, sectionId: 1, partnerIds: [2, 3] }), 'section_link'],
        [(by) => office.unlinkSections({ ...by, sectionId: 1, partnerId: 2 }), 'staff_action'],
        [(by) => registrar.setCapacity({ ...by, sectionId: 1, capacity: 7 }), 'staff_action'],
        [(by) => office.cancelSection({ ...by, sectionId: 1, reason: 'x' }), 'receipt'],
      ]
      const count = async (table: string) =>
        Number(
          (await sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql.table(table)}`.execute(db)).rows[0]?.n,
        )
      for (const [index, [send, table]] of forms.entries()) {
        const request = markRequest(`form-${index}-key`, ['content'])
        const before = await count(table)
        const trail = await count('staff_action')
        // a double click, and a form that is sent again after its answer was lost
        const both = await Promise.all([send({ staffNumber, request }), send({ staffNumber, request })])
        const once = await count(table)
        const answers = [...both, await send({ staffNumber, request })].map((one) => one ?? null)
        expect([index, new Set(answers.map((one) => JSON.stringify(one))).size]).toEqual([index, 1])
        expect([index, once - before > 0, await count(table)]).toEqual([index, true, once])
        expect([index, (await count('staff_action')) - trail]).toEqual([index, index === 11 ? 2 : 1])
        // the same key under another form is a mistake, and does nothing
        const other = markRequest(request.key, ['another'])
        await expect(send({ staffNumber, request: other })).rejects.toMatchObject({ code: 'request_reused' })
      }
      // without a key each is a form of its own
      const [place = () => Promise.resolve()] = forms[0] ?? []
      for (const _ of [1, 2]) await place({ staffNumber })
      expect(await count('student_hold')).toBe(3)
      // what was undone left no key: it can be sent again
      const request = markRequest('form-undone-key', ['content'])
      const gone = { staffNumber, request, sectionId: 99, capacity: 3 }
      for (const _ of [1, 2])
        await expect(registrar.setCapacity(gone)).rejects.toMatchObject({ code: 'not_found' })
      expect(await office.outcome({ staffNumber, request })).toBe(null)

      // a term is changed only as it was judged: of two at once the second one finds another term
      const { code } = await db.selectFrom('term').select('code').executeTakeFirstOrThrow()
      const term = await createOfficeReader(db).term(code)
      const base = term === null ? '' : termBase(term)
      const move = (days: number, judged?: string) =>
        office
          .moveRegistration({
            staffNumber,
            termId: 1,
            opensAt: at(-2),
            closesAt: at(days),
            reason: 'x',
            base: judged,
          })
          .catch((error: unknown) => (error instanceof PortalError ? error.code : error))
      const race = await Promise.all([move(20, base), move(21, base)])
      expect([race.includes('preview_moved'), race.includes(true)]).toEqual([true, true])
      for (const change of [
        () => office.setTerm({ staffNumber, termId: 1, settings: noLimits, base }),
        () =>
          office.addWindow({
            ...group,
            staffNumber,
            termId: 1,
            label: 'x',
            creditsFrom: null,
            opensAt: at(1),
            base,
          }),
      ])
        await expect(change()).rejects.toMatchObject({ code: 'preview_moved' })
      // negative control: without it both are done, and the first one never knew
      expect(await Promise.all([move(22), move(23)])).toEqual([true, true])
      await registrar.promoter.stop()
    })
  },
  ['mariadb', 'mysql'],
)
