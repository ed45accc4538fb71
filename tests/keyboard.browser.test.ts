/**
 * A registration by keyboard alone: the skip link first, the focus always to be seen, nothing that catches it, and after a
 * refused form the focus on the summary of errors, from which a link leads to the field.
 */
import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import type { Schedule, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { describeBrowser, launchBrowser } from './support/browser.ts'
import { openCampus } from './support/campus.ts'
import { compatible, labelOf } from './support/choose.ts'
import { Client, type SampleSchool } from './support/portal.ts'
import { describeSource } from './support/servers.ts'
import { freshPage, obtainable, tickName } from './support/walk.ts'

/** What has the focus, in a form to compare and to read. */
const focused = async (page: Page) =>
  page.evaluate<{ words: string; seen: boolean; id: string }>(`(() => {
    const element = document.activeElement
    const style = getComputedStyle(element)
    const box = element.getBoundingClientRect()
    const words = (element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText ?? '').replaceAll(/\\s+/g, ' ').trim()
    return {
      words,
      id: element.id,
      seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0,
    }
  })()`)

/** Tab after Tab until the element of these words has it; each stop on the way must be to be seen. */
const tabTo = async (page: Page, wanted: string | RegExp, key = 'Tab'): Promise<void> => {
  const passed: string[] = []
  for (let step = 0; step < 150; step += 1) {
    await page.keyboard.press(key)
    const { words, seen } = await focused(page)
    if (words !== '') expect([words, seen]).toEqual([words, true])
    if (typeof wanted === 'string' ? words === wanted : wanted.test(words)) return
    passed.push(words)
  }
  throw new Error(`${String(wanted)} is not reached by ${key}; passed: ${passed.join(' | ')}`)
}

describeSource(
  'by keyboard alone',
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

      it('signs in, searches, registers and drops', async () => {
        const account = school.accounts[1]
        if (account === undefined) throw new Error('the sample has no second account')
        const same = new Client(url)
        await same.signIn(account)
        const before = (await same.json<Schedule>('/schedule')).entries.map((entry) => entry.section)
        const [section] = (await obtainable(same, compatible(rows, 5, before))).free
        if (section === undefined) throw new Error('no section')
        const page = await freshPage(browser)
        const press = async (key: string) => page.keyboard.press(key)
        const heading = async (name: string) => page.getByRole('heading', { name, exact: true }).waitFor()

        await page.goto(`${url}/sign-in`)
        await press('Tab')
        expect(await focused(page)).toMatchObject({ words: 'Skip to the content', seen: true })
        await press('Enter')
        await tabTo(page, 'Sign in')
        // empty: the summary has the focus, and leads to the field
        await press('Enter')
        await page.getByRole('alert').waitFor()
        expect((await focused(page)).words).toContain('There is a problem')
        await press('Tab')
        await press('Enter')
        expect((await focused(page)).id).toBe('number')
        await page.keyboard.type(account.number)
        await tabTo(page, /^Password/)
        await page.keyboard.type(account.password)
        await press('Enter')
        await page.getByRole('searchbox', { name: /Search by course/ }).waitFor()

        await tabTo(page, /^Search by course/)
        await page.keyboard.type(section.crn)
        await press('Enter')
        await page.getByRole('heading', { name: /^1 section in / }).waitFor()
        await tabTo(page, tickName(section))
        await press('Space')
        await tabTo(page, 'Add to cart')
        await press('Enter')
        await heading('Cart')

        // nothing ticked: told on top
        await tabTo(page, tickName(section))
        await press('Space')
        await tabTo(page, 'Register')
        await press('Enter')
        await heading('There is a problem')
        expect((await focused(page)).words).toContain('No section was chosen.')
        await press('Tab')
        await press('Enter')
        expect((await focused(page)).id).toBe('section')
        await press('Space')
        await tabTo(page, 'Register')
        await press('Enter')
        await heading('You are enrolled in 1 section')

        await tabTo(page, 'See your schedule')
        await press('Enter')
        await page.getByRole('heading', { name: 'Your sections' }).waitFor()
        await tabTo(page, `Drop ${labelOf(section)}`)
        await press('Enter')
        await tabTo(page, `Yes, drop ${labelOf(section)}`)
        await press('Enter')
        await heading(`You have dropped ${labelOf(section)}`)
        // and back by Shift+Tab to where the page begins: nothing catches the focus
        await tabTo(page, 'All your receipts')
        await tabTo(page, 'Skip to the content', 'Shift+Tab')
        const after = (await same.json<Schedule>('/schedule')).entries.map((entry) => entry.section.id)
        expect(after).toEqual(before.map(({ id }) => id))

        // a new password: refused while its two copies differ, with the way to the field
        await tabTo(page, new RegExp(account.number))
        await press('Enter')
        await heading('Your account')
        const change = async (again: string) => {
          await tabTo(page, 'Current password')
          await page.keyboard.type(account.password)
          await tabTo(page, 'New password')
          await page.keyboard.type('seven quiet lanterns')
          await tabTo(page, 'New password, again')
          await page.keyboard.type(again)
          await press('Enter')
        }
        await change('seven quite lanterns')
        await heading('There is a problem')
        await press('Tab')
        await press('Enter')
        expect((await focused(page)).id).toBe('again')
        await tabTo(page, 'Skip to the content', 'Shift+Tab')
        await change('seven quiet lanterns')
        await page.getByText('Your password is changed.').waitFor()
        await page.context().close()
      })

      it('would notice a focus that is not to be seen', async () => {
        const page = await freshPage(browser)
        await page.goto(`${url}/sign-in`)
        await page.evaluate(`{
          const sheet = new CSSStyleSheet()
          sheet.replaceSync('*:focus-visible { outline: none !important }')
          document.adoptedStyleSheets = [sheet]
        }`)
        await expect(tabTo(page, 'Sign in')).rejects.toThrow(/to deeply equal/)
        await page.context().close()
      })
    })
  },
  // the pages are the same on every server
  ['mariadb'],
)
