/** What the portal answers over HTTP, to good input and to bad: a page with words, or JSON with a code; and nothing is lost. */
import { beforeAll, expect, it } from 'vitest'
import type { Cart, Receipt, Schedule, SearchResult, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { type Campus, openCampus } from './support/campus.ts'
import { clashing, compatible, full } from './support/choose.ts'
import { clear, errorOf, heldBy, type SampleSchool } from './support/portal.ts'
import { describeSource } from './support/servers.ts'

interface RegisterAnswer {
  readonly receipt: string
  readonly href: string
  readonly results: readonly {
    readonly section: number | null
    readonly asked: string
    readonly result: string
    readonly reasons: readonly { readonly code: string; readonly words: string; readonly remedy: string }[]
  }[]
}

const registered = (text: string): RegisterAnswer => JSON.parse(text) as RegisterAnswer
const ids = (rows: readonly SectionRow[]): readonly string[] => rows.map(({ id }) => String(id))

describeSource(
  'the portal over HTTP',
  (flavour) => {
    let school: SampleSchool
    let rows: Campus['rows']
    let client: Campus['client']
    let student: Campus['student']

    beforeAll(async () => {
      ;({ school, rows, client, student } = await openCampus(flavour))
    })

    it('signs in, sets a cookie that scripts cannot read, and signs out for good', async () => {
      const [account] = school.accounts
      const who = client()
      const answer = await who.post('/sign-in', {
        number: account?.number ?? '',
        password: account?.password ?? '',
        next: '/schedule',
      })
      expect([answer.status, answer.location]).toEqual([303, '/schedule'])
      const cookie = answer.headers.get('set-cookie') ?? ''
      expect(cookie).toMatch(/HttpOnly/)
      expect(cookie).toMatch(/SameSite=Lax/)
      const named = answer.headers.getSetCookie().map((set) => set.split('=')[0])
      expect(named).toEqual(['matricula-device', 'matricula'])
      const stolen = who.cookie ?? ''
      expect((await who.page('/schedule')).status).toBe(200)
      const out = await who.post('/sign-out', {})
      expect(out.location).toBe('/sign-in')
      // the device stays known: who guesses from behind the same address keeps its owner out no more than before
      expect(out.headers.getSetCookie().map((set) => set.split('=')[0])).toEqual(['matricula'])
      const after = await client().send('/schedule', { headers: { cookie: stolen } })
      expect([after.status, after.location]).toEqual([303, '/sign-in?next=%2Fschedule'])
    })

    it.each([
      ['//evil.example/x'],
      ['/\\evil.example'],
      ['https://evil.example/'],
      ['javascript:alert(1)'],
      ['/%0d%0aset-cookie:x=y\r\nX: y'],
    ])('goes nowhere but its own pages after signing in: %s', async (next) => {
      const [account] = school.accounts
      const answer = await client().post('/sign-in', {
        number: account?.number ?? '',
        password: account?.password ?? '',
        next,
      })
      expect([answer.status, answer.location]).toEqual([303, '/catalogue'])
    })

    it.each([
      ['student', '/catalogue'],
      ['registrar', '/registrar'],
      ['instructor', '/teaching'],
    ])('leads a %s to where the work is: %s', async (role, home) => {
      const account = school.accounts.find((one) => one.role === role)
      const who = client()
      const form = { number: account?.number ?? '', password: account?.password ?? '' }
      expect((await who.post('/sign-in', form)).location).toBe(home)
      for (const path of ['/', '/sign-in']) expect((await who.page(path)).location).toBe(home)
      expect((await who.page('/sign-in?next=/account')).location).toBe('/account')
      // and back to it from where there is nothing
      expect((await who.page('/nowhere')).text).toMatch(new RegExp(`href="${home}" class="btn btn-primary"`))
    })

    it('refuses a wrong password and an unknown number in the same words, and keeps the number', async () => {
      const number = school.accounts[2]?.number ?? ''
      const wrong = await client().post('/sign-in', { number, password: 'not the password' })
      const unknown = await client().post('/sign-in', { number: 'S999999', password: 'not the password' })
      for (const answer of [wrong, unknown]) {
        expect(answer.status).toBe(401)
        expect(answer.text).toContain('<title>Error: Sign in')
        expect(answer.text).toContain('Number and password do not match.')
        expect(answer.text).not.toContain('not the password')
      }
      expect(wrong.text).toContain(`value="${number}"`)
      const plain = (text: string) => text.replaceAll(number, '#').replaceAll('S999999', '#')
      expect(plain(wrong.text)).toBe(plain(unknown.text))
      const json = await client().postJson('/sign-in', { number, password: 'not the password' })
      expect(json.status).toBe(401)
      expect(errorOf(json.text).code).toBe('sign_in_refused')
    })

    it('names every empty field at once', async () => {
      const answer = await client().post('/sign-in', {})
      expect(answer.status).toBe(422)
      expect(answer.text).toContain('href="#number"')
      expect(answer.text).toContain('href="#password"')
    })

    it('answers a burst of wrong passwords with 429 and Retry-After', async () => {
      const who = client()
      const number = school.accounts[3]?.number ?? ''
      let last = await who.post('/sign-in', { number, password: 'wrong-0' })
      for (let attempt = 1; attempt < 30 && last.status === 401; attempt += 1) {
        last = await who.post('/sign-in', { number, password: `wrong-${attempt}` })
      }
      expect(last.status).toBe(429)
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(last.text).toContain('too many failed attempts')
    })

    it('sends those who are not signed in to sign in, and tells a program so', async () => {
      for (const path of ['/cart', '/schedule', '/receipts/XXXX-XXXX-XXXX']) {
        const page = await client().page(path)
        expect([page.status, page.location]).toEqual([303, `/sign-in?next=${encodeURIComponent(path)}`])
        const json = await client().send(path, { headers: { accept: 'application/json' } })
        expect(json.status).toBe(401)
        expect(errorOf(json.text).code).toBe('sign_in_needed')
      }
      const nothing = await client().post('/drop', { enrolment: '1' })
      expect([nothing.status, nothing.location]).toEqual([303, '/sign-in?next=%2Fschedule'])
      expect((await client().page(nothing.location ?? '')).text).toContain('Nothing was changed yet.')
      // what was chosen goes along, and is added by a press only
      const [one, two] = ids(compatible(rows, 2))
      const post = await client().post('/cart', { section: [one ?? '', two ?? ''] })
      const next = `/cart?section=${one}&section=${two}`
      expect([post.status, post.location]).toEqual([303, `/sign-in?next=${encodeURIComponent(next)}`])
      const who = await student(0)
      const page = await who.page(next)
      expect(page.text).toContain('You chose 2 sections before you signed in.')
      expect((await who.json<Cart>('/cart')).entries).toEqual([])
    })

    it('registers for several sections in one submission, with a result for each', async () => {
      const who = await student(0)
      await clear(who)
      const good = compatible(rows, 2)
      const [first] = good
      if (first === undefined) throw new Error('no section')
      const bad = { clash: clashing(rows, first), full: full(rows) }
      const asked = [
        ...ids(good),
        String(bad.clash.id),
        String(bad.full.id),
        String(first.id),
        '999999999',
        '<b>x',
      ]
      const answer = await who.postJson('/register', { section: asked, request: 'test-http-register-1' })
      expect(answer.status).toBe(200)
      const { receipt, results } = registered(answer.text)
      const codes = results.map(({ result, reasons }) => [result, ...reasons.map(({ code }) => code)])
      expect(codes[0]).toEqual(['enrolled'])
      expect(codes[1]).toEqual(['enrolled'])
      expect(codes[2]).toContain('overlaps')
      expect(codes[3]).toContain('full')
      expect(codes[4]).toEqual(['refused', 'duplicate'])
      expect(codes[5]).toEqual(['refused', 'unknown_section'])
      expect(codes[6]).toEqual(['refused', 'unknown_section'])
      for (const { reasons } of results) {
        for (const { words, remedy } of reasons) expect(words.length * remedy.length).toBeGreaterThan(0)
      }
      expect(await heldBy(who)).toEqual(good.map(({ id }) => id).sort((a, b) => a - b))

      // the same form again: the same receipt, and nothing more
      const again = await who.postJson('/register', { section: asked, request: 'test-http-register-1' })
      expect(registered(again.text).receipt).toBe(receipt)
      const page = await who.page(`/receipts/${receipt}`)
      expect(page.status).toBe(200)
      expect(page.text).toContain('You are enrolled in 2 of 7 sections')
      expect(page.text).toContain('“&lt;b>x”')
      expect((await who.json<Receipt>(`/receipts/${receipt.toLowerCase()}`)).number).toBe(receipt)

      const other = await student(1)
      expect((await other.page(`/receipts/${receipt}`)).status).toBe(404)
      expect((await other.page(`/receipts/${receipt}/copy`)).status).toBe(404)
    })

    it('keeps a cart, registers from it, and takes out what was had', async () => {
      const who = await student(1)
      await clear(who)
      const [first, second] = compatible(rows, 2)
      if (first === undefined || second === undefined) throw new Error('no sections')
      const added = await who.post('/cart', { section: [String(first.id), String(second.id), '999999999'] })
      expect([added.status, added.location]).toEqual([303, '/cart?added=2&unknown=1'])
      const page = await who.page('/cart?added=2&unknown=1')
      expect(page.text).toContain('Added: 2 sections. Left out, as there is no such section: 1.')
      expect((await who.post('/cart', { remove: String(second.id) })).location).toBe('/cart?removed=1')
      const form = await who.page('/cart')
      const key = /name="request" value="([^"]+)"/.exec(form.text)?.[1] ?? ''
      const sent = await who.post('/register', { section: String(first.id), request: key })
      expect(sent.location).toMatch(/^\/receipts\/[0-9A-Z-]+$/)
      expect((await who.json<Cart>('/cart')).entries).toEqual([])
      expect(await heldBy(who)).toEqual([first.id])
    })

    it('says on the cart that nothing was chosen', async () => {
      const who = await student(1)
      for (const path of ['/cart', '/register']) {
        const answer = await who.post(path, {})
        expect(answer.status).toBe(422)
        expect(answer.text).toContain('<title>Error: Cart')
        expect(answer.text).toContain('No section was chosen.')
      }
    })

    it('keeps what was ticked, leads errors to a tick, and keeps terms apart', async () => {
      const who = await student(0)
      await clear(who)
      const terms = await who.page('/catalogue')
      const [first, second] = compatible(rows, 2)
      const past =
        [...terms.text.matchAll(/<option value="(\d{6})"/g)].map(([, code = '']) => code).at(-1) ?? ''
      const { rows: old } = await who.json<SearchResult>(`/catalogue?term=${past}`)
      const gone = old.find((row) => row.status === 'active')
      if (first === undefined || second === undefined || gone === undefined) throw new Error('no sections')
      // a term that is closed offers nothing to tick
      expect((await who.page(`/catalogue?term=${past}`)).text).not.toContain('name="section"')
      const back = '/catalogue?q=intro'
      const twice = await who.post('/cart', {
        section: [...ids([first, second, gone]), String(first.id)],
        back,
      })
      expect(twice.location).toBe(`/cart?added=3&back=${encodeURIComponent(back)}`)
      const cart = await who.page(twice.location ?? '')
      expect(cart.text).toContain(`href="${back}">Add more`)
      expect(cart.text).toContain(`>${gone.term.name}</h2>`)
      expect(cart.text).toContain(`Your week in ${gone.term.name}`)
      expect(cart.text).not.toContain(`name="section" value="${gone.id}"`)
      expect(new Set([...cart.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)).size).toBe(
        [...cart.text.matchAll(/ id="([^"]+)"/g)].length,
      )
      const none = await who.post('/register', {})
      expect(none.text).toContain('href="#section"')
      expect(none.text).toContain('id="section"')
      expect(none.text).not.toMatch(/name="section"[^>]* checked/)
      const long = await who.post('/register', { section: String(second.id), request: 'x!'.repeat(45) })
      expect(long.status).toBe(422)
      expect(long.text).not.toContain('href="#request"')
      const ticks = [...long.text.matchAll(/<input class="tick" type="checkbox"[^>]*>/g)].map(([tag]) => tag)
      expect(ticks.map((tag) => tag.includes(' checked'))).toEqual(
        ticks.map((tag) => tag.includes(`value="${second.id}"`)),
      )
      expect(ticks).toHaveLength(2)
      // a list that was not to be joined is not joined by sending the form again
      const list = String(full(rows, [first, second]).id)
      await who.post('/cart', { section: list })
      for (const waitlist of [[], [list]]) {
        const refused = await who.post('/register', { section: list, waitlist, request: 'x!' })
        const [box = 'none'] = /<input[^>]*name="waitlist"[^>]*>/.exec(refused.text) ?? []
        expect([refused.status, waitlist.length > 0, box.includes(' checked')]).toEqual([
          422,
          waitlist.length > 0,
          waitlist.length > 0,
        ])
      }
      await who.post('/cart', { remove: list })
      const again = await who.post('/cart', { section: ids([first, first]) })
      expect(again.location).toBe('/cart?added=0')
      const told = (await who.page('/cart?added=0')).text
      expect(told).toContain('Nothing was added: it is all in your cart already.')
      expect(told).not.toContain('notice-good')
      await who.post('/cart', { remove: ids([first, second, gone]) })
    })

    it('takes sixty forms a minute from one student, and pages all the while', async () => {
      const activation = school.activations.at(-1)
      if (activation === undefined) throw new Error('the sample has no code')
      const who = client()
      await who.post('/activate', { ...activation, password: 'eight quiet otters' })
      let last = await who.post('/drop', { enrolment: '0' })
      for (let sent = 1; sent <= 60; sent += 1) last = await who.post('/drop', { enrolment: '0' })
      expect(last.status).toBe(429)
      expect(last.text).toContain('Too many requests')
      expect((await who.page('/schedule')).status).toBe(200)
    })

    it('drops, and touches nothing of someone else', async () => {
      const owner = await student(0)
      const thief = await student(1)
      await clear(owner)
      const [section] = compatible(rows, 1)
      await owner.post('/register', { section: String(section?.id) })
      const [entry] = (await owner.json<Schedule>('/schedule')).entries
      const enrolment = String(entry?.enrolmentId)
      const page = await thief.post('/drop', { enrolment })
      expect(page.status).toBe(404)
      expect(page.text).toContain('This enrolment is not on your schedule.')
      expect((await thief.postJson('/drop', { enrolment })).status).toBe(404)
      expect((await thief.post('/drop', { enrolment: '1 OR 1=1' })).status).toBe(404)
      expect(await heldBy(owner)).toEqual([section?.id])
      const dropped = await owner.post('/drop', { enrolment })
      expect(dropped.location).toMatch(/^\/receipts\//)
      expect((await owner.page(dropped.location ?? '')).text).toContain('You have dropped')
      expect(await heldBy(owner)).toEqual([])
    })

    it('passes over what does not fit in a search', async () => {
      const answer = await client().page(
        "/catalogue?q=%00%ff'%22%3Cscript%3E&day=9&day=x&credits=-1&page=99999&size=1e9&open=maybe&subject=%F0%9F%92%A9",
      )
      expect(answer.status).toBe(200)
      expect(answer.text).not.toContain('<script>')
      expect((await client().page('/catalogue?term=no-such-term')).status).toBe(404)
      expect((await client().page(`/catalogue?q=${'%F0%9F%8E%89'.repeat(800)}`)).text).toContain(
        'No section matches',
      )
      expect((await client().page('/catalogue?q=zzzz')).text).not.toContain('filters that are set')
      expect((await client().page('/catalogue?q=zzzz&day=1')).text).toContain('with the filters that are set')
      // what is set stands among the filters, and goes along when the page is turned or the form is sent again
      const { text } = await client().page('/catalogue?subject=cs&instructor=a&credits=3&credits=6&size=2')
      for (const set of ['value="CS" selected', 'name="instructor" value="a" checked', 'value="6" checked'])
        expect(text).toContain(set)
      expect(text).toMatch(
        /href="\/catalogue\?subject=cs&amp;instructor=a&amp;size=2&amp;page=2&amp;credits=3/,
      )
      expect(text).toContain('href="/catalogue">Clear filters')
    })

    it('activates an account with its code, once', async () => {
      const [activation] = school.activations
      if (activation === undefined) throw new Error('the sample has no code')
      const form = { number: activation.number, code: activation.code, password: 'seven quiet otters' }
      const short = await client().post('/activate', { ...form, password: 'short' })
      expect(short.status).toBe(422)
      expect(short.text).toContain('href="#password"')
      expect(short.text).toContain(`value="${activation.number}"`)
      const first = client()
      expect((await first.post('/activate', form)).location).toBe('/catalogue')
      expect((await first.page('/schedule')).status).toBe(200)
      const second = await client().post('/activate', { ...form, password: 'another password' })
      expect(second.status).toBe(401)
      await client().signIn({ number: activation.number, password: form.password })
    })
  },
  // what the pages ask is asked of MySQL in catalogue-mirror, register and waiting-list; here the answers are judged
  ['mariadb'],
)
