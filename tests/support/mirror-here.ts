/** A mirror within the test's own process, where a test wants options that no flag has, or its events. */
import { createMirror } from '../../packages/mirror/src/engine/mirror.ts'
import type { Mirror, MirrorOptions } from '../../packages/mirror/src/types.ts'
import { atEnd } from './scope.ts'
import type { Addresses } from './mirror.ts'

/** Quick, and without brakes. The threads of a shared server are other tests'. */
export const quickOptions = ({ source, target }: Addresses): MirrorOptions => ({
  source,
  target,
  tables: [],
  exclude: [],
  redact: [],
  pollMs: 20,
  maxShare: 1,
  maxDelete: 1,
  statementLimitMs: 10_000,
  maxThreadsRunning: 100_000,
  deepScanMs: 3_600_000,
})

/** `run` until `stop`, or the test's end. */
export const runHere = (
  options: MirrorOptions,
): { readonly mirror: Mirror; readonly stop: () => Promise<void> } => {
  const mirror = createMirror(options)
  const ending = new AbortController()
  const done = mirror.run(ending.signal)
  const stop = async (): Promise<void> => {
    ending.abort()
    await done
    await mirror.close()
  }
  atEnd(stop)
  return { mirror, stop }
}
