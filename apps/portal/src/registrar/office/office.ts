import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { forPeople } from '../../db/failures.ts'
import type { Promoter } from '../promoter.ts'
import { createTransact } from '../transaction.ts'
import { findStaff, writeAction } from './action.ts'
import type { OfficeService } from './index.ts'
import { linkSections, unlinkSections } from './links.ts'
import { changeMeetings } from './meetings.ts'
import { addTranscriptEntry, grantOverride, placeHold, releaseHold, revokeOverride } from './records.ts'
import { cancelSection } from './sections.ts'
import { addReserve, addWindow, endReserve, removeWindow, setTerm } from './terms.ts'

/** Office work is a handful of people; students' submissions have the other connections. */
const atOnce = 2

/** @param promoter is told of lists that may now get a seat */
export const createOffice = (db: Kysely<Tables>, promoter: Pick<Promoter, 'soon'>): OfficeService => {
  // The office's forms carry no request key: after a lost connection, whether it was done is for its people to look at.
  const transact = createTransact(db, atOnce, undefined, ['clash'])
  const staffId = async (number: string): Promise<number> => {
    try {
      return await findStaff(db, number)
    } catch (error) {
      throw forPeople(error)
    }
  }
  /**
   * One transaction by a member of staff. Who it is, is read before it: a plain read as its first statement would fix what it
   * sees before it has its lock, and a place on a list be put in force twice.
   */
  const by =
    <Input, Result>(work: (db: Transaction<Tables>, staffId: number, input: Input) => Promise<Result>) =>
    async (input: Input & { readonly staffNumber: string }): Promise<Result> => {
      const id = await staffId(input.staffNumber)
      return transact((transaction) => work(transaction, id, input))
    }
  const serve = (sectionIds: readonly number[]): void => {
    if (sectionIds.length > 0) promoter.soon(sectionIds)
  }
  return {
    note: async (input) => {
      try {
        await writeAction(db, await findStaff(db, input.staffNumber), input)
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
    setTerm: by(setTerm),
    addWindow: by(addWindow),
    removeWindow: by(removeWindow),
    addReserve: by(addReserve),
    endReserve: async (input) => {
      const ended = await by(endReserve)(input)
      if (ended) serve([input.sectionId])
      return ended
    },
    changeMeetings: by(changeMeetings),
    linkSections: by(linkSections),
    unlinkSections: by(unlinkSections),
    cancelSection: async ({ staffNumber, ...input }) => {
      const id = await staffId(staffNumber)
      const { count, freed } = await cancelSection(transact, id, input)
      serve(freed)
      return count
    },
  }
}
