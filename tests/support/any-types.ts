/** Every type of a server, each with its random values. What the server has is asked of the server. */
import * as fc from 'fast-check'
import { onSource } from '../../packages/devstack/src/index.ts'
import * as values from './any-values.ts'

export interface Type {
  /** type and attributes, as CREATE TABLE takes them */
  readonly definition: string
  /** SQL literal of a random value */
  readonly value: fc.Arbitrary<string>
  /** bytes of a key that such a column takes; absent: it can be no key */
  readonly keyBytes?: number
  /** a key over so many characters of it only */
  readonly prefix?: number
  /** upper and lower case are values of their own */
  readonly cased?: boolean
  /** a generated column may copy it */
  readonly generated?: boolean
}

/** A kind of type; which of its forms it is, is drawn. */
export type Family = fc.Arbitrary<Type>

export interface ServerTypes {
  readonly isMariadb: boolean
  /** character set → its collations */
  readonly charsets: ReadonlyMap<string, readonly string[]>
  readonly hasVector: boolean
}

export const askServer = async (url: string): Promise<ServerTypes> =>
  onSource(url, async (connection) => {
    const ask = async (sql: string): Promise<string[][]> => {
      const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() })
      return rows as unknown as string[][]
    }
    const charsets = new Map<string, string[]>()
    for (const [charset = '', collation = ''] of await ask(
      'SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS WHERE CHARACTER_SET_NAME IS NOT NULL',
    )) {
      if (charset !== 'binary') charsets.set(charset, [...(charsets.get(charset) ?? []), collation])
    }
    const version = String((await ask('SELECT VERSION()'))[0]?.[0])
    const isMariadb = /mariadb/i.test(version)
    const [major = 0, minor = 0] = version.split('.').map(Number)
    return { isMariadb, charsets, hasVector: isMariadb ? major * 100 + minor >= 1107 : major >= 9 }
  })

const only = (type: Type): Family => fc.constant(type)

const integers: readonly Family[] = (
  [
    ['TINYINT', 7n, 1],
    ['SMALLINT', 15n, 2],
    ['MEDIUMINT', 23n, 3],
    ['INT', 31n, 4],
    ['BIGINT', 63n, 8],
  ] as const
).flatMap(([name, bits, keyBytes]) => [
  only({ definition: name, value: values.whole(-(2n ** bits), 2n ** bits - 1n), keyBytes, generated: true }),
  only({ definition: `${name} UNSIGNED`, value: values.whole(0n, 2n ** (bits + 1n) - 1n), keyBytes }),
  only({ definition: `${name}(7) ZEROFILL`, value: values.whole(0n, 2n ** (bits + 1n) - 1n), keyBytes }),
])

const numbers: readonly Family[] = [
  ...integers,
  only({ definition: 'TINYINT(1)', value: values.whole(-128n, 127n), keyBytes: 1 }),
  only({ definition: 'DECIMAL(65,30)', value: values.decimal(65, 30), keyBytes: 30, generated: true }),
  only({ definition: 'DECIMAL(12,3)', value: values.decimal(12, 3), keyBytes: 6 }),
  only({ definition: 'DECIMAL(65,0)', value: values.decimal(65, 0), keyBytes: 30 }),
  only({ definition: 'DECIMAL(10,2) UNSIGNED ZEROFILL', value: values.decimal(10, 2, false), keyBytes: 5 }),
  only({ definition: 'FLOAT', value: values.single, keyBytes: 4 }),
  only({ definition: 'FLOAT(7,4)', value: values.decimal(7, 4) }),
  only({ definition: 'DOUBLE', value: values.double, keyBytes: 8, generated: true }),
  only({ definition: 'DOUBLE(20,2)', value: values.decimal(18, 2) }),
  fc.oneof(fc.constantFrom(1, 8, 64), fc.integer({ min: 2, max: 63 })).map((width) => ({
    definition: `BIT(${width})`,
    value: values.whole(0n, 2n ** BigInt(width) - 1n),
    keyBytes: 8,
  })),
  only({ definition: 'BIT(64)', value: values.whole(0n, 2n ** 64n - 1n), keyBytes: 8 }),
  only({ definition: 'YEAR', value: values.year, keyBytes: 1, generated: true }),
]

const digits = fc.integer({ min: 0, max: 6 })
const times: readonly Family[] = [
  only({ definition: 'DATE', value: values.date, keyBytes: 3, generated: true }),
  ...(
    [
      ['DATETIME', values.datetime],
      ['TIMESTAMP', values.timestamp],
      ['TIME', values.time],
    ] as const
  ).flatMap(([name, value]) => [
    ...[0, 6].map((to) => only({ definition: `${name}(${to})`, value: value(to), keyBytes: 8 })),
    digits.map((to) => ({
      definition: `${name}(${to})`,
      value: value(to),
      keyBytes: 8,
      generated: name !== 'TIMESTAMP',
    })),
  ]),
]

/** One under a collation that is drawn, so that those without case, without accents and by bytes all come. */
const inCharset = (charset: string, collations: readonly string[]): Family =>
  fc.constantFrom(...collations).map((collation) => ({
    definition: `VARCHAR(20) CHARACTER SET ${charset} COLLATE ${collation}`,
    value: values.inCharset(20),
    keyBytes: 80,
    cased: true,
  }))

const utf8mb4 = (type: string, collation: string): string =>
  `${type} CHARACTER SET utf8mb4 COLLATE ${collation}`

const texts: readonly Family[] = [
  fc.constantFrom('utf8mb4_general_ci', 'utf8mb4_unicode_ci', 'utf8mb4_bin').map((collation) => ({
    definition: utf8mb4('VARCHAR(20)', collation),
    value: values.text(20),
    keyBytes: 80,
    cased: true,
    generated: true,
  })),
  only({ definition: 'CHAR(12) CHARACTER SET utf8mb4', value: values.text(12), keyBytes: 48, cased: true }),
  only({ definition: 'CHAR(0) CHARACTER SET utf8mb4', value: fc.constant("''") }),
  only({
    definition: utf8mb4('VARCHAR(700)', 'utf8mb4_bin'),
    value: values.longText(700),
    keyBytes: 2_800,
    cased: true,
  }),
  only({ definition: 'TINYTEXT CHARACTER SET utf8mb4', value: values.text(60), keyBytes: 40, prefix: 10 }),
  only({ definition: 'TEXT CHARACTER SET utf8mb4', value: values.text(60), keyBytes: 40, prefix: 10 }),
  only({ definition: 'MEDIUMTEXT CHARACTER SET utf8mb4', value: values.longText(700) }),
  only({
    definition: 'LONGTEXT CHARACTER SET latin1',
    value: values.inCharset(60),
    keyBytes: 12,
    prefix: 12,
  }),
]

const binaries: readonly Family[] = [
  only({ definition: 'BINARY(6)', value: values.bytes(6), keyBytes: 6, generated: true }),
  only({ definition: 'VARBINARY(20)', value: values.bytes(20), keyBytes: 20, generated: true }),
  only({ definition: 'VARBINARY(3000)', value: values.longBytes(3_000), keyBytes: 3_000 }),
  only({ definition: 'TINYBLOB', value: values.bytes(200), keyBytes: 9, prefix: 9 }),
  only({ definition: 'BLOB', value: values.bytes(200) }),
  only({ definition: 'MEDIUMBLOB', value: values.bytes(200) }),
  only({ definition: 'LONGBLOB', value: values.longBytes(9_000) }),
]

const sixtyFour = Array.from({ length: 64 }, (_, at) => `'m${at}'`).join(',')
const memberTypes: readonly Family[] = [
  only({
    definition: "ENUM('','small','it''s','GROß','3') CHARACTER SET utf8mb4",
    value: fc.constantFrom('0', "''", "'small'", "'it''s'", '4', '5', "'no such member'"),
    keyBytes: 1,
  }),
  only({
    definition: "ENUM('ソ','x') CHARACTER SET sjis",
    value: fc.constantFrom('0', '1', '2'),
    keyBytes: 1,
  }),
  only({ definition: "SET('a','b','c d') CHARACTER SET utf8mb4", value: values.whole(0n, 7n), keyBytes: 1 }),
  only({ definition: "SET('','a','é') CHARACTER SET latin1", value: values.whole(0n, 7n), keyBytes: 1 }),
  only({
    definition: `SET(${sixtyFour}) CHARACTER SET utf8mb4`,
    value: fc.oneof(
      fc.constantFrom('0', '9223372036854775808', '18446744073709551615'),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    ),
  }),
]

const ownOf = ({ isMariadb, hasVector }: ServerTypes): readonly Family[] => [
  ...['GEOMETRY', ...values.shapes].map((type) =>
    only({ definition: type, value: values.shape(type, isMariadb ? [0, 4326, 101] : [0, 3857]) }),
  ),
  only({ definition: isMariadb ? 'POINT' : 'POINT SRID 4326', value: values.geographicPoint }),
  only({ definition: 'JSON', value: values.json(isMariadb) }),
  ...(hasVector ? [only({ definition: 'VECTOR(3)', value: values.vector(3) })] : []),
  ...(isMariadb
    ? [
        only({ definition: 'UUID', value: values.uuid, keyBytes: 16 }),
        only({ definition: 'INET4', value: values.inet4, keyBytes: 4 }),
        only({ definition: 'INET6', value: values.inet6, keyBytes: 16 }),
        only({ definition: 'VARCHAR(60) COMPRESSED CHARACTER SET utf8mb4', value: values.text(60) }),
        only({ definition: utf8mb4('VARCHAR(20)', 'utf8mb4_bin'), value: values.halves, keyBytes: 80 }),
        only({ definition: 'TEXT CHARACTER SET utf8mb3', value: values.halves, keyBytes: 30, prefix: 10 }),
        only({ definition: 'BLOB COMPRESSED', value: values.longBytes(2_000) }),
      ]
    : []),
]

/** All of them, one family each; the character sets each with a collation of its own choice. */
export const familiesOf = (server: ServerTypes): readonly Family[] => [
  ...numbers,
  ...times,
  ...texts,
  ...binaries,
  ...memberTypes,
  ...ownOf(server),
  ...[...server.charsets].map(([charset, collations]) => inCharset(charset, collations)),
]

/** The keys that issue and experience name; whatever else is drawn, each of these is there. */
export const keyFamilies: readonly Family[] = [
  ...texts.slice(0, 1),
  only({ definition: 'VARBINARY(20)', value: values.bytes(20), keyBytes: 20 }),
  only({ definition: 'DECIMAL(12,3)', value: values.decimal(12, 3), keyBytes: 6 }),
  only({ definition: 'DATE', value: values.date, keyBytes: 3 }),
  only({ definition: 'BIGINT UNSIGNED', value: values.whole(0n, 2n ** 64n - 1n), keyBytes: 8 }),
  only({ definition: 'TIME(2)', value: values.time(2), keyBytes: 5 }),
  ...memberTypes.slice(0, 1),
  ...texts.slice(3, 4),
]
