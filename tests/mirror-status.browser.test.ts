/**
 * The mirror's own status page on real servers: its first line, brakes, refused tables, changes, and what it says
 * while either side is away; no axe violation in both themes at 320 and 1280 px; nothing breaks the content policy.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { describeBrowser, launchBrowser } from './support/browser.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import { describeSource, freshDatabase, makeTarget, privateTarget } from './support/servers.ts'
import { until } from './support/until.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const { violations: found } = await page.evaluate<AxeResults>('axe.run(document)')
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

/** Looks at the page in every theme and width; `shots`: a folder for pictures, for people. */
async function lookAt(browser: Browser, url: string, name: string): Promise<void> {
  const shots = process.env['TEST_SHOTS']
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [320, 1280]) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } })
      const complaints: string[] = []
      page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(url)
      expect(await violations(page), `${name} ${colorScheme} ${width}`).toEqual([])
      expect(complaints).toEqual([])
      for (const seen of width === 320 ? [320, 360, 768, 850] : [width]) {
        await page.setViewportSize({ width: seen, height: 800 })
        const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
        expect(wide, `${name} runs out of ${seen} px`).toBeLessThanOrEqual(seen)
      }
      await page.setViewportSize({ width, height: 800 })
      if (shots !== undefined)
        await page.screenshot({ path: `${shots}/${name}-${colorScheme}-${width}.png`, fullPage: true })
      await page.close()
    }
  }
}

describeSource(
  'the status page',
  (flavour) => {
    describeBrowser('in a browser', () => {
      let browser: Browser
      beforeAll(async () => {
        browser = await launchBrowser()
      })

      it('says what is, what waits for a person, and what it knew when a side is away', async () => {
        const database = await freshDatabase(flavour)
        const targetServer = await privateTarget()
        const target = await makeTarget(targetServer.adminUrl, 'standby')
        await createSchool(database.url)
        const run = (...statements: readonly string[]) =>
          onSource(database.adminUrl, async (connection) => {
            for (const sql of statements) await connection.query(sql)
          })
        await run(
          'CREATE TABLE keyless (a INT) ENGINE=MERGE',
          'CREATE TABLE grades_of_the_old_registrar (id INT PRIMARY KEY)',
          'INSERT INTO grades_of_the_old_registrar VALUES (1)',
        )
        const sides = { source: database.mirrorUrl, target: target.url }
        const running = await startMirror(sides, '--poll', '100ms')
        await until('the first load', async () => (await running.ready())?.ready)
        await run(
          "UPDATE section SET enrolled = 7, note = '<script>alert(1)</script>' WHERE id = 1",
          'DELETE FROM assorted WHERE id = 4',
        )

        const page = await browser.newPage()
        await page.goto(running.url)
        // it refreshes itself: nobody reloads here
        await page.getByText('note NULL → <script>alert(1)</script>, enrolled 0 → 7').waitFor()
        await page
          .getByRole('heading', {
            level: 1,
            name: /^Equal to the source as of [\d:]+ [AP]M, proved in 4 of 5 tables/,
          })
          .waitFor()
        await page.getByRole('heading', { name: 'Not mirrored' }).waitFor()
        await page.getByRole('row', { name: /^share of its time, last minute 10% \d/ }).waitFor()
        await page
          .getByText(/^While the source is written to, each table is looked at every [\d.]+ s\.$/)
          .waitFor()
        await lookAt(browser, running.url, 'live')

        await run('DROP TABLE grades_of_the_old_registrar')
        await page.getByRole('heading', { name: 'Waits for a decision', exact: true }).waitFor()
        await page.getByText('mirror resume --accept grades_of_the_old_registrar').first().waitFor()
        await lookAt(browser, running.url, 'braked')

        // without JavaScript it says the same
        const plain = await browser.newContext({ javaScriptEnabled: false })
        const plainPage = await plain.newPage()
        await plainPage.goto(running.url)
        await plainPage.getByRole('heading', { name: 'Waits for a decision', exact: true }).waitFor()
        expect(await plainPage.getByRole('heading', { level: 1 }).textContent()).toMatch(
          /^Stopped by a brake/,
        )

        await mirror(sides, 'resume', '--accept', 'grades_of_the_old_registrar')
        await page
          .getByRole('heading', { name: 'Waits for a decision', exact: true })
          .waitFor({ state: 'detached' })

        await targetServer.stop()
        await page.getByRole('heading', { name: 'The standby does not answer', exact: true }).waitFor()
        await page.getByText('What stands below was true').waitFor()
        await page.getByRole('rowheader', { name: 'section' }).first().waitFor()
        await lookAt(browser, running.url, 'away')
        expect((await running.ready())?.ready).toBe(false)

        await targetServer.restart()
        await page
          .getByRole('heading', { name: 'The standby does not answer', exact: true })
          .waitFor({ state: 'detached' })
        await until('readiness to return', async () => (await running.ready())?.ready)
        expect(await running.stop()).toBe(0)
      })
    })
  },
  ['mariadb'],
)
