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
import { commandLine, descendants, end, signal, watchdog } from '../machine/processes.ts'

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
  /** output goes to the terminal as well as nowhere else; default: to the log file */
  readonly terminal: boolean
  readonly tell: (line: string) => void
}

/** ms until the next try, by the number of deaths in a row; a minute of life clears the count */
const DELAYS = [500, 1000, 2000, 5000, 10_000, 30_000]
const LIFE_MS = 60_000
/** The first load of a mirror may take long; a service that lives and works is waited for. */
const READY_MS = 300_000
const STOP_MS = 20_000
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

  /** Returns when it answers; rejects when it died three times before it did, with the end of its log. */
  async start(): Promise<void> {
    await endLeftover(this.#pidFile)
    await this.#launch()
    await this.#ready()
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
    writeJson(this.#pidFile, { pid, command: commandLine(pid) ?? '' })
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

  async #ready(): Promise<void> {
    const { name, tell } = this.#options
    const deadline = Date.now() + READY_MS
    let told = Date.now()
    while (!this.#stopped) {
      const pid = this.#pid
      const answer = await fetch(this.#options.readyUrl(), { signal: AbortSignal.timeout(2000) }).catch(
        () => undefined,
      )
      // an answer while our process is down is another's, on the same port
      if (answer?.ok === true && pid > 0 && pid === this.#pid) {
        this.#wasReady = true
        return
      }
      if (this.#deaths >= TRIES || Date.now() > deadline) {
        const why =
          this.#deaths >= TRIES ? `ended ${TRIES} times` : `was not ready after ${READY_MS / 1000} s`
        throw new Error(
          `The ${name} ${why}. The end of its log (${this.#logFile}):\n${tailOf(this.#logFile)}`,
        )
      }
      if (Date.now() - told > 10_000) {
        told = Date.now()
        const why = answer === undefined ? 'it does not answer yet' : (await answer.text()).slice(0, 300)
        tell(`Waiting for the ${name}: ${why}`)
      }
      await sleep(100)
    }
  }
}

/** The same service of an earlier run whose launcher was killed. */
async function endLeftover(pidFile: string): Promise<void> {
  const before = readJson(pidFile) as { pid: number; command: string } | undefined
  if (before === undefined || before.command === '' || commandLine(before.pid) !== before.command) return
  await end(before.pid, 'SIGTERM', STOP_MS)
}
