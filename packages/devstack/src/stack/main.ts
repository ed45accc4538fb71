/**
 * `npm start`: servers, then the portal's schema and sample university, then portal and mirror, then `ready`.
 *
 * Everything runs in processes of its own; this one starts them in order, watches them, and ends them in the opposite
 * order. Portal and mirror are run as their users would run them, by command and environment, and never imported.
 *
 * Ends: Ctrl-C, SIGTERM, or npm's death → all stopped cleanly, status 0; a second signal → at once, status 130;
 * something that cannot start → all stopped, status 1; a wrong option → status 2.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { writeJson } from '../machine/files.ts'
import { repository } from '../machine/places.ts'
import { firstFreePort, portIsFree } from '../machine/ports.ts'
import type { PrivateServer } from '../types.ts'
import { openDatabases } from './databases.ts'
import { claim } from './instance.ts'
import { parseOptions, USAGE, UsageError, type StackOptions } from './options.ts'
import { isPrepared, prepareSchool, type SampleAccount } from './school.ts'
import { Service } from './service.ts'

const tell = (line: string): void => console.log(`  ${line}`)

/** A cold start of both took 25 s on a machine with six times the work it could do. */
const READY_MS = 90_000

/** With --dev the portal runs from its sources; else as scripts/programs.mjs has built it, which starts much faster. */
/** Of V8: room for what lives for one page, which makes the collector's work less (docs/performance.md). */
const YOUNG = '--max-semi-space-size=64'
const WATCHED = ['node_modules/tsx/dist/cli.mjs', 'watch', 'apps/portal/src/cli/main.ts']

/** Runs until it is told to end; returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let options: StackOptions | 'help'
  try {
    options = parseOptions(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\nnpm start -- --help tells the options.`)
    return 2
  }
  if (options === 'help') {
    console.log(USAGE)
    return 0
  }
  const stack = new Stack(options)
  try {
    return await stack.run()
  } catch (error) {
    console.error(`\nnpm start could not go on. ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

class Stack {
  readonly #options: StackOptions
  readonly #folder = join(repository, '.matricula')
  readonly #runFile = join(this.#folder, 'run.json')
  readonly #services: Service[] = []
  readonly #servers: PrivateServer[] = []

  constructor(options: StackOptions) {
    this.#options = options
  }

  async run(): Promise<number> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const signals = listenForSignals()
    const instance = await claim(this.#folder, tell)
    // of a start that was killed
    rmSync(this.#runFile, { force: true })
    // keeps this process alive, and brings back a server that died
    const watch = setInterval(() => this.#reviveServers(), 1000)
    let status = 0
    try {
      const end = Promise.race([signals.first, instance.orphaned.then(() => 'npm is gone')])
      const started = this.#start()
      // when a signal comes first, what fails because of it is of no interest
      started.catch(() => undefined)
      await Promise.race([started, end])
      const why = await end
      console.log(`\nStopping (${why})`)
    } catch (error) {
      status = 1
      throw error
    } finally {
      clearInterval(watch)
      instance.stopping()
      // it says what runs: from here on, nothing
      rmSync(this.#runFile, { force: true })
      const hurried = signals.second.then(() => this.#hurry())
      const outcome = await Promise.race([this.#stop(), hurried])
      instance.release()
      signals.ignore()
      if (outcome === 'hurried') process.exit(130)
      if (status === 0) console.log('Stopped; the data stay in .matricula/')
    }
    return status
  }

  async #start(): Promise<void> {
    const { dev, port } = this.#options
    console.log(`Matricula: starting; data and logs in ${relative(process.cwd(), this.#folder) || '.'}`)
    if (port !== undefined && !(await portIsFree(port))) {
      throw new Error(`Port ${port} is taken. Leave --port out for the next free one, or name another.`)
    }
    const databases = await openDatabases(this.#options, this.#folder, tell, (server) =>
      this.#servers.push(server),
    )
    let portalPort = port ?? (await firstFreePort(5000))
    const mirrorPort = await firstFreePort(portalPort + 1)
    const consoleUrl = `http://127.0.0.1:${mirrorPort}`
    const common = { folder: this.#folder, cwd: repository, patienceMs: READY_MS, terminal: dev, tell }
    const mirror = new Service({
      ...common,
      name: 'mirror',
      args: async () => ['packages/mirror/dist/cli/main.js', 'run', '--listen', `127.0.0.1:${mirrorPort}`],
      env: {
        MIRROR_SOURCE: databases.mirrorSource,
        MIRROR_TARGET: databases.mirrorTarget,
        // Whoever tries it waits for the copy on the receipt, and the private server has nothing else to do.
        MIRROR_POLL: '500ms',
        MIRROR_MAX_SHARE: '0.2',
      },
      readyUrl: () => `${consoleUrl}/readyz`,
    })
    const portal: Service = new Service({
      ...common,
      name: 'portal',
      args: async () => {
        // somebody may have been quicker; once it was up, it stays where its users know it
        if (!portal.wasReady && port === undefined && !(await portIsFree(portalPort))) {
          portalPort = await firstFreePort(mirrorPort + 1)
        }
        return [
          ...(dev ? WATCHED : [YOUNG, 'apps/portal/dist/cli/main.js']),
          'serve',
          '--host',
          '127.0.0.1',
          '--port',
          String(portalPort),
        ]
      },
      env: {
        PORTAL_DATABASE: databases.portalSource,
        PORTAL_STANDBY: databases.portalStandby,
        PORTAL_CONSOLE: consoleUrl,
      },
      readyUrl: () => `http://127.0.0.1:${portalPort}/healthz`,
    })
    this.#services.push(portal, mirror)
    const startMirror = async (): Promise<void> => {
      const why = await mirror.start()
      // paused, braked, or loading for long: that is for its operator, and no reason to keep the portal shut
      tell(
        why === undefined
          ? 'Mirror is up: the standby equals the source'
          : `Mirror runs and is not ready: ${why}`,
      )
    }
    // There is something to copy once the school stands; from the second start on, that is at once.
    const early = isPrepared(databases) ? startMirror() : undefined
    early?.catch(() => undefined)
    const accounts = await prepareSchool(databases, tell)
    const startPortal = async (): Promise<void> => {
      const why = await portal.start()
      if (why !== undefined)
        throw new Error(`The portal runs and is not ready: ${why}. Its log: ${this.#folder}/portal.log`)
      tell('Portal is up')
    }
    await Promise.all([startPortal(), early ?? startMirror()])
    const portalUrl = `http://127.0.0.1:${portalPort}`
    writeJson(this.#runFile, {
      portal: portalUrl,
      console: consoleUrl,
      source: databases.mirrorSource,
      target: databases.mirrorTarget,
      accounts,
    })
    announce(portalUrl, consoleUrl, accounts)
  }

  #reviveServers(): void {
    for (const server of this.#servers) {
      if (server.running || this.#reviving.has(server)) continue
      this.#reviving.add(server)
      tell(`The database server on port ${server.port} ended; starting it again. Its log: ${server.logFile}`)
      server
        .restart()
        .catch((error: unknown) => tell(error instanceof Error ? error.message : String(error)))
        .finally(() => this.#reviving.delete(server))
    }
  }

  readonly #reviving = new Set<PrivateServer>()

  /** Who writes ends before what it writes to. */
  async #stop(): Promise<'stopped'> {
    for (const one of this.#services) await one.stop()
    await Promise.all(this.#servers.map((server) => server.stop()))
    return 'stopped'
  }

  /** Committed data survive this too; the servers take a moment longer at their next start. */
  async #hurry(): Promise<'hurried'> {
    for (const one of this.#services) one.kill()
    await Promise.all(this.#servers.map((server) => server.kill()))
    return 'hurried'
  }
}

interface Signals {
  readonly first: Promise<string>
  readonly second: Promise<void>
  ignore(): void
}

function listenForSignals(): Signals {
  let resolveFirst: (name: string) => void = () => undefined
  let resolveSecond: () => void = () => undefined
  const first = new Promise<string>((resolve) => {
    resolveFirst = resolve
  })
  const second = new Promise<void>((resolve) => {
    resolveSecond = resolve
  })
  let last = 0
  const heard = (name: NodeJS.Signals): void => {
    // One Ctrl-C may arrive twice, from the terminal and from npm; a human's second one comes later.
    if (last > 0 && Date.now() - last < 500) return
    if (last === 0) resolveFirst(name === 'SIGINT' ? 'Ctrl-C' : name)
    else resolveSecond()
    last = Date.now()
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, heard)
  return {
    first,
    second,
    ignore() {
      for (const name of names) process.off(name, heard)
      for (const name of names) process.on(name, () => undefined)
    },
  }
}

function announce(portal: string, console_: string, accounts: readonly SampleAccount[]): void {
  const width = Math.max(...accounts.map(({ role }) => role.length), 0)
  const list = accounts.map(
    ({ role, number, password }) => `    ${role.padEnd(width)}  ${number}  ${password}`,
  )
  console.log(
    [
      '',
      `  Portal  ${portal}`,
      `  Mirror  ${console_}`,
      '',
      '  Sample accounts (role, number, password)',
      ...list,
      '',
      'ready',
    ].join('\n'),
  )
}
