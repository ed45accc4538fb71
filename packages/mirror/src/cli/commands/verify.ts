import type { VerifyReport } from '../../types.ts'
import type { CommandSpec } from '../command.ts'
import { count, layOut, paragraphs, plural } from '../output.ts'
import { readFlag } from '../usage.ts'
import { parseCount } from '../values.ts'
import { refusedText } from '../words.ts'

/** Enough to see a pattern; the number of those beyond is told. */
const DIFFERENCES = 1_000
/** What fits in memory as one JSON document even when every table differs. */
const MOST_DIFFERENCES = 1_000_000

const limitOf = (flags: Readonly<Record<string, unknown>>): number =>
  readFlag('limit', flags['limit'], (text) => parseCount(text, 0, MOST_DIFFERENCES)) ?? DIFFERENCES

/** `equal` is null when a table was refused, so a difference must be looked for in the tables too. */
const differs = (report: VerifyReport): boolean =>
  report.equal === false || Object.values(report.tables).some(({ equal }) => !equal)

function asText(report: VerifyReport): string {
  const tables = Object.entries(report.tables)
  const unequal = tables.filter(([, table]) => !table.equal)
  const rows = tables.reduce((sum, [, table]) => sum + table.rows, 0)
  const repaired = report.repaired === undefined ? '' : ` ${plural(report.repaired, 'row')} repaired.`
  const verdict = differs(report)
    ? `Not equal: ${count(unequal.length)} of ${plural(tables.length, 'table')} differ.${repaired}`
    : `Equal: ${plural(rows, 'row')} in ${plural(tables.length, 'table')} compared, source against mirror.${repaired}`
  const undecided =
    report.equal === null ? ' Refused tables were not compared, so nothing is said of the whole.' : ''
  const differences = unequal.flatMap(([name, table]) => [
    ...table.differences.map(({ key, kind }) => [name, key.join(','), kind] as const),
    ...(table.omitted === 0 ? [] : [[name, `… ${count(table.omitted)} more`, ''] as const]),
  ])
  return paragraphs(
    verdict + undecided,
    layOut(['table', 'key', 'difference'], differences),
    refusedText(report.refused),
  )
}

export const verify: CommandSpec = {
  name: 'verify',
  summary: 'compare both sides now, trusting nothing recorded',
  flags: [
    { usage: '--repair', help: 'mend the mirror, then compare once more' },
    { usage: '--limit <n>', help: 'the most differences listed for a table (1000)' },
  ],
  tunable: true,
  prepare: limitOf,
  async act({ mirror, flags }) {
    const report = await mirror.verify({ repair: flags['repair'] === true, limit: limitOf(flags) })
    return { json: report, text: asText(report), exit: differs(report) ? 3 : 0 }
  },
}
