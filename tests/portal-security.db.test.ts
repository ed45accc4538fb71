/** The portal's own walls, as a browser sees them: headers on every kind of answer, cookies, sessions. */
import { connect } from 'node:net'
import { beforeAll, expect, it } from 'vitest'
import {
  type Answer,
  Client,
  type RunningPortal,
  type SampleSchool,
  sampleSchool,
  startPortal,
} from './support/portal.ts'
import { describeSource } from './support/servers.ts'

const publicOrigin = 'https://register.example.edu'
const cookiesOf = ({ headers }: Answer): readonly string[] => headers.getSetCookie()

/** Attributes of a cookie in small letters; its value left out. */
const attributes = (cookie: string): readonly string[] =>
  cookie
    .split(/;\s*/)
    .slice(1)
    .map((attribute) =>
      attribute.split('=')[0]?.toLowerCase() === 'expires' ? 'expires' : attribute.toLowerCase(),
    )
    .sort()

describeSource(
  'the portal’s walls',
  (flavour) => {
    let school: SampleSchool
    let plain: RunningPortal
    let behindTls: RunningPortal
    const account = (index: number) => school.accounts[index] ?? { number: '', password: '' }
    const signIn = (who: Client, index: number, origin?: string) =>
      who.post(
        '/sign-in',
        { number: account(index).number, password: account(index).password },
        {
          'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0',
          ...(origin === undefined ? {} : { origin }),
        },
      )

    beforeAll(async () => {
      school = await sampleSchool(flavour)
      plain = await startPortal(school.database.url)
      behindTls = await startPortal(school.database.url, { flags: ['--origin', publicOrigin] })
    })

    it('stand on every kind of answer: pages, JSON, redirects, files, refusals', async () => {
      const who = new Client(plain.url)
      const styles = /href="(\/assets\/site-[^"]+\.css)"/.exec((await who.page('/sign-in')).text)?.[1] ?? ''
      const answers: readonly (readonly [string, number, Answer])[] = [
        ['a page', 200, await who.page('/catalogue')],
        ['JSON', 200, await who.send('/catalogue', { headers: { accept: 'application/json' } })],
        ['a probe', 200, await who.page('/healthz')],
        ['a redirect', 303, await who.page('/cart')],
        ['a file', 200, await who.page(styles)],
        ['nothing there', 404, await who.page('/nothing')],
        ['a refused sign-in', 401, await who.post('/sign-in', { number: 'S9', password: 'x' })],
        ['a forged form', 403, await who.post('/sign-in', {}, { origin: 'https://evil.example' })],
        ['too much', 413, await who.post('/sign-in', { number: 'x'.repeat(100_000) })],
        ['an unreadable address', 400, await who.page('/sections/%ff')],
      ]
      for (const [what, status, { status: got, headers, text }] of answers) {
        expect(got, what).toBe(status)
        const policy = headers.get('content-security-policy') ?? ''
        expect(policy, what).toMatch(/^default-src 'none';/)
        // nothing inline is allowed, by a nonce or otherwise, and nothing inline is there
        expect(policy, what).not.toMatch(/unsafe|nonce|sha\d|\*|data:|https?:/)
        expect(text, what).not.toMatch(
          / style="|<style|<script(?! type="module" src="\/assets\/)| on[a-z]+="/,
        )
        expect(headers.get('x-content-type-options'), what).toBe('nosniff')
        expect(headers.get('strict-transport-security'), what).toBeNull()
        expect(headers.get('server') ?? headers.get('x-powered-by'), what).toBeNull()
      }
    })

    it('tell browsers to keep to https behind TLS, and never on loopback', async () => {
      const secure = await new Client(behindTls.url).page('/sign-in')
      expect(secure.headers.get('strict-transport-security')).toBe('max-age=31536000')
    })

    it('__Host- cookies behind TLS, plain names without', async () => {
      const open = cookiesOf(await signIn(new Client(plain.url), 0))
      const closed = cookiesOf(await signIn(new Client(behindTls.url), 0, publicOrigin))
      const names = (cookies: readonly string[]) => cookies.map((cookie) => cookie.split('=')[0])
      expect(names(open)).toEqual(['matricula-device', 'matricula'])
      expect(names(closed)).toEqual(['__Host-matricula-device', '__Host-matricula'])
      // no Domain: a browser takes __Host- only so
      const common = ['expires', 'httponly', 'path=/', 'samesite=lax']
      for (const cookie of open) expect(attributes(cookie)).toEqual(common)
      for (const cookie of closed) expect(attributes(cookie)).toEqual([...common, 'secure'])
      // another name is another cookie: one that a plain page has planted counts for nothing
      const [, token = ''] = open[1]?.split(/[=;]/) ?? []
      const asked = (cookie: string) =>
        new Client(behindTls.url).send('/account', { headers: { cookie, accept: 'application/json' } })
      expect((await asked(`matricula=${token}`)).status).toBe(401)
      expect((await asked(`__Host-matricula=${token}`)).status).toBe(200)
    })

    it('a new token at each sign-in; the one before ends; signing out everywhere ends all', async () => {
      const [desk, phone] = [new Client(plain.url), new Client(plain.url)]
      await signIn(desk, 1)
      const first = desk.cookie ?? ''
      await signIn(desk, 1)
      expect(desk.cookie).not.toBe(first)
      const before = await new Client(plain.url).send('/account', { headers: { cookie: first } })
      expect(before.location).toBe('/sign-in?next=%2Faccount')
      await signIn(phone, 1)
      const page = await phone.page('/account')
      expect(page.status).toBe(200)
      expect(page.text).toContain('Firefox on Linux')
      expect(page.text).toContain('127.0.0.1')
      const shown = await phone.json<{ signIns: readonly { outcome: string }[] }>('/account')
      expect(shown.signIns.map(({ outcome }) => outcome)).toEqual(['signed_in', 'signed_in', 'signed_in'])
      const forged = await phone.post('/sign-out-everywhere', {}, { origin: 'https://evil.example' })
      expect(forged.status).toBe(403)
      const out = await phone.post('/sign-out-everywhere', {})
      expect([out.status, out.location]).toEqual([303, '/sign-in?out=everywhere'])
      expect((await phone.page('/sign-in?out=everywhere')).text).toContain(
        'You are signed out on all devices.',
      )
      for (const who of [desk, phone]) expect((await who.page('/account')).status).toBe(303)
      expect((await new Client(plain.url).post('/sign-out-everywhere', {})).location).toBe(
        '/sign-in?next=%2Faccount',
      )
    })

    it('a new password from the account’s page: for who knows the current one, and typed twice', async () => {
      const account = school.accounts.find(({ role }) => role === 'instructor')
      if (account === undefined) throw new Error('the sample has no instructor')
      const [desk, phone] = [new Client(plain.url), new Client(plain.url)]
      for (const who of [desk, phone]) await who.signIn(account)
      const path = '/account/password'
      const wanted = 'seven quiet lanterns'
      const form = { current: account.password, password: wanted, again: wanted }
      const both = { current: '', password: 'short', again: 'shirt' }
      for (const [wrong, status, words] of [
        [{ current: '' }, 422, 'Enter your current password.'],
        [{ password: '', again: '' }, 422, 'Choose a password.'],
        [{ again: 'seven quite lanterns' }, 422, 'The two new passwords are not the same'],
        [{ password: 'x'.repeat(2000), again: 'x'.repeat(2000) }, 422, 'at most 1024'],
        [{ password: 'short', again: 'short' }, 422, 'too short'],
        [both, 422, 'The two new passwords are not the same'],
        [{ current: 'wrong-secret-7' }, 403, 'The current password is not right'],
      ] as const) {
        const page = await desk.post(path, { ...form, ...wrong })
        expect([wrong, page.status, page.text.includes(words)]).toEqual([wrong, status, true])
        // all that is wrong at once
        if (wrong === both)
          for (const other of ['Enter your current password.', 'too short'])
            expect(page.text).toContain(other)
        // no password comes back, right or wrong
        for (const secret of [account.password, wanted, 'wrong-secret-7'])
          expect(page.text).not.toContain(secret)
      }
      expect((await desk.post(path, form, { origin: 'https://evil.example' })).status).toBe(403)
      // whose session has ended meanwhile is told what became of the form
      const ended = await new Client(plain.url).post(path, form)
      expect(ended.location).toBe('/sign-in?next=%2Faccount&lost=password')
      const door = await new Client(plain.url).page(ended.location ?? '')
      expect(door.text).toContain('You were signed out before the new password came')
      const refused = JSON.parse((await desk.postJson(path, { ...form, again: 'x' })).text) as {
        error: Record<string, unknown>
      }
      expect([refused.error['code'], refused.error['field']]).toEqual(['request_malformed', 'again'])

      for (const other of [path, '/.well-known/change-password'])
        expect((await desk.page(other)).location).toBe('/account')

      const before = desk.cookie
      const done = await desk.post(path, form)
      expect([done.status, done.location]).toEqual([303, '/account?done=password'])
      expect(desk.cookie).not.toBe(before)
      const page = await desk.page('/account?done=password')
      for (const words of ['Your password is changed', 'Password changed']) expect(page.text).toContain(words)
      expect((await phone.page('/account')).location).toBe('/sign-in?next=%2Faccount')
      expect(
        (await phone.post('/sign-in', { number: account.number, password: account.password })).status,
      ).toBe(401)
      await phone.signIn({ ...account, password: wanted })
      expect((await phone.page('/account')).status).toBe(200)
      for (const secret of [account.password, wanted, 'wrong-secret-7'])
        expect(plain.log()).not.toContain(secret)
    })

    it('an account page for staff, too', async () => {
      const registrar = school.accounts.findIndex(({ role }) => role === 'registrar')
      const who = new Client(plain.url)
      await signIn(who, registrar)
      expect((await who.page('/account')).text).toContain('Sign out everywhere')
    })

    it('end what is no request of a browser, and stay up', async () => {
      const { port } = new URL(plain.url)
      const answerTo = (bytes: string): Promise<string> =>
        new Promise((resolve) => {
          let text = ''
          const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
          socket.setEncoding('utf8').on('data', (part: string) => (text += part))
          socket.on('close', () => resolve(text)).on('error', () => resolve(text))
        })
      expect(await answerTo('\x16\x03\x01\x02\x00 hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/)
      expect(await answerTo(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 431/,
      )
      expect((await new Client(plain.url).page('/healthz')).status).toBe(200)
    })
  },
  // headers and cookies are made before any database is asked
  ['mariadb'],
)
