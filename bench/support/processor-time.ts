/**
 * What a piece of work takes of the processors, by groups of processes or on both servers and here together: unlike its time it hardly depends on what else the machine
 * does, so that it is what to compare on one that others use as well.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second (USER_HZ), on every machine. */
const tickMs = 10

interface Process {
  readonly pid: number
  readonly parent: number
  /** of all its threads, in the kernel as well, in ms */
  readonly own: number
  /** of its children that have ended, in ms */
  readonly ofChildren: number
}

const readProcess = (pid: number): Process | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // behind the name, which may hold anything: state, parent … and from the twelfth on user and system time, ours and our children's
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [user = 0, system = 0, ...ended] = fields.slice(11, 15).map((field) => Number(field) * tickMs)
    return {
      pid,
      parent: Number(fields[1]),
      own: user + system,
      ofChildren: ended.reduce((sum, ms) => sum + ms, 0),
    }
  } catch {
    // it has ended, or the machine does not tell
    return undefined
  }
}

/** Of these processes alone, in ms; null: one of them does not tell. */
const ownMs = (pids: readonly number[]): number | null =>
  pids.reduce<number | null>((sum, pid) => {
    const found = readProcess(pid)
    return sum === null || found === undefined ? null : sum + found.own
  }, 0)

/** What some work has cost each group of processes, in ms; null as `ownMs`. */
export const costOf = async <Name extends string, T>(
  groups: Readonly<Record<Name, readonly number[]>>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly ms: Readonly<Record<Name, number | null>> }> => {
  const names = Object.keys(groups) as Name[]
  const read = () => names.map((name) => ownMs(groups[name]))
  const before = read()
  const result = await work()
  const after = read()
  const ms = names.map((name, index) => {
    const [from = null, to = null] = [before[index], after[index]]
    return [name, from === null || to === null ? null : to - from] as const
  })
  return { result, ms: Object.fromEntries(ms) as Record<Name, number | null> }
}

/** Of these processes and all that they have started, in ms; undefined on a machine that does not tell. */
const treeMs = (roots: readonly number[]): number | undefined => {
  let names: readonly string[]
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return undefined
  }
  const all = names.flatMap((name) => readProcess(Number(name)) ?? [])
  const counted = new Set(roots)
  for (let before = -1; before < counted.size; ) {
    before = counted.size
    for (const { pid, parent } of all) if (counted.has(parent)) counted.add(pid)
  }
  return all
    .filter(({ pid }) => counted.has(pid))
    .reduce((sum, { own, ofChildren }) => sum + own + ofChildren, 0)
}

/** A server's helpers end a moment after what they helped with, and are counted when they have. */
const settleMs = 100

/** How long the work takes, and how much of the processors; undefined on a machine that does not tell. */
export const measureWork = async (
  roots: readonly number[],
  work: () => Promise<unknown>,
): Promise<{ readonly ms: number; readonly processor: number | undefined }> => {
  const before = treeMs(roots)
  const began = performance.now()
  await work()
  const ms = performance.now() - began
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  const after = treeMs(roots)
  return { ms, processor: before === undefined || after === undefined ? undefined : after - before }
}
