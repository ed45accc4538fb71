/**
 * One poll when nothing has changed: what it asks of the source, and what it costs, whatever the size; beside a poll that fetches
 * and hashes everything. With the server's log, which answers for all tables at once, and without it, where the server's
 * word for each table must do.
 *
 * Aims (issue 6): at most three statements, none on the user's tables; flat over the sizes; a thousandth of the yardstick at a
 * million rows.
 */
import { createHash } from 'node:crypto'
import mysql from 'mysql2'
import { onSource, type SourceFlavour, type TargetServer } from '../packages/devstack/src/index.ts'
import { LeaderSession } from '../packages/mirror/src/engine/session.ts'
import { median, mirrorOptions, openMirror, timeSync } from './support/mirrored.ts'
import type { Bench, Cell } from './support/report.ts'
import { countAsked } from './support/server-counts.ts'
import { type BenchSource, makeTargetDatabase, roomFor, withSource, withTarget } from './support/servers.ts'
import { fillSmallTables } from './support/tables.ts'
import { fillWideTable } from './support/wide-table.ts'

interface Kind {
  readonly name: string
  readonly flavour: SourceFlavour
  readonly settings: readonly string[]
}

const kinds: Readonly<Record<'mariadb' | 'mysql', readonly Kind[]>> = {
  mariadb: [
    { name: 'mariadb, log', flavour: 'mariadb-binlog', settings: [] },
    { name: 'mariadb, no log', flavour: 'mariadb', settings: [] },
  ],
  mysql: [
    { name: 'mysql, log', flavour: 'mysql', settings: [] },
    { name: 'mysql, no log', flavour: 'mysql', settings: ['--skip-log-bin'] },
  ],
}

const namesOfTables = async (adminUrl: string): Promise<string[]> =>
  onSource(adminUrl, async (connection) => {
    const [rows] = await connection.query({ sql: 'SHOW TABLES', rowsAsArray: true })
    return (rows as unknown as string[][]).flat()
  })

/** Everybody's first poll: all rows, hashed here. */
const fetchAndHash = async (url: string, tables: readonly string[]): Promise<void> => {
  const connection = mysql.createConnection({ uri: url })
  try {
    for (const table of tables) {
      const hash = createHash('sha256')
      const rows = connection.query({
        sql: `SELECT * FROM ${table}`,
        rowsAsArray: true,
        typeCast: (field) => field.buffer(),
      })
      await new Promise<void>((resolve, reject) => {
        rows
          .on('error', reject)
          .on('result', (row: unknown) => {
            for (const value of row as (Buffer | null)[]) hash.update(value ?? '~')
          })
          .on('end', () => resolve())
      })
      hash.digest()
    }
  } finally {
    connection.destroy()
  }
}

interface Measured {
  /** ms of a whole poll, and of the source's part of it */
  readonly ms: number
  readonly sourceMs: number
  readonly how: string
  readonly statements: number
  readonly onTables: number
  readonly bytes: number
  readonly yardstickMs: number
}

/** Both the redo log and the hints must have stood still for five seconds; purge moves the former for some more after a fill. */
const settlingTimes = 6

const measure = async (
  { adminUrl, readerUrl }: BenchSource,
  targetServer: TargetServer,
  rounds: number,
  seconds: number,
): Promise<Measured> => {
  const tables = await namesOfTables(adminUrl)
  const target = await makeTargetDatabase(targetServer, 'idle')
  await timeSync(openMirror(readerUrl, target))
  const session = new LeaderSession(mirrorOptions(readerUrl, target), () => undefined)
  try {
    await session.lead()
    const poll = async () => {
      const began = performance.now()
      // as the loop of `run` does before each cycle
      await session.isPaused()
      const { report, busyMs } = await session.cycle(false)
      const how = [...new Set(Object.values(report.tables).map((table) => table.how))].sort().join(', ')
      return { how, sourceMs: busyMs, ms: performance.now() - began }
    }
    // the first cycle of a process scans
    const first = await poll()
    const end = performance.now() + settlingTimes * seconds * 1_000
    let last = await poll()
    while (last.how.includes('digest') && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      last = await poll()
    }
    const polls = []
    for (let round = 0; round < rounds * 4; round += 1) polls.push(await poll())
    const asked = await countAsked(adminUrl, decodeURIComponent(new URL(readerUrl).username), poll)
    const fetches = []
    for (let round = 0; round < (first.sourceMs > 500 ? 1 : rounds); round += 1) {
      const began = performance.now()
      await fetchAndHash(readerUrl, tables)
      fetches.push(performance.now() - began)
    }
    return {
      ms: median(polls.map(({ ms }) => ms)),
      sourceMs: median(polls.map(({ sourceMs }) => sourceMs)),
      how: last.how,
      statements: asked.statements.length,
      onTables: asked.statements.filter((said) => tables.some((table) => said.includes(`\`${table}\``)))
        .length,
      bytes: asked.bytes,
      yardstickMs: median(fetches),
    }
  } finally {
    await session.close()
  }
}

export const idle: Bench = {
  of: 'mirror',
  flags: ['sizes', 'tables'],
  summary: 'a poll when nothing has changed, beside one that fetches and hashes everything',
  run: async ({ sizes, tables, rounds, seconds, flavours, say }) => {
    const lines: Cell[][] = []
    const aims: { text: string; met: boolean }[] = []
    const charted: { name: string; points: [number, number][] }[] = []
    const versions: Record<string, string> = {}
    await withTarget(say, async (targetServer) => {
      versions['postgres'] = targetServer.version
      for (const { name, flavour, settings } of flavours.flatMap((flavour) => kinds[flavour])) {
        const polls: [number, number][] = []
        const yardsticks: [number, number][] = []
        const found: Measured[] = []
        const note = (what: string, rows: number, measured: Measured): void => {
          const { how, statements, onTables, bytes, ms, sourceMs, yardstickMs } = measured
          const times = yardstickMs / ms
          found.push(measured)
          lines.push([
            name,
            what,
            rows,
            how,
            statements,
            onTables,
            bytes,
            ms,
            sourceMs,
            yardstickMs,
            Math.round(times),
          ])
          say(`${name}, ${what}, ${rows} rows: ${statements} statements, ${ms.toFixed(1)} ms, by ${how}`)
          if (rows === 1_000_000)
            aims.push({
              text: `${name}: at 1,000,000 rows ${Math.round(times)} times cheaper than fetching; aim 1,000`,
              met: times >= 1_000,
            })
        }
        for (const rows of sizes)
          await withSource(
            flavour,
            say,
            async (source) => {
              versions[flavour === 'mysql' ? 'mysql' : 'mariadb'] = source.server.version
              await fillWideTable(source.adminUrl, 'registration', rows)
              const measured = await measure(source, targetServer, rounds, seconds)
              note('1 table', rows, measured)
              polls.push([rows, measured.ms])
              yardsticks.push([rows, measured.yardstickMs])
            },
            [...settings, ...roomFor(Math.max(...sizes))],
          )
        if (tables > 0)
          await withSource(
            flavour,
            say,
            async (source) => {
              await fillSmallTables(source.adminUrl, tables)
              note(`${tables} tables`, tables * 3, await measure(source, targetServer, rounds, seconds))
            },
            [...settings, ...roomFor(Math.max(...sizes))],
          )
        const most = Math.max(...found.map(({ statements }) => statements))
        const onTables = Math.max(...found.map((measured) => measured.onTables))
        aims.push({
          text: `${name}: at most ${most} statements a poll, ${onTables} of them on the user's tables; aim 3 and 0`,
          met: most <= 3 && onTables === 0,
        })
        const times = polls.map(([, ms]) => ms)
        const growth = Math.max(...times) / Math.min(...times)
        aims.push({
          text: `${name}: over the sizes a poll costs ${growth.toFixed(1)} times its least; aim 2`,
          met: growth <= 2,
        })
        charted.push({ name, points: polls })
        // both kinds of a server send rows alike
        if (!name.includes('no log')) charted.push({ name: `${name}: fetching`, points: yardsticks })
      }
    })
    return {
      title: `A poll when nothing has changed; medians of ${rounds * 4} polls, and of fetching everything`,
      columns: [
        'source',
        'what',
        'rows',
        'found by',
        'statements',
        'on tables',
        'bytes',
        'ms',
        'of the source',
        'fetching, ms',
        'times',
      ],
      rows: lines,
      aims,
      versions,
      charts: [{ file: 'idle', title: 'An idle poll', size: 'rows', cost: 'ms', lines: charted }],
    }
  },
}
