/** A term's registration, days, limits and windows. */
import type { Selectable, Transaction } from 'kysely'
import { readTerm, termBase } from '../../catalogue/office.ts'
import { readOutside } from '../../catalogue/office-sections.ts'
import { termRules } from '../../catalogue/terms.ts'
import { fromMoment, toMoment } from '../../catalogue/values.ts'
import type { Tables } from '../../db/tables.ts'
import { PortalError } from '../../errors.ts'
import { settingNames } from '../../policy/trail-facts.ts'
import { raiseRevision } from '../revision.ts'
import { lockTimetable } from '../timetable.ts'
import { writeAction } from './action.ts'
import type { NewRegistration, NewTermDates, NewWindow, TermChange, TermSettings } from './index.ts'
import { said } from '../../texts/index.ts'

type Db = Transaction<Tables>

const moment = (iso: string | null): string | null => (iso === null ? null : fromMoment(iso).slice(0, 19))

export const termMoved = () =>
  new PortalError('preview_moved', {
    detail: said('error.term_moved'),
    remedy: said('error.term_moved.remedy'),
  })

/**
 * Whoever is told of an opening is told under it: a window comes or goes before a batch, or after it.
 * @param base of what the change was judged on (catalogue/office.ts); undefined: it was not
 * @throws PortalError not_found | preview_moved
 */
const lockTerm = async (db: Db, termId: number, base?: string): Promise<void> => {
  const term = await db
    .selectFrom('term')
    .select('code')
    .where('id', '=', termId)
    .forUpdate()
    .executeTakeFirst()
  if (term === undefined) throw new PortalError('not_found', { detail: said('error.no_term') })
  if (base === undefined) return
  const found = await readTerm(db, term.code, new Date())
  if (found === null || termBase(found) !== base) throw termMoved()
}

/** As `TermSettings` has them: moments are of whole seconds, numbers are numbers. */
const settingsOf = (row: Selectable<Tables['term']>): TermSettings => {
  const { credits, ...rules } = termRules(row, [])
  return {
    addUntil: rules.addUntil,
    dropUntil: rules.dropUntil,
    withdrawUntil: rules.withdrawUntil,
    creditsUndergraduate: credits.undergraduate,
    creditsGraduate: credits.graduate,
    requirements: rules.requirements,
    repeatFrom: rules.repeatFrom,
    mostAttempts: rules.mostAttempts,
  }
}

/** The trail has what is new, with what it was; where nothing is, there is nothing to tell. */
export const setTerm = async (
  db: Db,
  staffId: number,
  { termId, settings, reason = '', base }: TermChange,
): Promise<void> => {
  await lockTerm(db, termId, base)
  const readRow = () => db.selectFrom('term').selectAll().where('id', '=', termId).executeTakeFirstOrThrow()
  const before = settingsOf(await readRow())
  const { creditsUndergraduate, creditsGraduate } = settings
  await db
    .updateTable('term')
    .set({
      add_until: moment(settings.addUntil),
      drop_until: moment(settings.dropUntil),
      withdraw_until: moment(settings.withdrawUntil),
      credits_undergraduate: creditsUndergraduate === null ? null : creditsUndergraduate.toFixed(2),
      credits_graduate: creditsGraduate === null ? null : creditsGraduate.toFixed(2),
      requirements: settings.requirements,
      repeat_from: settings.repeatFrom,
      most_attempts: settings.mostAttempts,
    })
    .where('id', '=', termId)
    .execute()
  // read again: as the database keeps it, whatever was given
  const after = settingsOf(await readRow())
  const changes = settingNames.flatMap((name) =>
    before[name] === after[name] ? [] : [{ name, was: before[name], now: after[name] }],
  )
  if (changes.length === 0) return
  await writeAction(db, staffId, { action: 'term_changed', termId, facts: { of: 'term', changes, reason } })
  await raiseRevision(db)
}

export const moveRegistration = async (
  db: Db,
  staffId: number,
  { termId, opensAt, closesAt, reason, base }: NewRegistration,
): Promise<boolean> => {
  await lockTerm(db, termId, base)
  const [opens, closes] = [fromMoment(opensAt).slice(0, 19), fromMoment(closesAt).slice(0, 19)]
  const before = await db
    .selectFrom('term')
    .select(['registration_opens_at', 'registration_closes_at'])
    .where('id', '=', termId)
    .executeTakeFirstOrThrow()
  const moved = {
    opens: opens !== before.registration_opens_at,
    closes: closes !== before.registration_closes_at,
  }
  if (!moved.opens && !moved.closes) return false
  await db
    .updateTable('term')
    .set({
      registration_opens_at: opens,
      registration_closes_at: closes,
      // who was told of the earlier moment is told of this one
      ...(moved.opens ? { announced_at: null } : {}),
    })
    .where('id', '=', termId)
    .execute()
  await writeAction(db, staffId, {
    action: 'registration_moved',
    termId,
    facts: {
      of: 'registration',
      opens: [toMoment(before.registration_opens_at), toMoment(opens)],
      closes: [toMoment(before.registration_closes_at), toMoment(closes)],
      reason,
    },
  })
  await raiseRevision(db)
  return true
}

/** Days that stay are not judged: an import may have brought meetings that lie outside them. */
export const moveTermDates = async (
  db: Db,
  staffId: number,
  { termId, startsOn, endsOn, reason, base }: NewTermDates,
): Promise<boolean> => {
  // no meeting is saved between the look at them and the commit
  await lockTimetable(db)
  await lockTerm(db, termId, base)
  const before = await db
    .selectFrom('term')
    .select(['starts_on', 'ends_on'])
    .where('id', '=', termId)
    .executeTakeFirstOrThrow()
  const moved = { starts: startsOn !== before.starts_on, ends: endsOn !== before.ends_on }
  if (!moved.starts && !moved.ends) return false
  const outside = await readOutside(db, termId, startsOn, endsOn)
  if ((moved.starts && outside.before.length > 0) || (moved.ends && outside.after.length > 0))
    throw termMoved()
  await db
    .updateTable('term')
    .set({ starts_on: startsOn, ends_on: endsOn })
    .where('id', '=', termId)
    .execute()
  await writeAction(db, staffId, {
    action: 'term_dates_moved',
    termId,
    facts: {
      of: 'dates',
      starts: [before.starts_on, startsOn],
      ends: [before.ends_on, endsOn],
      reason,
    },
  })
  await raiseRevision(db)
  return true
}

export const addWindow = async (
  db: Db,
  staffId: number,
  { termId, label, level, creditsFrom, programme, opensAt, base }: NewWindow,
): Promise<void> => {
  await lockTerm(db, termId, base)
  await db
    .insertInto('registration_window')
    .values({
      term_id: termId,
      label,
      level,
      credits_from: creditsFrom,
      programme,
      opens_at: fromMoment(opensAt).slice(0, 19),
    })
    .execute()
  await writeAction(db, staffId, { action: 'window_added', termId, detail: `${label}: ${opensAt}` })
  await raiseRevision(db)
}

export const removeWindow = async (
  db: Db,
  staffId: number,
  { termId, windowId }: { termId: number; windowId: number },
): Promise<boolean> => {
  await lockTerm(db, termId)
  const found = await db
    .selectFrom('registration_window')
    .select(['label', 'opens_at'])
    .where('id', '=', windowId)
    .where('term_id', '=', termId)
    .forUpdate()
    .executeTakeFirst()
  if (found === undefined) return false
  await db.deleteFrom('registration_window').where('id', '=', windowId).execute()
  await writeAction(db, staffId, {
    action: 'window_removed',
    termId,
    detail: `${found.label}: ${found.opens_at}`,
  })
  await raiseRevision(db)
  return true
}
