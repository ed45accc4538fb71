/**
 * Search, as conditions that mean the same on every server: words are compared in their normal form (text.ts),
 * the order is that of a key of bytes, and nothing depends on a collation.
 */
import type { ExpressionBuilder, ExpressionWrapper, Kysely, SqlBool } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { dayLetter, weekdays } from '../policy/meeting.ts'
import { inCatalogueOrder, sectionColumns, sectionSource, toSections } from './sections.ts'
import { queryWords } from './text.ts'
import type { SearchFilters, SearchResult, Term } from './types.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>
type Eb = ExpressionBuilder<Tables, 'section' | 'course' | 'subject' | 'term' | 'campus'>
type Condition = ExpressionWrapper<Tables, 'section' | 'course' | 'subject' | 'term' | 'campus', SqlBool>

const defaultPageSize = 25
const maxPageSize = 100

/** A normalised word holds letters and digits alone: no wildcard, nothing to escape. */
const beginsAWord = (word: string): string => `% ${word}%`

const wordConditions = (eb: Eb, text: string): readonly Condition[] => {
  const words = queryWords(text)
  // signs alone are in no title: “🎉” is not answered with everything
  if (words.length === 0 && text.trim() !== '') return [eb('section.id', 'is', null)]
  return words.map((word) => {
    const inText = eb('section.search_text', 'like', beginsAWord(word))
    // five digits and more are a CRN; course numbers are shorter
    return /^\d{5,8}$/.test(word) ? eb.or([inText, eb('section.crn', '=', word)]) : inText
  })
}

/** The days of a section's meetings, as a sub-query. */
const meetings = (eb: Eb) =>
  eb.selectFrom('meeting').select('meeting.id').whereRef('meeting.section_id', '=', 'section.id')

const dayConditions = (eb: Eb, days: SearchFilters['days']): readonly Condition[] => {
  if (days === undefined || days.length === 0) return []
  const others = weekdays.filter((day) => !days.includes(day))
  return [
    eb.exists(meetings(eb).where('meeting.days', '<>', '')),
    ...others.map((day) =>
      eb.not(eb.exists(meetings(eb).where('meeting.days', 'like', `%${dayLetter(day)}%`))),
    ),
  ]
}

const instructorConditions = (eb: Eb, name: string): readonly Condition[] => {
  const words = queryWords(name)
  if (words.length === 0) return []
  // all words in the name of one person, who teaches the meeting first or beside the first
  const first = meetings(eb)
    .innerJoin('instructor', 'instructor.id', 'meeting.instructor_id')
    .where((inner) =>
      inner.and(words.map((word) => inner('instructor.search_text', 'like', beginsAWord(word)))),
    )
  const beside = meetings(eb)
    .innerJoin('co_instructor', 'co_instructor.meeting_id', 'meeting.id')
    .innerJoin('instructor', 'instructor.id', 'co_instructor.instructor_id')
    .where((inner) =>
      inner.and(words.map((word) => inner('instructor.search_text', 'like', beginsAWord(word)))),
    )
  return [eb.or([eb.exists(first), eb.exists(beside)])]
}

const conditions = (eb: Eb, term: Term, filters: SearchFilters): Condition => {
  const { q, subject, instructor, open, days, credits } = filters
  const all: Condition[] = [eb('section.term_id', '=', term.id), ...wordConditions(eb, q ?? '')]
  // codes of subjects are capitals; PostgreSQL would not find 'cs' by itself
  if (subject !== undefined && subject !== '') all.push(eb('subject.code', '=', subject.trim().toUpperCase()))
  all.push(...instructorConditions(eb, instructor ?? ''), ...dayConditions(eb, days))
  if (open === true) {
    all.push(
      eb('section.status', '=', 'active'),
      eb(eb('section.enrolled', '+', eb.ref('section.held')), '<', eb.ref('section.capacity')),
      eb('section.waiting', '=', 0),
    )
  }
  if (credits !== undefined && credits.length > 0) {
    all.push(
      eb.or(
        credits.map((number) =>
          eb.and([
            eb('section.credits_min', '<=', number.toFixed(2)),
            eb('section.credits_max', '>=', number.toFixed(2)),
          ]),
        ),
      ),
    )
  }
  return eb.and(all)
}

/** Only a subject's code stands in another table: without it no join is needed to find sections. */
const bareSource = (db: Db, filters: SearchFilters) =>
  (filters.subject ?? '') === ''
    ? (db.selectFrom('section') as unknown as ReturnType<typeof sectionSource>)
    : sectionSource(db)

/** One page and how many there are in all, by one pass over the sections of the term. */
const readPage = async (db: Db, term: Term, filters: SearchFilters, pageSize: number, page: number) => {
  const found = bareSource(db, filters)
    .where((eb) => conditions(eb, term, filters))
    .select('section.id')
    .select((eb) => eb.fn.countAll<number | string>().over().as('total'))
    .orderBy('section.sort_key')
    .orderBy('section.id')
    .limit(pageSize)
    .offset((page - 1) * pageSize)
  const rows = await sectionSource(db)
    .innerJoin(found.as('found'), 'found.id', 'section.id')
    .select(sectionColumns)
    .select('found.total')
    .execute()
  const [first] = rows
  return { rows: inCatalogueOrder(rows), total: first === undefined ? null : toNumber(first.total) }
}

const countAll = async (db: Db, term: Term, filters: SearchFilters): Promise<number> => {
  const { total } = await bareSource(db, filters)
    .where((eb) => conditions(eb, term, filters))
    .select((eb) => eb.fn.countAll<number | string>().as('total'))
    .executeTakeFirstOrThrow()
  return toNumber(total)
}

export const search = async (db: Db, term: Term, filters: SearchFilters): Promise<SearchResult> => {
  const pageSize = Math.min(maxPageSize, Math.max(1, Math.trunc(filters.pageSize ?? defaultPageSize)))
  const asked = Math.max(1, Math.trunc(filters.page ?? 1))
  const { rows, total } = await readPage(db, term, filters, pageSize, asked)
  if (total !== null || asked === 1) {
    const pages = Math.max(1, Math.ceil((total ?? 0) / pageSize))
    return { term, rows: await toSections(db, rows), total: total ?? 0, page: asked, pageSize, pages }
  }
  // beyond the end, of an address that is old: the last page
  const last = Math.max(1, Math.ceil((await countAll(db, term, filters)) / pageSize))
  return search(db, term, { ...filters, page: Math.min(last, asked - 1) })
}
