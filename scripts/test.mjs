// `npm test`, from a bare clone on: packages, assets, static checks, then every test once on real servers. Each static
// check counts as one test. The last line is `N passed, N failed, N skipped`; the status is 1 when anything failed.
//
//   npm test -- tests/oversell      only the tests whose path holds these words; no static checks
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildAssets, checkNode, installPackages, root, runVisibly } from './prepare.mjs'

checkNode()
await installPackages()
await buildAssets()

const filters = process.argv.slice(2)
const checks = [
  ['types', 'tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['types of what runs in browsers', 'tsc', '--noEmit', '-p', 'tsconfig.browser.json'],
  // the direction of imports is among its rules
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['format', 'biome', 'format', '.'],
  ['unused files, exports and packages', 'knip'],
]

const counts = { passed: 0, failed: 0, skipped: 0 }
/** What failed or was skipped, told once more at the end, where it is read. */
const notes = []

for (const [title, tool, ...args] of filters.length > 0 ? [] : checks) {
  console.log(`\n— ${title}: ${tool} ${args.join(' ')}`)
  const status = await runVisibly(join(root, 'node_modules/.bin', tool), args)
  counts[status === 0 ? 'passed' : 'failed'] += 1
  if (status !== 0) notes.push(`failed: ${title}`)
}

console.log('\n— tests: vitest run')
const folder = join(root, '.matricula/test')
const report = join(folder, 'report.json')
mkdirSync(folder, { recursive: true, mode: 0o700 })
rmSync(report, { force: true })
const status = await runVisibly(join(root, 'node_modules/.bin/vitest'), [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...filters,
])
count(status)

if (notes.length > 0) console.log(`\n${notes.join('\n')}`)
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0

/** Adds what vitest reports; whatever makes it fail without a failed test (a crash, an error outside of tests) is one. */
function count(status) {
  let failed = 0
  try {
    for (const file of JSON.parse(readFileSync(report, 'utf8')).testResults) {
      const name = file.name.slice(root.length)
      for (const test of file.assertionResults) {
        if (test.status === 'passed') counts.passed += 1
        else if (test.status === 'failed') failed += 1
        else counts.skipped += 1
        if (test.status !== 'passed') notes.push(`${test.status}: ${name}: ${test.fullName}`)
      }
      // it could not be loaded, or a hook outside of its tests failed
      if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
        failed += 1
        notes.push(`failed: ${name}: ${file.message?.split('\n')[0] ?? 'the file as a whole'}`)
      }
    }
  } catch (error) {
    failed += 1
    notes.push(`failed: vitest left no report (status ${status}): ${error.message}`)
  }
  if (status !== 0 && failed === 0) {
    failed = 1
    notes.push(`failed: vitest ended with status ${status}`)
  }
  counts.failed += failed
}
