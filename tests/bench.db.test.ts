/** The benchmarks run, in a short version: their measurements are read by people, that they still measure is tested. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { burst } from '../bench/burst.ts'
import { idle } from '../bench/idle.ts'
import { latency } from '../bench/latency.ts'
import { load } from '../bench/load.ts'
import { runBench } from '../bench/program.ts'
import { scan } from '../bench/scan.ts'
import { sharingServers } from '../bench/support/servers.ts'
import { repository } from '../packages/devstack/src/index.ts'
import { describeSource } from './support/servers.ts'

const run = promisify(execFile)
const program = join(repository, 'bench/main.ts')

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** In this process: the same command line, without its start-up. */
const bench = async (...args: string[]): Promise<Outcome> => {
  let stdout = ''
  let stderr = ''
  const code = await runBench(args, {
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
  })
  return { code, stdout, stderr }
}

/** As people run it. */
const benchProcess = async (...args: string[]): Promise<Outcome> =>
  run(process.execPath, ['--import', 'tsx', program, ...args], { cwd: repository }).then(
    (done) => ({ code: 0, ...done }),
    (error: Outcome) => error,
  )

interface Document {
  readonly version: number
  readonly bench: string
  readonly rows: readonly (readonly (string | number)[])[]
  readonly aims: readonly { readonly text: string; readonly met: boolean }[]
}

describeSource(
  'npm run bench',
  (flavour) => {
    it('digest: measures every part beside the yardstick', async () => {
      const args = ['--rows', '2000', '--rounds', '1', '--no-chart', '--flavours', flavour]
      const { code, stdout } = await benchProcess('digest', '--json', ...args)
      const document = JSON.parse(stdout) as Document
      expect(document).toMatchObject({ version: 1, bench: 'digest' })
      expect(document.rows.map(([source]) => source)).toEqual(Array.from({ length: 5 }, () => flavour))
      for (const [, , ratio, ...times] of document.rows) {
        for (const measured of [ratio, ...times]) expect(measured).toBeGreaterThan(0)
      }
      // two thousand rows say nothing of the aim; that its being missed is told by the exit status is what counts
      expect(code).toBe(document.aims.every((aim) => aim.met) ? 0 : 1)
    })

    it('those that measure the engine: each does, beside its yardstick', async () => {
      const tiny = {
        rows: 2_000,
        rounds: 1,
        flavours: [flavour === 'mysql' ? flavour : 'mariadb'] as const,
        yardstick: false,
        sizes: [2_000],
        tables: 3,
        shares: [1],
        seconds: 1,
        students: 0,
        processes: 1,
        concurrency: 1,
        catalogue: undefined,
        say: () => undefined,
      }
      await sharingServers(async () => {
        const { code, stdout, stderr } = await bench(
          'fidelity',
          '--json',
          '--no-yardstick',
          '--no-chart',
          '--flavours',
          flavour,
        )
        // the mirror changes, loses and hides nothing
        const { rows } = JSON.parse(stdout) as Document
        const [, , values, , , reported, silent, failed] = rows.find(([, tool]) => tool === 'mirror') ?? []
        expect(values).toBeGreaterThan(50)
        expect({ reported, silent, failed }, stderr).toEqual({ reported: 0, silent: 0, failed: 0 })
        expect(code).toBe(0)
        for (const [name, measured, lines, costAt] of [
          ['load', load, 3 * 2, 3],
          ['burst', burst, 2 + 3, 3],
          ['scan', scan, 2, 3],
          ['idle', idle, 2 * 2, 7],
          ['latency', latency, 1, 7],
        ] as const) {
          // an idle source has settled some seconds later: what it costs then is blind-spots.db.test.ts's to say
          const report = await measured.run(name === 'idle' ? { ...tiny, seconds: 0 } : tiny)
          expect([name, report.rows.length]).toEqual([name, lines])
          for (const row of report.rows) {
            expect(row[0]).toMatch(new RegExp(`^${flavour}`))
            expect([name, row[costAt]]).toEqual([name, expect.any(Number)])
            expect(row[costAt]).toBeGreaterThan(0)
          }
          expect(report.charts?.map(({ lines: drawn }) => drawn.length)).not.toContain(0)
        }
      })
    })
  },
  // it starts servers of its own, with and without the binary log alike
  ['mariadb', 'mysql'],
)

// The portal's: a morning of thirty students says nothing of rates; that nothing is lost, oversold or answered with 5xx is the same.
describeSource(
  'npm run bench, of the portal',
  (flavour) => {
    const tiny = ['--json', '--students', '30', '--processes', '1', '--seconds', '1', '--flavours', flavour]
    const aimOf = ({ aims }: Document, words: string) => aims.find(({ text }) => text.includes(words))

    it('rush: a small morning, equal at the end on both sides', async () => {
      const { code, stdout, stderr } = await bench('rush', ...tiny, '--concurrency', '10')
      expect(stdout, stderr).not.toBe('')
      const document = JSON.parse(stdout) as Document
      expect(document.rows.map(([what]) => what)).toEqual([
        'sign in',
        'search',
        'cart',
        'submit',
        'submit, nothing else',
        'yardstick: argon2 alone',
        'yardstick: the driver',
      ])
      for (const [, rate] of document.rows) expect(rate).toBeGreaterThan(0)
      for (const words of ['seats were given', '5xx', 'counters, rows and ledger', 'the mirror is'])
        expect(aimOf(document, words), words).toMatchObject({ met: true })
      expect(code).toBe(document.aims.every((aim) => aim.met) ? 0 : 1)
    })

    it('pages: each page beside one that asks the database nothing', async () => {
      const { code, stdout, stderr } = await bench('pages', ...tiny)
      expect(stdout, stderr).not.toBe('')
      const document = JSON.parse(stdout) as Document
      expect(document.rows).toHaveLength(6)
      for (const [, rate, , , , failed] of document.rows) {
        expect(rate).toBeGreaterThan(0)
        expect(failed).toBe(0)
      }
      expect(aimOf(document, 'compressed script')).toMatchObject({ met: true })
      expect(code).toBe(document.aims.every((aim) => aim.met) ? 0 : 1)
    })
  },
  // it starts servers of its own
  ['mariadb'],
)

it.each([
  ['no name', []],
  ['an unknown name', ['speed']],
  ['no number', ['digest', '--rows', 'many']],
  ['an unknown flavour', ['digest', '--flavours', 'oracle']],
])('with %s it says how it is used', async (_, args) => {
  const { code, stderr } = await bench(...args)
  expect(code).toBe(2)
  expect(stderr).toMatch(/Usage|error:/)
})
