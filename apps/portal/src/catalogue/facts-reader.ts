/**
 * What registration is decided on and is no student's own, and which sections a student has: read by one who asks, or together for
 * all who ask at the same time (batched.ts). On registration morning a hundred forms ask for the same few sections.
 */
import type { Kysely } from 'kysely'
import { keyPlaces, type Places, sizeFor, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import { readRequirement } from '../policy/requirement.ts'
import type { CohortWindow, CourseRules, Partner, Reserve, TermRules } from '../policy/rules.ts'
import { createBatched } from './batched.ts'
import { readLinks, readReserves, toWindow } from './rules.ts'
import { bearing, sectionColumns, sectionSource, toSections } from './sections.ts'
import { createShared } from './shared.ts'
import { termRules, toTerms } from './terms.ts'
import type { SectionRow, Term } from './types.ts'
import { toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

export interface SectionFacts {
  readonly section: SectionRow
  /** orders the catalogue */
  readonly sort_key: Buffer | string
  readonly id: number
  readonly course: CourseRules
  readonly links: readonly Partner[]
  readonly reserves: readonly Reserve[]
}

export interface TermFacts {
  readonly term: Pick<Term, 'id' | 'endsOn' | 'registrationOpensAt' | 'registrationClosesAt'>
  readonly rules: TermRules
}

/** What a student is enrolled in, or once was. */
export interface HeldRow {
  readonly enrolmentId: number
  readonly sectionId: number
  readonly termId: number
  readonly credits: number
  /** ISO moment */
  readonly enrolledAt: string
  readonly grade: string | null
}

/** All that a student has of sections. */
export interface OwnSections {
  /** by section id */
  readonly held: readonly HeldRow[]
  /** section ids of the waiting lists, ascending */
  readonly waiting: readonly number[]
}

/** What holds for all sections, as of one moment. */
export interface Ground {
  /** of the catalogue and its rules (registrar/revision.ts), read before or with whatever else is decided on */
  readonly revision: number
  /** all of them, by id: a university has a few dozen */
  readonly terms: ReadonlyMap<number, TermFacts>
}

export interface FactsReader {
  own(studentId: number): Promise<OwnSections>
  /** Those that there are, by id. */
  sections(ids: readonly number[]): Promise<ReadonlyMap<number, SectionFacts>>
  ground(): Promise<Ground>
}

type Keys = readonly number[]

const ownRows = statement((db, place: Places<Keys>, size) => {
  const ids = () => keyPlaces(place, size)
  return db
    .selectFrom('enrolment')
    .innerJoin('section', 'section.id', 'enrolment.section_id')
    .select(['enrolment.student_id', 'enrolment.section_id', 'section.term_id', 'enrolment.grade'])
    .select(['enrolment.id', 'enrolment.credits', 'enrolment.enrolled_at'])
    .where('enrolment.student_id', 'in', ids())
    .unionAll(
      db
        .selectFrom('wait_entry')
        .select((eb) => [
          'student_id',
          'section_id',
          eb.lit<number>(0).as('term_id'),
          eb.val<string | null>(null).as('grade'),
          'id',
          eb.val('0').as('credits'),
          'joined_at as enrolled_at',
        ])
        .where('student_id', 'in', ids()),
    )
}, sizeFor)

const readOwn = async (db: Db, ids: Keys): Promise<ReadonlyMap<number, OwnSections>> => {
  const { rows } = await ownRows(db, ids)
  const found = new Map<number, { held: HeldRow[]; waiting: number[] }>(
    ids.map((id) => [id, { held: [], waiting: [] }]),
  )
  for (const row of rows) {
    const own = found.get(toNumber(row.student_id))
    const [sectionId, termId] = [toNumber(row.section_id), toNumber(row.term_id)]
    if (termId === 0) own?.waiting.push(sectionId)
    else
      own?.held.push({
        enrolmentId: toNumber(row.id),
        sectionId,
        termId,
        credits: toNumber(row.credits),
        enrolledAt: toMoment(row.enrolled_at),
        grade: row.grade,
      })
  }
  for (const { held, waiting } of found.values()) {
    held.sort((a, b) => a.sectionId - b.sectionId)
    waiting.sort((a, b) => a - b)
  }
  return found
}

const sectionRows = statement(
  (db, place: Places<Keys>, size) =>
    sectionSource(db)
      .select(sectionColumns)
      .select(['course.requirement', 'course.prerequisite_text', 'course.repeatable'])
      .select(bearing)
      .where('section.id', 'in', keyPlaces(place, size)),
  sizeFor,
)

const readSectionFacts = async (db: Db, ids: Keys): Promise<ReadonlyMap<number, SectionFacts>> => {
  const { rows } = await sectionRows(db, ids)
  const idsOf = (column: 'linked' | 'reserving') =>
    rows.filter((row) => toNumber(row[column]) === 1).map((row) => toNumber(row.id))
  const [sections, links, reserves] = [
    await toSections(db, rows),
    await readLinks(db, idsOf('linked')),
    await readReserves(db, idsOf('reserving')),
  ]
  return new Map(
    rows.flatMap((row, index) => {
      const section = sections[index]
      if (section === undefined) return []
      const { id } = section
      const facts: SectionFacts = {
        id,
        section,
        sort_key: row.sort_key,
        course: {
          requirement: readRequirement(row.requirement),
          text: row.prerequisite_text,
          repeatable: toNumber(row.repeatable) !== 0,
        },
        links: links.get(id) ?? [],
        reserves: reserves.get(id) ?? [],
      }
      return [[id, facts] as const]
    }),
  )
}

/** A term stands once for each window of a cohort. */
const termRows = statement((db) =>
  db
    .selectFrom('term')
    .leftJoin('registration_window as cohort', 'cohort.term_id', 'term.id')
    .selectAll('term')
    .select((eb) =>
      eb
        .selectFrom('catalogue_revision')
        .select('catalogue_revision.revision')
        .where('catalogue_revision.id', '=', 1)
        .as('revision'),
    )
    .select(['cohort.label', 'cohort.level', 'cohort.programme', 'cohort.credits_from', 'cohort.opens_at'])
    .orderBy('cohort.opens_at')
    .orderBy('cohort.id'),
)

const readGround = async (db: Db): Promise<Ground> => {
  const { rows } = await termRows(db, undefined)
  const cohorts = new Map<number, CohortWindow[]>()
  for (const { id, label, opens_at, level, programme, credits_from } of rows) {
    if (label === null || opens_at === null) continue
    const known = cohorts.get(toNumber(id)) ?? []
    known.push(toWindow({ label, opens_at, level, programme, credits_from }))
    cohorts.set(toNumber(id), known)
  }
  const once = new Map(rows.map((row) => [toNumber(row.id), row]))
  return {
    revision: toNumber(rows[0]?.revision ?? 0),
    terms: new Map(
      // what depends on the moment is not told
      toTerms([...once.values()], new Date(0)).flatMap((term) => {
        const row = once.get(term.id)
        return row === undefined
          ? []
          : [[term.id, { term, rules: termRules(row, cohorts.get(term.id) ?? []) }]]
      }),
    ),
  }
}

const nothing: OwnSections = { held: [], waiting: [] }

/** Each asks for himself, as within a transaction. */
export const factsReader = (db: Db): FactsReader => ({
  own: async (id) => (await readOwn(db, [id])).get(id) ?? nothing,
  sections: async (ids) => (ids.length === 0 ? new Map() : readSectionFacts(db, ids)),
  ground: () => readGround(db),
})

/** All who ask at the same time are read for together, so `db` must be no transaction. */
export const batchedFacts = (db: Db): FactsReader => {
  const shared = createShared()
  const own = createBatched((ids: readonly number[]) => readOwn(db, ids))
  const sections = createBatched((ids: readonly number[]) => readSectionFacts(db, ids))
  return {
    own: async (id) => (await own.get([id])).get(id) ?? nothing,
    sections: (ids) => sections.get(ids),
    ground: () => shared.run('ground', () => readGround(db)),
  }
}
