/** Whole numbers, decimals, floats, bits and years: every edge, there and back. */
import { expect, it } from 'vitest'
import { type Sample, travel } from '../../../../tests/support/codec-values.ts'
import { describeSource, freshDatabase, freshTarget } from '../../../../tests/support/servers.ts'

const integers: readonly Sample[] = (
  [
    ['TINYINT', 7n],
    ['SMALLINT', 15n],
    ['MEDIUMINT', 23n],
    ['INT', 31n],
    ['BIGINT', 63n],
  ] as const
).flatMap(([type, bits]) => [
  { type, values: [-(2n ** bits), -1n, 0n, 1n, 2n ** bits - 1n].map(String) },
  { type: `${type} UNSIGNED`, values: [0n, 5n, 2n ** (bits + 1n) - 1n].map(String) },
  { type: `${type}(7) ZEROFILL`, values: [0n, 42n, 2n ** (bits + 1n) - 1n].map(String) },
])

const nines = '9'.repeat(35)
const decimals: readonly Sample[] = [
  {
    type: 'DECIMAL(65,30)',
    values: [`${nines}.${'9'.repeat(30)}`, `-${nines}.${'9'.repeat(30)}`, '0', '-0.000', `1e-30`, '1.10'],
  },
  { type: 'DECIMAL(65,0)', values: ['9'.repeat(65), '-1', '0'] },
  { type: 'DECIMAL(3,3)', values: ['0.999', '-0.001'] },
  { type: 'DECIMAL(10,2) UNSIGNED ZEROFILL', values: ['0', '7.5', '99999999.99'] },
]

const floats: readonly Sample[] = [
  {
    type: 'FLOAT',
    values: [
      "'-0'",
      '0',
      '0.1',
      '16777217',
      '3.4028234663852886e38',
      '-3.4028234663852886e38',
      '1.401298464324817e-45',
      '1.17549435e-38',
    ],
  },
  {
    type: 'DOUBLE',
    values: [
      "'-0'",
      '0',
      '0.1e0',
      '1e20',
      '1e21',
      '1e22',
      '123456789012345680000',
      '9007199254740993',
      '5e-324',
      '2.2250738585072011e-308',
      '2.2250738585072014e-308',
      '1.7976931348623157e308',
      '-1.7976931348623157e308',
      '0.30000000000000004e0',
      '1.2345678901234567e-123',
    ],
  },
  // around where an exponent is written, and where the digits of a FLOAT are more than fit
  ...['DOUBLE', 'FLOAT'].map((type) => ({
    type: `${type} NOT NULL`,
    values: Array.from({ length: 60 }, (_, index) => index - 30).flatMap((exponent) => [
      `1e${exponent}`,
      `-1.25e${exponent}`,
      `1.2345678901234567e${exponent}`,
      `-9.999999999999999e${exponent}`,
    ]),
  })),
  { type: 'FLOAT(7,4)', values: ['999.0001', '-0.0001', '999.9999', '-0.5', '0', "'-0'", '16.0625'] },
  { type: 'FLOAT(9,1)', values: ['123456.7', '-16777216.5', '99999999.9', '0.1'] },
  // what they are filled up to, a product is not
  ...['FLOAT ZEROFILL', 'DOUBLE ZEROFILL'].map((type) => ({
    type,
    values: [
      '0',
      "'-0'",
      '0.1e0',
      '16.5',
      '1e30',
      '5.9604644775390625e-08',
      '3.4028234663852886e38',
      '1.17549435e-38',
      ...Array.from({ length: 40 }, (_, index) => `1.2345678901234567e${index - 20}`),
    ],
  })),
  { type: 'FLOAT(10,3) ZEROFILL', values: ['999.0001', '0.1', '0', '1234567.125'] },
  {
    type: 'DOUBLE(20,4) ZEROFILL',
    values: ['999.0001', '0.1', '0', "'-0'", '9999999999999999', '1234567890123.4567', '0.00005'],
  },
  { type: 'DOUBLE(20,2)', values: ['1.5', '123456789012345678.25', '562658695505727.9', '-0.01'] },
  // shorter than they are
  {
    type: 'DOUBLE(22,0)',
    values: ['-167309105802727723008', '12345678901234567890', '9007199254740993', '0.5'],
  },
  {
    type: 'DOUBLE(25,1)',
    values: ['-167309105802727723008', '36893488147419103232', '9007199254740993', '0.25'],
  },
  {
    type: 'DOUBLE(40,30)',
    values: ['1e-7', '-1.5e-10', '1.2345678901234567e-9', '1e-30', '4e-31', '1234.5e5'],
  },
]

const others: readonly Sample[] = [
  ...[1, 2, 7, 8, 9, 31, 32, 33, 63, 64].map((width) => ({
    type: `BIT(${width})`,
    values: [0n, 1n, 2n ** BigInt(width) - 1n].filter((n, at, all) => all.indexOf(n) === at).map(String),
  })),
  { type: 'YEAR', values: ['0', '1901', '1970', '2155'] },
]

describeSource(
  'numbers',
  (flavour) => {
    it('come through PostgreSQL and back, every one in place', async () => {
      const travelled = await travel(await freshDatabase(flavour), await freshTarget(), [
        ...integers,
        ...decimals,
        ...floats,
        ...others,
      ])
      expect(travelled.filter(({ exact }) => exact !== null)).toEqual([])
      // of each the comparison of the copy with its record says something, also where the servers print it in two ways
      expect(travelled.filter(({ judged }) => !judged)).toEqual([])
      const became = (type: string) =>
        travelled.filter((each) => each.type === type).map(({ shown }) => shown)
      expect(became('BIGINT UNSIGNED').at(-1)).toBe('18446744073709551615')
      expect(became('INT(7) ZEROFILL')[1]).toBe('42')
      // MariaDB prints its -0 as 0
      const zero = flavour === 'mysql' ? '-0' : '0'
      expect([became('DOUBLE')[0], became('FLOAT')[0]]).toEqual([zero, zero])
      expect(became('BIT(2)')).toEqual(['00', '01', '11'])
      expect(became('YEAR')[0]).toBe('0')
    })
  },
  ['mariadb', 'mysql'],
)
