/**
 * A row's identity is made on two ways: by a load, of the bytes as they arrive, and by a comparison, of the key's values. Where the two
 * differed a row would be recorded twice, or its change missed; they come closest to it around the size at which keys are packed.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codecFor, type ColumnDefinition } from '../codec/index.ts'
import { keyIdOf } from '../model.ts'
import { packKeyId, plainKeyBytes, unpackKeyId } from '../record/key-id.ts'
import { RowView } from '../source/row-view.ts'
import { keyReader } from '../source/rows.ts'
import type { SourceColumn, SourceTable } from '../source/tables.ts'
import { RowEncoder } from './load-encode.ts'
import { SegmentFiller } from './load-rows.ts'

type Kind = 'text' | 'latin1' | 'sjis' | 'bytes' | 'int' | 'enum'

const definitions: Readonly<Record<Kind, Partial<ColumnDefinition>>> = {
  text: { dataType: 'varchar', columnType: 'varchar(1000)', charset: 'utf8mb4' },
  latin1: { dataType: 'varchar', columnType: 'varchar(1000)', charset: 'latin1' },
  sjis: { dataType: 'varchar', columnType: 'varchar(1000)', charset: 'sjis' },
  bytes: { dataType: 'varbinary', columnType: 'varbinary(1000)' },
  int: { dataType: 'int', columnType: 'int' },
  enum: { dataType: 'enum', columnType: "enum('a','b')", charset: 'utf8mb4' },
}

const columnOf = (name: string, kind: Kind): SourceColumn => {
  const definition: ColumnDefinition = {
    name,
    dataType: '',
    columnType: '',
    nullable: false,
    charset: null,
    collation: null,
    octets: 1_000,
    precision: null,
    scale: null,
    fraction: null,
    ...definitions[kind],
  }
  const codec = codecFor(definition)
  if (codec === undefined) throw new Error(`no codec for ${kind}`)
  return { ...definition, codec }
}

const tableOf = (kinds: readonly Kind[]): SourceTable => ({
  name: 'long',
  columns: kinds.map((kind, index) => columnOf(`c${index}`, kind)),
  key: kinds.map((_, index) => index),
  indexes: [],
  keyIndex: 'PRIMARY',
  engine: 'InnoDB',
  consistency: 'cycle',
  estimatedRows: 1,
  estimatedRowBytes: 0,
  createdAt: '',
  autoIncrement: null,
  fingerprint: '',
  digest: '',
})

const viewOf = (fields: readonly Buffer[]): RowView => {
  const view = new RowView()
  view.readFields([Buffer.from('00000000000000ff'), ...fields])
  return view
}

/** The identity that a load records for its first row: in the pack, the third of three fields, behind COPY's head of 19 bytes. */
const loadedId = (table: SourceTable, row: RowView): Buffer => {
  const encoder = new RowEncoder(table, 7, new SegmentFiller())
  encoder.add(row)
  const states = Buffer.concat(encoder.take().states)
  const at = 19 + 2 + 8 + 8
  const entry = states.subarray(at + 4, at + 4 + states.readInt32BE(at))
  return entry.subarray(2, 2 + entry.readUInt16BE())
}

/** Characters of one to four bytes, those that JSON and COPY escape, and one that no text may hold. */
const letters = ['a', ' ', 'é', '語', '𝄞', '"', '\\', '\n', '\u0001', '\u007f', '\u2028']
const narrow = ['a', 'Z', '0', ' ']

/** A text of so many bytes, where the letters allow it, else a little less. */
const textOf = (bytes: number, picks: readonly string[]): string => {
  let text = ''
  let left = bytes
  for (let at = 0; left > 0 && picks.length > 0; at += 1) {
    const letter = picks[at % picks.length] ?? 'a'
    const size = Buffer.byteLength(letter)
    text += size <= left ? letter : 'a'
    left -= size <= left ? size : 1
  }
  return text
}

/** Source bytes of a text of some kind. */
const fieldOf = (kind: Kind, text: string): Buffer => {
  if (kind === 'int') return Buffer.from(String(-Buffer.byteLength(text)))
  if (kind === 'enum') return Buffer.from(text.length % 2 === 0 ? '1:a' : '2:b')
  return Buffer.from(kind === 'sjis' ? `=${text}` : text)
}

const kinds = fc.constantFrom<Kind>('text', 'text', 'text', 'latin1', 'sjis', 'bytes', 'int', 'enum')
const picks = fc.oneof(
  fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 4 }),
  fc.array(fc.constantFrom(...narrow), { minLength: 1, maxLength: 2 }),
  // with a NUL a key is kept whole
  fc.constant(['a', '\0']),
)

/** Rows whose identities have about so many bytes as the bound. */
const rows = fc
  .record({
    parts: fc.array(fc.record({ kind: kinds, picks, share: fc.integer({ min: 1, max: 9 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    size: fc
      .oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -10, max: 10 }))
      .map((offset) => plainKeyBytes + offset),
  })
  .map(({ parts, size }) => {
    const table = tableOf(parts.map(({ kind }) => kind))
    const shares = parts.reduce((sum, { share }) => sum + share, 0)
    // what stands around the parts of a key of several
    const around = parts.length === 1 ? 0 : 3 * parts.length + 1
    let left = size - around
    const fields = parts.map(({ kind, picks: chosen, share }, index) => {
      const bytes = index === parts.length - 1 ? left : Math.floor(((size - around) * share) / shares)
      const field = fieldOf(kind, textOf(bytes, chosen))
      left -= Math.min(left, field.length)
      return field
    })
    return { table, fields }
  })

/** What a comparison looks for in the record. */
const comparedId = (table: SourceTable, row: RowView): Buffer => packKeyId(keyReader(table).read(row).id)

test('a load and a comparison give a row one identity, around the size at which keys are packed', () => {
  const sizes = new Set<number>()
  fc.assert(
    fc.property(rows, ({ table, fields }) => {
      const loaded = loadedId(table, viewOf(fields))
      const compared = comparedId(table, viewOf(fields))
      expect(loaded.toString('hex')).toBe(compared.toString('hex'))
      sizes.add(Buffer.byteLength(unpackKeyId(loaded)))
    }),
    { numRuns: 1_000 },
  )
  // the bound itself, and both sides of it, were among them
  for (const size of [-2, -1, 0, 1, 2]) expect(sizes).toContain(plainKeyBytes + size)
})

test('each size of plain text, by one, two and three parts; and it is that of the key’s canonical text', () => {
  for (const parts of [1, 2, 3]) {
    const around = parts === 1 ? 0 : 3 * parts + 1
    const table = tableOf(Array.from({ length: parts }, () => 'text'))
    for (let size = plainKeyBytes - 10; size <= plainKeyBytes + 10; size += 1) {
      const first = Array.from({ length: parts - 1 }, () => 'é'.repeat(50))
      const texts = [...first, textOf(size - around - 100 * (parts - 1), ['𝄞', 'a'])]
      const id = keyIdOf(texts)
      expect(Buffer.byteLength(id)).toBe(size)
      const loaded = loadedId(table, viewOf(texts.map((text) => Buffer.from(text))))
      expect(loaded).toEqual(packKeyId(id))
      // negative control: an identity that is never packed is another above the bound, and only there
      expect(loaded.equals(Buffer.from(id))).toBe(size <= plainKeyBytes)
    }
  }
})
