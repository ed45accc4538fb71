/** What is wrong with a page in a browser: by axe's rules, and by its layout. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The rules whose answer depends on the theme: all that a theme changes is colours. */
export const ofColour = ['color-contrast', 'link-in-text-block']

/** Only what is wrong: selectors of everything that is right are half of the work. */
const reporting = { resultTypes: ['violations'], selectors: false, elementRef: false }

/** One line a violation, with the elements that it is about. */
export const violations = async (page: Page, rules?: readonly string[]): Promise<readonly string[]> => {
  // evaluated through the debugger: the page's own policy stays in force, and would not let a script in
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe)
  const options = {
    ...reporting,
    ...(rules === undefined ? {} : { runOnly: { type: 'rule', values: rules } }),
  }
  const results = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`)
  return results.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  )
}

/** What is wider than its column, or than the screen. */
const tooWide = async (page: Page): Promise<readonly string[]> => {
  const spilled = await page.evaluate<string[]>(
    `[...document.querySelectorAll('main, main div:not(.week-hours), main section, main header, main form')]
      .filter((one) => getComputedStyle(one).overflowX === 'visible' && one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.outerHTML.slice(0, 100))`,
  )
  const beyond = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
  return [
    ...spilled.map((html) => `something is wider than its column: ${html}`),
    ...(beyond > 0 ? [`${beyond} px beyond the screen`] : []),
  ]
}

/** The same on screens between those that are looked at, and on the narrowest that WCAG asks for (1.4.10). */
export const widthFaults = async (page: Page, widths: readonly number[]): Promise<readonly string[]> => {
  const before = page.viewportSize()
  const faults: string[] = []
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 })
    faults.push(...(await tooWide(page)).map((line) => `at ${width} px ${line}`))
  }
  if (before !== null) await page.setViewportSize(before)
  return faults
}

/** Jumps, errors that lead nowhere, what is wider than its column or the screen. */
export const layoutFaults = async (page: Page): Promise<readonly string[]> => {
  const faults: string[] = []
  const shift = await page.evaluate<number>(
    `new Promise((resolve) => {
      let sum = 0
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value
      }).observe({ type: 'layout-shift', buffered: true })
      setTimeout(() => resolve(sum), 50)
    })`,
  )
  // Google's bound of what people do not notice
  if (shift > 0.1) faults.push(`the layout jumps by ${shift.toFixed(2)}`)
  const lost = await page.evaluate<string[]>(
    `[...document.querySelectorAll('.error-summary a')].map((a) => a.hash).filter((hash) => !document.querySelector(hash))`,
  )
  faults.push(...lost.map((hash) => `the summary of errors leads to ${hash}, which is not there`))
  faults.push(...(await tooWide(page)))
  return faults
}
