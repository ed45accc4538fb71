/**
 * A table as its copy was loaded, made again of what the record keeps: by it the copy can still be read when the source's definition has
 * moved on. Pure.
 */
import { codecFor, type ColumnDefinition } from '../codec/index.ts'
import type { KeptColumn } from '../model.ts'
import type { TableRecord } from '../record/tables.ts'
import { readingOf } from '../source/digest.ts'
import type { SourceColumn, SourceTable } from '../source/tables.ts'

const octetsOf: Readonly<Record<string, number>> = {
  tinytext: 255,
  tinyblob: 255,
  text: 65_535,
  blob: 65_535,
  mediumtext: 16_777_215,
  mediumblob: 16_777_215,
  longtext: 4_294_967_295,
  longblob: 4_294_967_295,
}

/** Bytes of a character at most, where a length counts characters. */
const characterBytes = (charset: string | null): number => {
  if (charset === null) return 1
  if (/^(?:utf8mb4|utf16|utf32|gb18030)/.test(charset)) return 4
  return /^utf8|^(?:eucjpms|ujis)$/.test(charset)
    ? 3
    : /^(?:ucs2|sjis|cp932|big5|gbk|gb2312|euckr)$/.test(charset)
      ? 2
      : 1
}

const definitionOf = ({ name, type, nullable, charset, collation }: KeptColumn): ColumnDefinition => {
  const dataType = /^\w+/.exec(type)?.[0].toLowerCase() ?? ''
  const [, first, second] = /^\w+\((\d+)(?:,(\d+))?\)/.exec(type) ?? []
  const number = first === undefined ? null : Number(first)
  const isCounted = /^(?:var)?(?:char|binary)$/.test(dataType)
  return {
    name,
    dataType,
    columnType: type,
    nullable,
    charset,
    collation,
    octets: isCounted ? (number ?? 1) * characterBytes(charset) : (octetsOf[dataType] ?? null),
    precision: number,
    scale: number === null ? null : Number(second ?? 0),
    fraction: number ?? 0,
  }
}

/** undefined: what is kept does not say it all, and nothing can be said of the copy. */
export const formerTable = (record: TableRecord): SourceTable | undefined => {
  const { details } = record.definition
  if (details === undefined || record.fingerprint === null) return undefined
  const columns: SourceColumn[] = []
  for (const column of details.columns) {
    const definition = definitionOf(column)
    const codec = codecFor(definition)
    if (codec === undefined || codec.postgresType !== column.postgres) return undefined
    columns.push({ ...definition, codec })
  }
  // equal readings, equal digests
  const readings = readingOf(columns)
  if (details.columns.some(({ reading }, index) => reading !== readings[index])) return undefined
  const key = details.key.map((name) => details.columns.findIndex((column) => column.name === name))
  return {
    name: record.name,
    columns,
    key,
    keyIndex: null,
    engine: '',
    consistency: record.consistency,
    indexes: details.indexes,
    estimatedRows: record.rows,
    estimatedRowBytes: 0,
    createdAt: '',
    autoIncrement: null,
    fingerprint: record.fingerprint,
    digest: '',
  }
}
