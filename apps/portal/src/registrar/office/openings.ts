/**
 * Registration opens: each active student is told when it does so for them, by the term or by the window that is theirs.
 *
 *   due       an opening of the last days that nobody has gone through yet: announced_at of the term or the window is NULL, or lies
 *             before it: whoever moved it, to a later moment, everybody is told again
 *   batches   of students by ascending id; each is a transaction under the term's lock, which reads the term's opening and its
 *             windows anew: who is in opening_told was told, the others are, and stand there from then on. Two processes take
 *             turns; one that is cut off is gone over again, and one under which the opening moves tells nobody a stale one
 *   over      announced_at is set, after the last batch, where the opening is still the same
 */
import type { Transaction } from 'kysely'
import { creditsEarned, readHistory, readWindows } from '../../catalogue/rules.ts'
import { readTermRows, toTerms } from '../../catalogue/terms.ts'
import type { Term } from '../../catalogue/types.ts'
import { fromMoment, toMoment, toNumber } from '../../catalogue/values.ts'
import type { Db } from '../../db/connect.ts'
import type { Tables } from '../../db/tables.ts'
import { ownOpening } from '../../policy/window.ts'
import { writeNotices } from '../notices.ts'
import type { Transact } from '../transaction.ts'

/** Later it is no news: no notice is written by a portal that stood still for longer, nor of what opened before its first start. */
const newsDays = 3

/**
 * A notice holds its student's row until the commit, and those who are told are those who register at this moment: so a few at once,
 * for milliseconds.
 */
const batchSize = 25

interface Due {
  readonly term: Term
  /** ISO moments */
  readonly openings: ReadonlySet<string>
  readonly windowIds: readonly number[]
}

const findDue = async (db: Db, now: Date): Promise<readonly Due[]> => {
  const last = now.toISOString()
  const first = new Date(now.getTime() - newsDays * 86_400_000).toISOString()
  const isNews = (at: string) => at > first && at <= last
  const rows = await readTermRows(db)
  const recent = toTerms(rows, now).filter(({ registration }) => registration === 'open')
  if (recent.length === 0) return []
  const windows = await db
    .selectFrom('registration_window')
    .select(['id', 'term_id', 'opens_at'])
    .where((eb) => eb.or([eb('announced_at', 'is', null), eb('announced_at', '<', eb.ref('opens_at'))]))
    .where('opens_at', '<=', fromMoment(now))
    .execute()
  return recent.flatMap((term): readonly Due[] => {
    const own = windows.filter((row) => toNumber(row.term_id) === term.id && isNews(toMoment(row.opens_at)))
    const row = rows.find(({ id }) => toNumber(id) === term.id)
    const announcedAt = row?.announced_at ?? null
    const itself =
      (announcedAt === null || toMoment(announcedAt) < term.registrationOpensAt) &&
      isNews(term.registrationOpensAt)
    const openings = [
      ...own.map(({ opens_at }) => toMoment(opens_at)),
      ...(itself ? [term.registrationOpensAt] : []),
    ]
    return openings.length === 0
      ? []
      : [{ term, openings: new Set(openings), windowIds: own.map(({ id }) => toNumber(id)) }]
  })
}

/** @returns the last id that was looked at; null: there was nobody left */
const tellBatch = async (
  db: Transaction<Tables>,
  { term: { id: termId }, openings }: Due,
  after: number,
  now: Date,
): Promise<number | null> => {
  // the lock first: what is read after it, another process has committed
  const rows = await db.selectFrom('term').selectAll().where('id', '=', termId).forUpdate().execute()
  const [term] = toTerms(rows, now)
  if (term === undefined) return null
  const students = await db
    .selectFrom('student')
    .select(['id', 'level', 'programme', 'class_year'])
    .where('id', '>', after)
    .where('status', '=', 'active')
    .orderBy('id')
    .limit(batchSize)
    .execute()
  const last = students.at(-1)
  if (last === undefined) return null
  const windows = (await readWindows(db, [term.id])).get(term.id) ?? []
  const asksForCredits = windows.some(({ creditsFrom }) => creditsFrom !== null)
  const told = await db
    .selectFrom('opening_told')
    .select(['student_id', 'opens_at'])
    .where('term_id', '=', term.id)
    .where('student_id', '>', after)
    .where('student_id', '<=', last.id)
    .execute()
  const known = new Set(told.map((row) => `${row.student_id} ${toMoment(row.opens_at)}`))
  const byOpening = new Map<string, number[]>()
  for (const { id, level, programme, class_year } of students) {
    const opensAt = ownOpening(
      term,
      { windows },
      {
        level,
        programme,
        classYear: class_year,
        creditsEarned: asksForCredits ? creditsEarned(await readHistory(db, id)) : 0,
      },
    )
    if (openings.has(opensAt) && !known.has(`${id} ${opensAt}`))
      byOpening.set(opensAt, [...(byOpening.get(opensAt) ?? []), id])
  }
  for (const [opensAt, ids] of byOpening) {
    await db
      .insertInto('opening_told')
      .values(
        ids.map((student_id) => ({
          student_id,
          term_id: term.id,
          opens_at: fromMoment(opensAt).slice(0, 19),
        })),
      )
      .execute()
    await writeNotices(db, ids, now, { kind: 'window_opens', title: term.name, detail: opensAt })
  }
  return last.id
}

export const tellOpenings = async (db: Db, transact: Transact): Promise<void> => {
  const now = new Date()
  for (const due of await findDue(db, now)) {
    for (let after: number | null = 0; after !== null; ) {
      const from: number = after
      after = await transact((transaction) => tellBatch(transaction, due, from, now))
    }
    await transact(async (transaction) => {
      const announced_at = fromMoment(now)
      const { id, registrationOpensAt } = due.term
      if (due.openings.has(registrationOpensAt))
        await transaction
          .updateTable('term')
          .set({ announced_at })
          .where('id', '=', id)
          .where('registration_opens_at', '=', fromMoment(registrationOpensAt).slice(0, 19))
          .execute()
      if (due.windowIds.length > 0)
        await transaction
          .updateTable('registration_window')
          .set({ announced_at })
          .where('id', 'in', due.windowIds)
          .where('opens_at', '<=', announced_at)
          .execute()
    })
  }
}
