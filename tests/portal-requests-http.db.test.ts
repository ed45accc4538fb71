/** What the portal answers to requests as such, whatever they ask for: forged, endless, huge, unreadable; and what it says of itself. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { beforeAll, expect, it } from 'vitest'
import { openServices } from '../apps/portal/src/services.ts'
import type { SearchResult } from '../apps/portal/src/catalogue/types.ts'
import { onSource } from '../packages/devstack/src/index.ts'
import { type Campus, openCampus } from './support/campus.ts'
import { compatible } from './support/choose.ts'
import {
  clear,
  Client,
  errorOf,
  heldBy,
  type RunningPortal,
  type SampleSchool,
  startPortal,
} from './support/portal.ts'
import { servePages } from './support/pages-here.ts'
import { atEnd, describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

describeSource(
  'requests to the portal',
  (flavour) => {
    let school: SampleSchool
    let portal: RunningPortal
    let rows: Campus['rows']
    let client: Campus['client']
    let student: Campus['student']

    beforeAll(async () => {
      ;({ school, portal, rows, client, student } = await openCampus(flavour))
    })

    it('cuts off who sends a form for ever, and is not held up by it', async () => {
      const slow = async (url: string) => {
        const { hostname, port } = new URL(url)
        const socket = connect(Number(port), hostname)
        await once(socket, 'connect')
        socket.write('POST /sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n')
        socket.write('content-type: application/x-www-form-urlencoded\r\n\r\nn')
        const drip = setInterval(() => socket.write('n'), 1_000)
        socket.on('error', () => undefined).resume()
        return once(socket, 'close').finally(() => clearInterval(drip))
      }
      const services = openServices({ database: school.database.url, connections: 2 })
      atEnd(() => services.close())
      const brief = await servePages(services, { bodyWithinMs: 2_500 })
      const other = await startPortal(school.database.url)
      const [here, there] = [slow(brief), slow(other.url)]
      // its last answer proves that the slow request was taken before
      await new Client(other.url).page('/healthz')
      expect(await other.stop()).toBe(0)
      await Promise.all([here, there])
    })

    it('ends at once when it is told to, whatever clients that have gone left half sent', async () => {
      const other = await startPortal(school.database.url)
      const { hostname, port } = new URL(other.url)
      // sessions are the database's: one that began at another portal is known here
      const who = await student(0)
      const probe = () => new Client(other.url).page('/healthz')
      const half = async (...more: readonly string[]) => {
        const socket = connect(Number(port), hostname)
        socket.on('error', () => undefined)
        await once(socket, 'connect')
        const head = [
          'POST /cart HTTP/1.1',
          'host: x',
          'content-type: application/x-www-form-urlencoded',
          ...more,
        ]
        socket.write(`${head.join('\r\n')}\r\n\r\nsec`)
        return socket
      }
      const cookie = `cookie: ${who.cookie}`
      // those whose body is being read when they go
      const reading = await Promise.all([
        half('content-length: 900'),
        half('content-length: 900', cookie),
        half('content-length: 90000'),
        half('transfer-encoding: chunked'),
      ])
      await probe()
      for (const socket of reading) socket.destroy()
      // those who go while it is still asked whose session it is: the table is locked until they have gone
      await onSource(school.database.adminUrl, async (connection) => {
        await connection.query('LOCK TABLES session WRITE')
        const asking = await Promise.all([
          half('content-length: 900', cookie),
          half('content-length: 90000', cookie),
          half('transfer-encoding: chunked', cookie),
        ])
        // sessions are asked for together
        await until('it is asked whose they are', async () => {
          const [rows] = await connection.query(`SELECT 1 FROM information_schema.PROCESSLIST
            WHERE DB = DATABASE() AND INFO LIKE '%session%' AND ID <> CONNECTION_ID()`)
          return (rows as unknown[]).length > 0
        })
        await probe()
        for (const socket of asking) socket.destroy()
        // its answer proves that their going was seen
        await probe()
        await connection.query('UNLOCK TABLES')
      })
      const asked = performance.now()
      expect(await other.stop()).toBe(0)
      // a body that still comes is waited for half a minute; nobody sends these any more
      expect(performance.now() - asked).toBeLessThan(20_000)
    })

    it('links to no other host, and offers no sign-in to someone whom it did not look for', async () => {
      const who = await student(0)
      const forged = await who.post('/drop', {}, { origin: 'https://evil.example' })
      expect([forged.status, forged.text.includes('href="/sign-in"')]).toEqual([403, false])
      expect((await client().page('/nowhere')).text).toContain('href="/sign-in"')
      // an empty filter is no filter
      const all = await client().json<SearchResult>('/catalogue')
      expect((await client().json<SearchResult>('/catalogue?credits=')).total).toBe(all.total)
      // JSON that announces no length has the same limit
      const stream = new Blob([JSON.stringify({ number: 'a'.repeat(200_000), password: 'x' })]).stream()
      const big = await client().send('/sign-in', {
        method: 'POST',
        body: stream,
        // Node's fetch wants it, its types do not know it
        ...({ duplex: 'half' } as object),
        headers: { 'content-type': 'application/json' },
      })
      expect(big.status).toBe(413)
      // longer than HTTP is read: refused in the same shape
      const long = await client().send(`/catalogue?q=${'x'.repeat(40_000)}`)
      expect([long.status, errorOf(long.text).code]).toEqual([431, 'address_long'])
    })

    it('refuses a form that another site has sent, and lets a program through', async () => {
      const who = await student(0)
      await clear(who)
      const [section] = compatible(rows, 1)
      const form = { section: String(section?.id) }
      const forged = [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: `${portal.url}.evil.example` },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ]
      for (const headers of forged) {
        const answer = await who.post('/register', form, headers)
        expect([answer.status, JSON.stringify(headers)]).toEqual([403, JSON.stringify(headers)])
        expect(answer.text).toContain('not sent from a page of the portal')
      }
      expect(await heldBy(who)).toEqual([])
      expect((await who.post('/register', form, { origin: portal.url })).status).toBe(303)
      expect(await heldBy(who)).toEqual([section?.id])
    })

    it('answers 1 MB in a field with a page', async () => {
      const megabyte = 'a'.repeat(1_000_000)
      for (const [path, field] of [
        ['/sign-in', 'number'],
        ['/register', 'section'],
        ['/activate', 'code'],
      ] as const) {
        const answer = await client().post(path, { [field]: megabyte })
        expect(answer.status).toBe(413)
        expect(answer.text).toContain('far larger than any form')
        expect(answer.text.length).toBeLessThan(20_000)
      }
      // below the limit of a request, above that of a field
      expect((await client().post('/sign-in', { number: 'a'.repeat(5_000), password: 'x' })).status).toBe(422)
    })

    it('has pages for what is not there, and JSON for programs', async () => {
      for (const path of [
        '/nowhere',
        '/sections/999999999',
        '/sections/abc',
        '/sections/0x10',
        '/assets/manifest.json',
      ]) {
        const page = await client().page(path)
        expect([path, page.status]).toEqual([path, 404])
        expect(page.headers.get('content-type')).toContain('text/html')
        expect(page.text).not.toMatch(/at \w+ \(|node_modules/)
        const json = await client().send(path, { headers: { accept: 'application/json' } })
        expect(errorOf(json.text).remedy).toBeTruthy()
      }
      const unreadable = await client().page('/sections/%E0%A4%A')
      expect(unreadable.status).toBe(400)
      expect(unreadable.text).toContain('This address cannot be read.')
      expect(unreadable.text).not.toContain('%E0')
      expect((await client().page(`/sections/${'9'.repeat(500)}`)).status).toBe(400)
      const broken = await client().send('/sign-in', {
        method: 'POST',
        body: '{"number":',
        headers: { 'content-type': 'application/json' },
      })
      expect(broken.status).toBe(400)
      // JSON that is no form at all, for a page and for a program
      for (const path of ['/sign-in', '/activate'])
        for (const body of ['[]', '5', '"x"'])
          for (const accept of ['text/html', 'application/json']) {
            const headers = { 'content-type': 'application/json', accept }
            const answer = await client().send(path, { method: 'POST', body, headers })
            expect([path, body, accept, answer.status]).toEqual([path, body, accept, 422])
          }
      // a choice that no page offers is refused by its name
      const choice = await (await student(0)).post('/register', { section: '1', mode: 'some' })
      expect([choice.status, choice.text.includes('“mode”')]).toEqual([422, true])
      const type = await client().send('/sign-in', {
        method: 'POST',
        body: '<xml/>',
        headers: { 'content-type': 'text/xml' },
      })
      expect(type.status).toBe(415)
    })

    it('tells staff that a cart is for students', async () => {
      const registrar = school.accounts.find(({ role }) => role === 'registrar')
      if (registrar === undefined) throw new Error('the sample has no registrar')
      const who = client()
      await who.signIn(registrar)
      expect((await who.page('/catalogue')).status).toBe(200)
      const answer = await who.page('/cart')
      expect(answer.status).toBe(403)
      expect(answer.text).toContain('Only students')
    })

    it('sends headers that keep pages private and scripts out; assets are kept for ever', async () => {
      const page = await client().page('/catalogue')
      expect(page.headers.get('cache-control')).toBe('no-store')
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(page.headers.get('content-security-policy')).not.toContain('unsafe')
      expect(page.headers.get('x-content-type-options')).toBe('nosniff')
      expect(page.text).not.toMatch(/ style=|<style|<script(?! type="module" src=)/)
      const styles = /href="(\/assets\/site-[^"]+\.css)"/.exec(page.text)?.[1] ?? ''
      const asset = await client().page(styles)
      expect(asset.status).toBe(200)
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    })

    it('registers all the same while the standby is away, and says so', async () => {
      const who = await student(2)
      await clear(who)
      const [section] = compatible(rows, 1)
      const sent = await who.post('/register', { section: String(section?.id) })
      expect((await who.page(sent.location ?? '')).text).toContain('No standby copy is set up')
      // port 9 is nobody's
      const lonely = await startPortal(school.database.url, {
        standby: 'postgres://a:secret-pw@127.0.0.1:9/none',
      })
      const there = new Client(lonely.url)
      await there.signIn(school.accounts[2] ?? { number: '', password: '' })
      const page = await there.page(sent.location ?? '')
      expect(page.status).toBe(200)
      expect(page.text).toContain('The standby does not answer at the moment')
      expect(await there.json(`${sent.location}/copy`)).toMatchObject({
        state: 'away',
        panel: { headline: 'The standby does not answer at the moment' },
      })
      expect(lonely.log()).not.toContain('secret-pw')
      expect(await lonely.stop()).toBe(0)
    })

    it('says whether it lives and whether it is ready', async () => {
      expect(await client().json('/healthz')).toEqual({ ok: true })
      expect(await client().json('/readyz')).toEqual({ ready: true })
    })

    it('writes nothing personal into its log', async () => {
      const who = await student(2)
      await who.page('/catalogue?q=very-private-search')
      await who.post('/register', { section: 'private-section' })
      const log = portal.log()
      expect(log).toContain('"route":"/catalogue"')
      for (const secret of [
        'very-private-search',
        'private-section',
        who.cookie ?? 'no cookie',
        ...school.accounts.flatMap(({ number, password }) => [number, password]),
      ]) {
        expect(log).not.toContain(secret)
      }
    })
  },
  // none of it reaches the database, or the database has no part in the answer
  ['mariadb'],
)
