/** The comparer judges the mirror in other tests, so it is tried first: it must see each kind of difference. */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { describeEachServer, freshDatabase, freshTarget } from './support/servers.ts'

describeEachServer('the comparer', (flavour) => {
  it('finds equal sides equal, and every single difference', async () => {
    const source = await freshDatabase(flavour)
    const target = await freshTarget()
    await onSource(source.adminUrl, async (connection) => {
      await connection.query(`CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20) CHARACTER SET latin1, price DECIMAL(8,2) ZEROFILL,
        f FLOAT, raw VARBINARY(9), at TIMESTAMP(3) NULL, d DATE, tm TIME(2), kind ENUM('a','b'), b BIT(4))`)
      await connection.query("SET time_zone = '+00:00'")
      await connection.query(`INSERT INTO t VALUES (1, 'é', 12.50, 0.1, x'00ff', '2026-01-02 03:04:05.678', '2026-01-02', '23:59:59.12', 'b', b'0101'),
        (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '', 0, -1.5e10, '', NULL, NULL, '120:00:00', 'a', 0)`)
      await connection.query(`CREATE TABLE whole (k VARCHAR(9) CHARACTER SET utf8mb4, n SMALLINT, v VARCHAR(9) CHARACTER SET sjis, s SET('','a'),
        PRIMARY KEY (n, k))`)
      await connection.query("INSERT INTO whole VALUES (x'610062', 7, x'815f', 2), ('plain', 8, x'815f', 1)")
      await connection.query("SET sql_mode = ''")
      await connection.query('CREATE TABLE heap (d DATE, v INT)')
      await connection.query(
        "INSERT INTO heap VALUES ('0000-00-00', 1), ('0000-00-00', 1), (NULL, 1), ('2026-00-01', 1)",
      )
      await connection.query('CREATE TABLE once (d DATE, u INT NOT NULL UNIQUE)')
      await connection.query("INSERT INTO once VALUES ('0000-00-00', 5), (NULL, 6)")
    })
    const change = (sql: string) => onTarget(target.adminUrl, (client) => client.query(sql))
    const schema = `"${source.name}"`
    await change(`CREATE SCHEMA mirror; CREATE SCHEMA ${schema};
      CREATE TABLE mirror.table_state (source_id text, table_name text, target_name text, definition jsonb, table_id int);
      CREATE TABLE mirror.keyless_row (table_id int, digest bigint, row_hash bigint, rows bigint);
      CREATE TABLE mirror.exact_value (source_id text, table_name text, key text[], column_name text, bytes bytea);
      CREATE TABLE mirror.exact_row (source_id text, table_name text, key_digest bytea, key bytea[], column_names text[], source_bytes bytea[]);
      CREATE TABLE ${schema}.whole (k text, n smallint, v text, s text, PRIMARY KEY (n, k));
      INSERT INTO ${schema}.whole VALUES ('plain', 8, '＼', '');
      INSERT INTO mirror.exact_value VALUES ('${source.name}', 'whole', '{8,plain}', 'v', '\\x815f'), ('${source.name}', 'whole', '{8,plain}', 's', '1');
      INSERT INTO mirror.exact_row VALUES ('${source.name}', 'whole', sha256('\\x000000013700000003610062'), '{"\\\\x37","\\\\x610062"}', '{k,n,v,s}',
        '{"\\\\x610062","\\\\x37","\\\\x21383135463a","\\\\x323a61"}');
      CREATE TABLE ${schema}.t (id int PRIMARY KEY, name text, price numeric(8,2), f real, raw bytea, at timestamptz(3), d date, tm time(2), kind text, b bit(4));
      INSERT INTO ${schema}.t VALUES (1, 'é', 12.5, 0.1, '\\x00ff', '2026-01-02T03:04:05.678Z', '2026-01-02', '23:59:59.12', 'b', '0101'),
        (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '', 0, -1.5e10, '', NULL, NULL, NULL, 'a', '0000');
      INSERT INTO mirror.exact_value VALUES ('${source.name}', 't', '{3}', 'tm', '120:00:00.00'::bytea);
      CREATE TABLE ${schema}.heap (d date, v int);
      INSERT INTO ${schema}.heap SELECT NULL, 1 FROM generate_series(1, 4);
      CREATE TABLE ${schema}.once (d date, u int PRIMARY KEY);
      INSERT INTO ${schema}.once VALUES (NULL, 5), (NULL, 6);
      INSERT INTO mirror.table_state VALUES ('${source.name}', 'heap', 'heap', '{"columns": ["d", "v"], "details": {"key": []}}', 7),
        ('${source.name}', 'once', 'once', '{"columns": ["d", "u"], "details": {"key": ["u"]}}', 8);
      INSERT INTO mirror.keyless_row SELECT 7, n, hashtextextended('(,1)', 0), r FROM (VALUES (1, 2), (2, 1), (-1, 1)) AS k(n, r);
      INSERT INTO mirror.exact_value VALUES ('${source.name}', 'heap', '{0000000000000001}', 'd', '0000-00-00'),
        ('${source.name}', 'heap', '{ffffffffffffffff}', 'd', '2026-00-01'), ('${source.name}', 'once', '{5}', 'd', '0000-00-00')`)
    const compare = () => compareSides({ source: source.adminUrl, target: target.adminUrl })
    expect(await compare()).toEqual({
      equal: true,
      rows: { heap: 4, once: 2, t: 3, whole: 2 },
      aside: {
        heap: { values: 2, rows: 0 },
        once: { values: 1, rows: 0 },
        t: { values: 1, rows: 0 },
        whole: { values: 2, rows: 1 },
      },
      differences: [],
    })

    for (const [sabotage, mend] of [
      [`UPDATE ${schema}.t SET name = 'e' WHERE id = 1`, `UPDATE ${schema}.t SET name = 'é' WHERE id = 1`],
      [`UPDATE ${schema}.t SET name = '' WHERE id = 2`, `UPDATE ${schema}.t SET name = NULL WHERE id = 2`],
      [
        `UPDATE ${schema}.t SET price = 12.51 WHERE id = 1`,
        `UPDATE ${schema}.t SET price = 12.5 WHERE id = 1`,
      ],
      [`UPDATE ${schema}.t SET f = 0.10000001 WHERE id = 1`, `UPDATE ${schema}.t SET f = 0.1 WHERE id = 1`],
      [
        `UPDATE ${schema}.t SET raw = '\\x00fe' WHERE id = 1`,
        `UPDATE ${schema}.t SET raw = '\\x00ff' WHERE id = 1`,
      ],
      [
        `UPDATE ${schema}.t SET at = at + interval '1 ms' WHERE id = 1`,
        `UPDATE ${schema}.t SET at = at - interval '1 ms' WHERE id = 1`,
      ],
      [`UPDATE ${schema}.t SET d = d + 1 WHERE id = 1`, `UPDATE ${schema}.t SET d = d - 1 WHERE id = 1`],
      [`UPDATE ${schema}.t SET b = '0100' WHERE id = 1`, `UPDATE ${schema}.t SET b = '0101' WHERE id = 1`],
      [`UPDATE ${schema}.t SET id = 4 WHERE id = 2`, `UPDATE ${schema}.t SET id = 2 WHERE id = 4`],
      [`INSERT INTO ${schema}.t (id) VALUES (9)`, `DELETE FROM ${schema}.t WHERE id = 9`],
      [
        `UPDATE mirror.exact_value SET bytes = '121:00:00.00' WHERE table_name = 't'`,
        `UPDATE mirror.exact_value SET bytes = '120:00:00.00' WHERE table_name = 't'`,
      ],
      [
        `UPDATE mirror.exact_value SET key = '{4}' WHERE table_name = 't'`,
        `UPDATE mirror.exact_value SET key = '{3}' WHERE table_name = 't'`,
      ],
      // the exact values of rows that look alike, and have no key: another number of them, another value, another digest's
      [
        `UPDATE mirror.keyless_row SET rows = 3 - rows WHERE digest > 0`,
        `UPDATE mirror.keyless_row SET rows = 3 - rows WHERE digest > 0`,
      ],
      [
        `UPDATE mirror.exact_value SET bytes = '2026-00-02' WHERE key = '{ffffffffffffffff}'`,
        `UPDATE mirror.exact_value SET bytes = '2026-00-01' WHERE key = '{ffffffffffffffff}'`,
      ],
      [
        `UPDATE mirror.exact_value SET key = '{0000000000000003}' WHERE key = '{0000000000000001}'`,
        `UPDATE mirror.exact_value SET key = '{0000000000000001}' WHERE key = '{0000000000000003}'`,
      ],
      [
        `UPDATE mirror.keyless_row SET rows = 9 WHERE digest = -1`,
        `UPDATE mirror.keyless_row SET rows = 1 WHERE digest = -1`,
      ],
      [
        `UPDATE mirror.exact_value SET key = '{6}' WHERE key = '{5}'`,
        `UPDATE mirror.exact_value SET key = '{5}' WHERE key = '{6}'`,
      ],
      // a SET by its number where two have one text; a text that does not lead back to what is stored
      [
        `UPDATE mirror.exact_value SET bytes = '0' WHERE column_name = 's'`,
        `UPDATE mirror.exact_value SET bytes = '1' WHERE column_name = 's'`,
      ],
      [
        `UPDATE mirror.exact_value SET column_name = 'x' WHERE column_name = 'v'`,
        `UPDATE mirror.exact_value SET column_name = 'v' WHERE column_name = 'x'`,
      ],
      [
        `UPDATE mirror.exact_row SET source_bytes[4] = '1:'`,
        `UPDATE mirror.exact_row SET source_bytes[4] = '2:a'`,
      ],
      [
        `UPDATE mirror.exact_row SET source_bytes[3] = '!815E:'`,
        `UPDATE mirror.exact_row SET source_bytes[3] = '!815F:'`,
      ],
      [`UPDATE mirror.exact_row SET key[1] = '8'`, `UPDATE mirror.exact_row SET key[1] = '7'`],
      [
        `UPDATE mirror.exact_row SET column_names = '{k,n,s,v}'`,
        `UPDATE mirror.exact_row SET column_names = '{k,n,v,s}'`,
      ],
      [
        `UPDATE mirror.exact_row SET table_name = 'nobody'`,
        `UPDATE mirror.exact_row SET table_name = 'whole'`,
      ],
      [
        `ALTER TABLE mirror.exact_row RENAME COLUMN source_id TO was; ALTER TABLE mirror.exact_row ADD COLUMN source_id text`,
        `ALTER TABLE mirror.exact_row DROP COLUMN source_id; ALTER TABLE mirror.exact_row RENAME COLUMN was TO source_id`,
      ],
      [`ALTER TABLE ${schema}.t ADD COLUMN extra int`, `ALTER TABLE ${schema}.t DROP COLUMN extra`],
      [
        `ALTER TABLE ${schema}.t RENAME COLUMN kind TO sort`,
        `ALTER TABLE ${schema}.t RENAME COLUMN sort TO kind`,
      ],
      [`ALTER TABLE ${schema}.t RENAME TO u`, `ALTER TABLE ${schema}.u RENAME TO t`],
    ] as const) {
      await change(sabotage)
      const found = await compare()
      expect(found.equal, sabotage).toBe(false)
      expect(found.differences.length, sabotage).toBeGreaterThan(0)
      await change(mend)
      expect((await compare()).differences, mend).toEqual([])
    }
  })
})
