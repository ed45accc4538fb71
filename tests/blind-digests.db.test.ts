/**
 * Digests that look sound and are not (facts: digests), through the very test that the engine's passes: the engine's own
 * statement over a segment and its own comparison with what is recorded, only the row's expression exchanged. What each of
 * them misses is measured here, not believed: where it saw the edit, this test would be red.
 */
import { expect, it } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { differingSegments } from '../packages/mirror/src/detect/segments.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { segmentDigestsSql } from '../packages/mirror/src/source/ranges.ts'
import { toRangeDigest } from '../packages/mirror/src/source/rows.ts'
import { readCatalogue } from '../packages/mirror/src/source/tables.ts'
import { mirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget } from './support/servers.ts'

interface Digest {
  /** of a row, from the engine's own text of it */
  readonly ofRow: (text: string) => string
  readonly over: 'SUM' | 'BIT_XOR'
}

const sha = (text: string): string => `CAST(CONV(LEFT(SHA2(${text},256),16),16,10) AS UNSIGNED)`

const digests = {
  sound: { ofRow: sha, over: 'SUM' },
  'BIT_XOR(CRC32)': { ofRow: (text) => `CRC32(${text})`, over: 'BIT_XOR' },
  'two salted CRC32s': {
    ofRow: (text) => `((CRC32(CONCAT('salt', ${text})) << 32) | CRC32(CONCAT('pepper', ${text})))`,
    over: 'BIT_XOR',
  },
  'CONCAT_WS without lengths or marks': {
    ofRow: () => sha("CONCAT_WS('#', id, part, other, note)"),
    over: 'SUM',
  },
} as const satisfies Record<string, Digest>

const names = Object.keys(digests) as (keyof typeof digests)[]

/** Each over rows of equal length; all of them are what registrations do all day. */
const edits: readonly {
  readonly what: string
  readonly sql: string
  readonly missedBy: readonly string[]
}[] = [
  {
    what: 'two values exchanged between two rows',
    sql: "UPDATE edited SET part = IF(id = 11, 'bbbb', 'aaaa') WHERE id IN (11, 12)",
    missedBy: ['BIT_XOR(CRC32)', 'two salted CRC32s'],
  },
  {
    what: 'the same edit on an even number of rows',
    sql: "UPDATE edited SET other = 'seat' WHERE id BETWEEN 20 AND 59",
    missedBy: ['BIT_XOR(CRC32)', 'two salted CRC32s'],
  },
  {
    what: 'the same edit on an odd number of rows',
    sql: "UPDATE edited SET other = 'seat' WHERE id BETWEEN 20 AND 58",
    missedBy: [],
  },
  {
    what: 'a separator that moves from one value to the next',
    sql: "UPDATE edited SET part = 'a', other = '#b' WHERE id = 13",
    missedBy: ['CONCAT_WS without lengths or marks'],
  },
  {
    what: 'a value that moves over a NULL',
    sql: "UPDATE edited SET other = 'x', note = NULL WHERE id = 14",
    missedBy: ['CONCAT_WS without lengths or marks'],
  },
  {
    what: 'a NULL made an empty text',
    sql: "UPDATE edited SET note = '' WHERE id = 15",
    missedBy: [],
  },
]

const rows = [
  "(11, 'aaaa', 'seat', 'n')",
  "(12, 'bbbb', 'seat', 'n')",
  "(13, 'a#', 'b', 'n')",
  "(14, 'p', NULL, 'x')",
  "(15, 'p', 'o', NULL)",
  ...Array.from({ length: 40 }, (_, at) => `(${20 + at}, 'p', 'free', 'n')`),
]

describeSource(
  'digests',
  (flavour) => {
    it('of the engine see every edit; the blind ones miss what facts.md says, and nothing else', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      await onSource(database.adminUrl, async (connection) => {
        await connection.query(`CREATE TABLE edited (id INT PRIMARY KEY, part VARCHAR(9) CHARACTER SET utf8mb4 NOT NULL,
          other VARCHAR(9) CHARACTER SET utf8mb4, note VARCHAR(9) CHARACTER SET utf8mb4) ENGINE=InnoDB`)
        const reader = await SourceConnection.open({ url: database.mirrorUrl, statementLimitMs: 30_000 })
        try {
          const table = (await readCatalogue(reader, () => true)).tables.get('edited')
          if (table === undefined) throw new Error('no table')
          const text = /SHA2\((CONCAT\(.*\)),256\)/.exec(table.digest)?.[1] ?? ''
          // the seam: with the engine's own expression put together here, the statement is the engine's own
          expect(digests.sound.ofRow(text)).toBe(table.digest)
          const measure = async (name: keyof typeof digests) => {
            const { ofRow, over } = digests[name]
            const sql = segmentDigestsSql({ ...table, digest: ofRow(text) }, [{ low: null, high: null }])
            const [row] = await reader.rows(over === 'SUM' ? sql : sql.replace('SUM(', `${over}(`))
            return toRangeDigest(row)
          }
          for (const { what, sql, missedBy } of edits) {
            await connection.query('DELETE FROM edited')
            await connection.query(`INSERT INTO edited VALUES ${rows.join(', ')}`)
            await mirror(sides, 'sync', '--max-delete', '100%')
            const recorded = new Map(
              await Promise.all(names.map(async (name) => [name, await measure(name)] as const)),
            )
            await connection.query(sql)
            const missed: string[] = []
            for (const name of names) {
              const segment = { id: 0, low: null, rows: 0, digest: 0n, ...recorded.get(name) }
              if (differingSegments([segment], [await measure(name)]).length === 0) missed.push(name)
            }
            expect(missed, `${what}: missed`).toEqual(missedBy)
            const followed = await mirror(sides, 'sync')
            expect(followed.json.tables['edited']?.updated, what).toBeGreaterThan(0)
            expect((await mirror(sides, 'verify')).json.equal, what).toBe(true)
          }
        } finally {
          await reader.close()
        }
      })
    })
  },
  // the binary log has no part in a digest
  ['mariadb', 'mysql'],
)
