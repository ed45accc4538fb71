/**
 * Values near and beyond max_allowed_packet, where CONCAT, CAST, HEX and CONVERT give NULL without an error: each is copied to
 * the byte, or its table is refused by code and remedy and comes back by itself when the row is gone. Never a wrong copy.
 */
import { expect, it } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { describeSource, freshTarget, makeDatabase, privateSource } from './support/servers.ts'

const small = 262_144
const large = 16 * 1_048_576

describeSource(
  'large values',
  (flavour) => {
    it('are copied, or refuse their table alone', async () => {
      const server = await privateSource(flavour, { hostile: true })
      const database = await makeDatabase(server.adminUrl, 'school')
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      /** The limit of sessions that begin from now on. */
      const limit = async (bytes: number): Promise<void> =>
        onSource(database.adminUrl, async (connection) => {
          await connection.query(`SET GLOBAL max_allowed_packet = ${bytes}`)
        })
      const write = async (...statements: readonly string[]): Promise<void> => {
        await limit(large)
        await onSource(database.adminUrl, async (connection) => {
          await connection.query("SET SESSION sql_mode = ''")
          await connection.query('SET NAMES utf8mb4')
          for (const sql of statements) await connection.query(sql)
        })
      }
      /** One cycle under the limit; then the comparer, which needs more room than the mirror. */
      const follow = async (bytes: number, refused: readonly string[]): Promise<void> => {
        await limit(bytes)
        const sync = await mirror(sides, 'sync')
        const codes = Object.entries(sync.json.refused ?? {}).map(([name, { code }]) => `${name} ${code}`)
        expect([sync.exit, codes], sync.out + sync.err).toEqual([
          0,
          refused.map((name) => `${name} MIRROR_2010`),
        ])
        for (const { remedy } of Object.values(sync.json.refused))
          expect(remedy).toContain('max_allowed_packet')
        const verified = await mirror(sides, 'verify')
        expect(verified.out).toContain('"tables"')
        expect(Object.values(verified.json.tables).map(({ equal }) => equal)).not.toContain(false)
        expect(verified.json.equal).toBe(refused.length === 0 ? true : null)
        await limit(large)
        const compared = await compareSides({
          source: database.adminUrl,
          target: target.adminUrl,
          except: refused,
        })
        expect(compared.differences.map((line) => line.slice(0, 200))).toEqual([])
      }

      await write(
        `CREATE TABLE blobs (id INT PRIMARY KEY, a LONGBLOB NOT NULL, b LONGBLOB, c MEDIUMBLOB) ENGINE=InnoDB`,
        "INSERT INTO blobs VALUES (1, REPEAT('a', 250000), REPEAT('b', 262000), REPEAT('c', 225000)), (2, '', NULL, NULL)",
        // beyond the limit, so that it can be hashed by itself alone; beside it a NULL, which is something else
        "INSERT INTO blobs VALUES (3, REPEAT(x'00ff', 600000), REPEAT('x', 1300000), NULL)",
        `CREATE TABLE texts (id INT PRIMARY KEY, a LONGTEXT CHARACTER SET utf8mb4, b MEDIUMTEXT CHARACTER SET latin1 NOT NULL) ENGINE=InnoDB`,
        "INSERT INTO texts VALUES (1, REPEAT('é', 130000), REPEAT('é', 250000)), (2, REPEAT('é', 500000), REPEAT('y', 800000)), (3, NULL, '')",
        `CREATE TABLE converted (id INT PRIMARY KEY, v LONGTEXT CHARACTER SET sjis) ENGINE=InnoDB`,
        "INSERT INTO converted VALUES (1, REPEAT('ソ', 100)), (2, NULL), (3, REPEAT('ソ', 100000))",
        `CREATE TABLE later (id INT PRIMARY KEY, v LONGTEXT CHARACTER SET ucs2) ENGINE=InnoDB`,
        "INSERT INTO later VALUES (1, 'short'), (2, NULL)",
        `CREATE TABLE wide (id INT PRIMARY KEY, a TEXT CHARACTER SET utf8mb4, b TEXT CHARACTER SET utf8mb4) ENGINE=InnoDB`,
        "INSERT INTO wide VALUES (1, REPEAT('w', 30000), REPEAT('w', 20000))",
        'CREATE TABLE ordinary (id INT PRIMARY KEY)',
        'INSERT INTO ordinary VALUES (1)',
      )
      await follow(small, ['converted'])

      // one byte in each, of equal length; NULL beside what has no copy
      await write(
        "UPDATE blobs SET a = CONCAT(LEFT(a, 249999), 'z'), b = IF(id = 3, NULL, b) WHERE id IN (1, 3)",
        "UPDATE texts SET b = CONCAT('z', SUBSTRING(b, 2)) WHERE id = 2",
        "UPDATE later SET v = REPEAT('ä', 150000) WHERE id = 2",
        'INSERT INTO ordinary VALUES (2)',
      )
      await follow(small, ['converted', 'later'])

      await write(
        'DELETE FROM converted WHERE id = 3',
        "UPDATE later SET v = 'short again' WHERE id = 2",
        'INSERT INTO ordinary VALUES (3)',
      )
      await follow(small, [])

      // so low that not even the row's text has room
      await write("UPDATE wide SET a = REPEAT('w', 60000) WHERE id = 1", 'INSERT INTO ordinary VALUES (4)')
      await follow(65_536, ['wide'])
      await write("UPDATE wide SET a = 'w' WHERE id = 1")
      await follow(65_536, [])
    })
  },
  // what the packet's limit does to an expression does not depend on the binary log
  ['mariadb', 'mysql'],
)
