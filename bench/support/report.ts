/** What a benchmark answers, and how it is printed. */
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { repository } from '../../packages/devstack/src/index.ts'
import type { Chart } from './chart.ts'

export type Cell = string | number

export interface Report {
  /** one sentence: what was measured, beside what */
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** what must be true and whether it was; a false one makes the exit status 1 */
  readonly aims: readonly { readonly text: string; readonly met: boolean }[]
  /** servers by name, as they call their own version */
  readonly versions: Readonly<Record<string, string>>
  /** cost against size, where that was measured: written to bench/results, by the benchmark's name or the chart's own */
  readonly charts?: readonly NamedChart[]
}

export interface NamedChart extends Chart {
  readonly file: string
}

export interface BenchOptions {
  readonly rows: number
  readonly rounds: number
  readonly flavours: readonly ('mariadb' | 'mysql')[]
  /** rows of the table measured, one after the other */
  readonly sizes: readonly number[]
  /** 0: no measurement over many small tables */
  readonly tables: number
  /** of the source's time, as --max-share */
  readonly shares: readonly number[]
  /** false: only what is ours is measured, where the yardstick is a program of its own */
  readonly yardstick: boolean
  /** of benches of the portal: students, portal processes, requests at once, seconds of each measurement */
  readonly students: number
  readonly processes: number
  readonly concurrency: number
  readonly seconds: number
  /** a catalogue to import, CSV; undefined: the sample university */
  readonly catalogue: string | undefined
  /** long work tells where it is, on standard error */
  readonly say: (line: string) => void
}

/** A measurement: its name on the command line, one line about it, and the work. */
export interface Bench {
  readonly summary: string
  /** which options it has */
  readonly of: 'mirror' | 'portal'
  /** another name, where it measures two things at once */
  readonly alias?: string
  /** beside those of its kind */
  readonly flags?: readonly ('sizes' | 'tables' | 'shares' | 'seconds')[]
  readonly run: (options: BenchOptions) => Promise<Report>
}

const commit = (): string => {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim()
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--', '.', ':!bench/results') === '' ? '' : ' with changes')
    )
  } catch {
    return 'unknown'
  }
}

export const surroundings = (): Readonly<Record<string, Cell>> => ({
  node: process.version,
  processors: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  commit: commit(),
})

const show = (cell: Cell): string => {
  if (typeof cell === 'string') return cell
  return Number.isInteger(cell) || Math.abs(cell) >= 1_000
    ? Math.round(cell).toLocaleString('en')
    : cell.toPrecision(3)
}

export const asText = (report: Report): string => {
  const lines = [report.columns, ...report.rows.map((row) => row.map(show))]
  const widths = report.columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)))
  const table = lines.map((line, at) =>
    line
      .map((cell, index) => {
        const isNumber = at > 0 && typeof report.rows[at - 1]?.[index] === 'number'
        return isNumber ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)
      })
      .join('  ')
      .trimEnd(),
  )
  const facts = Object.entries({ ...surroundings(), ...report.versions }).map(
    ([name, value]) => `${name} ${value}`,
  )
  const aims = report.aims.map(({ text, met }) => `${met ? 'met' : 'MISSED'}: ${text}`)
  return [report.title, '', ...table, '', ...aims, '', facts.join(' · ')].join('\n')
}

/** Where and with what it was measured, in one line. */
export const captionOf = (report: Report): string =>
  [...Object.entries(surroundings()), ...Object.entries(report.versions)]
    .map(([name, value]) => `${name} ${value}`)
    .join(' · ')
