/** Two random tables and a long history: after every cycle the mirror equals the source, as the comparer sees it. */
import * as fc from 'fast-check'
import { it } from 'vitest'
import { followHistory } from './support/any-history.ts'
import { longHistory } from './support/any-schema.ts'
import { askServer } from './support/any-types.ts'
import { newSeed } from './support/registrations.ts'
import { describeEachServer, freshDatabase, freshTarget } from './support/servers.ts'

/** A search that runs long lies with its own command: RUNS=200 npx vitest run tests/any-schema.db.test.ts */
const numRuns = Number(process.env['RUNS'] ?? 3)

// the binary log has no part in a type; histories beside one are the oracle's (oracle.db.test.ts)
describeEachServer('any schema, any history', (flavour) => {
  it('is copied and followed exactly', { timeout: 300_000 + numRuns * 60_000 }, async () => {
    const seed = newSeed()
    console.log(`any-schema ${flavour}: TEST_SEED=${seed}`)
    const server = await askServer((await freshDatabase(flavour)).adminUrl)
    await fc.assert(
      fc.asyncProperty(longHistory(server), async (history) => {
        const database = await freshDatabase(flavour)
        const target = await freshTarget()
        await followHistory(history, database, target)
        await database.drop()
        await target.drop()
      }),
      // Shrinking would run for hours against real servers; the seed brings the failure back.
      { seed, numRuns, endOnFailure: true },
    )
  })
})
