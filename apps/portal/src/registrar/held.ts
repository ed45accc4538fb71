/** Finding what a student holds, and whether it may be given up. */
import type { Transaction } from 'kysely'
import { readSections, sectionSource } from '../catalogue/sections.ts'
import { readTerms } from '../catalogue/terms.ts'
import type { SectionRow } from '../catalogue/types.ts'
import { toNumber } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { parseId } from '../policy/registration.ts'
import { reason, type Reason } from '../policy/reasons.ts'
import { shown } from './rows.ts'

export interface Held {
  readonly section: SectionRow
  /** as it stands on a receipt: with the credits of the enrolment */
  readonly shown: ReturnType<typeof shown>
  /** why it cannot be given up now; empty when it can */
  readonly reasons: readonly Reason[]
}

/** The same for an id that does not exist and one that is somebody else's: neither tells anything. */
const notYours = () =>
  new PortalError('not_found', {
    detail: 'There is no such enrolment on your schedule.',
    remedy: 'Open your schedule: it shows what you are enrolled in now.',
    field: 'enrolment',
  })

/** @throws PortalError not_found */
export const findHeld = async (
  db: Transaction<Tables>,
  studentId: number,
  enrolmentId: string,
  now: Date,
): Promise<Held> => {
  const id = parseId(enrolmentId.trim())
  if (id === null) throw notYours()
  const enrolment = await db
    .selectFrom('enrolment')
    .select(['id', 'section_id', 'credits', 'grade'])
    .where('id', '=', id)
    .where('student_id', '=', studentId)
    .executeTakeFirst()
  if (enrolment === undefined) throw notYours()
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', enrolment.section_id))
  if (section === undefined) throw notYours()

  const term = (await readTerms(db, now)).find((candidate) => candidate.id === section.term.id)
  const reasons: Reason[] = []
  if (term?.registration === 'before')
    reasons.push(reason('window_before', term.registrationOpensAt.slice(0, 10)))
  if (term?.registration === 'closed')
    reasons.push(reason('window_closed', term.registrationClosesAt.slice(0, 10)))
  if (enrolment.grade !== null) reasons.push(reason('graded'))
  return { section, shown: { ...shown(section), credits: toNumber(enrolment.credits) }, reasons }
}
