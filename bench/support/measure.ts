/**
 * Timing on a noisy machine: the candidates take turns, round by round, so that whatever else the machine does meets all of
 * them; the median of each is quoted, and only ratios within one run are worth anything.
 */

/** ms */
export interface Timing {
  readonly least: number
  readonly median: number
  readonly most: number
}

const timingOf = (samples: readonly number[]): Timing => {
  const sorted = [...samples].sort((a, b) => a - b)
  return {
    least: sorted[0] ?? 0,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    most: sorted.at(-1) ?? 0,
  }
}

/** Each candidate once unmeasured, then `rounds` times in turn. */
export const takeTurns = async <Name extends string>(
  candidates: Readonly<Record<Name, () => Promise<unknown>>>,
  rounds: number,
): Promise<Readonly<Record<Name, Timing>>> => {
  const entries = Object.entries(candidates) as [Name, () => Promise<unknown>][]
  const samples = new Map<Name, number[]>(entries.map(([name]) => [name, []]))
  for (const [, work] of entries) await work()
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of entries) {
      const began = performance.now()
      await work()
      samples.get(name)?.push(performance.now() - began)
    }
  }
  return Object.fromEntries([...samples].map(([name, times]) => [name, timingOf(times)])) as Record<
    Name,
    Timing
  >
}
