/** Portals as processes of their own, and a client that costs them as little of the machine as can be. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { repository } from '../../packages/devstack/src/index.ts'
import { buildPrograms, mainOf } from '../../scripts/programs.mjs'
import { type Asking, askLean, closeIdle, headerOf, StaleConnection } from './lean-http.ts'

/** As launcher and image start it. */
const young = '--max-semi-space-size=64'

const startOne = async (database: string): Promise<{ child: ChildProcess; url: string }> => {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PORTAL_'))
  const child = spawn(
    process.execPath,
    [young, mainOf('portal'), 'serve', '--port', '0', '--log-level', 'error'],
    {
      env: { ...Object.fromEntries(own), PORTAL_DATABASE: database },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-10_000)
      const found = /listening on (http:\S+)/.exec(log)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`portal serve ended with ${code}: ${log}`)))
  })
  return { child, url }
}

/** Stopped when the work is done, also when it failed. */
export const withPortals = async <T>(
  database: string,
  processes: number,
  work: (urls: readonly string[], pids: readonly number[]) => Promise<T>,
): Promise<T> => {
  await buildPrograms()
  await promisify(execFile)(process.execPath, [join(repository, 'scripts/build.mjs')])
  const started = await Promise.all(Array.from({ length: processes }, () => startOne(database)))
  try {
    return await work(
      started.map(({ url }) => url),
      started.map(({ child }) => child.pid ?? 0),
    )
  } finally {
    closeIdle()
    await Promise.all(
      started.map(async ({ child }) => {
        child.kill('SIGTERM')
        if (child.exitCode === null) await once(child, 'exit')
      }),
    )
  }
}

export interface Reply {
  readonly status: number
  readonly cookie: string | undefined
  readonly retryAfter: number
  readonly text: string
  readonly ms: number
}

/**
 * A form when there is one, else a page. JSON is asked for, unless `html`. Tried again where a kept connection was closed
 * meanwhile, as browsers do; each form here may be sent twice.
 */
export const ask = async (url: string, asking: Asking = {}): Promise<Reply> => {
  for (;;) {
    try {
      const { status, head, body, ms } = await askLean(url, asking)
      return {
        status,
        // of a sign-in alone
        cookie: /\r\nset-cookie: (matricula=[^;\r]*)/i.exec(head)?.[1],
        retryAfter: Number(headerOf(head, 'retry-after') ?? 0),
        text: body.toString('utf8'),
        ms,
      }
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error
    }
  }
}

/** @returns the answer that is none of "come back in a few seconds", and how often that was given before */
export const signIn = async (url: string, number: string, password: string) => {
  const form = new URLSearchParams({ number, password })
  for (let told = 0; ; told += 1) {
    const reply = await ask(`${url}/sign-in`, { form, html: true })
    if (reply.status !== 503 || reply.retryAfter === 0) return { reply, told }
    await sleep(reply.retryAfter * 1_000)
  }
}

/** Works on all of them, `atOnce` at a time. @returns seconds */
export const inTurn = async <T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<number> => {
  const began = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next
      next += 1
      const item = items[index]
      if (item !== undefined) await work(item, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  return (performance.now() - began) / 1_000
}

/** Of an unsorted list; 0 for an empty one. */
export const percentile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(times.length * share) - 1)] ?? 0
