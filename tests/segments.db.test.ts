/**
 * Segments follow the table: divided where it grows dense, merged where it grows thin, on a composite key of text; after every step
 * the copy is equal and so is the record, which the next change shows; also the record that an earlier version kept in another form.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { readRecordedDigests, recordDigestsByRow } from './support/recorded-digests.ts'
import { describeSource, freshDatabase, freshTarget } from './support/servers.ts'

const digits =
  '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)'
const rows = (from: number, to: number): string =>
  `INSERT INTO seat SELECT CONCAT('r', n % 13), CONCAT('s', n), n FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e) x WHERE n >= ${from} AND n < ${to}`

describeSource(
  'segments',
  (flavour) => {
    it('are divided where dense and merged where thin', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const step = async (...list: readonly string[]): Promise<number> => {
        await onSource(database.adminUrl, async (connection) => {
          for (const sql of list) await connection.query(sql)
        })
        const sync = await mirror(sides, 'sync', '--max-delete', '100%')
        expect(sync.exit, sync.out).toBe(0)
        const { differences } = await compareSides({ source: database.adminUrl, target: target.adminUrl })
        expect(differences).toEqual([])
        return onTarget(target.adminUrl, async (client) => {
          const { rows: segments } = await client.query<{ id: number; rows: string; digest: string }>(
            'SELECT segment_id AS id, rows, digest FROM mirror.segment ORDER BY 1',
          )
          const bySegment = new Map<number, { rows: number; digest: bigint }>()
          for (const { segment, digest } of await readRecordedDigests(client)) {
            const sum = bySegment.get(segment) ?? { rows: 0, digest: 0n }
            bySegment.set(segment, { rows: sum.rows + 1, digest: sum.digest + BigInt(`0x${digest}`) })
          }
          // what is recorded of the rows adds up to what is recorded of the segments, and nothing else is there
          expect([...bySegment].sort(([a], [b]) => a - b)).toEqual(
            segments.map(({ id, rows: count, digest }) => [
              id,
              { rows: Number(count), digest: BigInt(digest) },
            ]),
          )
          return segments.length
        })
      }
      const few = await step(
        'CREATE TABLE seat (hall VARCHAR(5), place VARCHAR(9), v INT NOT NULL, PRIMARY KEY (hall, place)) ENGINE=InnoDB',
        rows(0, 1_000),
      )
      expect(few).toBe(1)
      const many = await step(rows(1_000, 10_000))
      expect(many).toBeGreaterThanOrEqual(5)
      // thin everywhere
      expect(await step('DELETE FROM seat WHERE v % 10 <> 3')).toBeLessThan(many)
      // a row in each place that was merged, changed and added
      await step(
        'UPDATE seat SET v = v + 1 WHERE v % 30 = 3',
        "INSERT INTO seat VALUES ('r1', 'a', 1), ('r9', 'z', 2)",
      )
      expect((await mirror(sides, 'verify')).json.equal).toBe(true)
      const again = await step(rows(0, 10_000).replace('INSERT', 'REPLACE'))
      expect(again).toBeGreaterThanOrEqual(5)
      // and the record of a version that kept a row a digest is taken over as it is
      await onTarget(target.url, recordDigestsByRow)
      expect(await step('UPDATE seat SET v = v + 1 WHERE v < 3', 'DELETE FROM seat WHERE v = 7')).toBe(again)
      const former = await onTarget(target.adminUrl, (client) =>
        client.query("SELECT relname FROM pg_class WHERE relname LIKE 'row_state%'"),
      )
      expect(former.rows).toEqual([])
    })
  },
  // what is merged is the record; how keys are compared is tested over all servers in string-keys
  ['mysql'],
)
