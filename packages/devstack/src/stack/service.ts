/**
 * A program of ours that goes on, as a child process: started, watched, started again when it dies, ended in order.
 *
 *   starting ──ready──▶ up ──death──▶ waiting ──delay──▶ starting …        any ──stop──▶ stopped
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readJson, tailOf, writeJson } from '../machine/files.ts'
import { type KnownProcess, lives, processOf } from '../machine/lock.mjs'
import { descendants, end, signal, watchdog } from '../machine/processes.ts'

export interface ServiceOptions {
  /** in messages and file names: `portal` */
  readonly name: string
  /** for log and process id */
  readonly folder: string
  readonly cwd: string
  /** arguments of node; asked for anew at each start, since a port may have been taken meanwhile */
  readonly args: () => Promise<readonly string[]>
  readonly env: Readonly<Record<string, string>>
  /** answers 200 when the service is ready */
  readonly readyUrl: () => string
  /** for so long, in ms, a service that lives and is not ready is waited for */
  readonly patienceMs: number
  /** output goes to the terminal as well as nowhere else; default: to the log file */
  readonly terminal: boolean
  readonly tell: (line: string) => void
}

/** ms until the next try, by the number of deaths in a row; a minute of life clears the count */
const DELAYS = [500, 1000, 2000, 5000, 10_000, 30_000]
const LIFE_MS = 60_000
const STOP_MS = 20_000
/** Between two lines about waiting: enough to see that it goes on. */
const QUIET_MS = 3000
/** Deaths before the first readiness that are taken for a fault that will not pass. */
const TRIES = 3

export class Service {
  readonly #options: ServiceOptions
  readonly #logFile: string
  readonly #pidFile: string
  #pid = 0
  #stopped = false
  #deaths = 0
  #wasReady = false
  #exited: Promise<void> = Promise.resolve()

  constructor(options: ServiceOptions) {
    this.#options = options
    this.#logFile = join(options.folder, `${options.name}.log`)
    this.#pidFile = join(options.folder, `${options.name}.pid.json`)
  }

  /**
   * Returns when it is ready, or why it is not, when it lives and is not ready for longer than one wants to wait.
   * Rejects when it died three times before it was, with the end of its log.
   */
  async start(): Promise<string | undefined> {
    await endLeftover(this.#pidFile)
    await this.#launch()
    return this.#ready()
  }

  get wasReady(): boolean {
    return this.#wasReady
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#pid > 0) await end(this.#pid, 'SIGTERM', STOP_MS)
    await this.#exited
    rmSync(this.#pidFile, { force: true })
  }

  kill(): void {
    this.#stopped = true
    if (this.#pid > 0) for (const pid of [this.#pid, ...descendants(this.#pid)]) signal(pid, 'SIGKILL')
  }

  async #launch(): Promise<void> {
    const args = await this.#options.args()
    if (this.#stopped) return
    const log = this.#options.terminal ? 'inherit' : openSync(this.#logFile, 'a', 0o600)
    // a session of its own: the terminal's Ctrl-C reaches the launcher alone
    const child = spawn(process.execPath, [...args], {
      cwd: this.#options.cwd,
      env: { ...process.env, ...this.#options.env },
      stdio: ['ignore', log, log],
      detached: true,
    })
    if (typeof log === 'number') closeSync(log)
    const pid = child.pid ?? 0
    this.#pid = pid
    const born = Date.now()
    const guard = pid > 0 ? watchdog(pid, 'TERM') : undefined
    writeJson(this.#pidFile, processOf(pid))
    this.#exited = new Promise((resolve) => {
      const died = (why: string): void => {
        guard?.forget()
        this.#pid = 0
        resolve()
        this.#startAgain(why, Date.now() - born)
      }
      child.once('error', (error) => died(error.message))
      child.once('exit', (code, by) => died(by ?? `status ${code}`))
    })
  }

  #startAgain(why: string, lifeMs: number): void {
    if (this.#stopped) return
    const { name, tell } = this.#options
    this.#deaths = lifeMs > LIFE_MS ? 1 : this.#deaths + 1
    if (!this.#wasReady && this.#deaths >= TRIES) return
    const delay = DELAYS[Math.min(this.#deaths, DELAYS.length) - 1] ?? 0
    tell(`The ${name} ended (${why}); starting it again in ${delay / 1000} s. Its log: ${this.#logFile}`)
    sleep(delay, undefined, { ref: false })
      .then(() => this.#launch())
      .catch((error: unknown) => tell(`${name}: ${String(error)}`))
  }

  /** Undefined when it is ready, else why it is not, though it lives. */
  async #ready(): Promise<string | undefined> {
    const { name, tell, readyUrl, patienceMs } = this.#options
    const deadline = Date.now() + patienceMs
    let quietUntil = Date.now() + QUIET_MS
    let told = ''
    let why = 'it does not answer'
    while (!this.#stopped) {
      const pid = this.#pid
      const answer = await fetch(readyUrl(), { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
      // an answer while our process is down is another's, on the same port
      if (answer !== undefined && pid > 0 && pid === this.#pid) {
        if (answer.ok) {
          this.#wasReady = true
          return undefined
        }
        why = reasonIn(await answer.text())
      }
      if (this.#deaths >= TRIES) {
        throw new Error(
          `The ${name} ended ${TRIES} times. The end of its log (${this.#logFile}):\n${tailOf(this.#logFile)}`,
        )
      }
      if (Date.now() > deadline) return why
      if (why !== told && why !== '' && Date.now() > quietUntil) {
        tell(`Waiting for the ${name}: ${why}`)
        told = why
        quietUntil = Date.now() + QUIET_MS
      }
      await sleep(100)
    }
    return 'it was stopped'
  }
}

/** The mirror says why it is not ready: {"reasons": […]}. */
function reasonIn(text: string): string {
  try {
    const { reasons } = JSON.parse(text) as { reasons?: unknown }
    if (Array.isArray(reasons)) return reasons.join('; ').slice(0, 400)
  } catch {
    // another kind of answer
  }
  return text.slice(0, 200)
}

/** The same service of an earlier run whose launcher was killed. */
async function endLeftover(pidFile: string): Promise<void> {
  const before = readJson(pidFile) as KnownProcess | undefined
  if (before === undefined || !lives(before)) return
  await end(before.pid, 'SIGTERM', STOP_MS)
}
