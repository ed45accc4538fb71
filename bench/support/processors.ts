/**
 * Source and workload on one processor, mirror and copy on another, as they stand on two machines in earnest: else what is measured
 * is how many programs share the processors, and not what the source is asked.
 */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { run } from '../../packages/devstack/src/index.ts'

const taskset = async (list: string, pids: readonly number[]): Promise<boolean> => {
  const done = await Promise.all(
    pids.map(async (pid) => run('taskset', ['-a', '-c', '-p', list, String(pid)])),
  )
  return done.every(({ status }) => status === 0)
}

/** Processes that these start later go there, too. False: this machine has no second processor, or no `taskset`. */
export const bind = async (processor: 0 | 1, pids: readonly number[]): Promise<boolean> =>
  cpus().length >= 2 && (await taskset(String(processor), pids))

export const unbind = async (pids: readonly number[]): Promise<boolean> =>
  taskset(`0-${cpus().length - 1}`, pids)

/** Of /proc, which counts in hundredths of a second on every Linux there is. */
const msOfTick = 10

/** ms of processor time that these processes have had, all their threads, in the kernel as well; null: this system does not tell. */
export const processorMs = (pids: readonly number[]): number | null => {
  try {
    return pids
      .map((pid) => {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
        // the program's name, which may have spaces, ends with the last bracket; the fields are counted from behind it
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return (Number(fields[11]) + Number(fields[12])) * msOfTick
      })
      .reduce((sum, ms) => sum + ms, 0)
  } catch {
    return null
  }
}

/** What some work has cost each group of processes; null as `processorMs`. */
export const costOf = async <Name extends string, T>(
  groups: Readonly<Record<Name, readonly number[]>>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly ms: Readonly<Record<Name, number | null>> }> => {
  const names = Object.keys(groups) as Name[]
  const read = () => names.map((name) => processorMs(groups[name]))
  const before = read()
  const result = await work()
  const after = read()
  const ms = names.map((name, index) => {
    const [from = null, to = null] = [before[index], after[index]]
    return [name, from === null || to === null ? null : to - from] as const
  })
  return { result, ms: Object.fromEntries(ms) as Record<Name, number | null> }
}
