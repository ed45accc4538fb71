/**
 * `npm run bench -- NAME [--json] [--rows N] [--rounds N] [--flavours mariadb,mysql]`, of the mirror
 * `npm run bench -- NAME [--json] [--students N] [--processes N] [--concurrency N] [--seconds N] [--flavours …]`, of the portal
 *
 * A measurement beside its yardstick, in one run, on private servers. Exit status: 0 measured, 1 an aim was missed or the
 * measurement failed, 2 usage. Absolute times depend on the machine; the ratios are what counts.
 */
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { digest } from './digest.ts'
import { fidelity } from './fidelity.ts'
import { pages } from './pages.ts'
import { rush } from './rush.ts'
import { asText, type Bench, surroundings } from './support/report.ts'

const benches: Readonly<Record<string, Bench>> = { digest, fidelity, rush, pages }

const count = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('is not a whole number from 1 on.')
  return value
}

const flavoursOf = (text: string): ('mariadb' | 'mysql')[] =>
  text.split(',').map((name) => {
    if (name !== 'mariadb' && name !== 'mysql')
      throw new InvalidArgumentError('may name mariadb and mysql only.')
    return name
  })

const say = (line: string): boolean => process.stderr.write(`${line}\n`)

interface Flags {
  readonly json?: boolean
  readonly rows: number
  readonly rounds: number
  readonly flavours: ('mariadb' | 'mysql')[]
  readonly yardstick: boolean
  readonly students: number
  readonly processes: number
  readonly concurrency: number
  readonly seconds: number
  readonly catalogue: string | undefined
}

const defaults: Flags = {
  rows: 1_000_000,
  rounds: 5,
  flavours: ['mariadb', 'mysql'],
  yardstick: true,
  students: 5_000,
  processes: 2,
  concurrency: 200,
  seconds: 10,
  catalogue: undefined,
}

const program = new Command('npm run bench --')
  .description('Measurements, each beside its yardstick in one run.')
  .exitOverride()
for (const [name, bench] of Object.entries(benches)) {
  const command = program
    .command(name)
    .description(bench.summary)
    .option('--json', 'one JSON document on standard output')
  if (bench.of === 'mirror')
    command
      .option('--rows <n>', 'rows of the measured table', count, defaults.rows)
      .option('--rounds <n>', 'measured rounds; the median is quoted', count, defaults.rounds)
      .option('--flavours <names>', 'mariadb, mysql or both, with a comma', flavoursOf, ['mariadb', 'mysql'])
      .option('--no-yardstick', 'leave out a yardstick that is a program of its own, such as pgloader')
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
  command.action(async (flags: Partial<Flags>) => {
    const report = await bench.run({ ...defaults, ...flags, say })
    console.log(
      flags.json === true
        ? JSON.stringify({ version: 1, bench: name, machine: surroundings(), ...report }, null, 2)
        : asText(report),
    )
    process.exitCode = report.aims.every((aim) => aim.met) ? 0 : 1
  })
}
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
