/**
 * One `npm start` a clone. The file launcher.json names the process; a launcher that died without cleaning up is
 * recognised by its process id and command line, so that its file never blocks the next start.
 *
 * Whoever kills `npm start` without mercy kills npm, not us, who would go on unseen and hold the ports. So a launcher
 * that npm started ends in order when npm is gone, and the next start waits for it.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readJson, writeJson } from '../machine/files.ts'
import { ancestors, commandLine } from '../machine/processes.ts'

interface Launcher {
  readonly pid: number
  readonly command: string
  readonly npm: { readonly pid: number; readonly command: string } | null
  readonly stopping: boolean
}

export interface Instance {
  /** resolves when npm, our parent, was killed */
  readonly orphaned: Promise<void>
  /** from now on, the next start waits instead of refusing */
  stopping(): void
  release(): void
}

export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError'
}

/** A clean stop of everything takes 2 s, 60 s at the very worst. */
const WAIT_MS = 60_000

const isThere = (process: { pid: number; command: string }): boolean =>
  commandLine(process.pid) === process.command

export async function claim(folder: string, tell: (line: string) => void): Promise<Instance> {
  const file = join(folder, 'launcher.json')
  const self: Launcher = {
    pid: process.pid,
    command: commandLine(process.pid) ?? '',
    npm: parentNpm(),
    stopping: false,
  }
  const deadline = Date.now() + WAIT_MS
  for (let told = false; !create(file, self); told = true) {
    const other = readJson(file) as Launcher | undefined
    if (other === undefined || !isThere(other)) {
      rmSync(file, { force: true })
      continue
    }
    const leaves = other.stopping || (other.npm !== null && !isThere(other.npm))
    if (!leaves || Date.now() > deadline) {
      throw new AlreadyRunningError(
        `npm start runs here already, as process ${other.pid}. Its addresses stand in .matricula/run.json.\n` +
          `Stop it with Ctrl-C where it runs, or with: kill ${other.pid}`,
      )
    }
    if (!told) tell(`An earlier npm start (process ${other.pid}) is still stopping; waiting for it`)
    await sleep(100)
  }

  let watch: NodeJS.Timeout | undefined
  const orphaned = new Promise<void>((resolve) => {
    const { npm } = self
    if (npm === null) return
    watch = setInterval(() => {
      if (!isThere(npm)) resolve()
    }, 300)
    watch.unref()
  })
  return {
    orphaned,
    stopping: () => writeJson(file, { ...self, stopping: true }),
    release() {
      clearInterval(watch)
      rmSync(file, { force: true })
    },
  }
}

function create(file: string, content: Launcher): boolean {
  try {
    writeFileSync(file, JSON.stringify(content), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** npm stands between the terminal and us, maybe with a shell; started by hand, there is none. */
function parentNpm(): Launcher['npm'] {
  if (process.env['npm_lifecycle_event'] === undefined) return null
  for (const pid of ancestors(process.pid)) {
    const command = commandLine(pid) ?? ''
    if (/(^|[ /])npm( |$|-cli)/.test(command)) return { pid, command }
  }
  return null
}
