/** Text in every character set of the server; ENUM and SET: there and back, what has no text kept by its bytes. */
import { expect, it } from 'vitest'
import { onSource } from '../../../devstack/src/index.ts'
import { type Sample, travel } from '../../../../tests/support/codec-values.ts'
import { describeSource, freshDatabase, freshTarget } from '../../../../tests/support/servers.ts'

const utf8 = (text: string): string => `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`

const general = ['', ' ', 'a ', 'a', 'A', 'ä', '\\', '\\N', '~', 'nul\0inside', '\0', 'ends\0', '\t\n\r'].map(
  utf8,
)
const wide = ['\u{10FFFF}', '😀', '한국어', 'e\u0301', '\uFFFD', '␀'].map(utf8)

const common: readonly Sample[] = [
  ...['utf8mb4_general_ci', 'utf8mb4_unicode_ci', 'utf8mb4_bin'].map((collation) => ({
    type: `VARCHAR(40) CHARACTER SET utf8mb4 COLLATE ${collation}`,
    values: [...general, ...wide],
  })),
  ...['TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT'].map((type) => ({
    type: `${type} CHARACTER SET utf8mb4`,
    values: [...general, ...wide],
  })),
  { type: 'CHAR(10) CHARACTER SET utf8mb4', values: ['a', ' a', '\u{10FFFF}', 'nul\0'].map(utf8) },
  { type: 'VARCHAR(40) CHARACTER SET utf8mb3', values: [...general, utf8('한국어'), utf8('\uFFFD')] },
  {
    type: 'VARCHAR(40) CHARACTER SET latin1',
    values: [
      ...general,
      utf8('€ÿ¤'),
      ...[0x80, 0x81, 0x8d, 0x9f, 0xa0, 0xff].map((byte) => `x'${byte.toString(16)}00'`),
    ],
  },
  { type: 'VARCHAR(40) CHARACTER SET ascii', values: ['', 'plain ~', 'nul\0'].map(utf8) },
]

/** Every stored byte by itself, and every pair that begins with a high byte: whatever the server takes. */
const candidates = (): string[] => {
  const singles = Array.from({ length: 256 }, (_, byte) => [byte])
  const pairs = Array.from({ length: 200 }, (_, index) => [0x80 + ((index * 7) % 128), (index * 37) % 256])
  const quads = [
    [0xd8, 0x00],
    [0xd8, 0x00, 0xdc, 0x00],
    [0x00, 0x00, 0xd8, 0x00],
    [0x00, 0x10, 0xff, 0xff],
    [0x87, 0x90],
    [0x81, 0xe0],
    [0x81, 0x5f],
    [0x81, 0x30, 0x81, 0x30],
    [0x8f, 0xa2, 0xb7],
  ]
  return [...singles, ...pairs, ...quads].map((bytes) => Buffer.from(bytes).toString('hex'))
}

describeSource(
  'text',
  (flavour) => {
    it('of the usual character sets comes through PostgreSQL and back', async () => {
      const travelled = await travel(await freshDatabase(flavour), await freshTarget(), common)
      for (const { value, exact, type } of travelled) {
        const holdsNul = /^(_utf8mb4 )?x'(..)*00/.test(value)
        expect(exact !== null, `${type} ${value}`).toBe(holdsNul)
      }
      const nul = travelled.find(({ type, value }) => type.includes('latin1') && value === "x'8000'")
      expect([nul?.shown, nul?.exact?.toString('hex')]).toEqual(['€␀', '8000'])
    })

    // MySQL takes none of them (facts: digests)
    it.skipIf(flavour === 'mysql')('that is no UTF-8 comes back to the byte', async () => {
      const halves = ['EDA080', 'EDBFBF', '61EDA08062', 'EDA080EDB080', '00EDA080', 'EFBFBD'].map(
        (hex) => `_utf8mb4 x'${hex}'`,
      )
      // what would be the same as the first, were it told without digits
      const alike = utf8('\0utf8:eda080')
      const travelled = await travel(await freshDatabase(flavour), await freshTarget(), [
        { type: 'VARCHAR(40) CHARACTER SET utf8mb4', values: [...halves, alike] },
        { type: 'VARCHAR(40) CHARACTER SET utf8mb3', values: halves },
        { type: 'LONGTEXT CHARACTER SET utf8mb4', values: halves },
        { type: "ENUM('x','\uFFFD') CHARACTER SET utf8mb4", values: ['1', '2'] },
      ])
      const [half, , within] = travelled
      expect([half?.shown, half?.exact?.toString('hex')]).toEqual(['\uFFFD'.repeat(3), 'eda080'])
      expect([within?.shown, within?.exact?.toString('hex')]).toEqual([
        `a${'\uFFFD'.repeat(3)}b`,
        '61eda08062',
      ])
      for (const { value, exact } of travelled)
        expect(exact === null, value).toBe(/^[12]$|EFBFBD/.test(value))
    })

    it('of every other character set comes back to the byte', async () => {
      const source = await freshDatabase(flavour)
      const target = await freshTarget()
      const samples: Sample[] = []
      await onSource(source.adminUrl, async (connection) => {
        await connection.query("SET SESSION sql_mode = 'STRICT_ALL_TABLES'")
        const [sets] = (await connection.query(
          'SELECT CHARACTER_SET_NAME AS name, DEFAULT_COLLATE_NAME AS collation FROM information_schema.CHARACTER_SETS',
        )) as unknown as [{ name: string; collation: string }[]]
        for (const { name, collation } of sets) {
          if (['utf8mb4', 'utf8mb3', 'latin1', 'binary'].includes(name)) continue
          await connection.query(
            `CREATE TABLE taken (id INT PRIMARY KEY, v VARCHAR(40) CHARACTER SET ${name} COLLATE ${collation})`,
          )
          const tried = candidates().map((hex, id) => `(${id}, x'${hex}')`)
          await connection.query("SET SESSION sql_mode = ''")
          await connection.query(`INSERT INTO taken VALUES ${tried.join(', ')}`)
          const [taken] = (await connection.query('SELECT DISTINCT HEX(v) AS hex FROM taken')) as unknown as [
            { hex: string }[],
          ]
          await connection.query('DROP TABLE taken')
          samples.push({
            type: `VARCHAR(40) CHARACTER SET ${name}`,
            values: taken.map(({ hex }) => (hex === '' ? "''" : `_${name} x'${hex}'`)),
          })
        }
      })
      expect(samples.length).toBeGreaterThan(35)
      const travelled = await travel(source, target, samples)
      const aside = travelled.filter(({ exact }) => exact !== null)
      for (const { value, exact } of aside) {
        expect(value).toContain(exact?.toString('hex').toUpperCase())
      }
      // What facts.md measured: two stored values, one text.
      const of = (charset: string, hex: string) =>
        travelled.find(({ type, value }) => type.endsWith(` ${charset}`) && value.endsWith(`x'${hex}'`))
      expect(of('cp932', '8790')?.shown).toBe(of('cp932', '81E0')?.shown)
      expect(of('cp932', '8790')?.canonical).not.toBe(of('cp932', '81E0')?.canonical)
    })

    it('of ENUM and SET comes back by its number', async () => {
      const sixtyFour = Array.from({ length: 64 }, (_, index) => `'m${index}'`).join(',')
      const travelled = await travel(await freshDatabase(flavour), await freshTarget(), [
        {
          type: "ENUM('','a','it''s','b\\\\c','GROß','1','3') CHARACTER SET utf8mb4",
          values: ['0', '1', '2', '3', '4', '5', '6', '7'],
        },
        { type: "ENUM('😀','x') CHARACTER SET utf8mb4", values: ['0', '1', '2'] },
        { type: "ENUM('ソ','x') CHARACTER SET sjis", values: ['0', '1', '2'] },
        { type: "ENUM('é','x') CHARACTER SET latin1", values: ['0', '1', '2'] },
        { type: "SET('a','b','c d') CHARACTER SET utf8mb4", values: ['0', '1', '5', '7'] },
        { type: "SET('','a') CHARACTER SET utf8mb4", values: ['0', '1', '2', '3'] },
        {
          type: `SET(${sixtyFour}) CHARACTER SET utf8mb4`,
          // the second is none that a double holds
          values: ['0', '1467125286122634691', '9223372036854775808', '18446744073709551615'],
        },
        { type: "SET('é','ö') CHARACTER SET ucs2", values: ['0', '1', '3'] },
      ])
      const aside = travelled.filter(({ exact }) => exact !== null)
      expect(aside.filter(({ type }) => type.startsWith('ENUM')).map(({ value }) => value)).toEqual([
        '0',
        '0',
        '0',
        '0',
      ])
      // an empty member, and ucs2, where both servers write the comma between two members in one byte
      expect(aside.filter(({ type }) => type.startsWith('SET')).map(({ value }) => value)).toEqual(['1', '3'])
    })
  },
  ['mariadb', 'mysql'],
)
