/** What happens on a date without anybody's hand: a reserve ends, and a window opens and is told. Any process may do it, one does. */
import { sql } from 'kysely'
import { creditsEarned, readHistory, readWindows } from '../../catalogue/rules.ts'
import { readTermRows, toTerms } from '../../catalogue/terms.ts'
import { toMoment } from '../../catalogue/values.ts'
import type { Db } from '../../db/connect.ts'
import { ownOpening } from '../../policy/window.ts'
import { writeNotice } from '../notices.ts'
import type { Transact } from '../transaction.ts'
import { endReserve } from './terms.ts'

const now = sql<string>`UTC_TIMESTAMP(3)`

/** Seats that are anybody's again; the look that follows gives them to whoever waits. */
const endReserves = async (db: Db, transact: Transact): Promise<void> => {
  const due = await db
    .selectFrom('seat_reserve')
    .select(['id', 'section_id'])
    .where('ended_at', 'is', null)
    .where('until_at', '<=', now)
    .orderBy('section_id')
    .execute()
  for (const { id, section_id } of due)
    await transact((transaction) => endReserve(transaction, null, { sectionId: section_id, reserveId: id }))
}

/** Whoever has something of the term in the cart is told when their own registration opens. */
const announce = async (db: Db, transact: Transact): Promise<void> => {
  const due = await db
    .selectFrom('registration_window')
    .innerJoin('term', 'term.id', 'registration_window.term_id')
    .select(['registration_window.id', 'registration_window.opens_at', 'term.id as term_id', 'term.name'])
    .where('registration_window.announced_at', 'is', null)
    .where('registration_window.opens_at', '<=', now)
    .where('term.registration_opens_at', '<=', now)
    .execute()
  for (const window of due)
    await transact(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('registration_window')
        .set({ announced_at: now })
        .where('id', '=', window.id)
        .where('announced_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return
      const opensAt = toMoment(window.opens_at)
      const moment = new Date()
      const term = toTerms(await readTermRows(transaction), moment).find(({ id }) => id === window.term_id)
      const windows = (await readWindows(transaction, [window.term_id])).get(window.term_id) ?? []
      const students = await transaction
        .selectFrom('cart_item')
        .innerJoin('section', 'section.id', 'cart_item.section_id')
        .innerJoin('student', 'student.id', 'cart_item.student_id')
        .select(['student.id', 'student.level', 'student.programme', 'student.class_year'])
        .distinct()
        .where('section.term_id', '=', window.term_id)
        .execute()
      for (const student of students) {
        const facts = {
          level: student.level,
          programme: student.programme,
          classYear: student.class_year,
          creditsEarned: creditsEarned(await readHistory(transaction, student.id)),
        }
        if (term !== undefined && ownOpening(term, { windows }, facts) === opensAt)
          await writeNotice(
            transaction,
            { id: student.id, now: moment },
            { kind: 'window_opens', title: window.name, detail: opensAt },
          )
      }
    })
}

export const keepDates = async (db: Db, transact: Transact): Promise<void> => {
  await endReserves(db, transact)
  await announce(db, transact)
}
