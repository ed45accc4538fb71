/**
 * `npm run bench -- NAME [--json] [--rows N] [--rounds N] [--flavours mariadb,mysql]`, of the mirror
 *   and where the cost is measured against a size: [--sizes N,N] [--tables N] [--shares S,S] [--seconds N]
 * `npm run bench -- NAME [--json] [--students N] [--processes N] [--concurrency N] [--seconds N] [--flavours …]`, of the portal
 *
 * A measurement beside its yardstick, in one run, on private servers. Exit status: 0 measured, 1 an aim was missed or the
 * measurement failed, 2 usage. Absolute times depend on the machine; the ratios are what counts.
 */
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { burst } from './burst.ts'
import { digest } from './digest.ts'
import { fidelity } from './fidelity.ts'
import { idle } from './idle.ts'
import { latency } from './latency.ts'
import { load } from './load.ts'
import { pages } from './pages.ts'
import { rush } from './rush.ts'
import { scan } from './scan.ts'
import { writeChart, writeFigures } from './support/chart.ts'
import { asText, type Bench, captionOf, surroundings } from './support/report.ts'

const benches: Readonly<Record<string, Bench>> = {
  digest,
  fidelity,
  load,
  burst,
  idle,
  scan,
  latency,
  rush,
  pages,
}

const count = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('is not a whole number from 1 on.')
  return value
}

const counts = (text: string): number[] => text.split(',').map(count)

const shares = (text: string): number[] =>
  text.split(',').map((part) => {
    const value = Number(part)
    if (!(value > 0 && value <= 1))
      throw new InvalidArgumentError('holds something that is no share, such as 0.1.')
    return value
  })

const flavoursOf = (text: string): ('mariadb' | 'mysql')[] =>
  text.split(',').map((name) => {
    if (name !== 'mariadb' && name !== 'mysql')
      throw new InvalidArgumentError('may name mariadb and mysql only.')
    return name
  })

interface Flags {
  readonly json?: boolean
  readonly rows: number
  readonly rounds: number
  readonly flavours: ('mariadb' | 'mysql')[]
  readonly yardstick: boolean
  readonly sizes: number[]
  readonly tables: number
  readonly shares: number[]
  readonly students: number
  readonly processes: number
  readonly concurrency: number
  readonly seconds: number
  readonly catalogue: string | undefined
  readonly chart: boolean
}

const defaults: Flags = {
  rows: 1_000_000,
  rounds: 5,
  flavours: ['mariadb', 'mysql'],
  yardstick: true,
  // ten million rows take their time and some gigabytes: --sizes 10000000
  sizes: [1_000, 10_000, 200_000, 1_000_000],
  tables: 2_000,
  shares: [0.1, 0.5],
  students: 5_000,
  processes: 2,
  concurrency: 200,
  seconds: 10,
  catalogue: undefined,
  chart: true,
}

/** Where it is told to; each text is whole lines. */
export interface Outlets {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** @param args as on the command line, the measurement's name first @returns the exit status */
export const runBench = async (args: readonly string[], { out, err }: Outlets): Promise<number> => {
  const say = (line: string): void => err(`${line}\n`)
  let status = 0
  const program = new Command('npm run bench --')
    .description('Measurements, each beside its yardstick in one run.')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
  for (const [name, bench] of Object.entries(benches)) {
    const command = program
      .command(name)
      .description(bench.summary)
      .option('--json', 'one JSON document on standard output')
    if (bench.alias !== undefined) command.alias(bench.alias)
    if (bench.of === 'mirror')
      command
        .option('--rows <n>', 'rows of the measured table', count, defaults.rows)
        .option('--rounds <n>', 'measured rounds; the median is quoted', count, defaults.rounds)
        .option('--flavours <names>', 'mariadb, mysql or both, with a comma', flavoursOf, [
          'mariadb',
          'mysql',
        ])
        .option('--no-yardstick', 'leave out a yardstick that is a program of its own, such as pgloader')
        .option('--no-chart', 'write no figures and no chart into bench/results')
    else
      command
        .option('--students <n>', 'students of the university', count, defaults.students)
        .option('--processes <n>', 'portal processes', count, defaults.processes)
        .option('--concurrency <n>', 'requests at once', count, defaults.concurrency)
        .option('--seconds <n>', 'how long each page and each yardstick is asked', count, defaults.seconds)
        .option(
          '--catalogue <file>',
          'a catalogue to import, as `portal import` takes it (default: the sample)',
        )
        .option('--flavours <names>', 'mariadb or mysql', flavoursOf, ['mariadb'])
    if (bench.flags?.includes('sizes'))
      command.option('--sizes <n,n>', 'rows of the table, one size after the other', counts, defaults.sizes)
    if (bench.flags?.includes('tables'))
      command.option('--tables <n>', 'small tables, all in one database', count, defaults.tables)
    if (bench.flags?.includes('shares'))
      command.option('--shares <s,s>', 'shares of time, as of --max-share', shares, defaults.shares)
    if (bench.flags?.includes('seconds') && bench.of === 'mirror')
      command.option('--seconds <n>', 'the shortest phase of a measurement', count, defaults.seconds)
    command.action(async (flags: Partial<Flags>) => {
      const report = await bench.run({ ...defaults, ...flags, say })
      const text =
        flags.json === true
          ? JSON.stringify({ version: 1, bench: name, machine: surroundings(), ...report }, null, 2)
          : asText(report)
      out(`${text}\n`)
      if (bench.of === 'mirror' && (flags.chart ?? true))
        say(`Figures: ${writeFigures(name, asText(report))}`)
      for (const chart of (flags.chart ?? true) ? (report.charts ?? []) : [])
        say(`Chart: ${writeChart(chart.file, chart, captionOf(report))}`)
      status = report.aims.every((aim) => aim.met) ? 0 : 1
    })
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}
