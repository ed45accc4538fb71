/**
 * `mirror restore`: an empty MySQL or MariaDB becomes what the source was. Where to is a setting like the other two
 * addresses, so that its password may come from a file or the environment.
 */
import type { RestoreReport, RestoreStep } from '../../types.ts'
import { CommandLineError } from '../codes.ts'
import type { CommandSpec } from '../command.ts'
import { flagsOfGroup } from '../flags.ts'
import type { Logger } from '../log.ts'
import { count, layOut, paragraphs, plural } from '../output.ts'
import { readFlag } from '../usage.ts'
import { parseCount } from '../values.ts'
import { localTime } from '../words.ts'

/** Enough to see a pattern; the number of those beyond is told. */
const DIFFERENCES = 1_000
/**
 * Numbers that the source gave after the last cycle may be known to others (a receipt, a letter) and must not be given
 * again: more than a busy table gives between two cycles, and little of what an INT has.
 */
const GAP = 1_000
/** Seldom enough that an hour of it fits on a page. */
const PROGRESS_MS = 5_000

const gapOf = (flags: Readonly<Record<string, unknown>>): number =>
  readFlag('auto-increment-gap', flags['auto-increment-gap'], (text) => parseCount(text, 0, 1_000_000_000)) ??
  GAP

const limitOf = (flags: Readonly<Record<string, unknown>>): number =>
  readFlag('limit', flags['limit'], (text) => parseCount(text, 0, 1_000_000)) ?? DIFFERENCES

function tell(log: Logger): (step: RestoreStep) => void {
  let told = { table: '', at: 0 }
  return (step) => {
    switch (step.type) {
      case 'resumed':
        log.info('an unfinished restore of this mirror is there: going on with it')
        return
      case 'created':
        log.info(`made ${step.table}`)
        return
      case 'kept':
        log.info(`kept ${step.table}: ${plural(step.rows, 'row')} are there already`)
        return
      case 'restored':
        log.info(`restored ${step.table}: ${plural(step.rows, 'row')}, equal`)
        return
      case 'rows': {
        const now = performance.now()
        if (step.table === told.table && now - told.at < PROGRESS_MS) return
        told = { table: step.table, at: now }
        log.info(`filling ${step.table}: ${count(step.rows)} of ${plural(step.total, 'row')}`)
      }
    }
  }
}

function verdict(report: RestoreReport): string {
  const tables = Object.values(report.tables)
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const at = `the source as of ${localTime(report.snapshotAt)}`
  if (report.equal === null)
    return `Nothing was done. ${plural(rows, 'row')} in ${plural(tables.length, 'table')} would be restored: ${at}.`
  const label = report.proof === 'forced' ? ` Not promised: ${report.reasons.join('; ')}.` : ''
  if (report.equal)
    return `Equal: ${plural(rows, 'row')} in ${plural(tables.length, 'table')}, proved by the digests recorded for ${at}.${label}`
  const wrong = tables.filter(({ equal }) => equal === false).length
  const stopped =
    report.remaining.length === 0
      ? ''
      : ` Stopped before ${plural(report.remaining.length, 'more table')}: mirror verify --repair, and run this again; or --accept-differences.`
  return `Not equal: ${count(wrong)} of ${plural(tables.length, 'table')} differ from what was recorded for ${at}.${stopped}${label}`
}

function asText(report: RestoreReport): string {
  const wrong = Object.entries(report.tables).filter(([, { equal }]) => equal === false)
  const differences = wrong.flatMap(([name, table]) => [
    ...table.differences.map(({ key, kind }) => [name, key.join(','), kind] as const),
    ...(table.omitted === 0 ? [] : [[name, `… ${count(table.omitted)} more`, ''] as const]),
  ])
  return paragraphs(
    (report.statements ?? []).map((sql) => (sql.startsWith('--') ? sql : `${sql};`)).join('\n'),
    verdict(report),
    wrong.map(([name, { reason }]) => `${name}: ${reason ?? ''}`).join('\n'),
    layOut(['table', 'key', 'difference'], differences),
    layOut(
      ['table', 'constraint', 'rows that it would not take'],
      report.violations.map(({ table, constraint, rows }) => [table, constraint, rows]),
    ),
    layOut(
      ['not covered', 'name', 'reason'],
      report.notCovered.map(({ kind, name, reason }) => [kind, name, reason]),
    ),
  )
}

export const restore: CommandSpec = {
  name: 'restore',
  summary: 'rebuild an empty MySQL or MariaDB from the mirror, and prove it equal',
  flags: [
    ...flagsOfGroup('restore'),
    { usage: '--dry-run', help: 'print what would be done, and do nothing' },
    { usage: '--force', help: 'also to another kind of server or an older version; the result is labelled' },
    { usage: '--accept-differences', help: 'go on past a table that is not what was recorded' },
    {
      usage: '--auto-increment-gap <n>',
      help: `how far beyond the last number known AUTO_INCREMENT begins (${GAP})`,
    },
    { usage: '--limit <n>', help: `the most differences listed for a table (${DIFFERENCES})` },
  ],
  tunable: false,
  prepare(flags) {
    gapOf(flags)
    limitOf(flags)
  },
  async act({ mirror, settings, flags, log, signal }) {
    if (settings.to === undefined) {
      throw new CommandLineError('MIRROR_0002', 'No place to restore to was given: use --to, or MIRROR_TO.')
    }
    const report = await mirror.restore(
      {
        to: settings.to,
        dryRun: flags['dry-run'] === true,
        force: flags['force'] === true,
        acceptDifferences: flags['accept-differences'] === true,
        autoIncrementGap: gapOf(flags),
        limit: limitOf(flags),
      },
      tell(log),
      signal,
    )
    return { json: report, text: asText(report), exit: report.equal === false ? 3 : 0 }
  },
}
