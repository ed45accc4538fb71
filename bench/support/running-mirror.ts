/** `mirror run` as a process of its own, so that neither it nor the workload waits for the other's event loop. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { repository } from '../../packages/devstack/src/index.ts'

const program = join(repository, 'packages/mirror/src/cli/main.ts')

/** Runs while `work` does; rejects when it ends before. */
export const whileMirrorRuns = async <T>(
  { source, target }: { readonly source: string; readonly target: string },
  flags: readonly string[],
  work: (pid: number) => Promise<T>,
): Promise<T> => {
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'run', ...flags], {
    cwd: repository,
    env: { ...process.env, MIRROR_SOURCE: source, MIRROR_TARGET: target },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000)
  })
  const ended = once(child, 'exit')
  let isWanted = true
  try {
    return await Promise.race([
      work(child.pid ?? 0),
      ended.then(() => {
        if (isWanted) throw new Error('mirror run ended')
        return new Promise<never>(() => undefined)
      }),
    ])
  } catch (error) {
    throw new Error(`beside a mirror that said:\n${said}`, { cause: error })
  } finally {
    isWanted = false
    child.kill('SIGTERM')
    await ended
  }
}
