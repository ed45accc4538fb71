import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { forPeople } from '../../db/failures.ts'
import type { Promoter } from '../promoter.ts'
import { createTransact } from '../transaction.ts'
import { findStaff, writeLook } from './action.ts'
import { cancelSection, letEverybodyOut } from './cancellation.ts'
import { earlierOutcome, newMark, once, type Outcome } from './requests.ts'
import type { ByStaff, OfficeService } from './index.ts'
import { linkSections, unlinkSections } from './links.ts'
import { changeMeetings } from './meetings.ts'
import { addTranscriptEntry, grantOverride, placeHold, releaseHold, revokeOverride } from './records.ts'
import { reopenLists } from './reopen.ts'
import { addReserve, endReserve } from './reserves.ts'
import { concerned } from './section.ts'
import { addWindow, moveRegistration, moveTermDates, removeWindow, setTerm } from './terms.ts'

/** Office work is a handful of people; students' submissions have the other connections. */
const atOnce = 2

/** @param promoter is told of lists that may now get a seat */
export const createOffice = (db: Kysely<Tables>, promoter: Pick<Promoter, 'soon'>): OfficeService => {
  const transact = createTransact(db, atOnce)
  const staffId = async (number: string): Promise<number> => {
    try {
      return await findStaff(db, number)
    } catch (error) {
      throw forPeople(error)
    }
  }
  /**
   * One transaction by a member of staff, once for each form. Who it is, is read before it: a plain read as its first statement would fix what it
   * sees before it has its lock, and a place on a list be put in force twice. So is whatever `look` reads, anew for each try.
   */
  const by =
    <Input, Result extends Outcome | void, Seen = undefined>(
      work: (db: Transaction<Tables>, staffId: number, input: Input, seen?: Seen) => Promise<Result>,
      look?: (input: Input) => Promise<Seen>,
    ) =>
    async (input: Input & ByStaff): Promise<Result> => {
      const id = await staffId(input.staffNumber)
      // made before the first try, so that a repeat after a lost connection carries the same key
      const mark = input.request ?? newMark()
      return transact(
        (transaction, seen) => once(transaction, id, mark, () => work(transaction, id, input, seen)),
        async () => look?.(input),
      )
    }
  const serve = (sectionIds: readonly number[]): void => {
    if (sectionIds.length > 0) promoter.soon(sectionIds)
  }
  return {
    note: async (by, look) => {
      try {
        await writeLook(db, by, look)
      } catch (error) {
        throw forPeople(error)
      }
    },
    outcome: async ({ staffNumber, request }) => {
      try {
        return await earlierOutcome(db, await findStaff(db, staffNumber), request)
      } catch (error) {
        throw forPeople(error)
      }
    },
    placeHold: by(placeHold),
    releaseHold: async (input) => {
      const lists = await by(releaseHold)(input)
      serve(lists ?? [])
      return lists !== null
    },
    grantOverride: async (input) => serve(await by(grantOverride)(input)),
    revokeOverride: by(revokeOverride),
    addTranscriptEntry: async (input) => serve(await by(addTranscriptEntry)(input)),
    setTerm: async (input) => {
      await reopenLists(db, transact, await staffId(input.staffNumber), input.termId, input.settings)
      await by(setTerm)(input)
    },
    moveRegistration: async (input) => {
      const { termId, closesAt } = input
      await reopenLists(db, transact, await staffId(input.staffNumber), termId, { closesAt })
      return by(moveRegistration)(input)
    },
    moveTermDates: by(moveTermDates),
    addWindow: by(addWindow),
    removeWindow: by(removeWindow),
    addReserve: by(addReserve),
    endReserve: async (input) => {
      const ended = await by(endReserve)(input)
      if (ended) serve([input.sectionId])
      return ended
    },
    changeMeetings: by(changeMeetings, ({ sectionId }) => concerned(db, sectionId)),
    linkSections: by(linkSections),
    unlinkSections: by(unlinkSections),
    cancelSection: async (input) => {
      const count = await by(cancelSection)(input)
      serve(await letEverybodyOut(transact, await staffId(input.staffNumber), input.sectionId))
      return count
    },
  }
}
