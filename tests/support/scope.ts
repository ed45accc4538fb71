/** Suites that need something of the machine, and the removal of what tests make. */
import { rmSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, inject, it } from 'vitest'

/** A suite that needs something that is missing for the reason given, or there when it is undefined. */
export function describeWith(title: string, why: string | undefined, suite: () => void): void {
  if (why === undefined) describe(title, suite)
  else if (process.env['CI'] === 'true') {
    describe(title, () => {
      it('needs what this machine lacks', () => {
        throw new Error(why)
      })
    })
  } else describe(title, () => it.skip(why.split('\n')[0] ?? why, () => undefined))
}

const cleanups: (() => Promise<void>)[] = []
afterAll(async () => {
  const failures: unknown[] = []
  for (const cleanup of cleanups.splice(0).toReversed()) {
    await cleanup().catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw new AggregateError(failures, 'What a test made could not be removed.')
})

/** Runs at the end of the test file, after what was registered later. */
export function atEnd(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup)
}

/** An empty folder, removed at the end of the test file. */
export function scratchFolder(name: string): string {
  const dir = mkdtempSync(join(inject('scratch'), `${name}-`))
  atEnd(async () => rmSync(dir, { recursive: true, force: true }))
  return dir
}
