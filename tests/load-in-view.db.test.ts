/**
 * What `sync` loads from its cycle's own snapshot is of one moment, and is not read a second time to prove it.
 *
 * Negative control: the cycle after it, which trusts nothing, reads all, and finds what came after the snapshot.
 */
import { afterEach, expect, it, vi } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { ROWS, setUpLarge, startWriting, type Writing } from './support/large-table.ts'
import { mirror } from './support/mirror.ts'
import { describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

/** Moves amounts from one row to another, each time in one transaction: the sum of all is the same at every moment. */
const startTransfers = (url: string): Writing =>
  startWriting(url, async (run, made) => {
    const from = (made * 37) % (ROWS / 2)
    await run('START TRANSACTION')
    await run(`UPDATE large SET amount = amount - 1000000 WHERE amount = ${from / 100}`)
    await run(`UPDATE large SET amount = amount + 1000000 WHERE amount = ${(ROWS - 1 - from) / 100}`)
    await run('COMMIT')
  })

describeSource(
  'a load that nothing else waits for',
  (flavour) => {
    afterEach(() => vi.restoreAllMocks())

    it('is read once, from one snapshot, whatever is written meanwhile', async () => {
      const { database, sides, ask, compare } = await setUpLarge(flavour)
      const asAdmin = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
        onSource(database.adminUrl, async (connection) => {
          await connection.query('SET sql_select_limit = 18446744073709551615')
          const [rows] = await connection.query(sql)
          return Array.isArray(rows) ? (rows as unknown as Record<string, unknown>[]) : []
        })
      const asked = vi.spyOn(SourceConnection.prototype, 'rows')
      const scans = (): number =>
        asked.mock.calls.filter(([sql]) => /SUM\(CAST\(CONV\(.*FROM `large`/s.test(sql)).length
      const [before] = await asAdmin('SELECT CAST(SUM(amount) AS CHAR) AS total FROM large')
      const transfers = startTransfers(database.url)
      await until('transfers', () => transfers.made > 5)
      // some before each piece, be the machine quick or slow
      // oxlint-disable-next-line typescript/unbound-method -- called with the connection that it belongs to
      const original = SourceConnection.prototype.eachUpTo
      let pieces = 0
      const slowed = vi.spyOn(SourceConnection.prototype, 'eachUpTo').mockImplementation(async function (
        this: SourceConnection,
        ...query
      ) {
        if (query[0].includes(' FROM `large`')) {
          pieces += 1
          const before = transfers.made
          await until('more transfers', () => transfers.made > before + 3)
        }
        return original.apply(this, query)
      })
      const sync = await mirror(sides, 'sync', '--snapshot-age', '10m')
      slowed.mockRestore()
      await transfers.stop()
      expect(pieces).toBeGreaterThan(2)
      expect(sync.json.tables['large'], sync.out).toMatchObject({ how: 'load', consistency: 'cycle' })
      // a mixture of moments holds halves of transfers
      const [copied] = await ask(`SELECT sum(amount)::text AS total FROM "${database.name}".large`)
      expect(copied).toEqual({ total: before?.['total'] })
      expect(transfers.made).toBeGreaterThan(20)
      expect(scans()).toBe(0)
      // negative control: a cycle that trusts nothing scans what it follows, and finds what came after the snapshot
      expect((await mirror(sides, 'sync')).json.tables['large']?.updated).toBeGreaterThan(0)
      expect(scans()).toBeGreaterThan(0)
      expect(await compare()).toMatchObject({ equal: true, differences: [] })
    })
  },
  // a log that is written makes several views of one, which may run out under such a load
  ['mariadb', 'mysql'],
)
