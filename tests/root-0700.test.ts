/**
 * `npm start` in a clone that only root may enter: a folder of mode 0700 below another. PostgreSQL refuses to run as
 * root and could not enter such a folder as anybody else, which is where the usual ways fail.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cacheFolder, onTarget, repository } from '../packages/devstack/src/index.ts'
import { atEnd, describeWith, scratchFolder } from './support/scope.ts'

interface Run {
  readonly portal: string
  readonly console: string
  readonly source: string
  readonly target: string
  readonly accounts: readonly { role: string; number: string; password: string }[]
}

/** npm ci, from npm's own cache where it has one, takes most of it. */
const START_MS = 480_000

const why = process.getuid?.() === 0 ? undefined : 'needs root: it is about what root meets'

describeWith('a clone of mode 0700 under root', why, () => {
  it('starts, ends at SIGTERM, and starts again after SIGKILL', { timeout: 2 * START_MS }, async () => {
    const parent = scratchFolder('root-0700')
    chmodSync(parent, 0o700)
    const clone = join(parent, 'clone')
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', repository, clone])
    chmodSync(clone, 0o700)
    expect(existsSync(join(clone, 'node_modules'))).toBe(false)

    const first = launch(clone)
    await first.ready()
    // while npm installs there is something to see
    expect(first.output()).toMatch(/npm: \d+ s, \d+ folders/)
    const run = readRun(clone)
    expect(statSync(join(clone, '.matricula/run.json')).mode & 0o777).toBe(0o600)
    expect(run.accounts.some(({ role }) => role === 'student')).toBe(true)
    expect((await fetch(`${run.portal}/healthz`)).status).toBe(200)
    expect((await fetch(`${run.console}/readyz`)).status).toBe(200)
    const students = await studentsIn(run)
    expect(students).toBeGreaterThan(100)
    // a second one says so and leaves the first alone
    const second = launch(clone)
    expect(await second.ended).toBe(1)
    expect(second.output()).toMatch(/runs here already/)
    expect((await fetch(`${run.portal}/healthz`)).status).toBe(200)

    first.process.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    // it would name addresses at which nobody answers
    expect(existsSync(join(clone, '.matricula/run.json'))).toBe(false)
    await expect.poll(() => processesOf(clone)).toEqual([])

    // Nothing gets the chance to clean up: npm, launcher, portal, mirror, both servers.
    const third = launch(clone)
    await third.ready()
    expect(processorSeconds(clone), 'what a second start may cost').toBeLessThan(5)
    for (const { pid } of processesOf(clone)) kill(pid)
    third.process.kill('SIGKILL')
    await third.ended

    // The launcher alone is killed: everything else is left behind.
    const fourth = launch(clone)
    await fourth.ready()
    kill((JSON.parse(readFileSync(join(clone, '.matricula/launcher.json'), 'utf8')) as { pid: number }).pid)
    const fifth = launch(clone)
    await fifth.ready()
    expect(await studentsIn(readRun(clone))).toBe(students)
    expect(await fifth.signIn()).toBe(303)
    fifth.process.kill('SIGINT')
    expect(await fifth.ended).toBe(0)
    await expect.poll(() => processesOf(clone)).toEqual([])
  })
})

interface Launch {
  readonly process: ChildProcess
  /** its exit status */
  readonly ended: Promise<number | null>
  output(): string
  /** rejects when it ends before it printed `ready`, with its output */
  ready(): Promise<void>
  /** status of a sign-in with a sample account */
  signIn(): Promise<number>
}

function launch(clone: string): Launch {
  const child = spawn('npm', ['start'], {
    cwd: clone,
    // the servers' programs are fetched once a machine, not once a clone
    env: { ...process.env, MATRICULA_CACHE: cacheFolder(), npm_config_prefer_offline: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const isReady = (): boolean => /^ready$/m.test(text)
  const watchers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
      for (const look of watchers) look()
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  atEnd(async () => {
    child.kill('SIGTERM')
    await ended
  })
  return {
    process: child,
    ended,
    output: () => text,
    ready: () =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`not ready in time:\n${text}`)), START_MS)
        const look = (): void => {
          if (!isReady()) return
          clearTimeout(timer)
          resolve()
        }
        watchers.add(look)
        look()
        void ended.then((code) => reject(new Error(`npm start ended with status ${code}:\n${text}`)))
      }),
    async signIn() {
      const run = readRun(clone)
      const student = run.accounts.find(({ role }) => role === 'student')
      const answer = await fetch(`${run.portal}/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: run.portal, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ number: student?.number ?? '', password: student?.password ?? '' }),
      })
      return answer.status
    },
  }
}

function readRun(clone: string): Run {
  return JSON.parse(readFileSync(join(clone, '.matricula/run.json'), 'utf8')) as Run
}

async function studentsIn(run: Run): Promise<number> {
  const answer = await onTarget(run.target, (client) =>
    client.query('SELECT count(*)::int AS n FROM school.student'),
  )
  return (answer.rows[0] as { n: number }).n
}

/** Every process that works in the clone or has it in its command line. */
function processesOf(clone: string): readonly { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map((entry) => ({ pid: Number(entry), command: readOr(`/proc/${entry}/cmdline`).replaceAll('\0', ' ') }))
    .filter(({ pid, command }) => command.includes(`${clone}/`) || workingFolder(pid).startsWith(clone))
}

/**
 * Processor time of all processes of the clone, in seconds. The clock on the wall would measure the other tests. The
 * start may take 10 s at a load of six on two processors: less than 5 s of them, and tsx alone took that.
 */
function processorSeconds(clone: string): number {
  const ticks = processesOf(clone).flatMap(({ pid }) => {
    const stat = readOr(`/proc/${pid}/stat`)
    // after the name in brackets: utime, stime, and those of children that ended, in hundredths of a second
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number)
  })
  return ticks.reduce((sum, part) => sum + part, 0) / 100
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended with another
  }
}
