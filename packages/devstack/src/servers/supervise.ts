/**
 * One private server and its folder:
 *
 *   data/        the server's own files; appears complete (made as data.new, then renamed)
 *   server.log   what it said; kept, and its end quoted when something fails
 *   server.json  password, port and process ids, readable by the owner only
 *
 *   absent ──start──▶ running ──stop, kill, death──▶ down ──restart──▶ running
 *                                                     └─wipe──▶ down, with fresh data
 *
 * A server outlives nothing: it ends with the process that started it (a watchdog), and should it linger, the next
 * start in the same folder ends it, after making sure by its command line that it is this folder's server.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import { readJson, tailOf, writeJson } from '../machine/files.ts'
import { bornAt, lives } from '../machine/lock.mjs'
import { freePort, portIsFree } from '../machine/ports.ts'
import { commandLine, descendants, end, gone, reaped, signal, watchdog } from '../machine/processes.ts'
import type { PrivateServer, ServerOptions } from '../types.ts'

/** A cold start on a busy machine with two cores took 8 s at most; crash recovery may take longer. */
const READY_MS = 90_000
const STOP_MS = 60_000
/** A moment, unless nobody takes care of orphans: then the server itself will say what is wrong. */
const REAPED_MS = 10_000

export interface Launch {
  readonly command: readonly [string, ...string[]]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
}

export interface Definition {
  /** for messages: `MariaDB 10.11.19` */
  readonly title: string
  /** what a folder's data belong to; data of another kind are refused */
  readonly kind: string
  readonly version: string
  readonly scheme: 'mysql' | 'postgres'
  readonly admin: string
  readonly adminDatabase: string
  /** where the data lie, when not in the server's own folder */
  readonly dataDir?: string
  readonly stopSignal: NodeJS.Signals
  /** for the watchdog: quick, and safe for the data */
  readonly orphanSignal: 'TERM' | 'INT' | 'QUIT' | 'KILL'
  /** makes data of a fresh server, in a folder that does not exist yet */
  initialise(dataDir: string, password: string): Promise<void>
  launch(dataDir: string, port: number): Launch
  /** the server answers, with these data */
  started?(dataDir: string): void
  /** rejects while the server does not answer */
  probe(url: string): Promise<void>
}

interface State {
  readonly kind: string
  readonly password: string
  readonly port: number
  readonly pid: number
  readonly owner: number
  readonly ownerBorn: string
}

export async function supervise(definition: Definition, options: ServerOptions): Promise<PrivateServer> {
  const { dir } = options
  const dataDir = definition.dataDir ?? join(dir, 'data')
  const logFile = join(dir, 'server.log')
  const stateFile = join(dir, 'server.json')
  mkdirSync(dir, { recursive: true, mode: 0o700 })

  const before = readJson(stateFile) as State | undefined
  if (before !== undefined && before.kind !== definition.kind) {
    throw new Error(
      `${dir} holds data of ${before.kind}, not ${definition.kind}. Use another folder, or remove it.`,
    )
  }
  if (before !== undefined) await endLeftover(before, dataDir, definition)

  const password = before?.password ?? randomBytes(18).toString('base64url')
  let port = before?.port ?? 0
  let pid = 0
  let running = false
  let ended: () => Promise<void> = () => Promise.resolve()

  const save = (): void => {
    const state: State = {
      kind: definition.kind,
      password,
      port,
      pid,
      owner: process.pid,
      ownerBorn: bornAt(process.pid) ?? '',
    }
    writeJson(stateFile, state)
  }
  const url = (user: string, secret: string, database: string): string =>
    `${definition.scheme}://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
  const adminUrl = (): string => url(definition.admin, password, definition.adminDatabase)

  const initialise = async (): Promise<void> => {
    const fresh = `${dataDir}.new`
    rmSync(fresh, { recursive: true, force: true })
    await definition.initialise(fresh, password)
    rmSync(dataDir, { recursive: true, force: true })
    renameSync(fresh, dataDir)
  }

  const launch = async (): Promise<void> => {
    const log = openSync(logFile, 'a', 0o600)
    const { command, ...how } = definition.launch(dataDir, port)
    const [program, ...args] = command
    // a session of its own: the terminal's Ctrl-C reaches us only, and we stop things in order
    const child = spawn(program, args, { ...how, detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    let failure: Error | undefined
    child.on('error', (error) => {
      failure = error
    })
    pid = child.pid ?? 0
    running = pid > 0
    child.unref()
    const guard = pid > 0 ? watchdog(pid, definition.orphanSignal) : undefined
    const exited = new Promise<void>((resolve) => {
      const done = (): void => {
        running = false
        guard?.forget()
        resolve()
      }
      child.once('exit', done)
      child.once('error', done)
    })
    // a running server does not keep our process alive, waiting for its end does
    ended = () => {
      child.ref()
      return exited
    }
    save()
    const deadline = Date.now() + READY_MS
    for (;;) {
      try {
        await definition.probe(adminUrl())
        definition.started?.(dataDir)
        if (running) return
      } catch (error) {
        if (Date.now() > deadline) {
          await end(pid, 'SIGKILL', 1000)
          throw new Error(`${definition.title} did not answer within ${READY_MS / 1000} s.${tail(logFile)}`, {
            cause: error,
          })
        }
      }
      if (!running) {
        throw new Error(
          `${definition.title} did not start${failure === undefined ? '' : `: ${failure.message}`}.${tail(logFile)}`,
        )
      }
      await sleep(40)
    }
  }

  const start = async (chosen: number | undefined): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      port = chosen ?? (attempt === 1 && port > 0 && (await portIsFree(port)) ? port : await freePort())
      try {
        return await launch()
      } catch (error) {
        // Somebody else took the port between our look and the server's: once more with another. A port that was
        // asked for stays; its last user may need a moment to let go of it.
        const taken = /address already in use|could not bind|Do you already have another/i.test(tail(logFile))
        if (attempt >= 5 || !taken) throw error
        await sleep(chosen === undefined ? 0 : 500)
      }
    }
  }

  const stopWith = async (name: NodeJS.Signals, patience: number): Promise<void> => {
    if (!running) return
    // a stopped process takes no signal but SIGKILL
    for (const member of [pid, ...descendants(pid)]) signal(member, 'SIGCONT')
    await end(pid, name, patience)
    await ended()
    pid = 0
    save()
  }

  if (!existsSync(dataDir)) {
    save()
    await initialise()
  }
  await start(options.port)

  return {
    version: definition.version,
    host: '127.0.0.1',
    dataDir,
    logFile,
    get port() {
      return port
    },
    get pid() {
      return running ? pid : 0
    },
    get running() {
      return running
    },
    get adminUrl() {
      return adminUrl()
    },
    url,
    stop: () => stopWith(definition.stopSignal, STOP_MS),
    async kill(name = 'SIGKILL') {
      if (!running) return
      const family = [pid, ...descendants(pid)]
      for (const member of family) signal(member, name)
      if (!(await gone(family, STOP_MS))) for (const member of family) signal(member, 'SIGKILL')
      await ended()
      pid = 0
      save()
    },
    async restart() {
      await stopWith(definition.stopSignal, STOP_MS)
      await start(port)
    },
    suspend() {
      if (running) for (const member of [pid, ...descendants(pid)]) signal(member, 'SIGSTOP')
    },
    resume() {
      if (running) for (const member of [pid, ...descendants(pid)]) signal(member, 'SIGCONT')
    },
    async wipe() {
      await stopWith(definition.stopSignal, STOP_MS)
      await initialise()
    },
  }
}

/** Ends what an earlier run left behind in this folder; refuses when that run still goes on. */
async function endLeftover(state: State, dataDir: string, definition: Definition): Promise<void> {
  const command = commandLine(state.pid)
  // killed a moment ago
  if (command === undefined) return reaped(state.pid, REAPED_MS)
  // the number may belong to another program by now
  if (!command.includes(dataDir)) return
  const ownerLives = state.owner !== process.pid && lives({ pid: state.owner, born: state.ownerBorn })
  if (ownerLives) throw new Error(`${definition.title} in ${dataDir} is in use by process ${state.owner}.`)
  await end(state.pid, definition.stopSignal, STOP_MS)
  await reaped(state.pid, REAPED_MS)
}

function tail(logFile: string): string {
  const end = tailOf(logFile)
  return end === '' ? '' : ` The end of its log (${logFile}):\n${end}`
}
