/** Random values as SQL literals. What careless copies break weighs most: ends, zeros, blanks, NUL, what no calendar has. */
import * as fc from 'fast-check'

type Sql = fc.Arbitrary<string>

export const hex = (bytes: Buffer): string => (bytes.length === 0 ? "''" : `x'${bytes.toString('hex')}'`)
export const utf8 = (text: string): string =>
  text === '' ? "''" : `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`

export const whole = (min: bigint, max: bigint): Sql =>
  fc
    .oneof(
      fc.constantFrom(min, max, 0n, 1n, min + 1n).map((value) => (value < min ? min : value)),
      fc.bigInt({ min, max }),
    )
    .map(String)

export const decimal = (digits: number, scale: number, signed = true): Sql => {
  const end = 10n ** BigInt(digits) - 1n
  return whole(signed ? -end : 0n, end).map((text) => {
    const [, sign = '', number = ''] = /^(-?)(\d+)$/.exec(text) ?? []
    if (scale === 0) return text
    const padded = number.padStart(scale + 1, '0')
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
  })
}

/** A number with an exponent is a DOUBLE from the start. */
const asDouble = (value: number): string =>
  Object.is(value, -0) ? "'-0'" : String(value).includes('e') ? String(value) : `${value}e0`

export const single: Sql = fc.oneof(
  fc.constantFrom(
    "'-0'",
    '0',
    '16777217',
    '3.4028234663852886e38',
    '1.401298464324817e-45',
    '1.17549435e-38',
  ),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(asDouble),
)
export const double: Sql = fc.oneof(
  fc.constantFrom(
    "'-0'",
    '1e20',
    '1e22',
    '5e-324',
    '2.2250738585072014e-308',
    '1.7976931348623157e308',
    '0.30000000000000004e0',
    '9007199254740993',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }).map(asDouble),
)

const awkward = [
  '',
  ' ',
  'a ',
  'a',
  'A',
  'ä',
  'Ä',
  "it's",
  '"q"',
  'b\\c',
  'tab\tnew\nline\r',
  '\\N',
  '\\.',
  '~',
  '3:abc',
  'a,b',
  '1',
  'null',
]
/** Characters of latin1; a NUL now and then, which PostgreSQL's text cannot hold */
const latinText = (length: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.constantFrom(...awkward) },
      {
        weight: 3,
        arbitrary: fc.string({ unit: fc.constantFrom(...'abcXYZ é€ÿ%_,:~'.split('')), maxLength: length }),
      },
      { weight: 1, arbitrary: fc.constantFrom('nul\0inside', '\0', '␀', '␀\0') },
    )
    .map((text) => text.slice(0, length))
const wideText = fc.constantFrom('😀', '\u{10FFFF}', '한국어', 'e\u0301', 'ﬃ', 'ソ\\表', '\uFFFD')

/** Halves of surrogate pairs, which are no UTF-8, by themselves and within a text: MariaDB keeps them. */
export const halves: Sql = fc
  .array(fc.constantFrom('EDA080', 'EDB080', 'EDAFBF', '61', 'C3A9', 'EFBFBD'), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => `x'${parts.join('')}'`)

export const text = (length: number): Sql =>
  fc
    .oneof(
      { weight: 2, arbitrary: latinText(length) },
      { weight: 1, arbitrary: wideText.map((each) => each.slice(0, length)) },
    )
    .map(utf8)

/** Long, and not to be compressed: beyond what an index of PostgreSQL takes, now and then. */
const noise = (length: number): Buffer => {
  let seed = length
  return Buffer.from(Array.from({ length }, () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) >> 16))
}
export const longText = (length: number): Sql =>
  fc.oneof(
    { weight: 2, arbitrary: text(20) },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: length - 200, max: length })
        .map((size) =>
          utf8(
            Array.from(noise(size), (byte, at) =>
              String.fromCodePoint(0x1f300 + ((byte * 7 + at) % 700)),
            ).join(''),
          ),
        ),
    },
  )

export const bytes = (max: number): Sql =>
  fc.oneof(
    fc.constantFrom("''", "x'00'", "x'6100'", "x'5c2c3a7e'").map((each) => (max < 4 ? "''" : each)),
    fc.uint8Array({ maxLength: max }).map((array) => hex(Buffer.from(array))),
  )
export const longBytes = (max: number): Sql =>
  fc.oneof(
    { weight: 2, arbitrary: bytes(20) },
    { weight: 1, arbitrary: fc.integer({ min: max - 500, max }).map((size) => hex(noise(size))) },
  )

/** Bytes that some conversion does not return: halves of pairs, doubles of cp932 and sjis, unmapped ones. */
const oddBytes = [
  'd800',
  'd800dc00',
  '0000d800',
  '8790',
  '81e0',
  '815f',
  '5c',
  '80',
  'ff',
  '8130 8130',
  '00',
  '',
]
export const inCharset = (length: number): Sql =>
  fc.oneof(
    { weight: 3, arbitrary: text(length) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...oddBytes).map((each) => hex(Buffer.from(each.replace(' ', ''), 'hex'))),
    },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 6 }).map((array) => hex(Buffer.from(array))) },
  )

const two = (value: number): string => String(value).padStart(2, '0')
const range = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })
const dateIn = (first: number, last: number): fc.Arbitrary<string> =>
  fc
    .tuple(range(first, last), range(1, 12), range(1, 28))
    .map(([year, month, day]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`)
const clock = fc.tuple(range(0, 23), range(0, 59), range(0, 59)).map((parts) => parts.map(two).join(':'))
const fraction = (digits: number): fc.Arbitrary<string> =>
  digits === 0
    ? fc.constant('')
    : fc
        .oneof(fc.constantFrom(0, 10 ** digits - 1, 1), range(0, 10 ** digits - 1))
        .map((value) => `.${String(value).padStart(digits, '0')}`)
const quoted = (each: fc.Arbitrary<string>): Sql => each.map((value) => `'${value}'`)
const anyDate = fc.oneof(
  { weight: 3, arbitrary: dateIn(1, 9999) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '0000-00-00',
      '2024-00-10',
      '2024-01-00',
      '2024-02-30',
      '2023-02-29',
      '0000-01-01',
      '0000-12-31',
      '0001-01-01',
      '1000-01-01',
      '9999-12-31',
      '2024-02-29',
    ),
  },
)
const together = (parts: fc.Arbitrary<[string, string, string]>): fc.Arbitrary<string> =>
  parts.map(([day, time, rest]) => `${day} ${time}${rest}`)

export const date: Sql = quoted(anyDate)
export const datetime = (digits: number): Sql =>
  quoted(
    fc.oneof(
      { weight: 4, arbitrary: together(fc.tuple(anyDate, clock, fraction(digits))) },
      { weight: 1, arbitrary: fc.constantFrom('0000-00-00 00:00:00', '9999-12-31 23:59:59') },
    ),
  )
export const timestamp = (digits: number): Sql =>
  quoted(
    fc.oneof(
      { weight: 3, arbitrary: together(fc.tuple(dateIn(1971, 2037), clock, fraction(digits))) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('0000-00-00 00:00:00', '1970-01-01 00:00:01', '2038-01-19 03:14:07'),
      },
    ),
  )
export const time = (digits: number): Sql =>
  quoted(
    fc.oneof(
      fc.tuple(clock, fraction(digits)).map((parts) => parts.join('')),
      fc.constantFrom('-838:59:59', '838:59:59', '24:00:00', '-00:00:01', '00:00:00', '100:00:00'),
      fc
        .tuple(range(-838, 838), range(0, 59), fraction(digits))
        .map(
          ([hours, minutes, rest]) =>
            `${hours < 0 ? '-' : ''}${two(Math.abs(hours))}:${two(minutes)}:58${rest}`,
        ),
    ),
  )
export const year: Sql = fc.constantFrom('0', '1901', '1970', '2026', '2155')

export const uuid: Sql = quoted(
  fc.oneof(
    fc.uuid(),
    fc.constantFrom('00000000-0000-0000-0000-000000000000', 'FFFFFFFF-FFFF-ffff-ffff-ffffffffffff'),
  ),
)
export const inet4: Sql = quoted(fc.oneof(fc.ipV4(), fc.constantFrom('0.0.0.0', '255.255.255.255')))
export const inet6: Sql = quoted(
  fc.oneof(
    fc.ipV6().filter((each) => !each.includes('.')),
    fc.constantFrom(
      '::',
      '::1',
      '1:0:3:0:0:6:7:8',
      '::ffff:1.2.3.4',
      '::1.2.3.4',
      '64:ff9b::10.0.0.1',
      'fe80::0abc',
    ),
  ),
)

const documents = [
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '0',
  '1.0',
  '1e-7',
  '1e20',
  '-0.0',
  '1.10',
  '[-0.0, 1E5]',
  '{"a": 1, "a": 2}',
  '18446744073709551615',
  '-9223372036854775808',
  '12345678901234567890123.450',
  '1.7976931348623157e308',
  '{"bb": 1, "a": [1, {"c": null}], "ä": 2, "": 3}',
  '"a\\u0000b"',
  '{"\\u0000": 1}',
  '"\\u00e9􏿿😀\\\\"',
  '  {"b" :1}  ',
  '5e-324',
  '"\\ud83d\\ude00"',
]
/** Texts that either server takes as JSON; `beyond`: numbers that only a server takes which keeps the text. */
export const json = (beyond: boolean): Sql =>
  fc
    .oneof(
      fc.constantFrom(...documents, ...(beyond ? ['1e400', '{"b":1,  "a":1e400, "b":2}'] : [])),
      fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
    )
    .map(utf8)

/** Little-endian floats. */
export const vector = (width: number): Sql =>
  fc
    .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: width, maxLength: width })
    .map((floats) => hex(Buffer.from(Float32Array.from(floats).buffer)))

const coordinate = fc.oneof(fc.constantFrom('0', '-1.5', '1e300', '-0e0'), range(-80, 80).map(String))
const point = fc.tuple(coordinate, coordinate).map((pair) => pair.join(' '))
const line = fc.array(point, { minLength: 2, maxLength: 4 }).map((points) => `(${points.join(', ')})`)
const polygon = range(1, 9).map((side) => `((0 0, 0 ${side}, ${side} ${side}, 0 0))`)
const wkt: Readonly<Record<string, fc.Arbitrary<string>>> = {
  POINT: point.map((each) => `POINT(${each})`),
  LINESTRING: line.map((each) => `LINESTRING${each}`),
  POLYGON: polygon.map((each) => `POLYGON${each}`),
  MULTIPOINT: line.map((each) => `MULTIPOINT${each}`),
  MULTILINESTRING: line.map((each) => `MULTILINESTRING(${each}, (1 2, 3 4))`),
  MULTIPOLYGON: polygon.map((each) => `MULTIPOLYGON(${each})`),
  GEOMETRYCOLLECTION: point.map((each) => `GEOMETRYCOLLECTION(POINT(${each}), LINESTRING(0 0, 1 1))`),
}
export const shapes = Object.keys(wkt)

/** Planar reference systems, in which every coordinate is good; 4326 bounds its own. */
export const shape = (type: string, references: readonly number[]): Sql =>
  type === 'GEOMETRY'
    ? fc.constantFrom(...shapes).chain((each) => shape(each, references))
    : fc
        .tuple(wkt[type] ?? fc.constant('POINT(0 0)'), fc.constantFrom(...references))
        .map(([each, reference]) => `ST_GeomFromText('${each}', ${reference})`)
export const geographicPoint: Sql = fc
  .tuple(range(-89, 89), range(-179, 179))
  .map(([latitude, longitude]) => `ST_GeomFromText('POINT(${latitude} ${longitude})', 4326)`)
