/** A student's core tasks in a browser, by role and label; the same without JavaScript and, step by step, without a mouse. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { SectionRow } from '../../apps/portal/src/catalogue/types.ts'
import { labelOf } from './choose.ts'

export const freshPage = async (browser: Browser, options: BrowserContextOptions = {}): Promise<Page> => {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  return page
}

/** What a checkbox of the catalogue is called. */
export const tickName = (section: SectionRow): string => `${labelOf(section)} ${section.title}`
