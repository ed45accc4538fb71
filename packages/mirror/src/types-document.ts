/** `docs/types.md`, made from the codecs themselves: a test holds the file against this function. */
import { codecFor, type ColumnDefinition } from './codec/index.ts'

type Given = Partial<ColumnDefinition>

const numeric = (precision: number, scale: number): Given => ({ precision, scale })
const text = (charset: string): Given => ({ charset, collation: `${charset}_bin` })
const seconds: Given = { fraction: 3 }

interface Entry {
  /** as CREATE TABLE takes it */
  readonly type: string
  readonly dataType?: string
  readonly given?: Given
  /** what there is to know beside the codec */
  readonly note?: string
}

const same = (types: readonly string[], given: Given = {}, note?: string): readonly Entry[] =>
  types.map((type) => ({ type, given, ...(note === undefined ? {} : { note }) }))

const sections: readonly { readonly title: string; readonly entries: readonly Entry[] }[] = [
  {
    title: 'Numbers',
    entries: [
      ...same(['TINYINT'], {}, 'TINYINT(1) too: it may hold 5'),
      ...same(['TINYINT UNSIGNED', 'SMALLINT', 'SMALLINT UNSIGNED', 'MEDIUMINT', 'MEDIUMINT UNSIGNED']),
      ...same(['INT', 'INT UNSIGNED', 'BIGINT', 'BIGINT UNSIGNED']),
      ...same(['INT UNSIGNED ZEROFILL'], {}, 'the number; zeros before it are a way of printing'),
      { type: 'DECIMAL(65,30)', given: numeric(65, 30) },
      ...same(['FLOAT', 'DOUBLE'], {}, 'to the last bit; −0 where the server prints it (MySQL)'),
      { type: 'BIT(11)', given: { precision: 11 } },
      { type: 'YEAR', note: '0000 is 0' },
    ],
  },
  {
    title: 'Dates and times',
    entries: [
      { type: 'DATE' },
      { type: 'DATETIME(3)', given: seconds },
      { type: 'TIMESTAMP(3)', given: seconds, note: 'in UTC' },
      { type: 'TIME(3)', given: seconds },
    ],
  },
  {
    title: 'Text',
    entries: [
      ...same(['CHAR(10)', 'VARCHAR(10)', 'TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT'], text('utf8mb4')),
      { type: 'VARCHAR(10) CHARACTER SET latin1', given: text('latin1') },
      {
        type: 'VARCHAR(10) CHARACTER SET sjis',
        given: text('sjis'),
        note: 'and every other character set but utf8mb4, utf8mb3 and latin1',
      },
      { type: "ENUM('a','b')", given: text('utf8mb4') },
      { type: "SET('a','b')", given: text('utf8mb4') },
    ],
  },
  {
    title: 'Bytes, shapes, documents',
    entries: [
      ...same(['BINARY(8)', 'VARBINARY(8)', 'TINYBLOB', 'BLOB', 'MEDIUMBLOB', 'LONGBLOB']),
      ...same(
        ['GEOMETRY', 'POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'MULTILINESTRING', 'MULTIPOLYGON'],
        {},
        'SRID and WKB, as the server stores them',
      ),
      ...same(['GEOMETRYCOLLECTION', 'GEOMCOLLECTION'], {}, 'SRID and WKB, as the server stores them'),
      { type: 'VECTOR(3)', note: 'little-endian floats' },
      {
        type: 'JSON',
        note: 'of MySQL: the printed text is what is kept, which does not hold the types of scalars: by JSON_TYPE a DATE, TIME, DATETIME, BLOB or BIT comes back from restore as STRING, a DECIMAL as DOUBLE, an UNSIGNED INTEGER as INTEGER ([0054](decisions/0054-json-scalars.md)). JSON of MariaDB is LONGTEXT and keeps the text that was written',
      },
    ],
  },
  { title: 'Of MariaDB', entries: [{ type: 'UUID' }, { type: 'INET4' }, { type: 'INET6' }] },
]

const definitionOf = ({ type, given = {} }: Entry): ColumnDefinition => ({
  name: 'column',
  dataType: /^\w+/.exec(type)?.[0].toLowerCase() ?? '',
  columnType: type.toLowerCase(),
  nullable: true,
  charset: null,
  collation: null,
  octets: null,
  precision: null,
  scale: null,
  fraction: null,
  ...given,
})

const line = (entry: Entry): string => {
  const codec = codecFor(definitionOf(entry))
  if (codec === undefined) throw new Error(`no codec for ${entry.type}`)
  const { postgresType, aside, literal } = codec
  const cells = [
    `\`${entry.type}\``,
    `\`${postgresType}\``,
    aside.length === 0 ? 'every value' : 'all others',
    aside.length === 0 ? '—' : aside.map((reason) => `what ${reason}`).join('; '),
    literal === undefined ? 'no' : 'yes',
    entry.note ?? '',
  ]
  return `| ${cells.join(' | ')} |`
}

const introduction = `# Types

What each type of MySQL and MariaDB becomes in PostgreSQL. The type follows from the column's definition, never from its
data. A value that PostgreSQL's type cannot hold stands byte for byte in \`mirror.exact_value\`, counted and listed; the table
shows the nearest honest value, or NULL. Where such a value is part of a key, the whole row stands in
\`mirror.exact_row\`, as does a row whose key is longer than an index of PostgreSQL takes (2,600 bytes).

Generated columns, stored or virtual, and invisible ones are columns like others. A type that is not in this list refuses
its table by name (\`MIRROR_2002\`); the rest goes on. So does a row beyond what \`max_allowed_packet\` lets the source
convert, or beyond 100 MiB (\`MIRROR_2010\`). A \`SET\` of more than 53 members can be no key (\`MIRROR_2003\`).

Names stay what they are. One of more than 63 bytes is cut and ends in \`~\` and twelve digits, and so does a column
that is called like one of PostgreSQL's own (\`xmin\`, \`ctid\` …); \`mirror.table_state\` has the source's name.

This file is made from the codecs (\`npx vitest run packages/mirror/src/types-document.test.ts -u\` writes it anew).
`

const heading = `| MySQL, MariaDB | PostgreSQL | exact in place | aside | in a key | |
| --- | --- | --- | --- | --- | --- |`

export function typesDocument(): string {
  return [
    introduction,
    ...sections.map(({ title, entries }) => `## ${title}\n\n${heading}\n${entries.map(line).join('\n')}\n`),
  ].join('\n')
}
