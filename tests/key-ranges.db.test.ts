/**
 * A key of every type divides its table rightly: whatever two neighbours are, the range that begins at one and ends before
 * the next holds exactly that row, the next key after each is its neighbour, and each row is found by its key. A boundary
 * that a literal misses by a rounding, a sign or a collation would lose rows from a cycle without an error.
 */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { rowDigestDigits } from '../packages/mirror/src/source/digest.ts'
import { keysSql, rowsByKeySql, segmentDigestsSql } from '../packages/mirror/src/source/ranges.ts'
import { keyReader, toKeyedDigest, toMirrorRow, toRangeDigest } from '../packages/mirror/src/source/rows.ts'
import { readCatalogue, type SourceTable } from '../packages/mirror/src/source/tables.ts'
import { askServer, familiesOf, type Type } from './support/any-types.ts'
import { newSeed } from './support/registrations.ts'
import { describeSource, freshDatabase } from './support/servers.ts'

const wanted = 9

const checkTable = async (reader: SourceConnection, table: SourceTable, what: string): Promise<void> => {
  const whole = { low: null, high: null }
  const keys = (await reader.rows(keysSql(table, whole, null, 1_000))).map((row) => toKeyedDigest(table, row))
  // as a scan reads them, and from the driver's own packets: what lies around the values is there, too
  const quick: unknown[] = []
  const quickly = keyReader(table)
  const inDigits = keysSql(table, whole, null, 1_000, rowDigestDigits(table.columns))
  await reader.eachUpTo(inDigits, Number.POSITIVE_INFINITY, (row) => {
    const { id, digits } = quickly.read(row)
    expect(row.bytes.length, 'the driver takes our step').toBeGreaterThan(row.size)
    quick.push({ id, key: quickly.key(id), bytes: quickly.last, digest: BigInt(`0x${digits}`) })
  })
  expect(quick, `${what}: read quickly`).toEqual(keys)
  const ranges = keys.map((key, at) => ({ low: key.bytes, high: keys[at + 1]?.bytes ?? null }))
  const found = await reader.rows(segmentDigestsSql(table, ranges))
  const counts = new Map(found.map((row) => [Number(row[0]?.toString()), toRangeDigest(row)]))
  expect(
    ranges.map((_, at) => counts.get(at)?.rows),
    `${what}: rows of each range`,
  ).toEqual(keys.map(() => 1))
  expect(
    ranges.map((_, at) => counts.get(at)?.digest),
    what,
  ).toEqual(keys.map((key) => key.digest))
  const next = await Promise.all(
    keys.slice(0, -1).map(async (key) => {
      const [row] = await reader.rows(keysSql(table, whole, key.bytes, 1))
      return row === undefined ? undefined : toKeyedDigest(table, row).id
    }),
  )
  expect(next, `${what}: the key after each`).toEqual(keys.slice(1).map((key) => key.id))
  const rows = await reader.rows(
    rowsByKeySql(
      table,
      keys.map((key) => key.bytes),
    ),
  )
  expect(new Set(rows.map((row) => toMirrorRow(table, row).id)), `${what}: found by key`).toEqual(
    new Set(keys.map((key) => key.id)),
  )
}

describeSource(
  'keys of every type',
  (flavour) => {
    it('divide a table rightly, alone and as the first of two', async () => {
      const seed = newSeed()
      console.log(`key-ranges ${flavour}: TEST_SEED=${seed}`)
      const database = await freshDatabase(flavour)
      const families = familiesOf(await askServer(database.adminUrl))
      const [types = []] = fc.sample(fc.tuple(...families), { seed, numRuns: 1 })
      const keyed = types.filter((type): type is Type => type.keyBytes !== undefined)
      const refused = types.filter((type) => type.definition.startsWith("SET('m0'"))
      await onSource(database.adminUrl, async (connection) => {
        await connection.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'")
        await connection.query("SET SESSION time_zone = '+00:00'")
        await connection.query('SET NAMES utf8mb4')
        for (const [at, { definition, prefix, value }] of [...keyed, ...refused].entries()) {
          const part = prefix === undefined ? 'k' : `k(${prefix})`
          await connection.query(`CREATE TABLE one_${at} (k ${definition} NOT NULL, PRIMARY KEY (${part}))`)
          const values = fc.sample(value, { seed: seed + at, numRuns: wanted })
          await connection.query(`INSERT IGNORE INTO one_${at} VALUES (${values.join('), (')})`)
          // two columns are put together alike whatever they are; a key of 3,000 bytes takes no second
          if (at >= keyed.length || /\(3000\)|CHARACTER SET (?!utf8mb4)/.test(definition)) continue
          await connection.query(
            `CREATE TABLE two_${at} (n SMALLINT NOT NULL, k ${definition} NOT NULL, PRIMARY KEY (${part}, n))`,
          )
          const pairs = [...values, ...values].map((each, index) => `(${each}, ${index % 3})`)
          await connection.query(`INSERT IGNORE INTO two_${at} (k, n) VALUES ${pairs.join(', ')}`)
        }
      })
      const reader = await SourceConnection.open({ url: database.mirrorUrl, statementLimitMs: 30_000 })
      try {
        const { tables, refused: not } = await readCatalogue(reader, () => true)
        expect([...not.values()].map(({ code }) => code)).toEqual(refused.map(() => 'MIRROR_2003'))
        expect(tables.size).toBeGreaterThan(100)
        for (const table of tables.values())
          await checkTable(reader, table, `${table.name} ${table.columns.map((c) => c.columnType).join()}`)
      } finally {
        await reader.close()
      }
    })
  },
  // how a key is compared does not depend on the binary log
  ['mariadb', 'mysql'],
)
