/** The engine as a benchmark runs it: whole, in this process, between private servers. */
import { createMirror } from '../../packages/mirror/src/engine/mirror.ts'
import type { Mirror, MirrorOptions } from '../../packages/mirror/src/types.ts'

/** The command's own defaults. */
export const mirrorOptions = (source: string, target: string): MirrorOptions => ({
  source,
  target,
  tables: [],
  exclude: [],
  redact: [],
  pollMs: 1_000,
  maxShare: 0.1,
  maxDelete: 1,
  statementLimitMs: 600_000,
  deepScanMs: 3_600_000,
})

export const openMirror = (source: string, target: string): Mirror =>
  createMirror(mirrorOptions(source, target))

/** ms of one `sync` */
export const timeSync = async (mirror: Mirror): Promise<number> => {
  const began = performance.now()
  await mirror.sync()
  return performance.now() - began
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
