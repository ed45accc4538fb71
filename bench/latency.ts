/**
 * Commit → visible in PostgreSQL of ten changes a second, first by themselves, then beside a write workload on the same server; and what following
 * them costs that: both at once, since either is cheap alone. Phases with the mirror and without it (paused) take turns, so that the machine's noise meets
 * both; the workload writes a table that is not mirrored, so that what is measured is the load of looking, and of copying ten rows a second.
 *
 * Source and writers have one processor to themselves, mirror and PostgreSQL another, where there are two and `taskset`; else the loss holds
 * what those take from the source's processors, too.
 *
 * Aims (issue 6): p95 below a second up to 200,000 rows; a loss below 5 % at a share of 0.1.
 */
import { LeaderSession } from '../packages/mirror/src/engine/session.ts'
import { bind, unbind } from './support/processors.ts'
import { median, mirrorOptions, openMirror, timeSync } from './support/mirrored.ts'
import type { Bench, Cell } from './support/report.ts'
import { whileMirrorRuns } from './support/running-mirror.ts'
import { makeTargetDatabase, roomFor, withSource, withTarget } from './support/servers.ts'
import { fillWideTable } from './support/wide-table.ts'
import { followChanges, startWriters } from './support/workload.ts'

/** Below the default of a second, which would be most of every latency. */
const pollMs = 200
/** A phase holds so many of the mirror's rounds, where that does not take for ever. */
const roundsOfPhase = 3
const longestPhaseMs = 180_000
const longestAloneMs = 60_000
const arrivalMs = 600_000

const sleep = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const until = async (what: string, look: () => boolean): Promise<void> => {
  const end = performance.now() + arrivalMs
  while (!look()) {
    if (performance.now() > end) throw new Error(`not within ${arrivalMs / 1_000} s: ${what}`)
    await sleep(20)
  }
}

const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

interface Outcome {
  /** while nothing but the changes is written */
  readonly calm: readonly number[]
  /** beside the workload */
  readonly latencies: readonly number[]
  /** transactions a second */
  readonly withMirror: number
  readonly without: number
}

const measure = async (
  sides: { readonly adminUrl: string; readonly source: string; readonly target: string },
  {
    rows,
    share,
    phaseMs,
    rounds,
  }: { readonly rows: number; readonly share: number; readonly phaseMs: number; readonly rounds: number },
): Promise<Outcome> => {
  const control = openMirror(sides.source, sides.target)
  const schema = new URL(sides.source).pathname.slice(1)
  const flags = ['--max-share', String(share), '--poll', `${pollMs}ms`, '--exclude', 'workload']
  const rates = { with: [] as number[], without: [] as number[] }
  return whileMirrorRuns(sides, flags, async (pid) => {
    await bind(1, [pid])
    const changes = await followChanges(sides.adminUrl, sides.target, schema, rows)
    const awaitAll = async (): Promise<void> => {
      changes.follow('forgotten')
      await until('the changes to arrive', () => changes.pending === 0)
    }
    /** Until the mirror has followed a change made now, and all before it. */
    const caughtUp = async (): Promise<void> => {
      changes.follow('awaited')
      await until('a change to be made', () => changes.pending > 0)
      await awaitAll()
    }
    let calm: readonly number[] = []
    try {
      await caughtUp()
      changes.follow('measured')
      await sleep(Math.min(phaseMs, longestAloneMs))
      await awaitAll()
      calm = [...changes.latencies]
      const writers = await startWriters(sides.adminUrl)
      const phase = async (ms: number): Promise<number> => {
        writers.rate()
        await sleep(ms)
        const { done, ms: taken } = writers.rate()
        return (done / taken) * 1_000
      }
      try {
        for (let round = 0; round < rounds; round += 1) {
          await caughtUp()
          changes.follow('measured')
          rates.with.push(await phase(phaseMs))
          await awaitAll()
          await control.pause()
          rates.without.push(await phase(Math.min(phaseMs, longestAloneMs)))
          await control.resume({ accept: [] })
        }
      } finally {
        await writers.stop()
      }
    } finally {
      await changes.stop()
      await control.close()
    }
    return {
      calm,
      latencies: changes.latencies.slice(calm.length),
      withMirror: median(rates.with),
      without: median(rates.without),
    }
  })
}

/** ms that a scan keeps the source busy, measured as the engine does. */
const scanTime = async (source: string, target: string): Promise<number> => {
  const session = new LeaderSession({ ...mirrorOptions(source, target), deepScanMs: 0 }, () => undefined)
  try {
    await session.lead()
    await session.cycle(false)
    return (await session.cycle(false)).busyMs
  } finally {
    await session.close()
  }
}

export const latency: Bench = {
  of: 'mirror',
  alias: 'busy',
  flags: ['sizes', 'shares', 'seconds'],
  summary: 'commit → visible at ten changes a second, and the loss of a write workload meanwhile',
  run: async ({ sizes, shares, rounds, seconds, flavours, say }) => {
    const lines: Cell[][] = []
    const aims: { text: string; met: boolean }[] = []
    const late: { name: string; points: [number, number][] }[] = []
    const lost: { name: string; points: [number, number][] }[] = []
    const versions: Record<string, string> = {}
    let apart = true
    await withTarget(say, async (targetServer) => {
      versions['postgres'] = targetServer.version
      for (const flavour of flavours) {
        const points = new Map<number, { late: [number, number][]; lost: [number, number][] }>()
        for (const rows of sizes)
          await withSource(
            flavour,
            say,
            async ({ server, adminUrl, readerUrl }) => {
              versions[flavour] = server.version
              await fillWideTable(adminUrl, 'registration', rows)
              const target = await makeTargetDatabase(targetServer, 'latency')
              await timeSync(openMirror(readerUrl, target))
              apart =
                (await bind(0, [server.pid, process.pid])) && (await bind(1, [targetServer.pid])) && apart
              const scanMs = await scanTime(readerUrl, target)
              for (const share of shares) {
                const intervalMs = Math.max(pollMs, scanMs / share)
                const phaseMs = Math.min(
                  longestPhaseMs,
                  Math.max(seconds * 1_000, roundsOfPhase * intervalMs),
                )
                const found = await measure(
                  { adminUrl, source: readerUrl, target },
                  { rows, share, phaseMs, rounds },
                )
                const { calm, latencies, withMirror, without } = found
                const calm95 = quantile(calm, 0.95)
                const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => quantile(latencies, part))
                const loss = 100 * (1 - withMirror / without)
                say(
                  `${flavour}, ${rows} rows, share ${share}: p95 ${Math.round(calm95)} ms by itself; beside writers p50 ${Math.round(p50 ?? 0)}, p95 ${Math.round(p95 ?? 0)} ms; loss ${loss.toFixed(1)} %`,
                )
                lines.push([
                  flavour,
                  rows,
                  share,
                  Math.round(scanMs),
                  Math.round(intervalMs),
                  Math.round(calm95),
                  latencies.length,
                  Math.round(p50 ?? 0),
                  Math.round(p95 ?? 0),
                  Math.round(p99 ?? 0),
                  Math.round(without),
                  Math.round(withMirror),
                  `${loss.toFixed(1)} %`,
                ])
                const of = points.get(share) ?? { late: [], lost: [] }
                of.late.push([rows, p95 ?? 0])
                // a scale of powers knows no zero
                of.lost.push([rows, Math.max(0.1, loss)])
                points.set(share, of)
                if (rows <= 200_000)
                  for (const [where, ms] of [
                    ['by itself', calm95],
                    ['beside writers', p95 ?? Number.POSITIVE_INFINITY],
                  ] as const)
                    aims.push({
                      text: `${flavour}, ${rows} rows, share ${share}, ${where}: p95 ${Math.round(ms)} ms; aim below 1,000`,
                      met: ms < 1_000,
                    })
                if (share <= 0.1)
                  aims.push({
                    text: `${flavour}, ${rows} rows, share ${share}: the workload loses ${loss.toFixed(1)} %; aim below 5`,
                    met: loss < 5,
                  })
              }
            },
            roomFor(Math.max(...sizes)),
          )
        await unbind([process.pid, targetServer.pid])
        for (const [share, of] of points) {
          late.push({ name: `${flavour}, share ${share}`, points: of.late })
          lost.push({ name: `${flavour}, share ${share}`, points: of.lost })
        }
      }
    })
    return {
      title: `Ten changes a second, poll ${pollMs} ms, beside a write workload; ${rounds} phases with and without the mirror in turn; ${apart ? 'source and workload on one processor, mirror and copy on another' : 'all on the same processors'}`,
      columns: [
        'source',
        'rows',
        'share',
        'scan, ms',
        'interval, ms',
        'p95 by itself, ms',
        'changes',
        'p50, ms',
        'p95, ms',
        'p99, ms',
        'writes/s alone',
        'with the mirror',
        'loss',
      ],
      rows: lines,
      aims,
      versions,
      charts: [
        { file: 'latency', title: 'Commit → visible, 95 of 100', size: 'rows', cost: 'ms', lines: late },
        { file: 'busy', title: 'Loss of a write workload', size: 'rows', cost: '% (0.1: none)', lines: lost },
      ],
    }
  },
}
