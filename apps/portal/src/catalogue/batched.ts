/**
 * Reads of single things by several at the same time, made together: one statement for all who ask while another one is under way,
 * or in the same turn of the event loop. As in shared.ts a read is begun only after everybody who is given its answer had asked,
 * and nothing is kept: it is as fresh as a read of one's own, whatever process changed what is read.
 */
import { doneOrLate } from './late.ts'

export interface Batched<Key, Value> {
  /** Those of the keys that there are; more may stand in it, which others had asked for. */
  readonly get: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>
}

/** A read that hangs, on a link that is dead, holds up no more than itself: after so long the next begins beside it. */
const lateMs = 100

interface Batch<Key, Value> {
  readonly keys: Set<Key>
  readonly answer: Promise<ReadonlyMap<Key, Value>>
}

/**
 * @param read by keys without repetition, at least one
 * @param most keys of one statement; who asks for more by himself still gets one
 */
export const createBatched = <Key, Value>(
  read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
  most = 400,
): Batched<Key, Value> => {
  let last: Promise<unknown> | undefined
  let open: Batch<Key, Value> | undefined
  const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
  const begin = (): Batch<Key, Value> => {
    const keys = new Set<Key>()
    const answer = Promise.all([last && doneOrLate(last, lateMs), nextTurn()]).then(async () => {
      // from here on others wait for the next one
      if (open === batch) open = undefined
      return read([...keys])
    })
    const batch = { keys, answer }
    last = answer
    const forget = () => {
      if (last === answer) last = undefined
    }
    answer.then(forget, forget)
    open = batch
    return batch
  }
  return {
    get: async (keys) => {
      if (keys.length === 0) return new Map()
      if (open !== undefined && open.keys.size + keys.length > most) open = undefined
      const { keys: asked, answer } = open ?? begin()
      for (const key of keys) asked.add(key)
      return answer
    },
  }
}
