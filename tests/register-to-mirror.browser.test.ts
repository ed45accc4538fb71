/**
 * The main job, end to end, as a student sees it: sign in, find three sections, register for them at once, see that the
 * copy is made, drop one; and then PostgreSQL holds exactly what is left. Portal and mirror are processes of their own
 * on real servers; the mirror's account holds nothing but SELECT. With JavaScript and without.
 */
import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import type { Schedule, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { onTarget } from '../packages/devstack/src/index.ts'
import { describeBrowser, launchBrowser } from './support/browser.ts'
import { allSections, compatible, labelOf } from './support/choose.ts'
import { type RunningMirror, startMirror } from './support/mirror.ts'
import { Client, type RunningPortal, type SampleSchool, sampleSchool, startPortal } from './support/portal.ts'
import { describeSource, type FreshTarget, freshTarget } from './support/servers.ts'
import { until } from './support/until.ts'

/** Section ids of a student's enrolments in a term, as the standby has them. */
const inStandby = async (
  target: FreshTarget,
  schema: string,
  studentNumber: string,
  termCode: string,
): Promise<readonly number[]> =>
  onTarget(target.readerUrl, async (client) => {
    const { rows } = await client.query<{ section_id: string }>(
      `SELECT e.section_id::text AS section_id
         FROM "${schema}".enrolment e
         JOIN "${schema}".student s ON s.id = e.student_id
         JOIN "${schema}".section c ON c.id = e.section_id
         JOIN "${schema}".term t ON t.id = c.term_id
        WHERE s.number = $1 AND t.code = $2`,
      [studentNumber, termCode],
    )
    return rows.map((row) => Number(row.section_id)).sort((a, b) => a - b)
  })

const numbers = (rows: readonly SectionRow[]): readonly number[] =>
  rows.map(({ id }) => id).sort((a, b) => a - b)

/** Searches by the section's own number, ticks it and adds it to the cart. */
const addToCart = async (page: Page, section: SectionRow): Promise<void> => {
  await page.getByRole('link', { name: 'Catalogue', exact: true }).click()
  await page.getByRole('searchbox', { name: /Search by course/ }).fill(section.crn)
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('heading', { name: /^1 section in / }).waitFor()
  await page.getByRole('checkbox', { name: `${labelOf(section)} ${section.title}` }).check()
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByRole('heading', { name: 'Cart', exact: true }).waitFor()
}

/** With a script the page says it by itself; without one the student asks again. */
const seeTheCopy = async (page: Page, scripts: boolean): Promise<void> => {
  const status = page.getByRole('status').filter({ hasText: 'Copied to the standby' })
  if (scripts) {
    await status.waitFor()
    return
  }
  await until('the receipt says that it was copied', async () => {
    if ((await status.count()) > 0) return true
    await page.getByRole('link', { name: 'Check again' }).click()
    return false
  })
}

describeSource(
  'register to mirror',
  (flavour) => {
    describeBrowser('in a browser', () => {
      let browser: Browser
      let school: SampleSchool
      let target: FreshTarget
      let mirror: RunningMirror
      let portal: RunningPortal

      beforeAll(async () => {
        browser = await launchBrowser()
        school = await sampleSchool(flavour)
        target = await freshTarget()
        mirror = await startMirror(
          { source: school.database.mirrorUrl, target: target.url },
          '--poll',
          '500ms',
        )
        portal = await startPortal(school.database.url, {
          standby: target.readerUrl,
          flags: ['--console', mirror.url],
        })
        // the first load is not what is tested here
        await until('the mirror is ready', async () => (await mirror.ready())?.ready)
      })

      it.each([
        [true, 0],
        [false, 1],
      ])('JavaScript %s', async (scripts, index) => {
        const account = school.accounts.filter(({ role }) => role === 'student')[index]
        if (account === undefined) throw new Error('the sample has too few students')
        const client = new Client(portal.url)
        await client.signIn(account)
        const { term, entries } = await client.json<Schedule>('/schedule')
        const before = entries.map(({ section }) => section)
        const standby = () => inStandby(target, school.database.name, account.number, term.code)
        // next to what the student has already
        const chosen = compatible(await allSections(client), 3, before)
        const context = await browser.newContext({ javaScriptEnabled: scripts, locale: 'en-US' })
        const page = await context.newPage()
        const faults: string[] = []
        page.on('pageerror', (error) => faults.push(error.message))
        page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))

        await page.goto(`${portal.url}/cart`)
        await page.getByLabel('Student number').fill(account.number)
        await page.getByLabel('Password').fill(account.password)
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByRole('heading', { name: 'Your cart is empty' }).waitFor()

        for (const section of chosen) await addToCart(page, section)
        await page.getByRole('button', { name: 'Register', exact: true }).click()
        await page.getByRole('heading', { name: 'You are enrolled in 3 sections' }).waitFor()
        await seeTheCopy(page, scripts)
        expect(await page.getByRole('status').textContent()).toMatch(
          /Copied to the standby (less than )?\d+\.\d\ss later/,
        )
        expect(await page.getByRole('link', { name: 'See the mirror’s status' }).getAttribute('href')).toBe(
          mirror.url,
        )
        expect(await standby()).toEqual(numbers([...before, ...chosen]))

        const [dropped, ...kept] = chosen
        if (dropped === undefined) throw new Error('nothing to drop')
        await page.getByRole('link', { name: 'See your schedule' }).click()
        const entry = page
          .getByRole('region', { name: 'Your sections' })
          .getByRole('listitem')
          .filter({ hasText: `${labelOf(dropped)} ${dropped.title}` })
        await entry.getByText('Drop', { exact: false }).first().click()
        await entry.getByRole('button', { name: `Yes, drop ${labelOf(dropped)}` }).click()
        await page.getByRole('heading', { name: `You have dropped ${labelOf(dropped)}` }).waitFor()
        await seeTheCopy(page, scripts)
        // the receipt and the enrolment are of one transaction, so what is copied is copied together
        expect(await standby()).toEqual(numbers([...before, ...kept]))
        expect(faults).toEqual([])
        await context.close()
      })

      it('goes on while the mirror is stopped; one that comes later finds what was done', async () => {
        const account = school.accounts.filter(({ role }) => role === 'student')[2]
        if (account === undefined) throw new Error('the sample has too few students')
        await mirror.stop()
        const client = new Client(portal.url)
        await client.signIn(account)
        const before = (await client.json<Schedule>('/schedule')).entries.map(({ section }) => section)
        const [section] = compatible(await allSections(client), 1, before)
        const sent = await client.post('/register', { section: String(section?.id) })
        const page = await client.page(sent.location ?? '')
        expect(page.text).toContain('On its way to the standby')
        expect(page.text).toContain('Check again')
        // a mirror that comes later finds it
        mirror = await startMirror(
          { source: school.database.mirrorUrl, target: target.url },
          '--poll',
          '500ms',
        )
        await until('the receipt says that it was copied', async () =>
          (await client.page(sent.location ?? '')).text.includes('Copied to the standby'),
        )
      })
    })
  },
  ['mariadb', 'mysql'],
)
