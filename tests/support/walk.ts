/** A student's core tasks in a browser, by role and label; the same without JavaScript and, step by step, without a mouse. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Cart, SectionRow } from '../../apps/portal/src/catalogue/types.ts'
import { labelOf } from './choose.ts'
import type { Client } from './portal.ts'

export const freshPage = async (browser: Browser, options: BrowserContextOptions = {}): Promise<Page> => {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  return context.newPage()
}

/** What a checkbox of the catalogue is called. */
export const tickName = (section: SectionRow): string => `${labelOf(section)} ${section.title}`

/** Of these, the ones that the student could have, or wait for, if each were asked for alone: by what the cart says. */
export const obtainable = async (
  client: Client,
  rows: readonly SectionRow[],
): Promise<{ readonly free: readonly SectionRow[]; readonly waiting: readonly SectionRow[] }> => {
  const free: SectionRow[] = []
  const waiting: SectionRow[] = []
  for (const row of rows) {
    await client.post('/cart', { section: String(row.id) })
    const entry = (await client.json<Cart>('/cart')).entries.find(({ section }) => section.id === row.id)
    if (entry?.reasons.length === 0) free.push(row)
    else if (entry?.listPosition !== null && entry !== undefined) waiting.push(row)
    await client.post('/cart', { remove: String(row.id) })
  }
  return { free, waiting }
}
