/**
 * The core tasks with JavaScript switched off: signing in, searching, the cart, registering, a waiting list, a swap, a drop,
 * receipts, notices and the calendar. What works here works on any browser, and while a script is still on its way.
 */
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import type { Schedule, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { overlap } from '../apps/portal/src/policy/meeting.ts'
import { describeBrowser, launchBrowser } from './support/browser.ts'
import { openCampus } from './support/campus.ts'
import { compatible, labelOf } from './support/choose.ts'
import { Client, type SampleSchool } from './support/portal.ts'
import { describeSource } from './support/servers.ts'
import { freshPage, obtainable, tickName } from './support/walk.ts'

describeSource(
  'without JavaScript',
  (flavour) => {
    describeBrowser('in a browser', () => {
      let browser: Browser
      let school: SampleSchool
      let url: string
      let rows: readonly SectionRow[]

      beforeAll(async () => {
        browser = await launchBrowser()
        ;({ school, url, rows } = await openCampus(flavour))
      })

      it('does everything that a student has to do', async () => {
        const [account] = school.accounts
        if (account === undefined) throw new Error('the sample has no account')
        const same = new Client(url)
        await same.signIn(account)
        const { entries } = await same.json<Schedule>('/schedule')
        const held = entries.map(({ section }) => section)
        const apart = compatible(rows, 8, held)
        const [first, second, third] = (await obtainable(same, apart)).free
        if (first === undefined || second === undefined || third === undefined) throw new Error('no sections')
        const full = rows.filter(
          ({ seats, status, courseId, meetings }) =>
            seats.full &&
            status === 'active' &&
            ![first, second, third].some(
              (one) => one.courseId === courseId || overlap(one.meetings, meetings) !== null,
            ),
        )
        const [crowded] = (await obtainable(same, full.slice(0, 12))).waiting
        if (crowded === undefined) throw new Error('no waiting list that this student may join')

        const page = await freshPage(browser, { javaScriptEnabled: false })
        const press = (name: string | RegExp) => page.getByRole('button', { name, exact: true }).click()
        const heading = (name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()

        // a personal page leads to the door, and from there back to itself
        await page.goto(`${url}/cart`)
        await page.getByLabel('Student number').fill(account.number)
        await page.getByLabel('Password').fill(account.password)
        await press('Sign in')
        await heading('Your cart is empty')

        for (const section of [first, second]) {
          await page.getByRole('link', { name: 'Catalogue', exact: true }).click()
          await page.getByRole('searchbox', { name: /Search by course/ }).fill(section.crn)
          await press('Search')
          await page.getByRole('checkbox', { name: tickName(section) }).check()
          await press('Add to cart')
          await heading('Cart')
        }
        // the order, and a fallback
        await press(`Move ${labelOf(second)} up`)
        await page.getByText('The order of your cart is saved.').waitFor()
        await page.getByText('Fallbacks: “this one, else that one”').click()
        await page.getByLabel('I want').selectOption(String(second.id))
        await page.getByLabel('else', { exact: true }).selectOption(String(first.id))
        await press('Save the fallback')
        await page.getByText(`Only if ${labelOf(second)} cannot be had`).waitFor()
        await page.getByText('Fallbacks: “this one, else that one”').click()
        await press(`Take ${labelOf(first)} in any case`)
        await page.getByLabel('All or nothing').check()
        await press('Register')
        await heading('You are enrolled in 2 sections')
        const receipt = new URL(page.url()).pathname

        // a waiting list, joined and left
        await page.goto(`${url}/sections/${crowded.id}`)
        await press('Join the waiting list')
        await heading('You are on 1 waiting list')
        await page.getByRole('link', { name: 'See your schedule' }).click()
        await page.getByText(/^Leave the list/).click()
        await press(`Yes, leave the list of ${labelOf(crowded)}`)
        await heading(`You have left the waiting list of ${labelOf(crowded)}`)

        // a swap, and a drop
        await page.goto(`${url}/sections/${third.id}`)
        await page.getByText('Take it in place of a section you have').click()
        await page.getByLabel('Give up').selectOption({ label: `${labelOf(second)} ${second.title}` })
        await press('Swap')
        await heading(`You have swapped ${labelOf(second)} for ${labelOf(third)}`)
        await page.getByRole('link', { name: 'See your schedule' }).click()
        await page
          .getByRole('listitem')
          .filter({ hasText: tickName(third) })
          .getByText(/^Drop/)
          .click()
        await press(`Yes, drop ${labelOf(third)}`)
        await heading(`You have dropped ${labelOf(third)}`)

        await page.getByRole('link', { name: 'All your receipts' }).click()
        await heading('Receipts')
        expect(await page.getByRole('row').count()).toBeGreaterThanOrEqual(6)
        await page.getByLabel('Receipt number').fill(receipt.replace('/receipts/', '').toLowerCase())
        await press('Find')
        await heading('You are enrolled in 2 sections')
        await page.getByRole('link', { name: /^Notices/ }).click()
        await heading('Notices')
        await page.goto(`${url}/calendar`)
        await press('Make a private address')
        await page.getByLabel('Your private address').waitFor()
        await page.goto(`${url}/account`)
        const password = 'seven quiet lanterns'
        await page.getByLabel('Current password').fill(account.password)
        for (const name of ['New password', 'New password, again'])
          await page.getByLabel(name, { exact: true }).fill(password)
        await press('Change password')
        await page.getByText('Your password is changed.').waitFor()
        await press('Sign out')
        await heading('Sign in')
        // the other session ended with it
        await same.signIn({ ...account, password })
        const now = (await same.json<Schedule>('/schedule')).entries.map(({ section }) => section.id)
        expect(new Set(now)).toEqual(new Set([...held.map(({ id }) => id), first.id]))
        await page.context().close()
      })
    })
  },
  // the pages are the same on every server
  ['mariadb'],
)
