/** A source with what is hard to give back, and its copy: what the tests of `restore` begin with. */
import { expect } from 'vitest'
import { onSource } from '../../packages/devstack/src/index.ts'
import { type Addresses, mirror } from './mirror.ts'
import {
  type FreshDatabase,
  freshDatabase,
  freshTarget,
  type FreshTarget,
  type SourceFlavour,
} from './servers.ts'

export const schema = (flavour: SourceFlavour): readonly string[] => [
  'ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_german1_ci',
  `CREATE TABLE department (
     code CHAR(4) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL PRIMARY KEY,
     name VARCHAR(60) NOT NULL DEFAULT 'it''s "new" \\\\ here;' COMMENT 'as printed; O''Hara''s
) ENGINE=InnoDB AUTO_INCREMENT=5'
   ) ENGINE=InnoDB COMMENT='a; b'`,
  `CREATE TABLE course (
     id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
     dept CHAR(4) CHARACTER SET latin1 COLLATE latin1_bin,
     follows INT UNSIGNED,
     title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
     credits DECIMAL(4,2) NOT NULL DEFAULT 3.00 CHECK (credits >= 0),
     twice DECIMAL(6,2) GENERATED ALWAYS AS (credits * 2) STORED,
     low VARCHAR(200) CHARACTER SET utf8mb4 GENERATED ALWAYS AS (lower(title)) VIRTUAL,
     hidden INT ${flavour === 'mysql' ? 'DEFAULT 7 INVISIBLE' : 'INVISIBLE DEFAULT 7'},
     changed TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
     UNIQUE KEY title_once (dept, title(50)),
     KEY by_credits (credits, id),
     CONSTRAINT course_of FOREIGN KEY (dept) REFERENCES department (code) ON DELETE SET NULL ON UPDATE CASCADE,
     CONSTRAINT course_after FOREIGN KEY (follows) REFERENCES course (id)
   ) ENGINE=InnoDB AUTO_INCREMENT=500`,
  `CREATE TABLE \`the \`\`log\`\`; ü\` (
     id INT NOT NULL, day DATE NOT NULL, \`select\` TEXT CHARACTER SET utf8mb4, PRIMARY KEY (id, day)
   ) ENGINE=InnoDB PARTITION BY RANGE (YEAR(day)) (
     PARTITION old VALUES LESS THAN (2000), PARTITION later VALUES LESS THAN MAXVALUE)`,
  `CREATE TABLE edge (
     id SMALLINT NOT NULL AUTO_INCREMENT, d DATE, dt DATETIME(6), ts TIMESTAMP(2) NULL, t TIME(3), y YEAR,
     f FLOAT, g DOUBLE, n DECIMAL(65,30), u BIGINT UNSIGNED, z INT(8) ZEROFILL, b BIT(64),
     e ENUM('','small','it''s') CHARACTER SET utf8mb4, s SET('a','b','c d') CHARACTER SET utf8mb4,
     c CHAR(10) CHARACTER SET utf8mb4, l VARCHAR(300) CHARACTER SET latin1, x LONGTEXT CHARACTER SET utf8mb4,
     v VARBINARY(300), w LONGBLOB, j JSON,
     PRIMARY KEY (id)
   ) ENGINE=InnoDB`,
  `CREATE TABLE odd (k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, d DATE, v VARCHAR(20), PRIMARY KEY (k, d)) ENGINE=InnoDB`,
  'CREATE TABLE empty_one (id TINYINT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT) ENGINE=InnoDB',
  // a name in two cases, and what is generated in the one is not in the other
  'CREATE TABLE twin (id INT PRIMARY KEY, v INT, w INT)',
  'CREATE TABLE TWIN (id INT PRIMARY KEY, v INT GENERATED ALWAYS AS (id * 2) STORED, w INT NOT NULL AUTO_INCREMENT UNIQUE)',
  'CREATE VIEW roster AS SELECT id, title FROM course',
]

export const logTable = 'the `log`; ü'

export const hex = (text: string): string => `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('hex')

export const rows: readonly string[] = [
  "INSERT INTO department (code) VALUES ('MATH'), ('math'), ('X')",
  "INSERT INTO department VALUES ('ü', 'Ünïcode')",
  ...['MATH', 'math', 'X'].map(
    (dept, index) =>
      `INSERT INTO course (id, dept, follows, title, credits, hidden) VALUES (${index}, '${dept}', ${index === 0 ? 'NULL' : index - 1}, ${hex(`Größe ${index} 😀`)}, ${index}.5, ${index})`,
  ),
  // as they may stand after foreign_key_checks=0: kept, and told
  "INSERT INTO course (id, dept, title) VALUES (77, 'gone', 'orphan')",
  `INSERT INTO \`the \`\`log\`\`; ü\` VALUES (1, '1999-12-31', 'old'), (1, '2000-01-01', ''), (2, '2026-01-01', ${hex('nul\0in')})`,
  // keys that PostgreSQL cannot hold
  `INSERT INTO odd VALUES ('plain', '2026-01-01', 'a'), (${hex('nul\0')}, '2026-01-01', 'b'), ('', '0000-00-00', NULL), ('~', '2024-02-30', '')`,
  'INSERT INTO twin VALUES (1, 7, 7)',
  'INSERT INTO TWIN (id, w) VALUES (1, 3)',
  'INSERT INTO edge (id) VALUES (0), (-32768)',
  `INSERT INTO edge VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00', '-838:59:59', 0, -0e0, 1e-320, -0.5, 0, 42, 0,
     'no such member', '', 'trail  ', ${hex('€ÿ ')}, ${hex('nul\0 \u{10FFFF}')}, '', x'${allBytes}', '{"b": 1, "a": [1e20, -0.0, "ü"]}')`,
  `INSERT INTO edge VALUES (2, '2024-02-30', '2024-00-10 00:00:00.000001', '2038-01-19 03:14:07.99', '838:59:59', 2155, 3.4028235e38, 1.7976931348623157e308,
     99999999999999999999999999999999999.999999999999999999999999999999, 18446744073709551615, 99999999, 18446744073709551615,
     '', 'a,c d', 'a', 'it''s \\\\ "x"', '', x'00', '', 'null')`,
  `INSERT INTO edge VALUES (3, '9999-12-31', '0000-01-01 23:59:59.999999', '1970-01-01 00:00:01', '24:00:00.001', 1901, 1.4e-45, 2.2250738585072014e-308,
     -1e-30, 9007199254740993, 0, 1, 'it''s', 'b', '', '\\t\\n\\r\\0', REPEAT('long ', 20000), x'', REPEAT(x'00ff', 40000), '[]')`,
]

export const run = async (url: string, statements: readonly string[]): Promise<void> =>
  onSource(url, async (connection) => {
    await connection.query(
      "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00', foreign_key_checks = 0",
    )
    for (const statement of statements) await connection.query(statement)
  })

interface Scene {
  readonly source: FreshDatabase
  readonly target: FreshTarget
  readonly sides: Addresses
}

export const sceneOf = async (flavour: SourceFlavour): Promise<Scene> => {
  const source = await freshDatabase(flavour)
  await run(source.adminUrl, [...schema(flavour), ...rows])
  const target = await freshTarget()
  const sides = { source: source.mirrorUrl, target: target.url }
  const synced = await mirror(sides, 'sync')
  expect(synced.json, synced.out).toMatchObject({ refused: {} })
  return { source, target, sides }
}
