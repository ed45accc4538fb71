/**
 * Source and workload on one processor, mirror and copy on another, as they stand on two machines in earnest: else what is measured
 * is how many programs share the processors, and not what the source is asked.
 */
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
