/**
 * A real browser for tests, found or unpacked by packages/devstack. Playwright is the driver only: it brings no
 * browser of its own here.
 */
import { chromium as playwright, type Browser } from 'playwright-core'
import { inject } from 'vitest'
import type { Chromium } from '../../packages/devstack/src/index.ts'
import { atEnd, describeWith } from './scope.ts'

const answer = await fetch(`${inject('broker')}/chromium`)
const found = answer.ok ? ((await answer.json()) as Chromium) : await answer.text()

/** A suite that needs a browser; skipped by name where there is none, a failure with CI=true. */
export function describeBrowser(title: string, suite: () => void): void {
  describeWith(title, typeof found === 'string' ? found : undefined, suite)
}

/** Against a hang, as in until.ts: half a minute, Playwright's own, is little beside other tests on two processors. */
const patienceMs = 150_000

/** Starts one; closed at the end of the test file at the latest. */
export async function launchBrowser(): Promise<Browser> {
  if (typeof found === 'string') throw new Error(found)
  const browser = await playwright.launch({
    executablePath: found.path,
    args: [...found.args],
    env: { ...process.env, ...found.env },
  })
  atEnd(() => browser.close())
  // newPage() goes this way, too
  const open = browser.newContext.bind(browser)
  browser.newContext = async (options) => {
    const context = await open(options)
    context.setDefaultTimeout(patienceMs)
    return context
  }
  return browser
}
