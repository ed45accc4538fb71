/**
 * One `npm start` a clone. The file launcher.json names the process; a launcher that died without cleaning up is
 * recognised by its process id and the time of its birth, so that its file never blocks the next start: after a restart of
 * a container, the next launcher may well have the same id and command line.
 *
 * Whoever kills `npm start` without mercy kills npm, not us, who would go on unseen and hold the ports. So a launcher
 * that npm started ends in order when npm is gone, and the next start waits for it.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeJson } from '../machine/files.ts'
import { createWhole, type KnownProcess, lives, processOf, removeStale } from '../machine/lock.mjs'
import { ancestors, commandLine } from '../machine/processes.ts'

interface Launcher extends KnownProcess {
  readonly npm: KnownProcess | null
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

export async function claim(folder: string, tell: (line: string) => void): Promise<Instance> {
  const file = join(folder, 'launcher.json')
  const self: Launcher = { ...processOf(process.pid), npm: parentNpm(), stopping: false }
  const deadline = Date.now() + WAIT_MS
  for (let told = false; !createWhole(file, JSON.stringify(self)); told = true) {
    const { content, other } = read(file)
    if (other === undefined || !lives(other)) {
      if (content !== undefined) removeStale(file, content)
      continue
    }
    const leaves = other.stopping || (other.npm !== null && !lives(other.npm))
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
      if (!lives(npm)) resolve()
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

/** No content: it was just removed. No launcher: it is not whole, as after a crash of the machine. */
function read(file: string): { readonly content?: string; readonly other?: Launcher } {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  try {
    return { content, other: JSON.parse(content) as Launcher }
  } catch {
    return { content }
  }
}

/** npm stands between the terminal and us, maybe with a shell; started by hand, there is none. */
function parentNpm(): Launcher['npm'] {
  if (process.env['npm_lifecycle_event'] === undefined) return null
  for (const pid of ancestors(process.pid)) {
    const command = commandLine(pid) ?? ''
    if (/(^|[ /])npm( |$|-cli)/.test(command)) return processOf(pid)
  }
  return null
}
