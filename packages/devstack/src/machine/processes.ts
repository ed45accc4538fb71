import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** One look at a state that only the system knows costs less than a millisecond. */
const LOOK_MS = 20

/** The command line of a process, its words joined by blanks; undefined when there is none (or it is a zombie). */
export function commandLine(pid: number): string | undefined {
  if (pid <= 0) return undefined
  if (existsSync('/proc/self/cmdline')) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return words === '' ? undefined : words
    } catch {
      return undefined
    }
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

/** Every process with its parent. */
function parents(): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  if (existsSync('/proc/self/stat')) {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      try {
        // the second field is the program's name in brackets and may hold blanks and brackets itself
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
        found.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
      } catch {
        // it ended while we looked
      }
    }
    return found
  }
  const list = execFileSync('ps', ['-ax', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  for (const line of list.trim().split('\n')) {
    const [child, parent] = line.trim().split(/\s+/)
    found.set(Number(child), Number(parent))
  }
  return found
}

/** Process ids of the children, and of theirs. */
export function descendants(pid: number): readonly number[] {
  const all = parents()
  const found: number[] = []
  const walk = (parent: number): void => {
    for (const [child, of] of all) {
      if (of !== parent) continue
      found.push(child)
      walk(child)
    }
  }
  walk(pid)
  return found
}

/** Process ids of the parent, its parent, and so on. */
export function ancestors(pid: number): readonly number[] {
  const all = parents()
  const found: number[] = []
  for (let parent = all.get(pid); parent !== undefined && parent > 1; parent = all.get(parent))
    found.push(parent)
  return found
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits until none of the processes is there; false when some still is after the time, in ms. */
export async function gone(pids: readonly number[], timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (pids.some((pid) => commandLine(pid) !== undefined)) {
    if (Date.now() > deadline) return false
    await sleep(LOOK_MS)
  }
  return true
}

/**
 * Waits until a process that has ended is taken off the system's list. Until then it still has its number, which PostgreSQL
 * takes for a server that runs, and may hold locks on files. Gives up after the time, in ms.
 */
export async function reaped(pid: number, timeoutMs: number): Promise<void> {
  if (pid <= 0) return
  const deadline = Date.now() + timeoutMs
  while (commandLine(pid) === undefined && Date.now() < deadline) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await sleep(LOOK_MS)
  }
}

/** Ends a process and its children: politely, and after the time given, in ms, by force. */
export async function end(pid: number, politely: NodeJS.Signals, timeoutMs: number): Promise<void> {
  const family = [pid, ...descendants(pid)]
  signal(pid, politely)
  if (await gone(family, timeoutMs)) return
  for (const member of [...family, ...descendants(pid)]) signal(member, 'SIGKILL')
  await gone(family, 10_000)
}

/**
 * Ends a process when this one dies, whatever it dies of. A shell holds the reading end of a pipe whose other end
 * only we have; at its end, it sends the signal. `forget` when the process ended by itself.
 */
export function watchdog(pid: number, name: 'TERM' | 'INT' | 'QUIT' | 'KILL'): { forget(): void } {
  const guard: ChildProcess = spawn('/bin/sh', ['-c', `cat >/dev/null; kill -${name} ${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  guard.on('error', () => undefined)
  const pipe = guard.stdin
  pipe?.on('error', () => undefined)
  // an open pipe must not keep our own event loop alive
  if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
  return {
    forget() {
      // the shell's group holds the `cat` as well
      if (guard.pid !== undefined) signal(-guard.pid, 'SIGKILL')
    },
  }
}
