/**
 * What `sync` loads from its cycle's own snapshot is of one moment, and is not read a second time to prove it.
 *
 * Negative control: the cycle after it, which trusts nothing, reads all, and finds what came after the snapshot.
 */
import { expect, it } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
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
    it('is read once, from one snapshot, whatever is written meanwhile', async () => {
      const { database, sides, ask, compare } = await setUpLarge(flavour)
      const account = decodeURIComponent(new URL(database.mirrorUrl).username)
      const asAdmin = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
        onSource(database.adminUrl, async (connection) => {
          await connection.query('SET sql_select_limit = 18446744073709551615')
          const [rows] = await connection.query(sql)
          return Array.isArray(rows) ? (rows as unknown as Record<string, unknown>[]) : []
        })
      const scans = async (): Promise<number> => {
        const [row] = await asAdmin(
          `SELECT COUNT(*) AS n FROM mysql.general_log WHERE user_host LIKE '${account}[%'
            AND CONVERT(argument USING utf8mb4) LIKE '%SUM(CAST(CONV(%FROM \`large\`%'`,
        )
        return Number(row?.['n'])
      }
      await asAdmin("SET GLOBAL log_output = 'TABLE'")
      await asAdmin('SET GLOBAL general_log = 1')
      const [before] = await asAdmin('SELECT CAST(SUM(amount) AS CHAR) AS total FROM large')
      const transfers = startTransfers(database.url)
      await until('transfers', () => transfers.made > 5)
      const sync = await mirror(sides, 'sync')
      await transfers.stop()
      expect(sync.json.tables['large'], sync.out).toMatchObject({ how: 'load', consistency: 'cycle' })
      // a mixture of moments holds halves of transfers
      const [copied] = await ask(`SELECT sum(amount)::text AS total FROM "${database.name}".large`)
      expect(copied).toEqual({ total: before?.['total'] })
      expect(transfers.made).toBeGreaterThan(20)
      expect(await scans()).toBe(0)
      // negative control: a cycle that trusts nothing scans what it follows, and finds what came after the snapshot
      expect((await mirror(sides, 'sync')).json.tables['large']?.updated).toBeGreaterThan(0)
      expect(await scans()).toBeGreaterThan(0)
      await asAdmin('SET GLOBAL general_log = 0')
      expect(await compare()).toMatchObject({ equal: true, differences: [] })
    })
  },
  // a log that is written makes several views of one, which may run out under such a load
  ['mariadb', 'mysql'],
)
