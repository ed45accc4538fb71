/**
 * Many rows changed at once, found and copied by one cycle that trusts no hint, beside a load of the whole table; in a table of
 * the given rows and in one of a tenth of them.
 *
 * Aim (issue 6): the cost grows with the changes, not with the table: beyond the scan, the same changes cost the larger
 * table at most 1.5 times what they cost the smaller one.
 */
import { onSource } from '../packages/devstack/src/index.ts'
import { median, openMirror, timeSync } from './support/mirrored.ts'
import type { Bench, Cell } from './support/report.ts'
import { makeTargetDatabase, withSource, withTarget } from './support/servers.ts'
import { fillWideTable } from './support/wide-table.ts'

export const burst: Bench = {
  of: 'mirror',
  summary: '1, 1,000, 100,000 … changed rows in one cycle, beside a load of the table',
  run: async ({ rows, rounds, flavours, say }) => {
    const lines: Cell[][] = []
    const aims: { text: string; met: boolean }[] = []
    const charted: { name: string; points: [number, number][] }[] = []
    const versions: Record<string, string> = {}
    const tables = [...new Set([Math.ceil(rows / 10), rows])]
    await withTarget(say, async (targetServer) => {
      versions['postgres'] = targetServer.version
      for (const flavour of flavours) {
        const beyondScan = new Map<number, number>()
        for (const size of tables) {
          await withSource(flavour, say, async ({ server, adminUrl, readerUrl }) => {
            versions[flavour] = server.version
            await fillWideTable(adminUrl, 'registration', size)
            const target = await makeTargetDatabase(targetServer, `${flavour}_${size}`)
            const mirror = openMirror(readerUrl, target)
            const loadMs = await timeSync(mirror)
            await timeSync(mirror)
            const scans: number[] = []
            for (let round = 0; round < Math.max(rounds, 1); round += 1) scans.push(await timeSync(mirror))
            const scanMs = median(scans)
            const points: [number, number][] = []
            for (const changes of [1, 1_000, 100_000, 1_000_000].filter((count) => count <= size)) {
              const taken: number[] = []
              // a large one is its own average
              for (let round = 0; round < (changes > 10_000 ? 1 : rounds); round += 1) {
                // spread over the whole table: the worst case for segments
                const step = Math.max(1, Math.floor(size / changes))
                await onSource(adminUrl, (connection) =>
                  connection.query(
                    `UPDATE registration SET credits = (credits + 1) % 50 WHERE id % ${step} = 0 ORDER BY id LIMIT ${changes}`,
                  ),
                )
                taken.push(await timeSync(mirror))
              }
              const ms = median(taken)
              say(`${flavour}, ${size} rows, ${changes} changes: ${Math.round(ms)} ms`)
              points.push([changes, ms])
              lines.push([flavour, size, changes, ms, ms / scanMs, ms / loadMs])
              const compared = Math.min(100_000, Math.max(1, tables[0] ?? 1))
              if (changes === compared || (changes === 1_000 && compared < 100_000)) {
                const before = beyondScan.get(changes)
                const beyond = Math.max(1, ms - scanMs)
                if (before === undefined) beyondScan.set(changes, beyond)
                else
                  aims.push({
                    text: `${flavour}: ${changes} changes cost a table of ${size} rows ${(beyond / before).toFixed(2)} times what they cost one of ${tables[0]}, beyond the scan; aim 1.5`,
                    met: beyond <= 1.5 * before,
                  })
              }
            }
            lines.push([flavour, size, 'load', loadMs, loadMs / scanMs, 1])
            charted.push({ name: `${flavour}: ${size.toLocaleString('en')} rows`, points })
          })
        }
      }
    })
    return {
      title: `Changed rows in one cycle, spread over the table; medians of ${rounds} rounds`,
      columns: ['source', 'rows', 'changes', 'ms', 'of a scan', 'of a load'],
      rows: lines,
      aims,
      versions,
      charts: [
        { file: 'burst', title: 'A burst of changes', size: 'changed rows', cost: 'ms', lines: charted },
      ],
    }
  },
}
