/**
 * Every page, those of failures included, in both themes, at 360 and at 1280 px: no axe violation, nothing that runs out
 * of the screen sideways, no layout that jumps, and no complaint of the browser (which is where a breach of the content policy shows).
 * SCREENSHOTS=folder keeps a picture of each.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Schedule, SearchResult, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import { describeBrowser, launchBrowser } from './support/browser.ts'
import { allSections, clashing, compatible, full } from './support/choose.ts'
import { type BrokenPages, startBrokenPages } from './support/broken.ts'
import { Client, type SampleSchool, sampleSchool, startPortal } from './support/portal.ts'
import { layoutFaults, ofColour, violations, widthFaults } from './support/page-faults.ts'
import { manyNotices } from './support/many-notices.ts'
import { describeSource } from './support/servers.ts'
import { until } from './support/until.ts'
import { obtainable } from './support/walk.ts'

const widths = [360, 1280] as const

const pictures = process.env['SCREENSHOTS']

interface Stop {
  readonly name: string
  readonly go: (page: Page) => Promise<unknown>
  /** answers that the browser's console complains of, as it does of every 4xx page */
  readonly status?: number
}

describeSource(
  'no axe violation',
  (flavour) => {
    describeBrowser('on any page', () => {
      let browser: Browser
      let school: SampleSchool
      let url: string
      let rows: readonly SectionRow[]
      let receipt: string
      let dropReceipt: string
      let past: string
      let cookie: string
      let staffCookie: string
      let wait: string
      let swap: string
      let crowded: number
      let teacherCookie: string
      let taught: number
      let broken: BrokenPages

      beforeAll(async () => {
        browser = await launchBrowser()
        school = await sampleSchool(flavour)
        // a standby that is not there: its receipt has the most to say
        url = (await startPortal(school.database.url, { standby: 'postgres://a:b@127.0.0.1:9/none' })).url
        const client = new Client(url)
        rows = await allSections(client)
        const [account] = school.accounts
        if (account === undefined) throw new Error('the sample has no account')
        await client.signIn(account)
        cookie = client.cookie ?? ''
        // a schedule, a receipt with every kind of line, and a cart with a conflict and a full section in it
        const held = compatible(rows, 3)
        const [first] = held
        if (first === undefined) throw new Error('no section')
        const [clash, none] = [clashing(rows, first), full(rows, held)]
        const section = [...held, clash, none].map(({ id }) => String(id))
        const sent = await client.post('/register', { section: [...section, 'nonsense'] })
        receipt = sent.location ?? ''
        const spare = compatible(rows, 1, held).map(({ id }) => String(id))
        await client.post('/register', { section: spare })
        const { entries } = await client.json<Schedule>('/schedule')
        const entry = entries.find(({ section: { id } }) => spare.includes(String(id)))
        dropReceipt = (await client.post('/drop', { enrolment: String(entry?.enrolmentId) })).location ?? ''
        expect(dropReceipt).toMatch(/^\/receipts\//)
        // a place on a list that a seat went past, one that is linked, and one that became a seat; each with its notice
        const busy = rows.filter(({ seats, status }) => seats.full && status === 'active')
        const lists = (await obtainable(client, busy.slice(0, 15))).waiting
        const [awaited = none] = lists
        const [gone = none] = lists.filter(({ code }) => code !== awaited.code)
        crowded = awaited.id
        wait =
          (await client.post('/register', { section: String(awaited.id), waitlist: String(awaited.id) }))
            .location ?? ''
        const give = (await client.json<Schedule>('/schedule')).entries.find(({ mayDrop }) => mayDrop)
        swap =
          (
            await client.post('/swap', {
              enrolment: String(give?.enrolmentId),
              section: String(gone.id),
              waitlist: '1',
            })
          ).location ?? ''
        expect([wait, swap].join()).toMatch(/^\/receipts\/[^,]+,\/receipts\//)
        const registrar = school.accounts.find(({ role }) => role === 'registrar')
        if (registrar === undefined) throw new Error('the sample has no registrar')
        const staff = new Client(url)
        await staff.signIn(registrar)
        staffCookie = staff.cookie ?? ''
        await staff.post(`/registrar/sections/${awaited.id}/capacity`, {
          capacity: String(awaited.seats.taken + 1),
        })
        await until('the student is told', async () => (await client.page('/notices')).text.includes('>New<'))
        const instructor = school.accounts.find(({ role }) => role === 'instructor')
        if (instructor === undefined) throw new Error('the sample has no instructor')
        const teacher = new Client(url)
        await teacher.signIn(instructor)
        teacherCookie = teacher.cookie ?? ''
        const own = await teacher.json<{ sections: readonly SectionRow[] }>('/teaching')
        taught = own.sections.find(({ seats }) => seats.taken > 0)?.id ?? 0
        broken = await startBrokenPages()
        await manyNotices(school, account.number)
        const codes = [...(await client.page('/catalogue')).text.matchAll(/<option value="(\d{6})"/g)]
        past = codes.at(-1)?.[1] ?? ''
        // the cart holds something of a term that is over, too
        const { rows: old } = await client.json<SearchResult>(`/catalogue?term=${past}&open=1`)
        await client.post('/cart', { section: String(old[0]?.id) })
        const more = compatible(rows, 2, held).map(({ id }) => String(id))
        expect(
          (await client.post('/cart', { section: [...more, String(clash.id), String(none.id)] })).status,
        ).toBe(303)
        // a name that is wider than a telephone, and meetings whose words are wider than their column
        const db = connectSource(school.database.url, { size: 1 })
        await db
          .updateTable('student')
          .set({ preferred_name: 'Wolfeschlegelsteinhausenbergerdorff', family_name: 'Hubert-Blaine-Wolfe' })
          .where('number', '=', account.number)
          .execute()
        await db
          .updateTable('meeting')
          .set({ every_weeks: 2 })
          .where(
            'section_id',
            'in',
            held.map(({ id }) => id),
          )
          .execute()
        await db.destroy()
      })
      afterAll(async () => {
        await browser.close()
      })

      const open = (path: string) => async (page: Page) => page.goto(`${url}${path}`)
      /** of what is known when the walk begins */
      const at = (path: () => string) => async (page: Page) => page.goto(`${url}${path()}`)
      /** A form that is sent as it stands. */
      const refused = (path: () => string, button: RegExp) => async (page: Page) => {
        await page.goto(`${url}${path()}`)
        await page.getByRole('button', { name: button }).click()
        await page.getByRole('alert').waitFor()
      }
      const signedIn: readonly Stop[] = [
        { name: 'catalogue', go: open('/catalogue') },
        { name: 'search with filters', go: open('/catalogue?q=intro&open=1&day=1&day=3&day=5&credits=3') },
        { name: 'nothing found', go: open('/catalogue?q=zzzzzz') },
        { name: 'last page', go: open('/catalogue?page=9999') },
        { name: 'section', go: at(() => `/sections/${rows[0]?.id}`) },
        { name: 'full section', go: at(() => `/sections/${full(rows).id}`) },
        { name: 'cart', go: open('/cart') },
        { name: 'cart after adding', go: open('/cart?added=2&unknown=1') },
        {
          name: 'cart with an error',
          status: 422,
          go: async (page) => {
            await page.goto(`${url}/cart`)
            for (const tick of await page.getByRole('checkbox').all()) await tick.uncheck()
            await page.getByRole('button', { name: 'Register', exact: true }).click()
            await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
          },
        },
        { name: 'schedule', go: open('/schedule') },
        {
          name: 'schedule, about to drop',
          go: async (page) => {
            await page.goto(`${url}/schedule`)
            await page.getByRole('listitem').getByText('Drop').first().click()
            await page.getByRole('button', { name: /^Yes, drop/ }).waitFor()
          },
        },
        { name: 'receipt', go: at(() => receipt) },
        { name: 'receipt of a drop', go: at(() => dropReceipt) },
        { name: 'past term', go: at(() => `/schedule?term=${past}`) },
        { name: 'catalogue of a past term', go: at(() => `/catalogue?term=${past}`) },
        {
          name: 'schedule with an error',
          status: 404,
          go: async (page) => {
            await page.goto(`${url}/schedule`)
            await page.evaluate(`document.querySelector('[name=enrolment]').value = '0'`)
            await page.getByRole('listitem').getByText('Drop').first().click()
            await page.getByRole('button', { name: /^Yes, drop/ }).click()
            await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
          },
        },
        { name: 'chosen before signing in', go: at(() => `/cart?section=${rows[0]?.id}`) },
        { name: 'receipt of a waiting list', go: at(() => wait) },
        { name: 'receipt of a swap', go: at(() => swap) },
        { name: 'receipts', go: open('/receipts') },
        { name: 'history', go: open('/history') },
        { name: 'no such receipt of mine', status: 404, go: open('/receipts?number=R222') },
        { name: 'notices', go: open('/notices') },
        { name: 'older notices', go: open('/notices?after=1') },
        { name: 'account', go: open('/account?done=password') },
        { name: 'no new password', status: 422, go: refused(() => '/account', /^Change password/) },
        { name: 'calendar', go: open('/calendar') },
        {
          name: 'calendar with its private address',
          go: async (page) => {
            await page.goto(`${url}/calendar`)
            await page.getByRole('button', { name: /^Make/ }).click()
            await page.getByLabel('Your private address').waitFor()
          },
        },
        {
          name: 'a lecture with its laboratories',
          go: async (page) => {
            await page.goto(`${url}/catalogue?q=cs+101`)
            await page.getByRole('link', { name: 'Introduction to Programming' }).first().click()
            await page.getByLabel('Laboratory that goes with it').first().waitFor()
          },
        },
        { name: 'not for students', status: 403, go: open('/registrar') },
        { name: 'no such page', status: 404, go: open('/nowhere') },
      ]
      const staffed: readonly Stop[] = [
        { name: 'registrar', go: open('/registrar') },
        { name: 'no such receipt', status: 404, go: open('/registrar?receipt=R222-2222-2222') },
        { name: 'any receipt', go: at(() => `/registrar${wait}`) },
        { name: 'seats', go: at(() => `/registrar/sections/${crowded}`) },
        {
          name: 'seats as they were',
          go: at(() => `/registrar/sections/${crowded}?at=2026-01-01T00:00:00Z`),
        },
        { name: 'students', go: open('/registrar/students?q=ma') },
        { name: 'a student’s file', go: open('/registrar/students/S100005') },
        {
          name: 'a hold without words',
          status: 422,
          go: async (page) => {
            await page.goto(`${url}/registrar/students/S100002`)
            for (const form of ['Grant a permission', 'Add a course', 'Place a hold'])
              await page.getByText(form, { exact: true }).click()
            await page.getByRole('button', { name: 'Place the hold' }).click()
            await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
          },
        },
        { name: 'terms', go: open('/registrar/terms') },
        {
          name: 'rules of a term',
          go: async (page) => {
            await page.goto(`${url}/registrar/terms/${rows[0]?.term.code}`)
            await page.getByText('Add a window', { exact: true }).click()
          },
        },
        {
          name: 'moved for no reason',
          status: 422,
          go: refused(() => `/registrar/terms/${past}`, /^Move registration/),
        },
        { name: 'trail of a student', go: open('/registrar/trail?student=S100001') },
        {
          name: 'whom a change would hurt',
          go: async (page) => {
            await page.goto(`${url}/registrar/sections/${crowded}/change`)
            await page.getByRole('button', { name: 'Show who is affected' }).click()
            await page.getByText('What it would do').waitFor()
          },
        },
        { name: 'links', go: at(() => `/registrar/sections/${crowded}/links`) },
        { name: 'about to cancel', go: at(() => `/registrar/sections/${crowded}/cancel`) },
        { name: 'trail', go: open('/registrar/trail') },
        {
          name: 'seats at no moment',
          status: 422,
          go: at(() => `/registrar/sections/${crowded}?at=now`),
        },
      ]
      const teaching: readonly Stop[] = [
        { name: 'teaching', go: open('/teaching') },
        { name: 'roster', go: at(() => `/teaching/${taught}`) },
        { name: 'not my section', status: 403, go: open('/teaching/999999') },
        { name: 'not for instructors', status: 403, go: open('/cart') },
      ]
      const anonymous: readonly Stop[] = [
        { name: 'sign in', go: open('/sign-in') },
        {
          name: 'too many requests',
          status: 429,
          go: async (page) => {
            // one a minute is allowed
            await fetch(broken.limited)
            await page.goto(broken.limited)
          },
        },
        { name: 'broken', status: 500, go: async (page) => page.goto(broken.broken) },
        { name: 'database away', status: 503, go: async (page) => page.goto(broken.away) },
        {
          name: 'sign in, refused',
          status: 401,
          go: async (page) => {
            await page.goto(`${url}/sign-in`)
            await page.getByLabel('Student number').fill('S000000')
            await page.getByLabel('Password').fill('wrong')
            await page.getByRole('button', { name: 'Sign in' }).click()
            await page.getByRole('alert').waitFor()
          },
        },
        { name: 'signed out everywhere', go: open('/sign-in?out=everywhere') },
        { name: 'a new password too late', go: open('/sign-in?next=%2Faccount&lost=password') },
        { name: 'activate', go: open('/activate') },
        { name: 'activate, empty', status: 422, go: refused(() => '/activate', /Set password/) },
        { name: 'catalogue', go: open('/catalogue') },
        { name: 'section', go: at(() => `/sections/${rows[0]?.id}`) },
      ]

      const walk = async (context: BrowserContext, stops: readonly Stop[]): Promise<readonly string[]> => {
        const found: string[] = []
        const page = await context.newPage()
        let at = ''
        let answer: number | undefined
        page.on('pageerror', (error) => found.push(`${at}: ${error.message}`))
        page.on('console', (message) => {
          const expected = answer !== undefined && message.text().includes(`status of ${answer}`)
          if (message.type() === 'error' && !expected) found.push(`${at}: ${message.text()}`)
        })
        for (const { name, go, status } of stops) {
          at = name
          answer = status
          await page.emulateMedia({ colorScheme: 'light' })
          await go(page)
          if (pictures !== undefined)
            await page.screenshot({
              path: `${pictures}/${name.replaceAll(/\W+/g, '-')}-${page.viewportSize()?.width}.png`,
              fullPage: true,
            })
          found.push(...(await violations(page)).map((line) => `${name}, light: ${line}`))
          found.push(...(await layoutFaults(page)).map((line) => `${name}: ${line}`))
          if (page.viewportSize()?.width === 1280)
            found.push(...(await widthFaults(page, [320, 768, 1024])).map((line) => `${name}: ${line}`))
          await page.emulateMedia({ colorScheme: 'dark' })
          found.push(...(await violations(page, ofColour)).map((line) => `${name}, dark: ${line}`))
        }
        await page.close()
        return found
      }

      // axe takes seconds a page on a busy machine
      const limit = { timeout: 600_000 }
      for (const width of widths) {
        // without motion, since a colour on its way from one theme to the other is neither
        const options = {
          viewport: { width, height: 800 },
          locale: 'en-US',
          reducedMotion: 'reduce',
        } as const
        const walks: readonly (readonly [who: string, cookie: () => string, stops: readonly Stop[]])[] = [
          ['signed in', () => cookie, signedIn],
          ['staff', () => staffCookie, staffed],
          ['instructor', () => teacherCookie, teaching],
          ['not signed in', () => '', anonymous],
        ]
        for (const [who, held, stops] of walks)
          it(`${who}, ${width} px`, limit, async () => {
            const context = await browser.newContext({ ...options, colorScheme: 'light' })
            const [name = '', value = ''] = held().split('=')
            if (name !== '') await context.addCookies([{ name, value, url }])
            expect(await walk(context, stops)).toEqual([])
            await context.close()
          })
      }

      it('would notice a fault', async () => {
        const context = await browser.newContext()
        const page = await context.newPage()
        await page.goto(`${url}/sign-in`)
        await page.evaluate(`document.querySelector('label').remove()`)
        expect((await violations(page)).join()).toContain('label')
        expect(await layoutFaults(page)).toEqual([])
        await page.evaluate(`document.querySelector('main form').append('x'.repeat(400))`)
        await page.evaluate(`document.querySelector('main form').style.overflowWrap = 'normal'`)
        expect((await layoutFaults(page)).join()).toContain('wider than its column')
        await page.emulateMedia({ colorScheme: 'dark' })
        await page.evaluate(`document.querySelector('h1').style.color = '#333'`)
        expect((await violations(page, ofColour)).join()).toContain('color-contrast')
        await context.close()
      })
    })
  },
  ['mariadb'],
)
