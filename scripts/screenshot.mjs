// Makes the pictures of README and docs from a running `npm start`:
//   node --import tsx scripts/screenshot.mjs [.matricula/run.json]
// Signs in as the first sample student, searches, registers for what was ticked, waits for the copy, looks at the mirror's
// page, and drops it all again.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { findChromium, repository } from '../packages/devstack/src/index.ts'

const run = JSON.parse(await readFile(process.argv[2] ?? join(repository, '.matricula/run.json'), 'utf8'))
const { number, password } = run.accounts.find(({ role }) => role === 'student')
const images = join(repository, 'docs/images')

const found = await findChromium()
if (found === undefined) throw new Error('no browser found')
const browser = await chromium.launch({
  executablePath: found.path,
  args: [...found.args],
  env: { ...process.env, ...found.env },
})
try {
  await mkdir(images, { recursive: true })
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    colorScheme: 'light',
    deviceScaleFactor: 1.5,
  })
  await page.goto(`${run.portal}/sign-in`)
  await page.getByLabel('Student number').fill(number)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()

  await page.getByRole('searchbox').fill('design')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('heading', { name: /for “design”/ }).waitFor()
  // the first section of each of two courses, so that none shuts out the other
  const chosen = []
  for (const tick of await page.getByRole('table').getByRole('checkbox').all()) {
    // 'CS 101-001 Introduction to Programming' → 'CS 101-001'
    const label = (await tick.getAttribute('aria-label')).split(' ').slice(0, 2).join(' ')
    if (chosen.length === 2 || chosen.some((other) => other.split('-')[0] === label.split('-')[0])) continue
    await tick.check()
    chosen.push(label)
  }
  await page.evaluate('scrollTo(0, 0)')
  await page.screenshot({ path: join(images, 'catalogue.png') })

  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByRole('button', { name: 'Register', exact: true }).click()
  await page.getByText(/Copied to the standby/).waitFor()
  await page.setViewportSize({ width: 1280, height: 600 })
  await page.screenshot({ path: join(images, 'receipt.png') })

  await page.goto(run.console)
  await page.getByText(/rows followed in the last minute/).waitFor()
  await page.screenshot({ path: join(images, 'mirror.png') })

  // as it was before
  for (const label of chosen) {
    await page.goto(`${run.portal}/schedule`)
    const entry = page
      .getByRole('region', { name: 'Your sections' })
      .getByRole('listitem')
      .filter({ hasText: label })
    if ((await entry.count()) === 0) continue
    await entry.getByText('Drop').first().click()
    await page.getByRole('button', { name: `Yes, drop ${label}` }).click()
    await page.getByRole('heading', { name: `You have dropped ${label}` }).waitFor()
  }
} finally {
  await browser.close()
}
