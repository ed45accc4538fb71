/**
 * Edge values, one row each, copied by this mirror and by pgloader: what became of each?
 *
 *   exact      PostgreSQL shows the value itself
 *   aside      its bytes are kept apart, exactly, and it is counted
 *   reported   changed, and an error or a warning was printed about its table
 *   silent     changed without a word
 *   failed     the row is not there at all
 *
 * pgloader cannot log in to MySQL 9.7 (caching_sha2_password): it is measured on MariaDB.
 */
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { createMirror } from '../packages/mirror/src/engine/mirror.ts'
import { type EdgeType, edgeTypes } from './support/edge-values.ts'
import { findPgloader } from './support/pgloader.ts'
import type { Bench, Cell } from './support/report.ts'
import { type BenchSource, makeTargetDatabase, withSource, withTarget } from './support/servers.ts'

const fates = ['exact', 'aside', 'reported', 'silent', 'failed'] as const
type Fate = (typeof fates)[number]
type Counts = Record<Fate, number>

interface Row {
  readonly type: EdgeType
  readonly id: number
  readonly exact: readonly string[]
  /** what the server holds, as bytes and as text in UTF-8, in hexadecimal digits */
  readonly bytes: string
  readonly text: string
}

const fill = async (adminUrl: string, flavour: 'mariadb' | 'mysql'): Promise<Row[]> =>
  onSource(adminUrl, async (connection) => {
    // what is not strict lets in what the field is full of
    await connection.query(
      "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'",
    )
    const rows: Row[] = []
    for (const type of edgeTypes.filter(({ only }) => only === undefined || only === flavour)) {
      await connection.query(
        `CREATE TABLE ${type.name} (id int NOT NULL PRIMARY KEY, v ${type.definition}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
      )
      for (const [index, { sql, exact }] of type.values.entries()) {
        await connection.query(`INSERT INTO ${type.name} VALUES (${index + 1}, ${sql})`)
        const [found] = await connection.query(
          `SELECT HEX(CAST(v AS BINARY)) AS bytes, HEX(CONVERT(v USING utf8mb4)) AS text FROM ${type.name} WHERE id = ${index + 1}`,
        )
        const [held] = found as { bytes: string; text: string | null }[]
        // a server that keeps no negative zero (MariaDB) holds another value than was written
        const truth = held?.text === '30' && exact.includes('-0') ? ['0'] : exact
        rows.push({ type, id: index + 1, exact: truth, bytes: held?.bytes ?? '', text: held?.text ?? '' })
      }
    }
    return rows
  })

/** `aside`: bytes that are kept apart for a row, in hexadecimal digits. */
const judge = async (
  targetUrl: string,
  schema: string,
  rows: readonly Row[],
  aside: ReadonlyMap<string, string>,
  said: ReadonlyMap<string, string>,
  say: (line: string) => void,
): Promise<Counts> =>
  onTarget(targetUrl, async (client) => {
    await client.query(
      "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1",
    )
    const counts: Counts = { exact: 0, aside: 0, reported: 0, silent: 0, failed: 0 }
    for (const row of rows) {
      const { name } = row.type
      // as the type's own output prints it: a cast to text adds /128 to an address
      const there = await client
        .query<{ v: string | null }>({
          text: `SELECT v FROM ${schema}.${name} WHERE id = $1`,
          values: [row.id],
          types: { getTypeParser: () => (value: string) => value },
        })
        .then(
          ({ rows: found }) => found[0],
          () => undefined,
        )
      const kept = aside.get(`${name} ${row.id}`)
      const fate = ((): Fate => {
        if (kept !== undefined) return [row.bytes, row.text].includes(kept.toUpperCase()) ? 'aside' : 'silent'
        if (there === undefined) return 'failed'
        if (there.v !== null && row.exact.includes(there.v)) return 'exact'
        return /\b(ERROR|WARNING)\b/.test(said.get(name) ?? '') ? 'reported' : 'silent'
      })()
      counts[fate] += 1
      if (fate !== 'exact' && fate !== 'aside') {
        say(`  ${fate}: ${name} ${row.type.values[row.id - 1]?.sql} became ${JSON.stringify(there?.v)}`)
      }
    }
    return counts
  })

const copyByMirror = async (source: BenchSource, target: string): Promise<ReadonlyMap<string, string>> => {
  const mirror = createMirror({
    source: source.readerUrl,
    target,
    tables: [],
    exclude: [],
    redact: [],
    pollMs: 1_000,
    maxShare: 1,
    maxDelete: 0.2,
    statementLimitMs: 60_000,
    deepScanMs: 3_600_000,
  })
  try {
    await mirror.sync()
  } finally {
    await mirror.close()
  }
  return onTarget(target, async (client) => {
    const { rows } = await client.query<{ name: string; key: string; bytes: string }>(
      "SELECT table_name AS name, key[1] AS key, encode(bytes, 'hex') AS bytes FROM mirror.exact_value",
    )
    return new Map(rows.map(({ name, key, bytes }) => [`${name} ${key}`, bytes]))
  })
}

export const fidelity: Bench = {
  summary: 'edge values, copied by this mirror and by pgloader: exact, aside, reported, silent, failed',
  of: 'mirror',
  run: async ({ flavours, yardstick, say }) => {
    const lines: Cell[][] = []
    const aims: { text: string; met: boolean }[] = []
    const versions: Record<string, string> = {}
    const pgloader = yardstick ? await findPgloader(say) : undefined
    await withTarget(say, async (postgres) => {
      versions['postgres'] = postgres.version
      for (const flavour of flavours) {
        await withSource(flavour, say, async (source) => {
          versions[flavour] = source.server.version
          const rows = await fill(source.adminUrl, flavour)
          // of both copies, as of the source
          const schema = new URL(source.adminUrl).pathname.slice(1)
          const note = async (tool: string, counts: Promise<Counts>): Promise<Counts> => {
            say(`${flavour}, ${tool}:`)
            const found = await counts
            lines.push([flavour, tool, rows.length, ...fates.map((fate) => found[fate])])
            return found
          }
          const ours = await makeTargetDatabase(postgres, `mirror_${flavour}`)
          const aside = await copyByMirror(source, ours)
          const counts = await note('mirror', judge(ours, schema, rows, aside, new Map(), say))
          aims.push({
            text: `${flavour}: the mirror changes, loses and hides nothing of ${rows.length} values`,
            met: counts.reported + counts.silent + counts.failed === 0,
          })
          if (flavour === 'mysql') return
          if (pgloader === undefined) {
            if (yardstick) say('pgloader is not to be had on this machine')
            return
          }
          versions['pgloader'] = pgloader.version
          const theirs = await makeTargetDatabase(postgres, `pgloader_${flavour}`)
          const said = new Map<string, string>()
          for (const name of new Set(rows.map(({ type }) => type.name))) {
            said.set(name, await pgloader.load(source.readerUrl, theirs, name))
          }
          await note('pgloader', judge(theirs, schema, rows, new Map(), said, say))
        })
      }
    })
    return {
      title: 'What became of edge values on the way to PostgreSQL; rows',
      columns: ['source', 'tool', 'values', ...fates],
      rows: lines,
      aims,
      versions,
    }
  },
}
