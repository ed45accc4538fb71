/**
 * What a piece of work takes of the processors, on both servers and here together: unlike its time it hardly depends on what else the machine
 * does, so that it is what to compare on one that others use as well.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second (USER_HZ), on every machine. */
const tickMs = 10

interface Process {
  readonly pid: number
  readonly parent: number
  /** its own time and that of its children that have ended, in ms */
  readonly ms: number
}

const readProcess = (pid: number): Process | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // behind the name, which may hold anything: state, parent … and from the twelfth on user and system time, ours and our children's
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return { pid, parent: Number(fields[1]), ms: ticks * tickMs }
  } catch {
    // it has ended
    return undefined
  }
}

/** Of these processes and all that they have started, in ms; undefined on a machine that does not tell. */
const processorMs = (roots: readonly number[]): number | undefined => {
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
  return all.filter(({ pid }) => counted.has(pid)).reduce((sum, { ms }) => sum + ms, 0)
}

/** A server's helpers end a moment after what they helped with, and are counted when they have. */
const settleMs = 100

/** How long the work takes, and how much of the processors; undefined on a machine that does not tell. */
export const measureWork = async (
  roots: readonly number[],
  work: () => Promise<unknown>,
): Promise<{ readonly ms: number; readonly processor: number | undefined }> => {
  const before = processorMs(roots)
  const began = performance.now()
  await work()
  const ms = performance.now() - began
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  const after = processorMs(roots)
  return { ms, processor: before === undefined || after === undefined ? undefined : after - before }
}
