/**
 * Server defaults that break careless clients (packages/devstack/src/servers/hostile.ts): the mirror sets its session and
 * reads it back, so that none of them reaches a value. First it is shown that they bite, then that the copy is exact.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget } from './support/servers.ts'

describeSource('hostile defaults', (flavour) => {
  it('bite a client that trusts them, and change nothing in the mirror', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await onSource(database.adminUrl, async (connection) => {
      await connection.query("SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES'")
      await connection.query(`CREATE TABLE sample (id INT PRIMARY KEY, padded CHAR(10) CHARACTER SET utf8mb4, narrow VARCHAR(20) CHARACTER SET latin1,
        at TIMESTAMP(6) NULL, f FLOAT, d DOUBLE, quoted VARCHAR(40) CHARACTER SET utf8mb4, raw VARBINARY(20), span TIME(6)) ENGINE=InnoDB`)
      for (let id = 1; id <= 50; id++) {
        await connection.query('INSERT INTO sample VALUES (?,?,?,?,?,?,?,?,?)', [
          id,
          id % 3 === 0 ? 'a' : `é${id}`,
          'Zoë €',
          `2026-0${1 + (id % 9)}-11 12:34:56.${100_000 + id}`,
          id / 7,
          id / 7,
          `a\\b"c'd${id}`,
          Buffer.from([0, 255, 92, 39, id]),
          `${id}:00:00.000001`,
        ])
      }
    })

    // the negative control: the same account, with the session as the server gives it
    await onSource(database.mirrorUrl, async (connection) => {
      const ask = async (sql: string): Promise<Record<string, unknown> | undefined> => {
        const [rows] = await connection.query(sql)
        return (rows as unknown as Record<string, unknown>[])[0]
      }
      // the test's own connection sets sql_mode: give it back
      await connection.query('SET SESSION sql_mode = @@GLOBAL.sql_mode')
      const settings = await ask(
        'SELECT @@sql_mode AS mode, @@time_zone AS zone, @@completion_type AS completion, @@GLOBAL.init_connect AS init',
      )
      expect(settings).toMatchObject({ zone: '+05:45', completion: 'CHAIN' })
      expect(settings?.['mode']).toContain('ANSI_QUOTES')
      expect(settings?.['init']).toContain('sql_select_limit=2')
      const row = await ask(
        "SELECT CONCAT(padded, '|') AS padded, CAST(at AS CHAR) AS at, CAST(f AS CHAR) AS f FROM sample WHERE id = 3",
      )
      expect(row?.['padded'], 'PAD_CHAR_TO_FULL_LENGTH').toBe('a         |')
      expect(row?.['at'], 'time_zone').toBe('2026-04-11 18:19:56.100003')
      expect(row?.['f'], 'six digits').toBe('0.428571')
    })
    await onTarget(target.adminUrl, async (client) => {
      const { rows } = await client.query(
        "SELECT current_setting('bytea_output') AS bytea, current_setting('datestyle') AS style",
      )
      expect(rows).toEqual([{ bytea: 'escape', style: 'SQL, DMY' }])
    })

    const sides = { source: database.mirrorUrl, target: target.url }
    const load = await mirror(sides, 'sync')
    expect(load.json.tables['sample']).toMatchObject({ inserted: 50 })
    const compare = () => compareSides({ source: database.adminUrl, target: target.adminUrl })
    expect(await compare()).toMatchObject({ equal: true, rows: { sample: 50 }, differences: [] })
    await onTarget(target.adminUrl, async (client) => {
      await client.query("SET TIME ZONE 'UTC'; SET datestyle = 'ISO'")
      const { rows } = await client.query(
        `SELECT padded, at::text, narrow FROM "${database.name}".sample WHERE id = 3`,
      )
      expect(rows).toEqual([{ padded: 'a', at: '2026-04-11 12:34:56.100003+00', narrow: 'Zoë €' }])
    })

    await onSource(database.adminUrl, async (connection) => {
      await connection.query("SET time_zone = '+00:00', sql_mode = ''")
      await connection.query(
        "UPDATE sample SET at = at + INTERVAL 1 MICROSECOND, padded = 'b ' WHERE id % 2 = 0",
      )
      await connection.query('DELETE FROM sample WHERE id = 7')
    })
    expect((await mirror(sides, 'sync')).json.tables['sample']).toMatchObject({
      inserted: 0,
      updated: 25,
      deleted: 1,
    })
    expect(await compare()).toMatchObject({ equal: true, differences: [] })
    expect((await mirror(sides, 'verify')).json).toMatchObject({ equal: true })
  })
})
