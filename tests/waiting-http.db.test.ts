/** Waiting list, swap, notices and the registrar's desk over HTTP: who may see what, and what wrong input is answered. */
import { beforeAll, expect, it } from 'vitest'
import type { Receipt, Schedule, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import type { SeatsAt } from '../apps/portal/src/catalogue/types-seats.ts'
import { allSections, compatible, full } from './support/choose.ts'
import { Client, type SampleSchool, sampleSchool, startPortal } from './support/portal.ts'
import { describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

interface Answered {
  readonly receipt: string
  readonly results: readonly { readonly result: string; readonly listPosition: number | null }[]
}

describeSource(
  'waiting lists over HTTP',
  (flavour) => {
    let url: string
    let school: SampleSchool
    let student: Client
    let other: Client
    let staff: Client
    let wanted: SectionRow
    let rows: readonly SectionRow[]

    const signedIn = async (role: string, index: number) => {
      const account = school.accounts.filter((one) => one.role === role)[index]
      if (account === undefined) throw new Error(`the sample has no ${role} ${index}`)
      const client = new Client(url)
      await client.signIn(account)
      return client
    }

    beforeAll(async () => {
      school = await sampleSchool(flavour)
      url = (await startPortal(school.database.url)).url
      student = await signedIn('student', 0)
      other = await signedIn('student', 1)
      staff = await signedIn('registrar', 0)
      rows = await allSections(student)
      wanted = full(rows)
    })

    it('joins, shows the place everywhere, gets the seat when the capacity is raised, and says so', async () => {
      const id = String(wanted.id)
      expect((await student.page(`/sections/${id}`)).text).toContain(
        'You would be number 1 on the waiting list',
      )
      const joined = await student.postJson('/register', { section: id, waitlist: id })
      const { receipt, results } = JSON.parse(joined.text) as Answered
      expect(results).toMatchObject([{ result: 'waiting', listPosition: 1 }])
      expect((await student.page(`/receipts/${receipt}`)).text).toContain('You are on 1 waiting list')
      for (const path of ['/schedule', `/sections/${id}`])
        expect((await student.page(path)).text).toContain('Number 1 of 1 on the waiting list')
      expect((await other.page(`/sections/${id}`)).text).toContain('1 student waits for the next seat')
      const refused = await other.postJson('/register', { section: id })
      expect(refused.text).toContain('"full"')

      const seats = `/registrar/sections/${id}`
      const before = await staff.json<{ section: SectionRow }>(seats)
      for (const capacity of ['', '-1', '1.5', 'many', '10001', '9'.repeat(150)]) {
        const answer = await staff.post(`${seats}/capacity`, { capacity })
        expect([capacity, answer.status]).toEqual([capacity, 422])
        expect(answer.text).toContain('Give a whole number of seats')
      }
      const { capacity } = before.section.seats
      const raised = await staff.post(`${seats}/capacity`, { capacity: String(capacity + 1) })
      expect(raised.status).toBe(303)
      const holds = async () => (await student.json<Schedule>('/schedule')).entries
      await until('the seat has arrived', async () =>
        (await holds()).some(({ section }) => section.id === wanted.id),
      )
      const notices = await student.page('/notices')
      expect(notices.text).toContain(`You have got a seat in ${wanted.code}`)
      expect(notices.text).toContain('>New<')
      const upTo = /name="upTo" value="(\d+)"/.exec(notices.text)?.[1] ?? ''
      expect((await other.post('/notices', { upTo })).status).toBe(303)
      expect((await student.page('/notices')).text).toContain('>New<')
      await student.post('/notices', { upTo })
      expect((await student.page('/notices')).text).not.toContain('>New<')
      for (const wrong of ['x', '-1', '1e99', ''])
        expect([wrong, (await student.post('/notices', { upTo: wrong })).status < 500]).toEqual([wrong, true])

      const page = await staff.page(seats)
      for (const words of ['Got a seat from the waiting list', 'Capacity changed', 'rows and ledger agree'])
        expect(page.text).toContain(words)
      for (const wrong of ['yesterday', '2026-02-31T10:00:00', '2026-02-28T24:00:00'])
        expect([wrong, (await staff.page(`${seats}?at=${wrong}`)).status]).toEqual([wrong, 422])
      // a moment of the ledger leads to the seats as they were then: the raised capacity, and nobody in the new seat
      const { events } = (await staff.json<{ seats: SeatsAt }>(seats)).seats
      const raise = events.find(({ event }) => event === 'capacity_changed')
      expect(page.text).toContain(`?at=${raise?.at}`)
      const then = (await staff.json<{ seats: SeatsAt }>(`${seats}?at=${raise?.at}`)).seats
      expect(then.events[0]).toEqual(raise)
      expect((await staff.page(`${seats}?at=${raise?.at}`)).text).toContain('The seats as they were at 20')
      expect(then.holders.length).toBe(raise?.enrolled)
      const past = await staff.json<{ seats: { holders: unknown[]; list: unknown[] } }>(
        `${seats}?at=2001-01-01T00:00`,
      )
      expect(past.seats).toMatchObject({ holders: [], list: [] })
    })

    it('swaps, and refuses what is not one’s own', async () => {
      const { entries } = await student.json<Schedule>('/schedule')
      const held = entries.map(({ section }) => section)
      const spare = compatible(rows, 4, held)
      await student.post('/register', { section: String(spare[0]?.id) })
      const again = await student.json<Schedule>('/schedule')
      const mine = again.entries.find(({ section }) => section.id === spare[0]?.id)
      const form = { enrolment: String(mine?.enrolmentId), section: String(spare[1]?.id) }
      expect((await student.page(`/sections/${form.section}`)).text).toContain(
        'Take it in place of a section you have',
      )
      expect((await other.post('/swap', form)).status).toBe(404)
      for (const wrong of [{}, { ...form, enrolment: '' }, { ...form, enrolment: 'x' }])
        expect((await student.post('/swap', wrong)).status).toBe(404)
      const done = await student.post('/swap', { ...form, request: 'swap-it-once' })
      expect(done.location).toMatch(/^\/receipts\//)
      expect((await student.post('/swap', { ...form, request: 'swap-it-once' })).location).toBe(done.location)
      const receipt = await student.json<Receipt>(done.location ?? '')
      expect(receipt.lines.map(({ result }) => result)).toEqual(['enrolled', 'dropped'])
      // several in the place of one, as a lecture and its laboratory are
      const now = (await student.json<Schedule>('/schedule')).entries
      const taken = now.find(({ section }) => section.id === spare[1]?.id)
      const both = [String(spare[2]?.id), String(spare[3]?.id)]
      const pair = await student.post('/swap', { enrolment: String(taken?.enrolmentId), section: both })
      const { lines } = await student.json<Receipt>(pair.location ?? '')
      expect(lines.map(({ result, sectionId }) => [result, sectionId])).toEqual([
        ['enrolled', spare[2]?.id],
        ['dropped', spare[1]?.id],
        ['enrolled', spare[3]?.id],
      ])
      expect((await student.page(pair.location ?? '')).status).toBe(200)
      expect((await student.post('/leave', { entry: '1' })).status).toBe(404)

      // any receipt for staff, one's own for students
      const number = receipt.number
      expect((await other.page(`/receipts/${number}`)).status).toBe(404)
      const found = await staff.page(`/registrar?receipt=${number.toLowerCase()}`)
      expect(found.location).toBe(`/registrar/receipts/${number}`)
      expect((await staff.page(found.location ?? '')).text).toContain(receipt.student.number)
      expect((await staff.page('/registrar?receipt=R222-2222-2222')).status).toBe(404)
      expect((await staff.page(`/registrar?crn=${wanted.crn}`)).status).toBeLessThan(400)
      expect((await staff.page('/registrar?crn=zzz')).status).toBe(404)
    })

    it('keeps the desk to staff, and a student’s pages to students', async () => {
      const desk = ['/registrar', '/registrar/sections/1', '/registrar/receipts/R222-2222-2222']
      for (const path of desk) {
        expect((await student.page(path)).status).toBe(403)
        expect((await new Client(url).page(path)).location).toMatch(/^\/sign-in/)
      }
      expect((await student.post('/registrar/sections/1/capacity', { capacity: '500' })).status).toBe(403)
      expect((await new Client(url).post('/registrar/sections/1/capacity', { capacity: '500' })).status).toBe(
        303,
      )
      expect((await staff.page('/notices')).status).toBe(403)
      for (const path of ['/registrar/sections/0', '/registrar/sections/x', '/registrar/receipts/none'])
        expect((await staff.page(path)).status).toBe(404)
    })
  },
  ['mariadb'],
)
