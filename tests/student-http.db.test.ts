/** What a student keeps on the server, over HTTP: one cart for all tabs and devices, and every receipt. */
import { beforeAll, expect, it } from 'vitest'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import type {
  AcademicRecord,
  Cart,
  Receipt,
  ReceiptList,
  Schedule,
} from '../apps/portal/src/catalogue/types.ts'
import type { NoticeList } from '../apps/portal/src/catalogue/types-notices.ts'
import { type Campus, openCampus } from './support/campus.ts'
import { allSections, compatible, labelOf, twinOf } from './support/choose.ts'
import { said } from './support/office.ts'
import { Client, type SampleSchool } from './support/portal.ts'
import { manyNotices } from './support/many-notices.ts'
import { atEnd } from './support/scope.ts'
import { describeSource } from './support/servers.ts'

describeSource(
  'a student’s pages',
  (flavour) => {
    let school: SampleSchool
    let url: string
    let rows: Campus['rows']
    let student: Campus['student']
    let signedIn: Campus['signedIn']

    beforeAll(async () => {
      ;({ school, url, rows, student, signedIn } = await openCampus(flavour))
    })

    it('keeps one cart, in its order and with its fallbacks, for two devices and two tabs', async () => {
      const [laptop, phone] = [await student(0), await student(0)]
      const ids = compatible(rows, 3).map(({ id }) => String(id))
      const [first = '', second = '', third = ''] = ids
      await laptop.post('/cart', { section: [first, second] })
      await phone.post('/cart', { section: [second, third] })
      await laptop.post('/cart', { fallback: second, instead: first })
      await phone.post('/cart', { up: third })
      const [here, there] = [await laptop.json<Cart>('/cart'), await phone.json<Cart>('/cart')]
      expect(here).toEqual(there)
      expect(here.entries.map(({ section }) => section.id)).toEqual([first, third, second].map(Number))
      expect(here.entries.map(({ fallbackFor }) => fallbackFor)).toEqual([null, null, Number(first)])
      // a form of a tab that shows an older cart is dealt with as it stands there, and says what became of it
      await phone.post('/cart', { remove: third })
      const sent = await laptop.postJson('/register', { section: [first, third] })
      expect(sent.text).toContain('"enrolled"')
      expect((await phone.json<Cart>('/cart')).entries.map(({ section }) => section.id)).toEqual([
        Number(second),
      ])
    })

    it('says before the click what the answer would be', async () => {
      const client = await student(2)
      const newcomer = await student(4)
      const held = (await client.json<Schedule>('/schedule')).entries.map(({ section }) => section)
      const [row] = compatible(rows, 1, held)
      const ready = await client.page(`/sections/${row?.id}`)
      for (const words of ['You are ready.', 'Nothing stands in the way', 'Register now'])
        expect(ready.text).toContain(words)
      const asked = await newcomer.page(`/sections/${row?.id}`)
      for (const words of ['What stands in the way now:', 'A hold keeps you from', 'Your own registration'])
        expect(asked.text).toContain(words)
      expect(asked.text).not.toContain('Register now')
      // it can be planned all the same, and nobody else is told anything
      expect(asked.text).toContain('Add to cart')
      expect((await new Client(url).page(`/sections/${row?.id}`)).text).not.toContain('in the way')
    })

    it('says in the cart of each section that it is ready, or what is in its way and where to go on', async () => {
      const client = await student(3)
      const held = (await client.json<Schedule>('/schedule')).entries.map(({ section }) => section)
      const pairs = compatible(rows, 8, held).map((one) => [one, twinOf(rows, one, held)] as const)
      const [one, twin] = pairs.find(([, other]) => other !== undefined) ?? []
      if (one === undefined || twin === undefined) throw new Error('no course with two sections')
      const section = [String(one.id), String(twin.id)]
      await client.post('/cart', { section })
      const { text } = await client.page('/cart')
      for (const words of [
        'You are ready.',
        `Another section of this course, ${labelOf(one)}, stands before it in the same form.`,
        `Move ${labelOf(one)} down`,
        `Move ${labelOf(twin)} up`,
      ])
        expect(text).toContain(words)
      // neither is on the schedule, nor can the first go up or the last down
      for (const words of [
        'You are enrolled in',
        'Take it in place of',
        `Move ${labelOf(one)} up`,
        `Move ${labelOf(twin)} down`,
      ])
        expect(text).not.toContain(words)
      expect((await client.post('/cart', { up: section[1] ?? '' })).location).toBe('/cart?arranged=order')
      const paired = await client.post('/cart', { fallback: section[1] ?? '', instead: section[0] ?? '' })
      expect((await client.page(paired.location ?? '')).text).toContain('Your fallbacks are saved.')
      // "A, else A", and what is in nobody's cart: not said to be saved
      for (const [fallback = '', instead = ''] of [
        [section[0], section[0]],
        ['0', 'x'],
        [section[1], section[0]],
      ])
        expect((await client.post('/cart', { fallback, instead })).location).toBe('/cart?arranged=same')
      expect((await client.page('/cart?arranged=same')).text).toContain('Nothing was changed')
      // what keeps somebody from all of them is said once
      const newcomer = await student(4)
      await newcomer.post('/cart', { section })
      const kept = (await newcomer.page('/cart')).text
      expect(kept).toContain('For each of these sections')
      expect(kept.match(/A hold keeps you from registering/g)).toHaveLength(1)
      expect(kept).not.toContain('You are ready.')
    })

    it('keeps ticks while the pages of a search are turned', async () => {
      const client = await student(2)
      const first = await client.page('/catalogue?size=10')
      const [, one = ''] = /type="checkbox" name="section" value="(\d+)"/.exec(first.text) ?? []
      // the button that turns the page sends the form: without a script, as it stands
      expect(first.text).toMatch(/<button[^>]*formmethod="get"[^>]*formaction="\/catalogue"[^>]*value="2"/)
      const second = await client.page(`/catalogue?back=x&page=2&section=${one}&section=0&section=x`)
      expect(second.text).toContain('Ticked on other pages')
      expect(second.text).toMatch(new RegExp(`name="section" value="${one}" checked`))
      const back = await client.page(`/catalogue?page=1&section=${one}`)
      expect(back.text).not.toContain('Ticked on other pages')
      expect(back.text).toMatch(new RegExp(`name="section" value="${one}" checked`))
      // more than a cart takes are not remembered, and a visitor has none
      const many = Array.from({ length: 300 }, (_, index) => `section=${index + 1}`).join('&')
      expect((await client.page(`/catalogue?q=none+of+it&${many}`)).status).toBe(200)
      expect((await new Client(url).page(`/catalogue?page=2&section=${one}`)).text).not.toContain('checked/>')
    })

    it('says in the cart what was cancelled or filled since', async () => {
      const client = await student(1)
      const [gone, filled] = compatible(rows, 2)
      if (gone === undefined || filled === undefined) throw new Error('no sections')
      await client.post('/cart', { section: [String(gone.id), String(filled.id)] })
      const before = await client.page('/cart')
      expect(before.text).not.toContain('The section has been cancelled.')
      const db = connectSource(school.database.url, { size: 1 })
      atEnd(() => db.destroy())
      await db.updateTable('section').set({ status: 'cancelled' }).where('id', '=', gone.id).execute()
      await db
        .updateTable('section')
        .set((eb) => ({ held: eb('capacity', '-', eb.ref('enrolled')) }))
        .where('id', '=', filled.id)
        .execute()
      const cart = await client.page('/cart')
      expect(cart.text).toContain('The section has been cancelled.')
      expect(cart.text).toContain('you would be number 1')
      // the answer leads on to where the next step is taken
      const sent = await client.post('/register', { section: [String(gone.id), String(filled.id)] })
      expect((await client.page(sent.location ?? '')).text).toContain(
        `href="/sections/${filled.id}">Go to its waiting list</a>`,
      )
    })

    it('shows the academic history: by term, what is under way, and what came from elsewhere', async () => {
      const [client, other] = [await student(2), await student(1)]
      const before = await client.json<AcademicRecord>('/history')
      const graded = before.terms.flatMap(({ lines }) => lines).filter(({ grade }) => grade !== null)
      expect(graded.length).toBeGreaterThan(0)
      const db = connectSource(school.database.url, { size: 1 })
      atEnd(() => db.destroy())
      const entry = {
        course: 'CHEM 999',
        title: 'Chemistry <I>',
        credits: '4.00',
        completed_on: '2025-06-01',
      }
      await db
        .insertInto('transcript_entry')
        .values({
          ...entry,
          student_id: 3,
          grade: 'A',
          source: 'transfer',
          recorded_at: '2026-01-01 00:00:00.000',
          recorded_by: null,
        })
        .execute()
      const after = await client.json<AcademicRecord>('/history')
      expect(after.creditsEarned).toBe(before.creditsEarned + 4)
      expect(after.elsewhere).toContainEqual({
        course: 'CHEM 999',
        title: 'Chemistry <I>',
        credits: 4,
        grade: 'A',
        source: 'transfer',
        completedOn: '2025-06-01',
      })
      const page = await client.page('/history')
      for (const words of ['Chemistry &lt;I>', 'Transferred, 1 Jun 2025', graded[0]?.title ?? ''])
        expect(page.text).toContain(words)
      expect((await other.page('/history')).text).not.toContain('CHEM 999')
      // what has no grade in a term that is over is not under way
      const past = after.terms.find(({ over, lines }) => over && lines.some(({ grade }) => grade !== null))
      const none = (shown: string) => shown.split('No grade').length - 1
      const ungraded = () =>
        db
          .updateTable('enrolment')
          .set({ grade: null })
          .where('student_id', '=', 3)
          .where('section_id', 'in', (eb) =>
            eb
              .selectFrom('section')
              .innerJoin('term', 'term.id', 'section.term_id')
              .select('section.id')
              .where('term.name', '=', past?.name ?? ''),
          )
          .execute()
      await ungraded()
      expect(none((await client.page('/history')).text)).toBe(
        none(page.text) + (past?.lines ?? []).filter(({ grade }) => grade !== null).length,
      )
      expect((await new Client(url).page('/history')).location).toBe('/sign-in?next=%2Fhistory')
    })

    it('lists every receipt to its student, finds one by number, and shows nobody else’s', async () => {
      const [client, other] = [await student(2), await student(3)]
      expect((await other.page('/receipts')).text).toContain('No receipts yet')
      const { entries } = await client.json<Schedule>('/schedule')
      // another test has cancelled one since
      const [section] = compatible(
        await allSections(client),
        1,
        entries.map((entry) => entry.section),
      )
      const form = { section: String(section?.id), request: 'one-form-of-a-tab' }
      const sent = await client.post('/register', form)
      // from the other tab, or after a lost reply
      expect((await client.post('/register', form)).location).toBe(sent.location)
      for (let n = 0; n < 55; n += 1) await client.postJson('/register', { section: `none ${n}` })
      const page = await client.json<ReceiptList>('/receipts')
      expect(page.receipts).toHaveLength(50)
      const rest = await client.json<ReceiptList>(`/receipts?before=${page.next}`)
      expect([rest.receipts.length, rest.next]).toEqual([6, null])
      const number = rest.receipts.at(-1)?.number ?? ''
      expect(sent.location).toBe(`/receipts/${number}`)
      expect((await client.page(`/receipts?before=${page.next}`)).text).toContain(
        'You are enrolled in 1 section',
      )
      const found = await client.page(`/receipts?number=${number.toLowerCase()}`)
      expect(found.location).toBe(sent.location)
      const foreign = await other.page(`/receipts?number=${number}`)
      expect([foreign.status, foreign.text.includes('You have no receipt of this number.')]).toEqual([
        404,
        true,
      ])
      // the same at the receipt's own address; who has none has no field to be led to
      const there = await other.page(sent.location ?? '')
      expect([there.status, there.text.includes('You have no receipt of this number.')]).toEqual([404, true])
      expect(there.text).not.toContain('href="#number"')
      expect((await client.page('/receipts/R222')).text).toContain('href="#number"')
      for (const before of ['x', '-1', '1e9', "1' OR 1=1", '9'.repeat(60)])
        expect((await client.page(`/receipts?before=${encodeURIComponent(before)}`)).status).toBe(200)
      expect((await new Client(url).page('/receipts')).location).toBe('/sign-in?next=%2Freceipts')
    })

    it('leads through all notices, and to those that were not read, wherever they stand', async () => {
      const [client, other] = [await student(2), await student(3)]
      const accounts = school.accounts.filter(({ role }) => role === 'student')
      await manyNotices(school, accounts[2]?.number ?? '', accounts[3]?.number ?? '')

      const read = (page: string) => [...page.matchAll(/Notice (\d+)\./g)].map(([, n]) => Number(n))
      const link = (page: string, words: string) =>
        new RegExp(`href="([^"]+)"[^>]*>${words}<`).exec(page)?.[1]?.replaceAll('&amp;', '&')
      const seen: number[][] = []
      let path: string | undefined = '/notices'
      while (path !== undefined && seen.length < 9) {
        const { text: page }: { text: string } = await client.page(path)
        seen.push([...new Set(read(page))])
        path = link(page, 'Older ones')
      }
      expect(seen.map(({ length }) => length)).toEqual([50, 50, 20])
      expect(seen.flat()).toEqual(Array.from({ length: 120 }, (_, n) => 119 - n))

      // back by the other links, from the oldest to the newest
      const first = await client.page('/notices')
      const oldest = await client.page(link(first.text, 'Go to the newest of them') ?? '')
      expect(first.text).toContain('1 notice that you have not read stands on another page.')
      expect([read(oldest.text).at(0), link(oldest.text, 'Older ones')]).toEqual([0, undefined])
      const middle = await client.page(link(oldest.text, 'Newer ones') ?? '')
      expect([new Set(read(middle.text)).size, read(middle.text).at(-1)]).toEqual([50, 1])
      const newer = await client.page(link(middle.text, 'Newer ones') ?? '')
      const newest = await client.page(link(newer.text, 'Newer ones') ?? '')
      expect(read(newest.text)).toEqual(read(first.text))

      // what stands on another page is not read by reading this one, though it is older
      const fields = (page: string) =>
        Object.fromEntries(
          [...page.matchAll(/name="(from|upTo)" value="(\d+)"/g)].map((found) => [
            found[1] ?? '',
            found[2] ?? '',
          ]),
        )
      expect(first.text).toContain('Mark these as read')
      expect((await client.post('/notices', fields(first.text))).location).toBe('/notices')
      const after = await client.page('/notices')
      expect([after.text.includes('>New<'), after.text.includes('1 notice that you have not read')]).toEqual([
        false,
        true,
      ])
      const back = await client.post('/notices?before=2', fields(oldest.text))
      expect(back.location).toBe('/notices?before=2')
      expect((await client.page('/notices')).text).not.toContain('not read')
      expect((await other.json<NoticeList>('/notices')).unreadElsewhere?.count).toBe(1)
      for (const where of ['before=x', 'after=-1', 'before=1', 'after=999999999', "before=1'%20OR%201=1"])
        expect([where, read((await client.page(`/notices?${where}`)).text)[0]]).toEqual([where, 119])
    })

    it('offers to withdraw where the day to drop has passed, and only then', async () => {
      const client = await student(3)
      const staff = await signedIn('R100001')
      const codes = async (location: string | undefined) => said(await client.json<Receipt>(location ?? ''))
      const known = (await client.json<Schedule>('/schedule')).entries.map(({ section }) => section)
      const [row] = compatible(await allSections(client), 1, known)
      const sent = await client.post('/register', { section: String(row?.id) })
      expect(await codes(sent.location)).toEqual(['enrolled'])
      const { entries } = await client.json<Schedule>('/schedule')
      const held = entries.find(({ section }) => section.id === row?.id)
      const code = held?.section.term.code ?? ''
      expect((await client.page('/schedule')).text).toContain('Yes, drop')
      const days = { drop_until: '2020-01-01 10:00', withdraw_until: '2099-07-01 10:00' }
      await staff.post(`/registrar/terms/${code}`, { ...days, requirements: 'enforce' })
      const page = await client.page('/schedule')
      expect(page.text).toContain('Yes, withdraw from')
      expect(page.text).not.toContain('Yes, drop')
      const left = await client.post('/drop', { enrolment: String(held?.enrolmentId) })
      expect(await codes(left.location)).toEqual(['withdrawn drop_late'])
      expect((await client.page(left.location ?? '')).text).toContain('You have withdrawn from')
      const after = await client.json<Schedule>('/schedule')
      const same = after.entries.find(({ enrolmentId }) => enrolmentId === held?.enrolmentId)
      expect(same).toMatchObject({ grade: 'W', leaving: { way: 'none' } })
      // it takes no credits, no time and no calendar any more, and is not called enrolled
      const before = entries.reduce((sum, { credits }) => sum + credits, 0)
      expect(after.credits).toBe(before - (held?.credits ?? 0))
      const whole = await client.page('/schedule')
      expect(whole.text.split(`href="/sections/${held?.section.id}"`)).toHaveLength(2)
      expect(whole.text).toContain('Withdrawn')
      expect((await client.page('/schedule.ics')).text).not.toContain(`/sections/${held?.section.id}\r`)
      const own = (await client.page(`/sections/${held?.section.id}`)).text
      expect(own).toContain('You have withdrawn from this section.')
      for (const words of ['You are enrolled', 'Add to cart']) expect(own).not.toContain(words)
      const found = await client.page(`/catalogue?q=${held?.section.crn}`)
      expect(found.text).toContain(held?.section.title)
      expect(found.text).not.toContain('>Enrolled<')
    })
  },
  // carts and receipts are proved on both servers by register.db.test.ts; what stands here is about pages
  ['mariadb'],
)
