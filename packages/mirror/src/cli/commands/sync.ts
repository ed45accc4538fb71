import type { SyncReport, TableSync } from '../../types.ts'
import type { CommandSpec } from '../command.ts'
import { count, layOut, paragraphs, plural } from '../output.ts'
import { brakesText, localTime, proofWords, refusedText } from '../words.ts'

const changed = (table: TableSync): boolean =>
  table.inserted + table.updated + table.deleted > 0 || table.how === 'load' || table.exactValues > 0

function asText(report: SyncReport): string {
  const tables = Object.entries(report.tables)
  const moved = tables.filter(([, table]) => changed(table))
  const still = tables.length - moved.length
  const rows = moved.reduce((sum, [, table]) => sum + table.inserted + table.updated + table.deleted, 0)
  const unchanged = still === 0 ? '' : `, ${plural(still, 'table')} unchanged`
  const head =
    `Cycle ${report.cycle}, snapshot of ${localTime(report.snapshot.at)}, ${proofWords[report.snapshot.proof]}: ` +
    `${plural(rows, 'row')} in ${plural(moved.length, 'table')}${unchanged} (${count(Math.round(report.ms))} ms).`
  const table = layOut(
    ['table', 'inserted', 'updated', 'deleted', 'read', 'exact', 'how'],
    moved.map(([name, t]) => [name, t.inserted, t.updated, t.deleted, t.rowsRead, t.exactValues, t.how]),
  )
  return paragraphs(head, brakesText(report.brakes), table, refusedText(report.refused))
}

export const sync: CommandSpec = {
  name: 'sync',
  summary: 'one cycle, then exit; loads when there is nothing yet',
  flags: [],
  tunable: true,
  async act({ mirror, signal }) {
    const report = await mirror.sync(signal)
    return { json: report, text: asText(report), exit: report.brakes.length > 0 ? 4 : 0 }
  },
}
