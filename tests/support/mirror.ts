/** The `mirror` command as a process of its own, as a user runs it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { repository } from '../../packages/devstack/src/index.ts'
import { mainOf } from '../../scripts/programs.mjs'
import type {
  CheckReport,
  HistoryReport,
  RestoreReport,
  StatusReport,
  SyncReport,
  VerifyReport,
} from '../../packages/mirror/src/types.ts'
import { runCommandLine } from '../../packages/mirror/src/cli/program.ts'
import { createMirror } from '../../packages/mirror/src/engine/mirror.ts'
import { atEnd } from './scope.ts'

const program = mainOf('mirror')

export interface Addresses {
  readonly source: string
  readonly target: string
}

interface Reports {
  check: CheckReport
  sync: SyncReport
  verify: VerifyReport
  status: StatusReport
  history: HistoryReport
  restore: RestoreReport
  pause: object
  resume: object
}

export interface Outcome<T> {
  readonly exit: number | null
  readonly out: string
  readonly err: string
  /** the document on standard output; throws when there was none */
  readonly json: T & { readonly version: 1 }
}

/** The threads of a shared server are other tests' (source-limits.db.test.ts has a server of its own). */
const anyThreads = { MIRROR_MAX_THREADS_RUNNING: '100000' }

/** Anything of the caller's own MIRROR_… would change what a test means. */
function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('MIRROR_'))
  return { ...Object.fromEntries(own), ...anyThreads, ...extra }
}

function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess & { gone: Promise<unknown> } {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: repository,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const gone = child.exitCode === null ? once(child, 'close') : Promise.resolve()
  atEnd(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await gone
  })
  return Object.assign(child, { gone })
}

/** Runs the command line exactly as given. */
export async function mirrorCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome<Record<string, unknown>>> {
  const child = start(args, env)
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  await child.gone
  return outcomeOf<Record<string, unknown>>(child.exitCode, out, err)
}

function outcomeOf<T>(exit: number | null, out: string, err: string): Outcome<T> {
  return {
    exit,
    out,
    err,
    get json() {
      try {
        return JSON.parse(out) as T & { version: 1 }
      } catch {
        throw new Error(`no JSON document, exit ${exit}: ${out}\n${err}`)
      }
    },
  }
}

/**
 * A command between two sides, with --json. It runs in this process: the same command line and engine, without a
 * second of start-up for each of hundreds of commands. `mirrorCommand` is for what only a process of its own shows.
 */
export async function mirror<C extends keyof Reports>(
  { source, target }: Addresses,
  command: C,
  ...flags: readonly string[]
): Promise<Outcome<Reports[C]>> {
  let out = ''
  let err = ''
  const exit = await runCommandLine([command, '--json', ...flags], {
    env: { MIRROR_SOURCE: source, MIRROR_TARGET: target, ...anyThreads },
    signal: new AbortController().signal,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    openMirror: createMirror,
  })
  return outcomeOf<Reports[C]>(exit, out, err)
}

export interface StartedCommand {
  /** Resolves when its standard error has matched, or when it has ended. */
  saw(text: RegExp): Promise<boolean>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** resolves with what it ended with */
  readonly ended: Promise<Outcome<Record<string, unknown>>>
}

/** The same as a process that the test may kill on the way. */
export function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): StartedCommand {
  const child = start(args, env)
  let out = ''
  let err = ''
  const listeners = new Set<() => void>()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text
    for (const listener of listeners) listener()
  })
  const ended = child.gone.then(() => outcomeOf<Record<string, unknown>>(child.exitCode, out, err))
  return {
    ended,
    async saw(text) {
      const seen = new Promise<boolean>((resolve) => {
        const look = (): void => {
          if (text.test(err)) resolve(true)
        }
        listeners.add(look)
        look()
      })
      return Promise.race([seen, ended.then(() => text.test(err))])
    },
    async kill() {
      child.kill('SIGKILL')
      await child.gone
    },
  }
}

export interface RunningMirror {
  readonly pid: number
  /** http://127.0.0.1:port */
  readonly url: string
  /** all that it has logged */
  log(): string
  /** Its state by itself, or null while it does not answer. */
  ready(): Promise<{
    readonly ready: boolean
    readonly role: string
    readonly reasons: readonly string[]
  } | null>
  /** SIGTERM; resolves with the exit status. */
  stop(): Promise<number | null>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  readonly running: boolean
}

/** `mirror run --listen 127.0.0.1:0`; resolves when it listens, which is before it has reached either side. */
export async function startMirror(
  { source, target }: Addresses,
  ...flags: readonly string[]
): Promise<RunningMirror> {
  const child = start(['run', '--listen', '127.0.0.1:0', ...flags], {
    MIRROR_SOURCE: source,
    MIRROR_TARGET: target,
  })
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (text: string): void => {
      log += text
      const found = /listening on (http:\S+)/.exec(log)
      if (found?.[1] !== undefined) resolve(found[1])
    }
    child.stderr?.setEncoding('utf8').on('data', listen)
    child.stdout?.resume()
    child.once('exit', (code) => reject(new Error(`mirror run ended with ${code}: ${log}`)))
  })
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  return {
    pid: child.pid ?? 0,
    url,
    log: () => log,
    async ready() {
      try {
        return (await (await fetch(`${url}/readyz`)).json()) as {
          ready: boolean
          role: string
          reasons: string[]
        }
      } catch {
        return null
      }
    },
    async stop() {
      child.kill('SIGTERM')
      await child.gone
      return child.exitCode
    },
    async kill() {
      child.kill('SIGKILL')
      await child.gone
    },
    get running() {
      return isRunning()
    },
  }
}
