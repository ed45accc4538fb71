import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codecFor } from './codec/index.ts'
import { typesDocument } from './types-document.ts'

const document = join(import.meta.dirname, '../../../docs/types.md')

test('docs/types.md is what the codecs say', async () => {
  await expect(typesDocument()).toMatchFileSnapshot(document)
})

test('each type that a codec knows stands in it, with every reason for which a value goes aside', () => {
  const text = typesDocument()
  const known = [
    'tinyint',
    'smallint',
    'mediumint',
    'int',
    'bigint',
    'decimal',
    'float',
    'double',
    'bit',
    'year',
    'date',
    'datetime',
    'timestamp',
    'time',
    'char',
    'varchar',
    'tinytext',
    'text',
    'mediumtext',
    'longtext',
    'enum',
    'set',
    'json',
    'binary',
    'varbinary',
    'tinyblob',
    'blob',
    'mediumblob',
    'longblob',
    'geometry',
    'point',
    'linestring',
    'polygon',
    'multipoint',
    'multilinestring',
    'multipolygon',
    'geometrycollection',
    'geomcollection',
    'vector',
    'uuid',
    'inet4',
    'inet6',
  ]
  const find = (dataType: string) =>
    codecFor({
      name: 'c',
      dataType,
      columnType: dataType,
      nullable: true,
      charset: /char|text|enum|set/.test(dataType) ? 'utf8mb4' : null,
      collation: null,
      octets: null,
      precision: 10,
      scale: 2,
      fraction: 0,
    })
  for (const dataType of known) {
    const codec = find(dataType)
    expect(codec, dataType).toBeDefined()
    expect(text, dataType).toMatch(new RegExp(`^\\| \`${dataType}\\b`, 'im'))
    for (const reason of codec?.aside ?? []) expect(text, dataType).toContain(reason)
  }
  expect(find('xml')).toBeUndefined()
})
