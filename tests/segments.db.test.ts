/**
 * Segments follow the table: divided where it grows dense, merged where it grows thin, on a composite key of text; after every step
 * the copy is equal and so is the record, which the next change shows; also the record that an earlier version kept in another form. Where
 * most segments differ they are read by rows at once, and the sum that is made of their digests is the one that the source makes.
 */
import { expect, it, vi } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { Expectation } from '../packages/mirror/src/detect/expectation.ts'
import { createMirror } from '../packages/mirror/src/engine/mirror.ts'
import { Pace } from '../packages/mirror/src/engine/pace.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { DigestSum } from '../packages/mirror/src/source/digest-sum.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { quickOptions } from './support/mirror-here.ts'
import { readRecordedDigests, recordDigestsByRow } from './support/recorded-digests.ts'
import { newSeed } from './support/registrations.ts'
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
          // and no segment is read in many pieces
          const unfolded = await client.query(
            `SELECT segment_id, count(*), sum(length(entries)), max(length(entries)) FROM mirror.row_pack GROUP BY table_id, segment_id
             HAVING count(*) > 300 OR sum(length(entries)) - max(length(entries)) > greatest(4096, max(length(entries)) / 2)`,
          )
          expect(unfolded.rows).toEqual([])
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
      await onTarget(target.adminUrl, async (client) => {
        // as a dump of the target does, which nobody waits for
        await client.query('BEGIN')
        await client.query('SELECT count(*) FROM mirror.row_state')
        const changes = ['UPDATE seat SET v = v + 1 WHERE v < 3', 'DELETE FROM seat WHERE v = 7']
        expect(await step(...changes)).toBe(again)
        await client.query('COMMIT')
      })
      expect(await step('UPDATE seat SET v = v + 1 WHERE v < 3')).toBe(again)
      const former = await onTarget(target.adminUrl, (client) =>
        client.query("SELECT relname FROM pg_class WHERE relname LIKE 'row_state%'"),
      )
      expect(former.rows).toEqual([])
    })
  },
  // what is merged is the record; how keys are compared is tested over all servers in string-keys
  ['mysql'],
)

/** Nine segments and more of rows, on a mirror in this process. */
const followed = async (flavour: Parameters<typeof freshDatabase>[0]) => {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const here = createMirror(quickOptions({ source: database.mirrorUrl, target: target.url }))
  const change = async (...list: readonly string[]): Promise<void> =>
    onSource(database.adminUrl, async (connection) => {
      for (const sql of list) await connection.query(sql)
    })
  const wide = rows(0, 10_000)
    .replace('FROM (SELECT', `FROM (SELECT 10000 * f.d +`)
    .replace(') x WHERE', ', (SELECT 0 d UNION SELECT 1) f) x WHERE')
    .replace('n < 10000', 'n < 18000')
  await change(
    'CREATE TABLE seat (hall VARCHAR(5), place VARCHAR(9), v INT NOT NULL, PRIMARY KEY (hall, place)) ENGINE=InnoDB',
    wide,
  )
  const seat = async () => (await here.sync()).tables['seat']
  const differences = async () =>
    (await compareSides({ source: database.adminUrl, target: target.adminUrl })).differences
  await seat()
  return { change, seat, differences }
}

describeSource(
  'segments that most differ',
  (flavour) => {
    it('are read by rows at once, and by digests again when they do not any more', async () => {
      const { change, seat, differences } = await followed(flavour)
      const asked: string[] = []
      // how many rows a page has follows from how long the last ones took: here no machine is slow
      vi.spyOn(Pace.prototype, 'took').mockImplementation(() => undefined)
      const rowsOf = vi.spyOn(SourceConnection.prototype, 'rows')
      const each = vi.spyOn(SourceConnection.prototype, 'eachUpTo')
      const sync = async () => {
        asked.splice(0)
        rowsOf.mockClear()
        each.mockClear()
        const told = await seat()
        asked.push(...[...rowsOf.mock.calls, ...each.mock.calls].map(([sql]) => sql))
        const count = (what: RegExp): number => asked.join(';').match(what)?.length ?? 0
        return { ...told, sums: count(/COUNT\(\*\), SUM\(/g), pages: count(/ LIMIT \d+/g) }
      }
      try {
        expect(await sync()).toMatchObject({ rowsRead: 0, sums: 9, pages: 0 })
        await change('UPDATE seat SET v = v + 1 WHERE v % 3 = 0')
        const most = await sync()
        expect(most).toMatchObject({ updated: 6_000, sums: 4, how: 'digest' })
        // one each; one more where as many rows came as were asked for
        expect(most.pages).toBeGreaterThanOrEqual(9)
        expect(most.pages).toBeLessThanOrEqual(18)
        await change('UPDATE seat SET v = v + 1 ORDER BY hall, place LIMIT 5000')
        const first = await sync()
        // three of the first seven differed: the last two are asked for their sums again
        expect(first).toMatchObject({ updated: 5_000, sums: 6 })
        await change("UPDATE seat SET v = v + 1 WHERE hall = 'r9' ORDER BY place DESC LIMIT 1")
        expect(await sync()).toMatchObject({ updated: 1, sums: 9 })
      } finally {
        vi.restoreAllMocks()
      }
      expect(await differences()).toEqual([])
    })

    it('have the sums that the source makes, whatever was changed; negative control: another sum is found', async () => {
      const seed = newSeed()
      console.log(`segments ${flavour}: TEST_SEED=${seed}`)
      const { change, seat, differences } = await followed(flavour)
      const byRows = vi.spyOn(Expectation.prototype, 'isByRows', 'get')
      /** What the source’s own sums say after a cycle that made them itself. */
      const readAgain = async (): Promise<number | undefined> => {
        byRows.mockReturnValue(true)
        await seat()
        byRows.mockReturnValue(false)
        return (await seat())?.rowsRead
      }
      try {
        for (let step = 0; step < 4; step += 1) {
          const [share, rest] = [2 + ((seed >> step) % 5) ** 4, seed % 97]
          await change(
            `UPDATE seat SET v = v + ${1 + (seed % 1_000)} WHERE (v + ${rest}) % ${share} = 0`,
            `DELETE FROM seat WHERE (v + ${step}) % ${7 * share} = 1`,
            `INSERT INTO seat SELECT CONCAT('n', ${step}), place, v FROM seat WHERE hall = 'r${(seed + step) % 13}' AND v % ${share} = 0`,
          )
          expect(await readAgain(), `step ${step}`).toBe(0)
        }
        expect(await differences()).toEqual([])
        await change('UPDATE seat SET v = v + 1 WHERE v % 5 = 0')
        vi.spyOn(DigestSum.prototype, 'digest', 'get').mockReturnValueOnce(7n)
        expect(await readAgain()).toBeGreaterThan(0)
      } finally {
        vi.restoreAllMocks()
      }
    })
  },
  // how the source sums has nothing to do with its log
  ['mariadb', 'mysql'],
)
