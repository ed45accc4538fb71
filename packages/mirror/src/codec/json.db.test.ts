/** JSON of MySQL: what jsonb prints byte for byte stands in place, everything else aside; all come back. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { onSource } from '../../../../packages/devstack/src/index.ts'
import { travel } from '../../../../tests/support/codec-values.ts'
import { describeSource, freshDatabase, freshTarget } from '../../../../tests/support/servers.ts'

const json = (text: string): string => `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`

const same = [
  'null',
  'true',
  '""',
  '"~"',
  '[]',
  '{}',
  '0',
  '-1',
  '18446744073709551615',
  '-9223372036854775808',
  '1.5',
  '0.1',
  '1.0',
  // which MySQL prints as 0.0000001
  '1e-7',
  '{"b": 1, "a": [1, {"c": null}], "longer": "x"}',
  '{"bb": 1, "a": 2, "ä": 3, "Z": 4}',
  '{"a": 1, "a": 2}',
  '"tab\\tquote\\"back\\\\slash/\\u0001\\u001f\\b\\f\\n\\r"',
  '"\\u00e9\u{10FFFF}😀\u007f\u2028"',
  '[1, [2, [3]]]',
  '{"": {"": ""}}',
]
const otherwise = [
  '1e20',
  '-0.0',
  '{"a": 1.5e300}',
  '[-0.0]',
  '1.7976931348623157e308',
  '5e-324',
  '"a\\u0000b"',
  '{"\\u0000": 1}',
]
const made = [
  'CAST(1.10 AS JSON)',
  'JSON_ARRAY(12345678901234567890123.450, 1.5)',
  "CAST(DATE'2024-02-29' AS JSON)",
  "CAST(x'00ff' AS JSON)",
]

describeSource(
  'JSON',
  (flavour) => {
    it('comes through PostgreSQL, or stands aside, and comes back', async () => {
      const travelled = await travel(await freshDatabase(flavour), await freshTarget(), [
        { type: 'JSON', values: [...same, ...otherwise].map(json).concat(made) },
      ])
      const apart = travelled.filter(({ exact }) => exact !== null).map(({ value }) => value)
      expect(apart).toEqual(otherwise.map(json))
      const shown = (text: string) => travelled.find(({ value }) => value === json(text))?.shown
      expect(shown('1e20')).toBe('100000000000000000000')
      expect(shown('[-0.0]')).toBe('[0.0]')
      expect(shown('"a\\u0000b"')).toBe(null)
    })

    it('has scalars that its text does not tell: the statement of the operators’ guide finds just those', async () => {
      const { adminUrl } = await freshDatabase(flavour)
      const guide = readFileSync(join(import.meta.dirname, '../../../../docs/operators.md'), 'utf8')
      const statement = /SELECT id, JSON_TYPE[^;]*/.exec(guide)?.[0] ?? ''
      const typed = [
        ['DATE', "CAST(DATE'2024-02-29' AS JSON)"],
        ['BLOB', "JSON_OBJECT('a', JSON_ARRAY(1, x'00ff'))"],
        ['UNSIGNED INTEGER', "JSON_ARRAY('x', JSON_OBJECT('b', CAST(5 AS UNSIGNED)))"],
        ['DECIMAL', "JSON_OBJECT('d', JSON_OBJECT('e', JSON_ARRAY(JSON_ARRAY(1.5))))"],
        ['TIME', "JSON_ARRAY(TIME'10:00:00')"],
      ] as const
      const ordinary = same.filter((text) => text !== '18446744073709551615').map(json)
      await onSource(adminUrl, async (connection) => {
        const values = [...typed.map(([, sql]) => sql), ...ordinary].map((sql, id) => `(${id}, ${sql})`)
        await connection.query('CREATE TABLE t (id INT PRIMARY KEY, j JSON)')
        await connection.query(`INSERT INTO t VALUES ${values.join()}`)
        const [rows] = await connection.query({ sql: `${statement} ORDER BY id`, rowsAsArray: true })
        expect(rows).toEqual(typed.map(([type], id) => [id, type]))
        // negative control: the texts are those of documents that have none
        const [texts] = await connection.query({
          sql: `${statement.replace('(j,', '(CAST(CAST(j AS CHAR) AS JSON),')} ORDER BY id`,
          rowsAsArray: true,
        })
        expect(texts).toEqual([])
      })
    })
  },
  ['mysql'],
)

describeSource(
  'JSON of MariaDB',
  (flavour) => {
    it('is the text that was written, whatever jsonb would make of it', async () => {
      const values = [...same, ...otherwise, '{"b":1,  "a":1e400, "b":2}', '[1.10, -0.0, 1E5]'].map(json)
      const travelled = await travel(await freshDatabase(flavour), await freshTarget(), [
        { type: 'JSON', values },
      ])
      expect(new Set(travelled.map(({ postgresType }) => postgresType))).toEqual(new Set(['text']))
      expect(travelled.filter(({ exact }) => exact !== null)).toEqual([])
    })
  },
  ['mariadb'],
)
