/**
 * The same numbers on every machine: sfc32, seeded by a text. Not for secrets.
 * Source: Chris Doty-Humphrey, PractRand.
 */
export interface Random {
  /** 0 ≤ x < 1 */
  next(): number
  /** an integer, both ends included */
  int(from: number, to: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  shuffle<T>(items: readonly T[]): T[]
}

export const createRandom = (seed: string): Random => {
  // FNV-1a gives the four words of the state
  const state = new Uint32Array(4)
  for (let word = 0; word < 4; word += 1) {
    let hash = 0x811c9dc5 ^ word
    for (const char of seed) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
    state[word] = hash
  }
  const next = () => {
    const [a = 0, b = 0, c = 0, d = 0] = state
    const sum = (a + b + d) >>> 0
    state.set([b ^ (b >>> 9), c + (c << 3), ((c << 21) | (c >>> 11)) + sum, d + 1])
    return sum / 0x1_0000_0000
  }
  for (let warm = 0; warm < 16; warm += 1) next()
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  const pick = <T>(items: readonly T[]): T => {
    const item = items[int(0, items.length - 1)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick,
    shuffle: (items) => {
      const result = [...items]
      for (let last = result.length - 1; last > 0; last -= 1) {
        const other = int(0, last)
        const [a, b] = [result[last], result[other]]
        if (a !== undefined && b !== undefined) [result[last], result[other]] = [b, a]
      }
      return result
    },
  }
}
