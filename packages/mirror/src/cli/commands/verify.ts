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

/** Of each table's exact values; --json has them all up to the limit. */
const KEPT = 10
const SHOWN = 60

const limitOf = (flags: Readonly<Record<string, unknown>>): number =>
  readFlag('limit', flags['limit'], (text) => parseCount(text, 0, MOST_DIFFERENCES)) ?? DIFFERENCES

/** `equal` is null when a table was refused, so a difference must be looked for in the tables too. */
const differs = (report: VerifyReport): boolean =>
  report.equal === false || !report.ledger.equal || Object.values(report.tables).some(({ equal }) => !equal)

/** A key of three thousand characters would push the columns off the screen; --json has it whole. */
const shownKey = (key: readonly string[]): string => {
  const text = key.join(',')
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}

/** A chain that does not hold cannot be mended: what stood there is not known any more. */
function ledgerText({ ledger }: VerifyReport): string {
  if (ledger.equal)
    return `The ledger is whole: ${plural(ledger.cycles, 'entry', 'entries')} of its chain checked.`
  return (
    `The ledger is broken at cycle ${ledger.firstBroken}: that cycle or a change of it was edited, added or taken away. ` +
    'No repair can bring it back; the mirrored tables are not touched by it. Compare with a backup of the target; if it is ' +
    'meant (old cycles were taken away), mirror verify --accept-ledger.'
  )
}

function keptAside([name, { exact }]: readonly [string, VerifyReport['tables'][string]]) {
  const rows = exact.listed
    .slice(0, KEPT)
    .map(({ key, column, reason }) => [name, shownKey(key), column ?? '(the row)', reason] as const)
  const more = exact.count - rows.length
  return more === 0 ? rows : [...rows, [name, `… ${count(more)} more`, '', ''] as const]
}

function asText(report: VerifyReport): string {
  const tables = Object.entries(report.tables)
  const unequal = tables.filter(([, table]) => !table.equal)
  const rows = tables.reduce((sum, [, table]) => sum + table.rows, 0)
  const repaired = report.repaired === undefined ? '' : ` ${plural(report.repaired, 'row')} repaired.`
  const verdict =
    unequal.length > 0
      ? `Not equal: ${count(unequal.length)} of ${plural(tables.length, 'table')} differ.${repaired}`
      : `Equal: ${plural(rows, 'row')} in ${plural(tables.length, 'table')} compared, source against mirror.${repaired}`
  const undecided =
    report.equal === null ? ' Refused tables were not compared, so nothing is said of the whole.' : ''
  const differences = unequal.flatMap(([name, table]) => [
    ...table.shape.map((words) => [name, '(the table)', words] as const),
    ...table.differences.map(({ key, kind }) => [name, shownKey(key), kind] as const),
    ...(table.omitted === 0 ? [] : [[name, `… ${count(table.omitted)} more`, ''] as const]),
  ])
  return paragraphs(
    verdict + undecided,
    ledgerText(report),
    layOut(['table', 'key', 'difference'], differences),
    layOut(['table', 'key', 'column', 'kept byte for byte, since it'], tables.flatMap(keptAside)),
    refusedText(report.refused),
  )
}

export const verify: CommandSpec = {
  name: 'verify',
  summary: 'compare both sides now, trusting nothing recorded',
  flags: [
    { usage: '--repair', help: 'mend the mirror, then compare once more' },
    {
      usage: '--accept-ledger',
      help: 'acknowledge the first break of the ledger’s chain as it stands, as after old cycles were taken away',
    },
    { usage: '--limit <n>', help: 'the most differences listed for a table (1000)' },
  ],
  tunable: true,
  prepare: limitOf,
  async act({ mirror, flags }) {
    const report = await mirror.verify({
      repair: flags['repair'] === true,
      limit: limitOf(flags),
      acceptLedger: flags['accept-ledger'] === true,
    })
    return { json: report, text: asText(report), exit: differs(report) ? 3 : 0 }
  },
}
