/** Finding what a student holds, and whether and how it may be given up. */
import type { Selectable, Transaction } from 'kysely'
import { readLinks, readOverrides } from '../catalogue/rules.ts'
import { readSections, sectionSource } from '../catalogue/sections.ts'
import { readTermRows, termRules, toTerms } from '../catalogue/terms.ts'
import type { SectionRow } from '../catalogue/types.ts'
import { toNumber } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { type Leaving, leaving } from '../policy/leaving.ts'
import { leftAlone } from '../policy/linked.ts'
import { isLifted } from '../policy/override.ts'
import { parseId } from '../policy/registration.ts'
import { shown } from './rows.ts'
import { said } from '../texts/index.ts'

type Db = Transaction<Tables>

export interface Held extends Leaving {
  readonly section: SectionRow
  /** as it stands on a receipt: with the credits of the enrolment */
  readonly shown: ReturnType<typeof shown>
  /** the reserve that the seat goes back to */
  readonly reserveId: number | null
}

/** The same for an id that does not exist and one that is somebody else's: neither tells anything. */
const notYours = () =>
  new PortalError('not_found', {
    detail: said('error.no_enrolment'),
    remedy: said('error.no_enrolment.remedy'),
    field: 'enrolment',
  })

const mayLeaveLate = async (db: Db, studentId: number, section: SectionRow, now: Date): Promise<boolean> =>
  isLifted(await readOverrides(db, studentId, now), 'deadline', section)

type Row = Pick<Selectable<Tables['enrolment']>, 'id' | 'section_id' | 'credits' | 'grade' | 'reserve_id'>

const describe = async (
  db: Db,
  studentId: number,
  row: Row,
  section: SectionRow,
  now: Date,
): Promise<Held> => {
  const terms = await readTermRows(db)
  const own = terms.find((term) => toNumber(term.id) === section.term.id)
  const window = toTerms(terms, now).find((term) => term.id === section.term.id)
  const rules = own === undefined ? undefined : termRules(own, [])
  const decide = (lifted: boolean) => leaving(now.toISOString(), window, rules, row.grade, lifted)
  // cancelled by an import, which lets nobody out
  const plain = decide(section.status === 'cancelled')
  return {
    section,
    shown: { ...shown(section), credits: toNumber(row.credits) },
    reserveId: row.reserve_id,
    // a permission is looked for only where one is needed
    ...(plain.way !== 'drop' && row.grade === null && (await mayLeaveLate(db, studentId, section, now))
      ? decide(true)
      : plain),
  }
}

const enrolments = (db: Db, studentId: number) =>
  db
    .selectFrom('enrolment')
    .select(['id', 'section_id', 'credits', 'grade', 'reserve_id'])
    .where('student_id', '=', studentId)

/** @throws PortalError not_found */
export const findHeld = async (db: Db, studentId: number, enrolmentId: string, now: Date): Promise<Held> => {
  const id = parseId(enrolmentId.trim())
  if (id === null) throw notYours()
  const row = await enrolments(db, studentId).where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notYours()
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', row.section_id))
  if (section === undefined) throw notYours()
  return describe(db, studentId, row, section, now)
}

/** Ids of the sections whose waiting lists the student is on. */
const waitingFor = async (db: Db, studentId: number): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom('wait_entry')
    .select('section_id')
    .where('student_id', '=', studentId)
    .execute()
  return rows.map((row) => row.section_id)
}

/**
 * What the student holds besides that is linked to the section and would stand alone without it, or without the place on its list.
 * @param instead taken in its place, if it is a swap
 */
export const findLeftAlone = async (
  db: Db,
  studentId: number,
  section: SectionRow,
  now: Date,
  instead: readonly number[] = [],
): Promise<readonly Held[]> => {
  const own = (await readLinks(db, [section.id])).get(section.id) ?? []
  if (own.length === 0) return []
  const rows = await enrolments(db, studentId)
    .where('section_id', '<>', section.id)
    .where('grade', 'is', null)
    .execute()
  const kept = rows.map((row) => row.section_id)
  const partners = kept.filter((id) => own.some((partner) => partner.id === id))
  if (partners.length === 0) return []
  const beside = [...instead, ...(await waitingFor(db, studentId))]
  const alone = leftAlone(kept, await readLinks(db, partners), section.id, beside)
  if (alone.length === 0) return []
  const sections = await readSections(
    db,
    sectionSource(db).where('section.id', 'in', alone).orderBy('section.id'),
  )
  const found: Held[] = []
  for (const one of sections) {
    const row = rows.find(({ section_id }) => section_id === one.id)
    if (row !== undefined) found.push(await describe(db, studentId, row, one, now))
  }
  return found
}
