/**
 * Which rows of a whole table nobody recorded: its recorded keys as hashes, eight bytes a row, so that each side is read once. A table of
 * more rows than are held at once is gone through by slices of the hashes, each side once a slice.
 */
import { hash } from 'node:crypto'
import type { KeyId } from '../model.ts'
import type { Target } from '../postgres.ts'
import { eachSegment } from './row-state.ts'

/** 32 MB of hashes. */
const mostKeys = 4_000_000

/** Of 64 bits of SHA-256 the 53 that a number holds: one of 10^9 new keys of a table of four million rows would pass for a recorded one. */
const hashOf = (id: KeyId): number => {
  const bytes = hash('sha256', id, 'buffer')
  return bytes.readUInt32BE(0) * 2 ** 21 + (bytes.readUInt32BE(4) >>> 11)
}

export class RecordedKeys {
  readonly #slice: number
  readonly #slices: number
  #hashes: Float64Array
  #count = 0
  #isSorted = true

  /** The `slice`th of `slices`; `room` for so many keys, if there are no more. */
  constructor(slice: number, slices: number, room: number) {
    this.#slice = slice
    this.#slices = slices
    this.#hashes = new Float64Array(Math.max(room, 16))
  }

  add(id: KeyId): void {
    const found = hashOf(id)
    if (!this.#isMine(found)) return
    if (this.#count === this.#hashes.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#hashes)
      this.#hashes = larger
    }
    this.#hashes[this.#count] = found
    this.#count += 1
    this.#isSorted = false
  }

  /** It belongs to this slice, and is not recorded. */
  lacks(id: KeyId): boolean {
    const wanted = hashOf(id)
    if (!this.#isMine(wanted)) return false
    if (!this.#isSorted) this.#hashes.subarray(0, this.#count).sort()
    this.#isSorted = true
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#hashes[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low === this.#count || this.#hashes[low] !== wanted
  }

  #isMine(found: number): boolean {
    return found % this.#slices === this.#slice
  }
}

/** `rows`: about how many are recorded */
export async function* eachSliceOfKeys(
  target: Target,
  tableId: number,
  rows: number,
): AsyncGenerator<RecordedKeys> {
  const slices = Math.max(1, Math.ceil(rows / mostKeys))
  for (let slice = 0; slice < slices; slice += 1) {
    // a little more than its share: slices are not quite alike
    const keys = new RecordedKeys(slice, slices, Math.ceil((rows / slices) * 1.01))
    for await (const [, states] of eachSegment(target, tableId)) for (const id of states.keys()) keys.add(id)
    yield keys
  }
}
