/**
 * Every word that a page says comes from the catalogue of texts. The portal speaks the pseudo-locale, which is accented, and
 * whatever the database holds for people is rewritten in Greek letters: what is left in plain Latin ones was written into
 * the code.
 */
import { expect, it } from 'vitest'
import type { Schedule, SearchResult, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import type { Tables } from '../apps/portal/src/db/tables.ts'
import { letterOf } from '../apps/portal/src/mail/letter.ts'
import { openServices } from '../apps/portal/src/services.ts'
import { languageOf, type LanguageTag } from '../apps/portal/src/texts/index.ts'
import { describeBrowser, launchBrowser } from './support/browser.ts'
import { allSections, clashing, compatible, full } from './support/choose.ts'
import { servePages } from './support/pages-here.ts'
import { Client, sampleSchool, type SampleSchool } from './support/portal.ts'
import { atEnd } from './support/scope.ts'
import { describeSource } from './support/servers.ts'
import { obtainable } from './support/walk.ts'

/** What is data: the columns that hold words for people. Each of their values becomes Greek. */
const words: { readonly [Table in keyof Tables]?: readonly (keyof Tables[Table] & string)[] } = {
  term: ['name'],
  subject: ['name', 'department'],
  course: ['title', 'description', 'prerequisite_text'],
  section: ['title'],
  campus: ['code', 'name'],
  room: ['building', 'number'],
  instructor: ['given_name', 'family_name', 'email'],
  student: ['given_name', 'family_name', 'preferred_name', 'programme', 'email'],
  staff: ['given_name', 'family_name'],
  registration_window: ['label'],
  seat_reserve: ['label'],
  student_hold: ['reason', 'office'],
  rule_override: ['reason'],
  staff_action: ['detail'],
  transcript_entry: ['title'],
}

const inGreek = async (db: Db): Promise<void> => {
  for (const [table, columns] of Object.entries(words)) {
    for (const column of columns)
      await db
        .updateTable(table as 'term')
        .set((eb) => ({ [column]: eb.fn('concat', [eb.val('Ψω '), eb.ref('id')]) }))
        .where(column as 'name', 'is not', null)
        .execute()
  }
}

/** Data that stays in Latin letters: codes, numbers of people and receipts, names of products, zones and addresses. */
const codes = (subjects: readonly string[]): RegExp =>
  new RegExp(
    [
      `\\b(?:${subjects.join('|')})\\b`,
      // of a receipt, whole: it may begin as the next does, R972-82J6-M2CV
      '\\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}\\b',
      '\\b[A-Z]\\d+\\b',
      // of a request, by which the office finds it in the log
      '\\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\\b',
      // of a field that no page of ours sends so: the name that the form has it by
      '“[a-z]+”',
      '\\bMatricula\\b',
      '\\bhttps?:\\S+',
      'Etc/UTC',
    ].join('|'),
    'g',
  )

const decode = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

const said = /\b(?:aria-label|title|alt|placeholder|data-[\w-]+)="([^"]*)"/g

/** Texts of a page that are neither accented nor Greek. */
const escapes = (html: string, data: RegExp): readonly string[] => {
  const parts = html.matchAll(/<!?\/?([\w-]*)[^>]*>|([^<]+)/g)
  return [...parts]
    .flatMap(([tag, , text]) =>
      text === undefined ? [...tag.matchAll(said)].map(([, value = '']) => value) : [text],
    )
    .map(decode)
    .filter((text) => !text.startsWith('/') && /[A-Za-z]{2}/.test(text.replaceAll(data, '')))
}

describeSource(
  'texts',
  (flavour) => {
    /** pages that were answered 200, each with the session that saw it: for trying them in long words */
    const seen = new Map<string, string>()

    it('come from the catalogue on every page', async () => {
      const school: SampleSchool = await sampleSchool(flavour)
      const db = connectSource(school.database.url, { size: 2 })
      atEnd(() => db.destroy())
      await inGreek(db)
      const subjects = await db.selectFrom('subject').select('code').execute()
      const data = codes(subjects.map(({ code }) => code))
      const services = openServices({ database: school.database.url, connections: 8 })
      atEnd(() => services.close())
      const serve = (language: LanguageTag) => servePages(services, { languages: [language] })
      const url = await serve('en-XA')
      const found: string[] = []
      let pages = 0
      const check = (
        name: string,
        answer: { readonly status: number; readonly text: string },
        status = 200,
      ) => {
        pages += 1
        expect([name, answer.status, /<html lang="([^"]*)"/.exec(answer.text)?.[1]]).toEqual([
          name,
          status,
          'en-XA',
        ])
        found.push(...escapes(answer.text, data).map((text) => `${name}: ${text}`))
      }
      const visitor = new Client(url)
      const visit = async (client: Client, path: string, status = 200) => {
        check(path, await client.page(path), status)
        if (status === 200) seen.set(`${url}${path}`, client.cookie ?? '')
      }
      const send = async (
        client: Client,
        path: string,
        form: Record<string, string | string[]>,
        status: number,
      ) => check(`POST ${path}`, await client.post(path, form), status)
      const clientOf = async (role: string) => {
        const client = new Client(url)
        const account = school.accounts.find((one) => one.role === role)
        if (account === undefined) throw new Error(`the sample has no ${role}`)
        await client.signIn(account)
        return client
      }

      for (const path of [
        '/sign-in',
        '/sign-in?next=/cart',
        '/sign-in?out=everywhere',
        '/activate',
        '/catalogue',
      ])
        await visit(visitor, path)
      await visit(visitor, '/nowhere', 404)
      await visit(visitor, '/sections/999999', 404)
      await send(visitor, '/sign-in', {}, 422)
      await send(visitor, '/sign-in', { number: 'S000000', password: 'x' }, 401)
      await send(visitor, '/activate', {}, 422)
      const [waiting] = school.activations
      for (const password of ['short', `${waiting?.number} is mine`, 'password1'])
        await send(visitor, '/activate', { ...waiting, password }, 422)
      await send(visitor, '/activate', { number: 'S1', code: 'x', password: 'a long enough one' }, 401)

      const student = await clientOf('student')
      const rows = await allSections(student)
      const held = compatible(rows, 3)
      const [first] = held
      if (first === undefined) throw new Error('no section')
      const none = full(rows, held)
      const { waiting: lists } = await obtainable(
        student,
        rows.filter(({ seats, status }) => seats.full && status === 'active').slice(0, 15),
      )
      for (const path of ['/cart', '/schedule', '/receipts', '/notices']) await visit(student, path)
      const ids = (of: readonly SectionRow[]) => of.map(({ id }) => String(id))
      const receiptOf = async (path: string, form: Record<string, string | string[]>) => {
        const { location = '', text } = await student.post(path, form)
        expect(location || text).toMatch(/^\/receipts\//)
        await visit(student, location)
      }
      await student.post('/cart', { section: ids(rows.slice(0, 4)) })
      await student.post('/cart', { instead: String(rows[0]?.id), fallback: String(rows[1]?.id) })
      await visit(student, '/cart')
      await receiptOf('/register', { section: [...ids([...held, clashing(rows, first), none]), 'Ψω'] })
      await receiptOf('/register', { section: ids([first]), mode: 'all' })
      const [list, other] = lists
      await receiptOf('/register', { section: ids([list ?? none]), waitlist: ids([list ?? none]) })
      const { entries } = await student.json<Schedule>('/schedule')
      const enrolment = String(entries[0]?.enrolmentId)
      await receiptOf('/swap', { enrolment, section: String((other ?? none).id), waitlist: '1' })
      await receiptOf('/drop', { enrolment })
      const past = (await student.page('/catalogue')).text.match(/<option value="(\d{6})"/g)?.at(-1)
      const term = past?.slice(-7, -1) ?? ''
      const { rows: old } = await student.json<SearchResult>(`/catalogue?term=${term}&open=1`)
      await student.post('/cart', { section: String(old[0]?.id) })
      for (const path of [
        `/catalogue?q=${encodeURIComponent('Ψψ Ψω')}`,
        '/catalogue?open=1&day=1&credits=3',
        `/catalogue?term=${term}&page=2`,
        '/cart',
        '/cart?added=0',
        '/cart?added=2&unknown=1&removed=1&arranged=1',
        `/cart?section=${rows.at(-1)?.id}`,
        '/schedule',
        `/schedule?term=${term}`,
        '/receipts',
        '/history',
        '/notices',
        '/account',
        '/calendar',
        ...ids([first, none, ...rows.slice(0, 8), ...old.slice(0, 2)]).map((id) => `/sections/${id}`),
      ])
        await visit(student, path)
      await visit(student, '/receipts?number=R222', 404)
      await visit(student, '/receipts/R222-2222-2222', 404)
      await visit(student, '/registrar', 403)
      await send(student, '/register', {}, 422)
      await send(student, '/drop', { enrolment: '0' }, 404)
      await send(student, '/swap', { enrolment: '0', section: '1' }, 404)
      await send(student, '/leave', { entry: '0' }, 404)
      await send(student, '/calendar', { action: 'renew' }, 200)
      await send(student, '/account/password', { current: 'x', password: 'Ψω', again: '' }, 422)
      await send(student, '/cart', { section: Array.from({ length: 201 }, String) }, 422)

      const staff = await clientOf('registrar')
      const seats = `/registrar/sections/${(list ?? none).id}`
      await staff.post(`${seats}/capacity`, { capacity: String((list ?? none).seats.taken + 1) })
      const file = '/registrar/students/S100001'
      const why = { reason: 'Ψω', override_reason: 'Ψω' }
      await staff.post(`${file}/holds`, { hold_reason: 'Ψω', hold_office: 'Ψω' })
      for (const rule of ['credits', 'window'])
        await staff.post(`${file}/permissions`, { ...why, rule, credits: '21', concerns: '' })
      await staff.post(`/registrar/terms/${first.term.code}/windows`, {
        label: 'Ψω',
        level: 'graduate',
        credits_from: '60',
        opens: '2026-11-02 08:00',
      })
      await staff.post(`${seats}/reserves`, { seats: '1', label: 'Ψω' })
      const laboratory = rows.find(
        ({ component, term }) => component !== (list ?? none).component && term.id === first.term.id,
      )
      await staff.post(`${seats}/links`, { crns: laboratory?.crn ?? '' })
      await staff.post(`${file}/record`, {
        course: 'CS 101',
        title: 'Ψω',
        course_credits: '3',
        grade: 'B',
        source: 'transfer',
        completed: '2020-01-01',
      })
      // the trail is what was written down then, in the words of then
      await db.updateTable('staff_action').set({ detail: 'Ψω' }).execute()
      for (const path of [
        '/registrar',
        seats,
        `${seats}?at=2026-01-01T00:00:00`,
        ...['times', 'same', 'kept', 'given', 'cancelled'].map((done) => `${seats}?done=${done}&changed=1`),
        `${seats}/change`,
        `${seats}/links?done=linked`,
        `${seats}/cancel`,
        '/registrar/students?q=Ψω',
        '/registrar/students?q=ΨΨΨΨ',
        ...['hold', 'released', 'permission', 'revoked', 'ended', 'record'].map(
          (done) => `${file}?done=${done}`,
        ),
        '/registrar/terms',
        `/registrar/terms/${first.term.code}?done=term`,
        '/registrar/trail',
        '/registrar/trail?student=S100001',
      ])
        await visit(staff, path)
      await visit(staff, '/registrar?receipt=R222&crn=0', 404)
      await visit(staff, `${seats}?at=now`, 422)
      await send(staff, `${seats}/capacity`, { capacity: '-1' }, 422)
      await send(staff, `${seats}/change`, { step: 'preview' }, 200)
      await send(staff, `${seats}/change`, { add: '1', days_new: 'XX', starts_new: '9', until_new: '' }, 422)
      await send(staff, `${seats}/links`, { crns: `0 ${first.crn} ${(list ?? none).crn}` }, 422)
      await send(staff, `${seats}/cancel`, {}, 422)
      await send(staff, `${seats}/reserves`, {}, 422)
      for (const form of ['holds', 'permissions', 'record', 'holds/1/release'])
        await send(staff, `${file}/${form}`, {}, 422)
      await send(staff, `/registrar/terms/${first.term.code}`, { add_until: 'x', most_attempts: '0' }, 422)
      for (const form of ['windows', 'registration'])
        await send(staff, `/registrar/terms/${first.term.code}/${form}`, {}, 422)

      const teacher = await clientOf('instructor')
      const { sections } = await teacher.json<{ sections: readonly SectionRow[] }>('/teaching')
      for (const path of ['/teaching', ...ids(sections.slice(0, 3)).map((id) => `/teaching/${id}`)])
        await visit(teacher, path)
      await visit(teacher, '/teaching/999999', 403)
      await visit(teacher, '/cart', 403)
      // what the office did has become notices
      for (const path of ['/notices', '/schedule', '/cart', '/receipts']) await visit(student, path)

      expect(found).toEqual([])
      expect(pages).toBeGreaterThan(50)
      // the same page in English is full of what would be found
      const english = await new Client(await serve('en')).page('/sign-in')
      expect(escapes(english.text, data).length).toBeGreaterThan(10)
      expect(escapes('<p>Ñöţ <b title="None">ḿé</b></p>', data)).toEqual(['None'])
    })

    describeBrowser('in long words', () => {
      it('leave no page wider than a small screen', async () => {
        const browser = await launchBrowser()
        const context = await browser.newContext({ viewport: { width: 360, height: 800 } })
        const page = await context.newPage()
        const wide: string[] = []
        // one of each kind: whatever number stands in an address, it is the same page
        const kindOf = (url: string) => new URL(url).pathname.replaceAll(/\/[^/]*\d[^/]*/g, '/n')
        const kinds = new Map([...seen].map(([url, cookie]) => [kindOf(url), { url, cookie }]))
        expect(kinds.size).toBeGreaterThan(20)
        for (const { url, cookie } of kinds.values()) {
          await context.clearCookies()
          const [name = '', value = ''] = cookie.split('=')
          if (name !== '') await context.addCookies([{ name, value, url }])
          await page.goto(url)
          const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          if (Number(beyond) > 0)
            wide.push(`${new URL(url).pathname}: ${String(beyond)} px beyond the screen`)
        }
        expect(wide).toEqual([])
      })
    })

    it('of an e-mail, too', () => {
      const notice = {
        id: 1,
        kind: 'window_opens',
        createdAt: '2026-11-28T00:00:00.000Z',
        sectionId: null,
        label: null,
        title: 'Ψω',
        givenUp: null,
        reason: null,
        moreReasons: [],
        receipt: null,
        detail: null,
        facts: null,
        read: false,
      } as const
      const letter = letterOf(notice, 'Ψω', languageOf('en-XA', 'UTC', ['en-XA']), undefined)
      expect(`${letter.subject}${letter.text}`).not.toMatch(/[A-Za-z]{2}/)
    })
  },
  ['mariadb'],
)
