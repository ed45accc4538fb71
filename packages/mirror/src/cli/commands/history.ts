import type {
  Conflict,
  HistoryChange,
  HistoryQuery,
  HistoryReport,
  HistoryWait,
  RowImage,
  SchemaChange,
} from '../../types.ts'
import { CommandLineError } from '../codes.ts'
import type { CommandSpec } from '../command.ts'
import { layOut, paragraphs } from '../output.ts'
import { readFlag } from '../usage.ts'
import { parseCount, parseCursor, parseKey, parseSince } from '../values.ts'
import { localTime } from '../words.ts'

const PAGE = 100
const LARGEST_PAGE = 10_000
/** A value longer than this would push the columns apart; --json has it whole. */
const SHOWN = 40

/** The command's flags as a query. Throws a CommandLineError that names what is wrong. */
function queryOf(flags: Readonly<Record<string, unknown>>): HistoryQuery {
  const table = readFlag('table', flags['table'], String)
  const key = readFlag('key', flags['key'], parseKey)
  const since = readFlag('since', flags['since'], (text) => parseSince(text, Date.now()))
  const after = readFlag('after', flags['after'], parseCursor)
  const limit = readFlag('limit', flags['limit'], (text) => parseCount(text, 1, LARGEST_PAGE)) ?? PAGE
  if (key !== undefined && table === undefined) {
    throw new CommandLineError('MIRROR_0001', '--key needs --table: a key means something in one table only.')
  }
  return {
    limit,
    ...(table !== undefined && { table }),
    ...(key !== undefined && { key }),
    ...(since !== undefined && { since }),
    ...(after !== undefined && { after }),
  }
}

function shown(value: RowImage[string] | undefined): string {
  if (value === null || value === undefined) return 'NULL'
  const text = typeof value === 'string' ? value : `0x${value.exact}`
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}

const same = (a: RowImage[string] | undefined, b: RowImage[string] | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/** The columns that changed, before → after; for a new row all of them. */
function columns({ before, after, op }: HistoryChange): string {
  if (op === 'load')
    return after === null
      ? ''
      : Object.entries(after)
          .map(([name, value]) => `${name} ${shown(value)}`)
          .join(', ')
  if (after === null) return ''
  return Object.entries(after)
    .filter(([name, value]) => before === null || !same(before[name], value))
    .map(([name, value]) =>
      before === null ? `${name} ${shown(value)}` : `${name} ${shown(before[name])} → ${shown(value)}`,
    )
    .join(', ')
}

const definition = (words: SchemaChange['before']): string =>
  Object.entries(words ?? {})
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join(', ')

function schemaText(list: readonly SchemaChange[]): string {
  if (list.length === 0) return ''
  const rows = list.map((change) => [
    localTime(change.at),
    String(change.cycle),
    change.table,
    change.kind,
    definition(change.before),
    definition(change.after),
    change.how,
  ])
  return layOut(['time', 'cycle', 'table', 'schema', 'before', 'after', 'followed by'], rows)
}

const image = (row: RowImage | null): string =>
  row === null
    ? 'no row'
    : Object.entries(row)
        .map(([name, value]) => `${name} ${shown(value)}`)
        .join(', ')

function conflictText(list: readonly Conflict[]): string {
  if (list.length === 0) return ''
  const rows = list.map((conflict) => [
    localTime(conflict.at),
    conflict.table,
    conflict.key.join(','),
    image(conflict.found),
    image(conflict.expected),
    conflict.outcome,
  ])
  return layOut(['time', 'table', 'key', 'somebody else’s', 'the source’s', 'outcome'], rows)
}

function waitText(list: readonly HistoryWait[]): string {
  const rows = list.map(({ since, until, code, reason }) => [
    localTime(since),
    until === null ? 'waits now' : localTime(until),
    code,
    reason,
  ])
  return rows.length === 0 ? '' : layOut(['waited from', 'until', 'code', 'for'], rows)
}

function asText({ changes, cycles, schemaChanges, conflicts, waits, next }: HistoryReport): string {
  const rows = changes.map(
    (change) =>
      [
        localTime(change.at),
        String(change.cycle),
        change.table,
        change.op,
        change.key?.join(','),
        columns(change),
      ] as const,
  )
  const none = cycles.length === 0 ? 'No changes yet.' : 'No changes here.'
  const more = next === null ? '' : `More: --after ${next}`
  return paragraphs(
    rows.length === 0 ? none : layOut(['time', 'cycle', 'table', 'change', 'key', 'values'], rows),
    more,
    schemaText(schemaChanges),
    conflictText(conflicts),
    waitText(waits),
  )
}

export const history: CommandSpec = {
  name: 'history',
  summary: 'the changes that were applied',
  flags: [
    { usage: '--table <table>', help: 'of this table only' },
    { usage: '--key <key>', help: 'of this row: 7, or 7,2026, or a JSON array; needs --table' },
    { usage: '--since <time>', help: 'from this time on: 2026-11-22T14:03:07Z, or 5m for five minutes ago' },
    { usage: '--limit <n>', help: 'the most changes on a page (100)' },
    { usage: '--after <cursor>', help: 'the page after this one: the "next" of the page before' },
  ],
  tunable: false,
  prepare: queryOf,
  async act({ mirror, flags }) {
    const report = await mirror.history(queryOf(flags))
    return { json: report, text: asText(report), exit: 0 }
  },
}
