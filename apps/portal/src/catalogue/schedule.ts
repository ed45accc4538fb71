import type { Kysely, Selectable } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { isWithdrawn } from '../policy/grade.ts'
import { leaving } from '../policy/leaving.ts'
import { leftAlone } from '../policy/linked.ts'
import { describeOverlap, overlap } from '../policy/meeting.ts'
import { isLifted } from '../policy/override.ts'
import { reason } from '../policy/reasons.ts'
import { planRegistration, sectionLabel } from '../policy/registration.ts'
import type { FactsReader } from './facts-reader.ts'
import { readRegistrationFacts } from './facts.ts'
import { readChoices } from './plan.ts'
import { ownSource, toOwn } from './own.ts'
import { readOverrides } from './rules.ts'
import { inCatalogueOrder } from './sections.ts'
import type { Cart, Conflict, Schedule, ScheduleEntry, SectionRow, Term } from './types.ts'
import { termRules } from './terms.ts'
import { toMoment, toNumber } from './values.ts'
import { listLengths, readWaiting } from './waiting.ts'
import { english } from '../texts/index.ts'

type Db = Kysely<Tables>

const sumCredits = (credits: readonly number[]): number =>
  // in hundredths, so that 0.1 + 0.2 stays 0.3
  credits.reduce((sum, number) => sum + Math.round(number * 100), 0) / 100

/** All pairs of sections that meet at the same time. */
const conflictsAmong = (sections: readonly SectionRow[]): readonly Conflict[] =>
  sections.flatMap((section, index) =>
    sections.slice(index + 1).flatMap((other) => {
      const found = overlap(section.meetings, other.meetings)
      if (found === null) return []
      const named = {
        section: sectionLabel(section),
        other: sectionLabel(other),
        times: describeOverlap(found),
      }
      const words = english.t('schedule.conflict', named)
      return [{ sectionId: section.id, otherId: other.id, ...named, words }]
    }),
  )

/** @param own the term's row, as it was read already @param now ISO moment */
export const readSchedule = async (
  db: Db,
  studentId: number,
  own: Selectable<Tables['term']>,
  term: Term,
  now: string,
  reader: FactsReader,
): Promise<Schedule> => {
  const rules = termRules(own, [])
  const { held, waiting } = await reader.own(studentId)
  const rows = new Map(held.filter(({ termId }) => termId === term.id).map((row) => [row.sectionId, row]))
  const found = await reader.sections([...rows.keys()])
  const sections = inCatalogueOrder([...rows.keys()].flatMap((id) => found.get(id) ?? [])).map(
    ({ section }) => section,
  )
  const late = [...rows.values()].some(
    ({ grade }) => leaving(now, term, rules, grade).way !== 'drop' && grade === null,
  )
  const overrides = late ? await readOverrides(db, studentId, new Date(now)) : []
  const alone = sections.flatMap((section): readonly Omit<ScheduleEntry, 'along'>[] => {
    const row = rows.get(section.id)
    if (row === undefined) return []
    const plain = leaving(now, term, rules, row.grade, section.status === 'cancelled')
    const leave =
      plain.way !== 'drop' && isLifted(overrides, 'deadline', section)
        ? leaving(now, term, rules, row.grade, true)
        : plain
    return [
      {
        enrolmentId: row.enrolmentId,
        section,
        credits: row.credits,
        enrolledAt: row.enrolledAt,
        grade: row.grade,
        mayDrop: leave.way === 'drop',
        leaving: leave,
      },
    ]
  })
  const kept = alone.filter(({ grade }) => grade === null).map(({ section }) => section.id)
  const links = new Map(kept.map((id) => [id, found.get(id)?.links ?? []]))
  const entries = alone.map((entry): ScheduleEntry => {
    const { section, leaving: leave } = entry
    const left = new Set(leave.way === 'none' ? [] : leftAlone(kept, links, section.id, waiting))
    const goes = alone.filter((other) => left.has(other.section.id) && other.leaving.way === leave.way)
    return {
      ...entry,
      along: goes.map((other) => ({ id: other.section.id, label: sectionLabel(other.section) })),
    }
  })
  // what was left with a W is on the schedule, and takes neither time nor credits of it
  const taken = entries.filter(({ grade }) => !isWithdrawn(grade))
  return {
    term,
    entries,
    credits: sumCredits(taken.map((entry) => entry.credits)),
    conflicts: conflictsAmong(taken.map(({ section }) => section)),
    waiting: waiting.length === 0 ? [] : await readWaiting(db, studentId, term.id, entries),
  }
}

export const readCart = async (db: Db, studentId: number, now: Date, reader: FactsReader): Promise<Cart> => {
  const items = await db
    .selectFrom('cart_item')
    .select(['cart_item.section_id', 'cart_item.added_at', 'cart_item.fallback_for'])
    .where('cart_item.student_id', '=', studentId)
    .orderBy('cart_item.position')
    .orderBy('cart_item.added_at')
    .orderBy('cart_item.section_id')
    .execute()
  if (items.length === 0) return { entries: [], credits: 0 }
  const asked = items.map((item) => String(toNumber(item.section_id)))
  const inCart = new Set(items.map((item) => toNumber(item.section_id)))
  const fallbacks = new Map(
    items.flatMap(({ section_id, fallback_for }) =>
      fallback_for !== null && inCart.has(toNumber(fallback_for))
        ? [[toNumber(section_id), toNumber(fallback_for)] as const]
        : [],
    ),
  )
  const own = toOwn(await ownSource(db, studentId).executeTakeFirstOrThrow())
  const facts = await readRegistrationFacts(db, { id: studentId, own }, asked, now, reader)
  // with every list that could be joined, so that what stands in the way beside "full" is told too
  const plan = planRegistration(asked, facts, { mode: 'most', waitlist: inCart, insteadOf: fallbacks })
  const lengths = await listLengths(db, [...inCart])
  const choices = await readChoices(db, plan, facts)
  const entries = plan.flatMap((line, index) => {
    const item = items[index]
    const { section } = line
    if (section === null || item === undefined) return []
    const listed = line.outcome === 'wait'
    return [
      {
        section,
        addedAt: toMoment(item.added_at),
        // a fallback that the form would not need stands in nobody's way yet
        reasons: listed ? [line.seat ?? reason('full')] : line.outcome === 'spare' ? [] : line.reasons,
        advice: line.advice,
        ready: line.ready,
        half: line.half,
        listPosition: listed ? (lengths.get(section.id) ?? 0) + 1 : null,
        fallbackFor: fallbacks.get(section.id) ?? null,
        choices: choices.get(section.id) ?? [],
      },
    ]
  })
  return { entries, credits: sumCredits(entries.map((entry) => entry.section.credits.min)) }
}
