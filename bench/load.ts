/**
 * A first load, with digests, key and index, beside pgloader (MariaDB; it cannot log in to MySQL 9) and beside the floor: the same
 * rows through one stream into one COPY, with nothing made of them.
 *
 * Aim (issue 6): twice as fast as pgloader. The way to the floor is printed, too. `sync` loads at full speed: --max-share bounds `run`
 * alone, so that nothing is compared that was told to rest. What each takes of the processors, on all sides together, is printed beside its
 * time, which depends on what else the machine does.
 */
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import mysql from 'mysql2'
import { from as copyFrom } from 'pg-copy-streams'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { median, openMirror, timeSync } from './support/mirrored.ts'
import { findPgloader } from './support/pgloader.ts'
import { measureWork } from './support/processor-time.ts'
import type { Bench, Cell } from './support/report.ts'
import { makeTargetDatabase, withSource, withTarget } from './support/servers.ts'
import { fillWideTable } from './support/wide-table.ts'

const field = (value: string | number | null): string =>
  value === null
    ? '\\N'
    : String(value).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t')

/** Rows as text, 64 KiB at a time: as fast as Node carries them. */
const floor = async (source: string, target: string, table: string): Promise<void> => {
  await onTarget(target, async (client) => {
    await client.query(`CREATE TABLE ${table} (id bigint, student_id bigint, section_id bigint, credits numeric(4,2), status text,
      grade text, remark text, changed_at timestamp(6))`)
    const connection = mysql.createConnection({ uri: source, dateStrings: true, supportBigNumbers: true })
    let held: string[] = []
    let length = 0
    const lines = new Transform({
      writableObjectMode: true,
      writableHighWaterMark: 1_000,
      transform(row: (string | number | null)[], _encoding, done) {
        const line = `${row.map(field).join('\t')}\n`
        held.push(line)
        length += line.length
        if (length < 65_536) return done()
        this.push(held.join(''))
        held = []
        length = 0
        return done()
      },
      flush(done) {
        done(null, held.join(''))
      },
    })
    try {
      await pipeline(
        connection.query({ sql: `SELECT * FROM ${table}`, rowsAsArray: true }).stream(),
        lines,
        client.query(copyFrom(`COPY ${table} FROM STDIN`)),
      )
    } finally {
      connection.destroy()
    }
  })
}

export const load: Bench = {
  of: 'mirror',
  summary: 'a first load with digests, key and index, beside pgloader and a bare stream into COPY',
  run: async ({ rows, rounds, flavours, yardstick, say }) => {
    const lines: Cell[][] = []
    const aims: { text: string; met: boolean }[] = []
    const charted: { name: string; points: [number, number][] }[] = []
    const versions: Record<string, string> = {}
    const pgloader = yardstick && flavours.includes('mariadb') ? await findPgloader(say) : undefined
    if (pgloader !== undefined) versions['pgloader'] = pgloader.version
    const sizes = [...new Set([rows / 100, rows / 10, rows].map((size) => Math.max(1, Math.round(size))))]
    await withTarget(say, async (targetServer) => {
      versions['postgres'] = targetServer.version
      let databases = 0
      const fresh = async (): Promise<string> =>
        makeTargetDatabase(targetServer, `target_${(databases += 1)}`)
      for (const flavour of flavours) {
        const measured = new Map<string, [number, number][]>()
        const note = (name: string, size: number, ms: number): void => {
          const points = measured.get(name) ?? []
          measured.set(name, [...points, [size, ms]])
        }
        for (const size of sizes) {
          await withSource(flavour, say, async ({ server, adminUrl, readerUrl }) => {
            versions[flavour] = server.version
            await fillWideTable(adminUrl, 'registration', size)
            await onSource(adminUrl, (connection) =>
              connection.query('CREATE INDEX by_student ON registration (student_id)'),
            )
            const candidates: [string, (target: string) => Promise<unknown>][] = [
              ['mirror', async (target) => timeSync(openMirror(readerUrl, target))],
              ['stream → COPY', async (target) => floor(readerUrl, target, 'registration')],
            ]
            if (pgloader !== undefined && flavour === 'mariadb')
              candidates.push([
                'pgloader',
                async (target) => pgloader.load(readerUrl, target, 'registration'),
              ])
            const times = new Map<string, number[]>(candidates.map(([name]) => [name, []]))
            const processors = new Map<string, number[]>(candidates.map(([name]) => [name, []]))
            const roots = [process.pid, server.pid, targetServer.pid]
            for (let round = 0; round < rounds; round += 1) {
              for (const [name, work] of candidates) {
                const target = await fresh()
                const { ms, processor } = await measureWork(roots, async () => work(target))
                times.get(name)?.push(ms)
                if (processor !== undefined) processors.get(name)?.push(processor)
                say(`${flavour}, ${size} rows, ${name}: ${Math.round(ms)} ms`)
              }
            }
            const least = median(times.get('stream → COPY') ?? [])
            for (const [name, taken] of times) {
              const ms = median(taken)
              note(name, size, ms)
              const worked = processors.get(name) ?? []
              const processor = worked.length === 0 ? '-' : median(worked)
              lines.push([flavour, name, size, ms, Math.round((size / ms) * 1_000), ms / least, processor])
            }
            const [ours, theirs] = [median(times.get('mirror') ?? []), median(times.get('pgloader') ?? [])]
            if (size === rows && theirs > 0)
              aims.push({
                text: `${flavour}: ${(theirs / ours).toFixed(2)} times as fast as pgloader; aim 2`,
                met: theirs >= 2 * ours,
              })
          })
        }
        for (const [name, points] of measured) charted.push({ name: `${flavour}: ${name}`, points })
      }
    })
    return {
      title: `Load of a table of 8 columns with key and index; medians of ${rounds} rounds in turn`,
      columns: ['source', 'what', 'rows', 'ms', 'rows/s', 'of the floor', 'processor, ms'],
      rows: lines,
      aims,
      versions,
      charts: [{ file: 'load', title: 'A first load', size: 'rows', cost: 'ms', lines: charted }],
    }
  },
}
