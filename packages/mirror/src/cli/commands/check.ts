import type { CheckedTable, CheckReport, Problem } from '../../types.ts'
import type { CommandSpec } from '../command.ts'
import { count, layOut, paragraphs, plural } from '../output.ts'

/** As many of a kind are worth a paragraph each; more are told by their names. */
const eachUpTo = 3
/** Tables on a page; --json has them all. */
const tablesShown = 40

/** 340 ms, 1.3 s, 2 min */
const span = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${count(Math.round(ms / 60_000))} min`
}

const problemText = (word: string, { code, table, cause, remedy }: Problem): string =>
  `${word}  ${code}  ${table ?? '(server)'}\n      ${cause}\n      ${remedy}`

function problemsText(problems: readonly Problem[]): readonly string[] {
  const word = ({ severity }: Problem): string => (severity === 'block' ? 'STOP' : 'WARN')
  const groups = new Map<string, Problem[]>()
  for (const entry of problems) {
    const kind = `${word(entry)} ${entry.code}`
    groups.set(kind, [...(groups.get(kind) ?? []), entry])
  }
  return [...groups.values()]
    .sort((a, b) => (a[0] === undefined || b[0] === undefined ? 0 : word(a[0]).localeCompare(word(b[0]))))
    .flatMap((group) => {
      const [first] = group
      if (first === undefined || group.length <= eachUpTo)
        return group.map((entry) => problemText(word(entry), entry))
      const names = group.map(({ table }) => table ?? '(server)').join(', ')
      return [
        `${word(first)}  ${first.code}  ${plural(group.length, 'table')}: ${names}\n      ${first.cause}\n      ${first.remedy}`,
      ]
    })
}

function sidesText({ capabilities: c, grants }: CheckReport): string {
  const encrypted = (side: 'source' | 'target'): string =>
    c[`${side}.tls`] === true
      ? `encrypted (${c[`${side}.tlsVersion`]}, ${c[`${side}.tlsCipher`]})`
      : 'not encrypted'
  const places = (side: 'source' | 'target'): string => {
    const free = c[`${side}.freeConnections`]
    return typeof free === 'number' ? `, ${plural(free, 'connection')} left` : ''
  }
  const lines: (readonly [string, string])[] = []
  if (c['source.version'] !== undefined) {
    const log =
      c['source.binaryLog'] === true
        ? `binary log ${c['source.binaryLogFormat'] ?? ''}${c['source.gtidMode'] === null ? '' : `, gtid_mode ${c['source.gtidMode']}`}`
        : 'no binary log'
    const asks =
      c['source.changeToken'] === true
        ? `nothing is scanned while nothing ${c['source.redoLog'] === true ? 'is written to the redo log' : 'was logged'}`
        : 'every look scans all tables'
    const replica =
      c['source.replica'] === null
        ? 'not to be seen with these rights'
        : c['source.replica'] === false
          ? 'no'
          : `yes, ${c['source.replicaBehindSeconds'] === null ? 'how far behind is not to be seen' : `${c['source.replicaBehindSeconds']} s behind`}`
    lines.push(
      ['source', `${c['source.flavour']} ${c['source.version']}, ${encrypted('source')}${places('source')}`],
      ['account', grants.join('; ')],
      ['log', `${log}: ${asks}`],
      [
        'isolation',
        `${c['source.isolation']} set and read back (the server’s default is ${c['source.isolationDefault']})`,
      ],
      ['replica', replica],
    )
  }
  if (c['target.version'] !== undefined) {
    lines.push(
      ['target', `PostgreSQL ${c['target.version']}, ${encrypted('target')}${places('target')}`],
      [
        'copy',
        `schema ${c['target.sourceId']}, ${c['target.mirrored'] === true ? 'mirrored already' : 'nothing yet'}`,
      ],
    )
  }
  const apart = c['clockDifferenceMs']
  if (typeof apart === 'number') lines.push(['clocks', `${span(Math.abs(apart))} apart`])
  return layOut(['', ''], lines).trimStart()
}

function tablesText({ tables, capabilities: c }: CheckReport): string {
  const good = Object.entries(tables).filter(
    (entry): entry is [string, CheckedTable] => entry[1].refused === null,
  )
  if (good.length === 0) return ''
  const rows = good.slice(0, tablesShown).map(([name, table]) => {
    const aside = Object.entries(table.columns).filter(([, column]) => column.aside !== null)
    return [
      name,
      table.estimatedRows,
      Object.keys(table.columns).length,
      table.scanMs === null ? '?' : span(table.scanMs),
      table.layers.join(', '),
      aside.map(([column]) => column).join(', '),
    ] as const
  })
  const more =
    good.length > tablesShown ? `\n… ${plural(good.length - tablesShown, 'more table')}: --json` : ''
  const scan =
    typeof c['source.scanMs'] === 'number' && typeof c['source.intervalMs'] === 'number'
      ? `A scan of all tables takes about ${span(c['source.scanMs'])}, so that one begins every ${span(c['source.intervalMs'])} under --max-share.`
      : 'How long a scan takes could not be measured.'
  const heading = [
    'table',
    'rows (about)',
    'columns',
    'scan (about)',
    'asked by',
    'may hold values kept aside',
  ]
  return `${layOut(heading, rows)}${more}\n\n${scan}`
}

function asText(report: CheckReport): string {
  const { ok, problems } = report
  const blocks = problems.filter(({ severity }) => severity === 'block').length
  const warnings = problems.length - blocks
  const also = warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`
  const verdict = ok ? `Ready to mirror${also}.` : `Not ready: ${plural(blocks, 'problem')}${also}.`
  return paragraphs(verdict, ...problemsText(problems), sidesText(report), tablesText(report))
}

export const check: CommandSpec = {
  name: 'check',
  summary: 'preflight: every problem at once, each with its remedy',
  flags: [],
  tunable: true,
  async act({ mirror, scrub }) {
    const found = await mirror.check()
    // a cause may carry a driver's own words
    const problems = found.problems.map((problem) => ({ ...problem, cause: scrub(problem.cause) }))
    const report = { ...found, problems, grants: found.grants.map(scrub) }
    return { json: report, text: asText(report), exit: report.ok ? 0 : 1 }
  },
}
