import { expect, test } from 'vitest'
import { codecFor, type ColumnDefinition } from '../codec/index.ts'
import { toMirrorRow } from './rows.ts'
import type { SourceColumn, SourceTable } from './tables.ts'

const columnOf = (name: string, dataType: string, charset: string | null): SourceColumn => {
  const definition: ColumnDefinition = {
    name,
    dataType,
    columnType: dataType,
    nullable: true,
    charset,
    collation: null,
    octets: null,
    precision: null,
    scale: null,
    fraction: null,
  }
  const codec = codecFor(definition)
  if (codec === undefined) throw new Error(`no codec for ${dataType}`)
  return { ...definition, codec }
}

const table: SourceTable = {
  name: 'big',
  engine: 'InnoDB',
  columns: [columnOf('id', 'int', null), columnOf('raw', 'longblob', null), columnOf('v', 'text', 'sjis')],
  key: [0],
  indexes: [],
  keyIndex: null,
  consistency: 'cycle',
  estimatedRows: 1,
  estimatedRowBytes: 0,
  createdAt: '',
  autoIncrement: null,
  fingerprint: '',
  digest: '',
}

const row = (raw: Buffer | null, v: string | null) => [
  Buffer.from('7'),
  Buffer.from('1'),
  raw,
  v === null ? null : Buffer.from(v),
]

test('a row that cannot be carried is refused with its table, what is wrong and what to do', () => {
  const tooLarge = () => toMirrorRow(table, row(Buffer.alloc(101 * 2 ** 20), null))
  expect(tooLarge).toThrow(
    /^big: A row of the table is larger than the mirror can carry. \(it has 101 MiB, more than 100\)$/,
  )
  expect(tooLarge).toThrow(expect.objectContaining({ code: 'MIRROR_2010', table: 'big', retried: false }))
  // what the server could not convert is no NULL
  expect(() => toMirrorRow(table, row(null, '?'))).toThrow(/v is too long for max_allowed_packet/)
  expect(toMirrorRow(table, row(null, '=?')).shown).toEqual(['1', null, '?'])
  expect(toMirrorRow(table, row(null, null)).shown).toEqual(['1', null, null])
})
