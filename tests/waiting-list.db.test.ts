/** Waiting lists, swaps and the wishes of a submission, case by case. What random histories do: registration-model.db.test.ts. */
import { expect, it } from 'vitest'
import { createCatalogue } from '../apps/portal/src/catalogue/index.ts'
import { checkSeats } from '../apps/portal/src/catalogue/ledger.ts'
import type { Receipt } from '../apps/portal/src/catalogue/types.ts'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import { seats } from '../apps/portal/src/db/migrations/0006-seats.ts'
import { student } from '../apps/portal/src/db/migrations/0008-student.ts'
import { together } from '../apps/portal/src/db/migrations/0014-together.ts'
import { allReasons } from '../apps/portal/src/db/migrations/0017-all-reasons.ts'
import { createCarts, createRegistrar } from '../apps/portal/src/registrar/index.ts'
import { addRegistrar, makeSchool, type SectionPlan, patient } from './support/school.ts'
import { atEnd, describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

const said = ({ lines }: Receipt) =>
  lines.map(({ result, listPosition, reasons }) =>
    [result, listPosition ?? '', ...reasons.map(({ code }) => code)].join(' ').trim().replaceAll('  ', ' '),
  )

const morning = [['MWF', '09:00', '09:50']] as const
const noon = [['MWF', '12:00', '12:50']] as const

describeSource(
  'waiting lists',
  (flavour) => {
    const open = async (students: number, sections: readonly SectionPlan[]) => {
      const { db, database } = await makeSchool(flavour, { students, sections })
      await addRegistrar(db)
      const registrar = createRegistrar(db, patient)
      const catalogue = createCatalogue(db)
      const register = (studentId: number, ...ids: readonly string[]) =>
        registrar.register({ studentId, sections: ids, waitlist: ids, request: undefined })
      const enrolmentOf = async (studentId: number, sectionId: number) => {
        const row = await db
          .selectFrom('enrolment')
          .select('id')
          .where('student_id', '=', studentId)
          .where('section_id', '=', sectionId)
          .executeTakeFirst()
        return row === undefined ? '0' : String(row.id)
      }
      const drop = async (studentId: number, sectionId: number) =>
        registrar.drop({
          studentId,
          enrolmentId: await enrolmentOf(studentId, sectionId),
          request: undefined,
        })
      const held = async (studentId: number) =>
        (await catalogue.schedule(studentId, '203010')).entries.map(({ section }) => section.id)
      const holds = (studentId: number, ...ids: readonly number[]) =>
        until(
          `student ${studentId} holds ${ids.join()}`,
          async () => (await held(studentId)).join() === ids.join(),
        )
      return { db, database, registrar, catalogue, register, enrolmentOf, drop, held, holds }
    }
    const noticesOf = async (db: Db, studentId: number) =>
      (await createCatalogue(db).notices(studentId)).notices.map(({ kind, reason }) => reason?.code ?? kind)

    it('is joined at its end, moves up, and nobody overtakes it', async () => {
      const { db, registrar, catalogue, register, drop, holds } = await open(4, [{ capacity: 1 }])
      expect(said(await register(1, '1'))).toEqual(['enrolled'])
      expect(said(await register(2, '1'))).toEqual(['waiting 1'])
      expect(said(await register(3, '1'))).toEqual(['waiting 2'])
      // again is no second place; and who only wants a seat gets none
      expect(said(await register(3, '1'))).toEqual(['refused already_waiting'])
      const [place] = (await catalogue.schedule(3, '203010')).waiting
      expect(place).toMatchObject({ position: 2, length: 2, passed: null, gives: null })

      await drop(1, 1)
      await holds(2, 1)
      expect(await noticesOf(db, 2)).toEqual(['promoted'])
      const left = await registrar.leave({
        studentId: 3,
        entryId: String(place?.entryId),
        request: undefined,
      })
      expect(said(left)).toEqual(['left'])
      await expect(
        registrar.leave({ studentId: 2, entryId: String(place?.entryId), request: undefined }),
      ).rejects.toMatchObject({ code: 'not_found' })
      expect(await checkSeats(db)).toEqual([])
    })

    it('a seat that is free while somebody waits is not given to anybody else', async () => {
      const { db, registrar, register } = await open(3, [{ capacity: 1 }])
      await register(1, '1')
      await register(2, '1')
      // the process that freed the seat dies before it promotes
      await db.updateTable('section').set({ capacity: 2 }).execute()
      const walkIn = await registrar.register({ studentId: 3, sections: ['1'], request: undefined })
      expect(said(walkIn)).toEqual(['refused full'])
      // negative control: by the seats alone there was one
      const { enrolled, capacity } = await db.selectFrom('section').selectAll().executeTakeFirstOrThrow()
      expect(enrolled).toBeLessThan(capacity)
    })

    it('is served by any process, when the one that freed the seat is gone', async () => {
      const { db, database, register, holds } = await open(2, [{ capacity: 1 }])
      await register(1, '1')
      await register(2, '1')
      await db.updateTable('section').set({ capacity: 2 }).execute()
      const elsewhere = connectSource(database.url, { size: 4 })
      atEnd(() => elsewhere.destroy())
      const others = [createRegistrar(elsewhere, patient), createRegistrar(elsewhere, patient)]
      for (const { promoter } of others) promoter.start()
      await holds(2, 1)
      for (const { promoter } of others) await promoter.stop()
      expect(await noticesOf(db, 2)).toEqual(['promoted'])
    })

    it('passes over who cannot take the seat, says why, and keeps the place', async () => {
      const { db, registrar, catalogue, register, drop, holds } = await open(4, [
        { capacity: 1, meetings: morning },
        { meetings: morning },
      ])
      await register(1, '1')
      await register(2, '1')
      await register(3, '1')
      expect(said(await register(2, '2'))).toEqual(['enrolled'])
      await drop(1, 1)
      await holds(3, 1)
      expect(await noticesOf(db, 2)).toEqual(['overlaps'])
      const [place] = (await catalogue.schedule(2, '203010')).waiting
      expect(place).toMatchObject({ position: 1, passed: { code: 'overlaps' } })
      // with nobody else waiting, a free seat is everybody's …
      await registrar.setCapacity({ staffNumber: 'R1', sectionId: 1, capacity: 2 })
      await registrar.promoter.stop()
      const again = createRegistrar(db, patient)
      expect(said(await again.register({ studentId: 4, sections: ['1'], request: undefined }))).toEqual([
        'enrolled',
      ])
      // … until what stood in the way is dropped: then the place counts again, before anybody else
      await drop(2, 2)
      expect(said(await register(1, '1'))).toEqual(['waiting 2'])
      await drop(4, 1)
      await holds(2, 1)
      expect(await noticesOf(db, 2)).toEqual(['promoted', 'overlaps'])
      expect(await checkSeats(db)).toEqual([])
    })

    it('gives the seats of a raised capacity to the list, and takes none away when it is lowered', async () => {
      const { db, registrar, catalogue, register, holds } = await open(4, [{ capacity: 1 }])
      for (const student of [1, 2, 3, 4]) await register(student, '1')
      expect(await registrar.setCapacity({ staffNumber: 'R1', sectionId: 1, capacity: 3 })).toBe(true)
      await holds(2, 1)
      await holds(3, 1)
      expect(await registrar.setCapacity({ staffNumber: 'R1', sectionId: 1, capacity: 1 })).toBe(true)
      expect(await registrar.setCapacity({ staffNumber: 'R1', sectionId: 1, capacity: 1 })).toBe(false)
      expect(await registrar.promoter.sweep()).toBe(0)
      const now = await catalogue.seatsAt(1, null)
      expect(now.holders.map(({ number }) => number)).toEqual(['S1', 'S2', 'S3'])
      expect(now.list.map(({ number }) => number)).toEqual(['S4'])
      expect(now.events.filter(({ event }) => event === 'capacity_changed')[0]?.staffNumber).toBe('R1')
      // who held what before the first promotion: asked of the ledger by the moment
      const first = now.events.findLast(({ event }) => event === 'capacity_changed')
      const before = await catalogue.seatsAt(1, (first?.at ?? '').replace('T', ' ').replace('Z', ''))
      expect(before.holders.map(({ number }) => number)).toEqual(['S1'])
      expect(before.list.map(({ number }) => number)).toEqual(['S2', 'S3', 'S4'])
      expect(await checkSeats(db)).toEqual([])
    })

    it('swaps in one step, or not at all; and keeps the old seat until the new one arrives', async () => {
      const { db, registrar, register, enrolmentOf, drop, held, holds } = await open(3, [
        { capacity: 1, meetings: morning },
        { capacity: 1, meetings: morning },
        { meetings: noon },
      ])
      const swap = async (studentId: number, from: number, to: string, waitlist = false) =>
        registrar.swap({
          studentId,
          enrolmentId: await enrolmentOf(studentId, from),
          sectionId: to,
          waitlist,
          request: undefined,
        })
      await register(1, '1')
      await register(2, '2')
      await register(3, '3')
      expect(said(await swap(2, 2, '1'))).toEqual(['refused full', 'kept'])
      expect(said(await swap(2, 2, '2'))).toEqual(['refused already_enrolled', 'kept'])
      expect(said(await swap(2, 2, '77'))).toEqual(['refused unknown_section', 'kept'])
      await expect(swap(2, 1, '3')).rejects.toMatchObject({ code: 'not_found' })
      expect(said(await swap(2, 2, '1', true))).toEqual(['waiting 1', 'kept'])
      // somebody waits for what will be given up: one arrival serves both
      expect(said(await register(3, '2'))).toEqual(['waiting 1'])
      expect(await held(2)).toEqual([2])
      await drop(1, 1)
      await holds(2, 1)
      await holds(3, 2, 3)
      expect(said(await swap(3, 3, '3'))).toEqual(['refused already_enrolled', 'kept'])
      expect(said(await swap(2, 1, '3'))).toEqual(['enrolled', 'dropped'])
      expect(await held(2)).toEqual([3])
      expect(await checkSeats(db)).toEqual([])
    })

    it('lets a place that was there before take the place of what has come to stand in its way', async () => {
      const { db, registrar, catalogue, register, enrolmentOf, drop, held, holds } = await open(3, [
        { capacity: 1, meetings: morning },
        { meetings: morning },
        { capacity: 1, course: 1_001, meetings: noon },
      ])
      const swap = async (from: number, to: string, waitlist: boolean) =>
        registrar.swap({
          studentId: 2,
          enrolmentId: await enrolmentOf(2, from),
          sectionId: to,
          waitlist,
          request: undefined,
        })
      await register(1, '1', '3')
      await register(2, '1', '3')
      await register(2, '2')
      await drop(1, 1)
      await until('it is passed over', async () => (await noticesOf(db, 2)).includes('overlaps'))
      const [passed] = (await catalogue.schedule(2, '203010')).waiting
      // as the reason of the skip says: swapped, and what is held is kept until then
      expect(said(await swap(2, '1', false))).toEqual(['refused already_waiting', 'kept'])
      expect(said(await swap(2, '1', true))).toEqual(['waiting 1', 'kept'])
      await holds(2, 1)
      const receipts = await catalogue.receipts(2)
      expect(receipts.receipts[0]?.lines.map(({ result }) => result)).toEqual(['enrolled', 'dropped'])
      // a place in force keeps its ticket, and its turn is awaited
      expect(said(await register(3, '3'))).toEqual(['waiting 2'])
      expect(said(await swap(1, '3', true))).toEqual(['waiting 1', 'kept'])
      const now = (await catalogue.schedule(2, '203010')).waiting
      expect(now).toMatchObject([{ position: 1, gives: 'CS 1000-001', passed: null }])
      expect(passed?.position).toBe(1)
      expect(await held(2)).toEqual([1])
      await drop(1, 3)
      await holds(2, 3)
      expect(await checkSeats(db)).toEqual([])
      const { events } = await catalogue.seatsAt(1, null)
      expect(events.map(({ event }) => event)).toEqual([
        'swapped_out',
        'promoted',
        'reinstated',
        'skipped',
        'dropped',
        'wait_listed',
        'enrolled',
      ])
    })

    it('does all or nothing, and fallbacks in their order', async () => {
      const { db, registrar, register, held, drop, holds } = await open(3, [
        { capacity: 1 },
        { meetings: morning },
        { meetings: morning },
        { capacity: 1 },
      ])
      await register(1, '1', '4')
      const submit = (studentId: number, more: object) =>
        registrar.register({ studentId, sections: [], request: undefined, ...more })
      expect(said(await submit(2, { sections: ['2', '1'], mode: 'all' }))).toEqual([
        'refused all_or_nothing',
        'refused full',
      ])
      expect(await held(2)).toEqual([])
      const else_ = { sections: ['1', '3', '2'], mode: 'all', fallbacks: ['3:1', '2:3'] }
      expect(said(await submit(2, else_))).toEqual(['refused full', 'enrolled', 'spare not_needed'])
      expect(await held(2)).toEqual([3])
      // wait for 1, have 2 meanwhile, and give it up when 1 arrives
      const meanwhile = { sections: ['1', '2'], waitlist: ['1'], fallbacks: ['2:1'] }
      expect(said(await submit(3, meanwhile))).toEqual(['waiting 1', 'enrolled'])
      expect(await held(3)).toEqual([2])
      await drop(1, 1)
      await holds(3, 1)
      expect(await checkSeats(db)).toEqual([])
    })

    it('keeps the order and the fallbacks of a cart', async () => {
      const { db, catalogue } = await open(1, [{}, {}, {}])
      const carts = createCarts(db)
      const order = async () =>
        (await catalogue.cart(1)).entries.map(({ section, fallbackFor }) => [section.id, fallbackFor])
      await carts.add(1, ['1', '2'])
      await carts.add(1, ['3'])
      await carts.arrange(1, { move: { section: '3', by: -1 } })
      expect(await order()).toEqual([
        [1, null],
        [3, null],
        [2, null],
      ])
      await carts.arrange(1, { fallback: { section: '1', insteadOf: '2' } })
      expect(await order()).toEqual([
        [2, null],
        [1, 2],
        [3, null],
      ])
      // A else B, then B else A: the later wish counts; nonsense changes nothing
      await carts.arrange(1, { fallback: { section: '2', insteadOf: '1' } })
      expect(await order()).toEqual([
        [1, null],
        [2, 1],
        [3, null],
      ])
      await carts.arrange(1, { fallback: { section: '9', insteadOf: '1' }, move: { section: '1', by: -1 } })
      await carts.arrange(1, { fallback: { section: '3', insteadOf: '3' } })
      expect(await order()).toEqual([
        [1, null],
        [2, 1],
        [3, null],
      ])
      await carts.remove(1, ['1'])
      expect(await order()).toEqual([
        [2, null],
        [3, null],
      ])
    })

    it('comes to a database with enrolments, and its ledger tells of them; also when the migration was cut off', async () => {
      const { db, register } = await open(3, [{ capacity: 2 }, {}])
      await register(1, '1', '2')
      await register(2, '1')
      if (seats.down === undefined || student.down === undefined) throw new Error('it cannot be undone')
      await student.down(db)
      await seats.down(db)
      await seats.up(db)
      await seats.up(db)
      await student.up(db)
      await student.up(db)
      await together.up(db)
      await together.up(db)
      await allReasons.up(db)
      await allReasons.up(db)
      expect(await checkSeats(db)).toEqual([])
      const { events } = await createCatalogue(db).seatsAt(1, null)
      expect(events.map(({ event, student }) => [event, student?.number])).toEqual([
        ['imported', 'S2'],
        ['imported', 'S1'],
      ])
      expect(said(await register(3, '1'))).toEqual(['waiting 1'])
    })

    it('is checked: a row, a counter or an event that is wrong is told', async () => {
      const { db, register } = await open(2, [{ capacity: 1 }])
      await register(1, '1')
      await register(2, '1')
      const wrong = async (spoil: () => Promise<unknown>, mend: () => Promise<unknown>) => {
        await spoil()
        const faults = await checkSeats(db)
        await mend()
        return faults.length
      }
      const section = (values: object) => () => db.updateTable('section').set(values).execute()
      expect(await wrong(section({ enrolled: 0 }), section({ enrolled: 1 }))).toBeGreaterThan(0)
      expect(await wrong(section({ waiting: 0 }), section({ waiting: 1 }))).toBeGreaterThan(0)
      expect(await wrong(section({ overfull: 1 }), section({ overfull: 0 }))).toBe(1)
      expect(await checkSeats(db)).toEqual([])
      // a seat beyond the capacity that no permission gave
      const capacity = (seats: number) => async () => {
        await db
          .updateTable('section')
          .set({ overfull: 1 - seats, capacity: seats })
          .execute()
        await db.updateTable('seat_event').set({ capacity: seats }).execute()
      }
      expect(await wrong(capacity(0), capacity(1))).toBe(1)
      expect(await checkSeats(db)).toEqual([])
      await db.deleteFrom('enrolment').execute()
      expect((await checkSeats(db)).map(({ words }) => words)).toEqual([
        'the counter says 1 enrolled, there are 0 enrolments',
      ])
    })
  },
  ['mariadb', 'mysql'],
)
