import type { Kysely } from 'kysely'
import { batchedFacts } from '../catalogue/facts-reader.ts'
import { prepareFacts } from '../catalogue/facts.ts'
import type { Receipt } from '../catalogue/types.ts'
import { forPeople } from '../db/failures.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { parseId, type Wishes } from '../policy/registration.ts'
import { setCapacity } from './capacity.ts'
import { drop } from './drop.ts'
import type { RegistrarService, Submission } from './index.ts'
import { leave } from './leave.ts'
import { mostSections } from './limits.ts'
import { findStaff } from './office/action.ts'
import { newMark, once } from './office/requests.ts'
import { createPromoter, type Promoter } from './promoter.ts'
import { markRequest, type Outcome } from './receipt.ts'
import { register } from './register.ts'
import { swap } from './swap.ts'
import { createTransact } from './transaction.ts'

/** Promotions under way at once in one process: each holds a student and a few sections for milliseconds. */
const promotionsAtOnce = 4

/** What is no id, or no pair of two, was not made by a form of ours and wishes nothing. */
const wishesOf = ({ mode = 'most', waitlist = [], fallbacks = [] }: Submission): Wishes => ({
  mode,
  waitlist: new Set(waitlist.map((text) => parseId(text.trim())).filter((id) => id !== null)),
  insteadOf: new Map(
    fallbacks.flatMap((text) => {
      const [fallback = null, first = null] = text.split(':').map((part) => parseId(part.trim()))
      return fallback === null || first === null || fallback === first ? [] : [[fallback, first] as const]
    }),
  ),
})

export interface RegistrarOptions {
  /** transactions under way at once, default 8: half of the pool's connections is a good number */
  readonly atOnce?: number
  /** how long a form may wait for its turn and for locked rows before it is told to come back; default 8 s */
  readonly budgetMs?: number
  /** hears of promotions that failed and will be tried again */
  readonly onFailure?: (error: unknown) => void
}

export const createRegistrar = (
  db: Kysely<Tables>,
  { atOnce = 8, budgetMs, onFailure }: RegistrarOptions = {},
): RegistrarService => {
  const transact = createTransact(db, atOnce, budgetMs, Math.ceil(atOnce / 2))
  const facts = batchedFacts(db)
  const promoter: Promoter = createPromoter(db, createTransact(db, promotionsAtOnce), onFailure)
  const finish = ({ receipt, freed }: Outcome): Receipt => {
    if (freed.length > 0) promoter.soon(freed)
    return receipt
  }
  return {
    promoter,
    waited: transact.waited,
    register: async (submission) => {
      const { studentId, sections, request, mode = 'most', waitlist = [], fallbacks = [] } = submission
      if (sections.length === 0) throw new PortalError('nothing_chosen', { field: 'section' })
      for (const list of [sections, waitlist, fallbacks])
        if (list.length > mostSections) throw new PortalError('too_many_sections', { field: 'section' })
      // made before the first try, so that a repeat after a lost connection carries the same key
      const mark = markRequest(request, [
        'register',
        mode,
        ...[sections, waitlist, fallbacks].map((list) => list.join('\n')),
      ])
      const wishes = wishesOf(submission)
      let tries = 0
      return transact(
        (transaction, prepared) => {
          tries += 1
          return register(transaction, studentId, sections, wishes, mark, prepared, tries > 1)
        },
        () => prepareFacts(facts, studentId, sections, new Date()),
      )
    },
    drop: async ({ studentId, enrolmentId, along, request }) => {
      const mark = markRequest(request, ['drop', enrolmentId])
      return finish(await transact((transaction) => drop(transaction, studentId, enrolmentId, mark, along)))
    },
    swap: async ({ studentId, enrolmentId, sectionId, besides = [], waitlist, request }) => {
      if (besides.length >= mostSections) throw new PortalError('too_many_sections', { field: 'section' })
      const mark = markRequest(request, ['swap', enrolmentId, sectionId, String(waitlist), ...besides])
      const asked = { enrolmentId, sectionId, besides, waitlist }
      return finish(await transact((transaction) => swap(transaction, studentId, asked, mark)))
    },
    leave: async ({ studentId, entryId, request }) => {
      const mark = markRequest(request, ['leave', entryId])
      return finish(await transact((transaction) => leave(transaction, studentId, entryId, mark)))
    },
    setCapacity: async ({ staffNumber, sectionId, capacity, request = newMark() }) => {
      const staffId = await findStaff(db, staffNumber).catch((error: unknown) => {
        throw forPeople(error)
      })
      const changed = await transact((transaction) =>
        once(transaction, staffId, request, () => setCapacity(transaction, staffId, sectionId, capacity)),
      )
      if (changed) promoter.soon([sectionId])
      return changed
    },
  }
}
