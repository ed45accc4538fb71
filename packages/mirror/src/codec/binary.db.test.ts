/** Bytes, shapes, vectors: there and back, all in place. */
import { expect, it } from 'vitest'
import { type Sample, travel } from '../../../../tests/support/codec-values.ts'
import { describeSource, freshDatabase, freshTarget } from '../../../../tests/support/servers.ts'

const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('hex')

const bytes: readonly Sample[] = [
  { type: 'BINARY(4)', values: ["''", "x'00'", "x'61'", "x'ff00ff00'"] },
  { type: 'VARBINARY(300)', values: ["''", "x'00'", "x'6100'", `x'${all}'`] },
  ...['TINYBLOB', 'BLOB', 'MEDIUMBLOB', 'LONGBLOB'].map((type) => ({
    type,
    values: ["''", "x'00'", "x'5c2c3a7e'", `x'${all.slice(2)}'`],
  })),
  { type: 'LONGBLOB', values: ["REPEAT(x'00', 700000)", "REPEAT('ab', 400000)"] },
]

const shape = (wkt: string, srid: number): string => `ST_GeomFromText('${wkt}', ${srid})`
const shapes: readonly Sample[] = [
  {
    type: 'GEOMETRY',
    values: [
      shape('POINT(1 2)', 4326),
      shape('LINESTRING(0 0, 1 1)', 0),
      shape('POLYGON((0 0,0 4,4 4,0 0))', 3857),
    ],
  },
  { type: 'POINT', values: [shape('POINT(-1.5 1e300)', 0)] },
  { type: 'MULTIPOINT', values: [shape('MULTIPOINT(0 0, 1 1)', 0)] },
  { type: 'MULTIPOLYGON', values: [shape('MULTIPOLYGON(((0 0,0 4,4 4,0 0)))', 0)] },
  { type: 'GEOMETRYCOLLECTION', values: [shape('GEOMETRYCOLLECTION(POINT(1 2))', 0)] },
]

const vectors: readonly Sample[] = [
  { type: 'VECTOR(3)', values: ["x'0000803f0000004000004040'", "x'000000800100000000008000'"] },
]

describeSource(
  'bytes and shapes',
  (flavour) => {
    it('come through PostgreSQL and back, every one in place', async () => {
      const samples = [...bytes, ...shapes, ...(flavour === 'mysql' ? vectors : [])]
      const travelled = await travel(await freshDatabase(flavour), await freshTarget(), samples)
      expect(travelled.filter(({ exact }) => exact !== null)).toEqual([])
      expect(travelled.find(({ type }) => type === 'BINARY(4)')?.shown).toBe('\\x00000000')
      // the SRID, then WKB
      expect(travelled.find(({ type }) => type === 'GEOMETRY')?.shown).toMatch(/^\\xe6100000010100000/)
    })
  },
  ['mariadb', 'mysql'],
)
