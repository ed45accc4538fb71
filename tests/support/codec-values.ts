/**
 * The way of every value through its codec on real servers: source → PostgreSQL → source.
 *
 * For each value: what PostgreSQL gives back for the shown text decodes to the canonical value, or the value stands
 * aside; what the way back inserts is, to the source itself, the same value: same bytes, same digest.
 */
import { expect } from 'vitest'
import { onSource, onTarget } from '../../packages/devstack/src/index.ts'
import {
  fieldRoom,
  restoreSession,
  writeCanonical,
  writeJsonString,
  writePlain,
} from '../../packages/mirror/src/codec/index.ts'
import { quoteMysql } from '../../packages/mirror/src/names.ts'
import { copyField } from '../../packages/mirror/src/postgres.ts'
import { SourceConnection, type SourceRow } from '../../packages/mirror/src/source/connection.ts'
import { judgeCopy, judgeKept } from '../../packages/mirror/src/source/digest-here.ts'
import {
  readCatalogue,
  type SourceColumn,
  type SourceTable,
} from '../../packages/mirror/src/source/tables.ts'
import type { FreshDatabase, FreshTarget } from './servers.ts'

export interface Sample {
  /** type and attributes, as CREATE TABLE takes them */
  readonly type: string
  /** SQL expressions; a value that the server refuses fails the test */
  readonly values: readonly string[]
}

export interface Travelled {
  readonly type: string
  readonly postgresType: string
  readonly value: string
  readonly shown: string | null
  readonly canonical: string
  readonly exact: Buffer | null
  readonly reason: string | null
  /** the comparison of the copy with its record knows this value's digest */
  readonly judged: boolean
}

/** Sends all values through and fails on the first that does not come back; gives what each became. */
export async function travel(
  source: FreshDatabase,
  target: FreshTarget,
  samples: readonly Sample[],
): Promise<readonly Travelled[]> {
  await onSource(source.adminUrl, async (connection) => {
    for (const statement of restoreSession) await connection.query(statement)
    for (const [index, { type, values }] of samples.entries()) {
      await connection.query(`CREATE TABLE there_${index} (id INT PRIMARY KEY, v ${type}) ENGINE=InnoDB`)
      await connection.query(`CREATE TABLE back_${index} LIKE there_${index}`)
      await insertAll(connection, `there_${index}`, type, [...values.entries()])
    }
  })
  const reader = await SourceConnection.open({ url: source.mirrorUrl, statementLimitMs: 30_000 })
  const travelled: Travelled[] = []
  try {
    const { tables, refused } = await readCatalogue(reader, () => true)
    expect([...refused.values()]).toEqual([])
    for (const [index, { type, values }] of samples.entries()) {
      const table = tables.get(`there_${index}`)
      const column = table?.columns[1]
      if (table === undefined || column === undefined) throw new Error(`${type}: no column`)
      const read = async (name: string) =>
        reader.rows(
          `SELECT ${column.codec.read('`v`')}, ${table.digest} FROM ${quoteMysql(name)} ORDER BY id`,
        )
      const there = await read(`there_${index}`)
      const became = judge(table, there, await through(target, type, column, values, there))
      await onSource(source.adminUrl, async (connection) => {
        for (const statement of restoreSession) await connection.query(statement)
        const rows = became.flatMap((each, id): [number, string][] => {
          if (each === null) return []
          const { codec } = column
          return [
            [
              id,
              codec.insert(each.exact === null ? codec.bytes(each.canonical) : codec.fromExact(each.exact)),
            ],
          ]
        })
        await insertAll(connection, `back_${index}`, type, rows)
      })
      const back = await read(`back_${index}`)
      for (const [at, [bytes, digest]] of there.filter((row) => row[0] !== null).entries()) {
        const what = `${type} ${values[there.findIndex((row) => row[0] === bytes)]} comes back`
        expect(back[at]?.[0]?.toString('latin1'), what).toBe(bytes?.toString('latin1'))
        expect(back[at]?.[1]?.toString(), what).toBe(digest?.toString())
      }
      travelled.push(...became.filter((each) => each !== null))
    }
  } finally {
    await reader.close()
  }
  return travelled
}

/** What the comparison of the copy computes of a row must be what the source computes, or nothing. */
function judge(
  table: SourceTable,
  there: readonly SourceRow[],
  became: readonly (Omit<Travelled, 'judged'> | null)[],
): readonly (Travelled | null)[] {
  const judgeRow = judgeCopy(table.columns)
  const judgeWhole = judgeKept(table.columns)
  const columns = table.columns.map(({ name }) => name)
  return became.map((each, id) => {
    if (each === null) return null
    const exact = each.exact === null ? undefined : new Map([['v', each.exact]])
    const digest = BigInt(String(there[id]?.[1]))
    const judged = judgeRow([String(id), each.shown], exact)(digest)
    expect(judged, `${each.type} ${each.value}: its digest here`).not.toBe(false)
    // what was not recorded so is not taken for it
    expect(judgeRow([String(id), each.shown], exact)(digest ^ 1n)).not.toBe(true)
    const kept = judgeWhole({ columns, values: [Buffer.from(String(id)), there[id]?.[0] ?? null] })(digest)
    expect(kept, `${each.type} ${each.value}: its digest, kept whole`).not.toBe(false)
    return { ...each, judged: judged !== undefined }
  })
}

/** Where a value's text stands within its bytes, the short way (copy-text.ts) must write what the long one does. */
function checkPlain({ codec }: SourceColumn, bytes: Buffer, what: string): void {
  if (codec.plain === undefined) return
  const out = Buffer.alloc(fieldRoom(bytes.length))
  // it is found within what stands around it
  const within = Buffer.concat([Buffer.from('2:='), bytes, Buffer.from('\t\0')])
  const [start, end] = [3, 3 + bytes.length]
  const text = (length: number) => out.toString('utf8', 0, length)
  const copied = writePlain(codec.plain, within, start, end, out, 0)
  const { shown, exact } = codec.encode(bytes)
  if (copied < 0) return
  expect([text(copied), exact], `${what}, copied`).toEqual([copyField(shown), undefined])
  expect(text(writeCanonical(codec.plain, within, start, end, out, 0)), what).toBe(codec.canonical(bytes))
  const json = writeJsonString(codec.plain, within, start, end, out, 0)
  if (json >= 0) expect(text(json), `${what}, within a key`).toBe(JSON.stringify(codec.canonical(bytes)))
}

async function through(
  target: FreshTarget,
  type: string,
  column: SourceColumn,
  values: readonly string[],
  rows: readonly (readonly (Buffer | null)[])[],
): Promise<readonly (Omit<Travelled, 'judged'> | null)[]> {
  const { codec } = column
  return onTarget(target.url, async (client) => {
    await client.query(
      "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1; SET bytea_output = 'hex'",
    )
    const { rows: printed } = await client.query<[string | null]>({
      text: `SELECT v::${codec.postgresType} FROM unnest($1::text[]) WITH ORDINALITY AS t(v, at) ORDER BY at`,
      values: [
        rows.map(([bytes]) => (bytes === null || bytes === undefined ? null : codec.encode(bytes).shown)),
      ],
      rowMode: 'array',
      types: { getTypeParser: () => (text: string) => text },
    })
    const became: (Omit<Travelled, 'judged'> | null)[] = []
    for (const [at, [bytes]] of rows.entries()) {
      if (bytes === null || bytes === undefined) {
        became.push(null)
        continue
      }
      const value = values[at] ?? ''
      const encoded = codec.encode(bytes)
      checkPlain(column, bytes, `${type} ${value}`)
      const canonical = codec.canonical(bytes)
      const shown = printed[at]?.[0] ?? null
      if (encoded.exact === undefined) {
        expect(codec.decode(shown ?? 'nothing'), `${type} ${value} in PostgreSQL`).toBe(canonical)
      } else {
        expect(shown, `${type} ${value} is shown as said`).toBe(encoded.shown)
        expect(codec.aside, `${type} ${value}`).toContain(encoded.exact.reason)
      }
      became.push({
        type,
        postgresType: codec.postgresType,
        value,
        shown,
        canonical,
        exact: encoded.exact?.bytes ?? null,
        reason: encoded.exact?.reason ?? null,
      })
    }
    // One canonical string a value: what the source tells apart must not become one.
    const distinct = new Set(rows.flatMap(([bytes]) => (bytes === null ? [] : [bytes?.toString('latin1')])))
    expect(new Set(became.flatMap((each) => (each === null ? [] : [each.canonical]))).size, type).toBe(
      distinct.size,
    )
    return became
  })
}

type Query = { query(sql: string): Promise<unknown> }

async function insertAll(
  connection: Query,
  table: string,
  type: string,
  rows: readonly (readonly [number, string])[],
): Promise<void> {
  if (rows.length === 0) return
  const list = rows.map(([id, value]) => `(${id}, ${value})`)
  try {
    await connection.query(`INSERT INTO ${table} VALUES ${list.join(', ')}`)
  } catch (error) {
    throw new Error(`${type}: ${list.join(', ').slice(0, 2_000)}`, { cause: error })
  }
}
