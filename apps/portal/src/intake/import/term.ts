/** The term that a catalogue is imported into: the one of that name or code, or a new one made of what the file tells. */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { addDays } from '../calendar.ts'
import type { CatalogueState, KnownTerm } from './catalogue-state.ts'
import { ImportError, type Remark } from './failure.ts'
import type { FileSection } from './catalogue-file.ts'

export interface TermOptions {
  /** name or code of a term */
  readonly term: string
  /** of a new term whose name does not tell one */
  readonly termCode?: string | undefined
  /** the registration window, 'YYYY-MM-DD HH:MM:SS', UTC */
  readonly opens?: string | undefined
  readonly closes?: string | undefined
}

export interface TermPlan {
  /** null: new */
  readonly id: number | null
  /** what is written; null: nothing */
  readonly values: Omit<KnownTerm, 'id'> | null
  readonly code: string
  readonly name: string
}

const parts: Readonly<Record<string, string>> = {
  winter: '05',
  spring: '10',
  summer: '50',
  fall: '80',
  autumn: '80',
}

/** 'Fall 2024' → '202480', which sorts by time. */
const codeOf = (name: string): string | null => {
  const [, part = '', year = ''] = /^(\w+) (\d{4})$/.exec(name) ?? []
  const number = parts[part.toLowerCase()]
  return number === undefined ? null : `${year}${number}`
}

/** Two months before classes, until two weeks into them; the office sets the real window. */
const usualWindow = (startsOn: string) => ({
  opens: `${addDays(startsOn, -60)} 06:00:00`,
  closes: `${addDays(startsOn, 14)} 06:00:00`,
})

const checkWindow = (opens: string, closes: string): void => {
  if (opens > closes)
    throw new ImportError(
      `Registration would open (${opens} UTC) after it closes (${closes} UTC). Correct --opens and --closes. Nothing was changed.`,
      2,
    )
}

/** @param dates the first and the last day of all meetings @throws ImportError */
export const planTerm = (
  options: TermOptions,
  state: Pick<CatalogueState, 'term' | 'termCodes'>,
  dates: { readonly startsOn: string; readonly endsOn: string } | null,
): TermPlan => {
  const { term } = state
  if (term !== null) {
    const opens = options.opens ?? term.registration_opens_at
    const closes = options.closes ?? term.registration_closes_at
    checkWindow(opens, closes)
    const changed = opens !== term.registration_opens_at || closes !== term.registration_closes_at
    const { id, code, name, starts_on, ends_on } = term
    // what the office has set of the term's rules stays
    const values = { code, name, starts_on, ends_on }
    return {
      id,
      code: term.code,
      name: term.name,
      values: changed ? { ...values, registration_opens_at: opens, registration_closes_at: closes } : null,
    }
  }
  const name = options.term.trim().replace(/\s+/g, ' ')
  const code = options.termCode ?? codeOf(name)
  if (code === null)
    throw new ImportError(
      `There is no term "${name}" yet, and its code cannot be told from its name. Name it such as "Fall 2024", or add --term-code with at most six letters or digits that sort by time. Nothing was changed.`,
      2,
    )
  if (state.termCodes.has(code))
    throw new ImportError(
      `There is no term "${name}" yet, and another term has the code ${code}. Name that term, or add another --term-code. Nothing was changed.`,
      2,
    )
  // no row is good: nothing to make a term of
  if (dates === null) return { id: null, code, name, values: null }
  const usual = usualWindow(dates.startsOn)
  const opens = options.opens ?? usual.opens
  const closes = options.closes ?? usual.closes
  checkWindow(opens, closes)
  const values = {
    code,
    name,
    starts_on: dates.startsOn,
    ends_on: dates.endsOn,
    registration_opens_at: opens,
    registration_closes_at: closes,
  }
  return { id: null, code, name, values }
}

/**
 * A term that is there keeps its days, and a real file's meetings are kept as they are, also those that lie outside them: a file is
 * not refused for what the university has published. The office is told of each such section. (A new term is as long as its meetings.)
 */
export const outsideTerm = (
  sections: readonly FileSection[],
  term: Pick<KnownTerm, 'starts_on' | 'ends_on'> | null,
): readonly Remark[] =>
  sections.flatMap(({ line, meetings }) => {
    if (term === null) return []
    const out = meetings.find(({ startsOn, endsOn }) => startsOn < term.starts_on || endsOn > term.ends_on)
    if (out === undefined) return []
    const words = `meets outside the term (${term.starts_on} to ${term.ends_on}), from ${out.startsOn} to ${out.endsOn}: it is taken as it is. If the term is longer, move its days at the registrar’s office`
    return [{ line, words }]
  })

/** @returns the term's id */
export const writeTerm = async (db: Transaction<Tables>, plan: TermPlan): Promise<number> => {
  if (plan.id === null) {
    if (plan.values === null) throw new Error('a new term needs its values')
    const made = await db.insertInto('term').values(plan.values).executeTakeFirstOrThrow()
    return Number(made.insertId)
  }
  if (plan.values !== null)
    await db
      .updateTable('term')
      .set({
        // told of the earlier moment, they are told of this one: before the opening is set, as MySQL assigns from left to right
        announced_at: sql<
          string | null
        >`CASE WHEN registration_opens_at = ${plan.values.registration_opens_at}
          THEN announced_at END`,
        ...plan.values,
      })
      .where('id', '=', plan.id)
      .execute()
  return plan.id
}
