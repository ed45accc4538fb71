/**
 * The plain status page: one sentence first, whatever waits for a human next, then the tables, the last changes and
 * cycles. It works without JavaScript; with it, it refreshes itself and shows times on the reader's clock.
 */
import type {
  Brake,
  Conflict,
  HistoryChange,
  HistoryCycle,
  RowImage,
  SchemaChange,
  SnapshotProof,
  StatusReport,
} from '../types.ts'
import { type Activity, awaited } from './activity.ts'
import { type Html, html } from './html.ts'
import type { Known } from './known.ts'
import { intervalSentence, loadRows } from './load-words.ts'
import { ago, followedOf, remedyOf, statusSentence } from './sentence.ts'

export interface PageData {
  readonly known: Known | null
  /** why the target did not answer just now */
  readonly error: Error | null
  readonly activity: Activity
  readonly now: number
}

const CHANGES = 50
const CYCLES = 20
const SHOWN_VALUE = 60

const proofWords: Readonly<Record<SnapshotProof, string>> = {
  single: 'proved',
  proved: 'proved',
  probable: 'most likely',
}

const number = (value: number): string => value.toLocaleString('en-US')
const rowsOf = (value: number): string => `${number(value)} ${value === 1 ? 'row' : 'rows'}`

/** Without JavaScript the page cannot know the reader's clock, so it names its own: UTC. */
const clockOf = (iso: string): string => `${iso.slice(11, 19)} UTC`

function time(iso: string, now: number): Html {
  const today = iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
  return html`<time datetime="${iso}">${today ? '' : `${iso.slice(0, 10)} `}${clockOf(iso)}</time>`
}

/** columns whose values are compared digit by digit */
const numeric = new Set([
  'Rows',
  'Exact values',
  'Changes',
  'Committed after',
  'At most',
  'Measured',
  'Reached',
])
/** columns of names: broken at underscores before anywhere else */
const names = new Set(['Table', 'Key'])
/** columns of whole sentences, or of a row's values */
const long = new Set(['Values', 'Before', 'After', 'Stood there', 'The source’s', 'Why', 'What to do'])

/** Tables of so many columns become lists earlier than others. */
const widest = 6

const columnClass = (heading: string): string =>
  numeric.has(heading) ? 'number' : long.has(heading) ? 'long' : names.has(heading) ? 'name' : ''

/** A name of the source's, with places where it may be broken. */
const nameOf = (name: string): Html =>
  html`${name.split(/(?<=_)/).map((piece, index) => (index === 0 ? html`${piece}` : html`<wbr>${piece}`))}`

/** A table that becomes a list of labelled values where it is narrow. Roles keep it a table for a screen reader then. */
function grid(
  caption: string,
  heading: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
  empty: string,
): Html {
  if (rows.length === 0) return html`<section><h2>${caption}</h2><p class="quiet">${empty}</p></section>`
  const row = (cells: readonly (Html | string)[]): Html =>
    html`<tr role="row">${cells.map((cell, index) =>
      index === 0
        ? html`<th role="rowheader" scope="row" data-label="${heading[0] ?? ''}">${cell}</th>`
        : html`<td role="cell" class="${columnClass(heading[index] ?? '')}" data-label="${heading[index] ?? ''}">${cell}</td>`,
    )}</tr>`
  return html`<section><h2>${caption}</h2>
<table role="table" class="${heading.length >= widest ? 'wide' : ''}"><thead role="rowgroup"><tr role="row">${heading.map((name) => html`<th role="columnheader" scope="col" class="${columnClass(name)}">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(row)}</tbody></table></section>`
}

const tone = {
  live: 'good',
  braked: 'stop',
  refused: 'stop',
  waiting: 'wait',
  loading: 'wait',
  vanished: 'wait',
} as const

function brakeNotice(brake: Brake, now: number): Html {
  return html`<li><strong>${brake.table ?? 'The whole mirror'}</strong> is held since ${time(brake.since, now)}: ${brake.reason}
<br>${remedyOf(brake)} <code>${brake.code}</code></li>`
}

function notices({ known, error, activity, now }: PageData): Html {
  const away =
    error === null
      ? null
      : html`<div class="notice stop" role="status"><h2>The standby does not answer</h2><p>${error.message}</p><p>${
          known === null
            ? 'Nothing is known of it yet.'
            : `What stands below was true ${ago(now - known.at)} ago. It comes back by itself when the standby does.`
        }</p></div>`
  const { waiting, role, progress } = activity
  const waits =
    waiting === null
      ? null
      : html`<div class="notice wait" role="status"><h2>Waiting for ${awaited(waiting.error)}</h2><p>${waiting.error.message} Attempt ${waiting.attempt}, again in ${(waiting.delayMs / 1_000).toFixed(1)} s.</p></div>`
  const held = known?.status.waiting ?? null
  const recorded =
    waiting !== null || held === null
      ? null
      : html`<div class="notice wait" role="status"><h2>The leader waits</h2><p>Since ${time(held.since, now)}: ${held.reason} ${held.remedy} <code>${held.code}</code></p></div>`
  const standby =
    role === 'standby' ? html`<p class="notice">This process stands by; another one leads.</p>` : null
  const loading =
    progress === null
      ? null
      : html`<p class="notice">Reading ${progress.table}: ${number(progress.rows)} of ${number(progress.total)} rows.</p>`
  const brakes = known?.status.brakes ?? []
  const stopped =
    brakes.length === 0
      ? null
      : html`<div class="notice stop"><h2>Waits for a decision</h2><ul>${brakes.map((brake) => brakeNotice(brake, now))}</ul></div>`
  return html`${away}${waits}${recorded}${stopped}${standby}${loading}`
}

function tables(status: StatusReport, now: number): Html {
  const rows = Object.entries(status.tables)
    // those have a table of their own, with reasons
    .filter(([name]) => !(name in status.refused))
    // what is not as it should be is not looked for among a thousand others; the sort keeps the order of names
    .toSorted(([, a], [, b]) => Number(a.state === 'live') - Number(b.state === 'live'))
    .map(([name, table]) => {
      const state =
        table.progress === null ? table.state : `${table.state}, ${Math.floor(table.progress * 100)} %`
      return [
        name,
        html`<span class="badge ${tone[table.state]}">${state}</span>${table.consistency === 'table' ? ' by itself' : ''}`,
        number(table.rows),
        table.provedAt === null
          ? 'not yet'
          : html`${time(table.provedAt, now)}${table.proof === 'probable' ? ' (most likely)' : ''}`,
        number(table.exactValues),
      ]
    })
  return grid('Tables', ['Table', 'State', 'Rows', 'Proved at', 'Exact values'], rows, 'No tables yet.')
}

/** What is asked of the source: who lets the mirror read it wants to see that. */
function load(status: StatusReport): Html | null {
  const rows = loadRows(status).map(([name, limit, measured, reached]) => [
    name,
    limit,
    measured === '' ? 'not yet' : measured,
    number(reached),
  ])
  if (rows.length === 0) return null
  return html`${grid('Load on the source', ['Bound', 'At most', 'Measured', 'Reached'], rows, '')}
<p class="quiet">${intervalSentence(status)}</p>`
}

function refusals(status: StatusReport): Html | null {
  const rows = Object.entries(status.refused).map(([table, refusal]) => [
    table,
    refusal.code,
    refusal.reason,
    refusal.remedy,
  ])
  return rows.length === 0 ? null : grid('Not mirrored', ['Table', 'Code', 'Why', 'What to do'], rows, '')
}

function shown(value: RowImage[string] | undefined): string {
  if (value === null || value === undefined) return 'NULL'
  const text = typeof value === 'string' ? value : `0x${value.exact}`
  return text.length > SHOWN_VALUE ? `${text.slice(0, SHOWN_VALUE)}…` : text
}

function columns({ before, after, op }: HistoryChange): string {
  // A load is one entry a table: of its rows only the number is told.
  if (op === 'load')
    return typeof after?.['rows'] === 'string' ? `${rowsOf(Number(after['rows']))} loaded` : 'loaded'
  if (after === null) return ''
  return Object.entries(after)
    .filter(([name, value]) => before === null || JSON.stringify(before[name]) !== JSON.stringify(value))
    .map(([name, value]) =>
      before === null ? `${name} ${shown(value)}` : `${name} ${shown(before[name])} → ${shown(value)}`,
    )
    .join(', ')
}

function changes(list: readonly HistoryChange[], now: number): Html {
  // the newest first, whatever the order of the pages of history
  const newest = [...list].sort((a, b) => b.cycle - a.cycle).slice(0, CHANGES)
  const rows = newest.map((change) => [
    html`${time(change.at, now)}`,
    nameOf(change.table),
    change.op,
    change.key?.join(', ') ?? '',
    columns(change),
  ])
  return grid(
    'Changes of the last minute',
    ['Time', 'Table', 'Change', 'Key', 'Values'],
    rows,
    'Nothing changed in the last minute.',
  )
}

const isName = (name: string): boolean => name === 'column' || name === 'index' || name === 'table'

/** A definition's words: `column note, type varchar(40)`; beside another one its name, and what differs. */
function definitionWords(definition: SchemaChange['before'], other: SchemaChange['before']): string {
  return Object.entries(definition ?? {})
    .filter(
      ([name, value]) =>
        other === null || isName(name) || JSON.stringify(other[name]) !== JSON.stringify(value),
    )
    .toSorted(([a], [b]) => Number(isName(b)) - Number(isName(a)))
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join(', ')
}

/** Days may pass between two of them: nothing is said where there is none. */
function schemaChanges(list: readonly SchemaChange[], now: number): Html | null {
  if (list.length === 0) return null
  const rows = list.map((change) => [
    html`${time(change.at, now)}`,
    nameOf(change.table),
    change.kind,
    definitionWords(change.before, change.after),
    definitionWords(change.after, change.before),
    change.how,
  ])
  return grid(
    'Changes of the schema in the last day',
    ['Time', 'Table', 'Change', 'Before', 'After', 'Followed by'],
    rows,
    '',
  )
}

function conflicts(list: readonly Conflict[], now: number): Html | null {
  if (list.length === 0) return null
  const image = (row: RowImage | null): string =>
    row === null
      ? 'no row'
      : Object.entries(row)
          .map(([name, value]) => `${name} ${shown(value)}`)
          .join(', ')
  const rows = list.map((conflict) => [
    html`${time(conflict.at, now)}`,
    nameOf(conflict.table),
    conflict.key.join(', '),
    image(conflict.found),
    image(conflict.expected),
    conflict.outcome,
  ])
  const heading = ['Time', 'Table', 'Key', 'Stood there', 'The source’s', 'Outcome']
  return grid('Rows that somebody else changed, of the last day', heading, rows, '')
}

function cycles(list: readonly HistoryCycle[], now: number): Html {
  const newest = [...list].sort((a, b) => b.cycle - a.cycle).slice(0, CYCLES)
  const rows = newest.map((cycle) => [
    String(cycle.cycle),
    time(cycle.snapshotAt, now),
    `${((Date.parse(cycle.committedAt) - Date.parse(cycle.snapshotAt)) / 1_000).toFixed(2)} s`,
    number(cycle.changes),
    proofWords[cycle.proof],
  ])
  return grid(
    'Cycles of the last minute',
    ['Cycle', 'Snapshot', 'Committed after', 'Changes', 'Proof'],
    rows,
    'No cycle changed anything in the last minute.',
  )
}

/** The sentence with its instant as a time element, so that it follows the reader's clock like all others. */
function heading(sentence: string, snapshotAt: string | null, now: number): Html {
  const clock = snapshotAt === null ? '' : clockOf(snapshotAt)
  const [before = '', after] = clock === '' ? [sentence] : sentence.split(clock)
  if (snapshotAt === null || after === undefined) return html`<h1>${sentence}</h1>`
  return html`<h1>${before}${time(snapshotAt, now)}${after}</h1>`
}

function sentenceOf({ known, error, activity, now }: PageData): string {
  if (known === null) return 'The state of the standby is not known.'
  // while nobody looks at the source, "no rows changed" would be a claim about nothing
  const isFollowing = error === null && activity.waiting === null
  const followed = isFollowing ? followedOf(known.history) : null
  const sentence = statusSentence(known.status, { followed, now, time: clockOf })
  if (error === null) return sentence
  return `The standby does not answer; last known: ${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1)}`
}

export function statusPage(data: PageData): Html {
  const { known, now } = data
  const sentence = sentenceOf(data)
  const leader = known?.status.leader ?? null
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mirror: ${sentence}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/status.css"><script src="/status.js" defer></script></head>
<body><main id="main"><p class="brand">Matricula mirror</p>
${heading(sentence, known?.status.snapshotAt ?? null, now)}
<p class="quiet">Page of ${time(new Date(now).toISOString(), now)}. <a href="/">Look again</a></p>
${notices(data)}
${known === null ? null : html`${tables(known.status, now)}${refusals(known.status)}${schemaChanges(known.schemaChanges, now)}${conflicts(known.conflicts, now)}${changes(known.history.changes, now)}${cycles(known.history.cycles, now)}${load(known.status)}`}
<p class="quiet">${leader === null ? 'No mirror leads now.' : `Led by ${leader.name}, epoch ${leader.epoch}.`}
<a href="/api/status">State as JSON</a> · <a href="/api/history">history as JSON</a> · <a href="/metrics">metrics</a></p>
</main></body></html>`
}
