/** A small school with its registrar's office, and what a test asks of both. */
import { expect } from 'vitest'
import { checkSeats } from '../../apps/portal/src/catalogue/ledger.ts'
import type { Receipt } from '../../apps/portal/src/catalogue/types.ts'
import type { Db } from '../../apps/portal/src/db/connect.ts'
import { createRegistrar } from '../../apps/portal/src/registrar/index.ts'
import { createOffice, type TermSettings } from '../../apps/portal/src/registrar/office/index.ts'
import { addRegistrar, makeSchool, patient, type SectionPlan, wrongCounters } from './school.ts'
import type { SourceFlavour } from './servers.ts'
import { until } from './until.ts'

export const staffNumber = 'R1'
/** ISO moment, so many days from now */
export const at = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()

/** A term in which nothing is limited. */
export const noLimits: TermSettings = {
  addUntil: null,
  dropUntil: null,
  withdrawUntil: null,
  creditsUndergraduate: null,
  creditsGraduate: null,
  requirements: 'advise',
  repeatFrom: null,
  mostAttempts: null,
}

export const openOffice = async (
  flavour: SourceFlavour,
  students: number,
  sections: readonly SectionPlan[],
) => {
  const school = await makeSchool(flavour, { students, sections })
  await addRegistrar(school.db)
  const registrar = createRegistrar(school.db, patient)
  const ask = async (studentId: number, ids: readonly number[], waitlist: readonly number[] = []) => {
    const receipt = await registrar.register({
      studentId,
      sections: ids.map(String),
      waitlist: waitlist.map(String),
      request: undefined,
    })
    return said(receipt)
  }
  const drop = async (studentId: number, sectionId: number) => {
    const { id } = await school.db
      .selectFrom('enrolment')
      .select('id')
      .where('student_id', '=', studentId)
      .where('section_id', '=', sectionId)
      .executeTakeFirstOrThrow()
    return said(await registrar.drop({ studentId, enrolmentId: String(id), request: undefined }))
  }
  return { ...school, registrar, office: createOffice(school.db, registrar.promoter), ask, drop }
}

/** 'enrolled', 'refused hold full': each line with the codes of its reasons. */
export const said = ({ lines }: Receipt): readonly string[] =>
  lines.map(({ result, reasons }) => [result, ...reasons.map(({ code }) => code)].join(' '))

export const sound = async (db: Db): Promise<void> => {
  expect(await wrongCounters(db)).toEqual([])
  expect(await checkSeats(db)).toEqual([])
}

export const holders = async (db: Db, sectionId: number): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom('enrolment')
    .select('student_id')
    .where('section_id', '=', sectionId)
    .orderBy('student_id')
    .execute()
  return rows.map((row) => row.student_id)
}

/** Promotions run beside: what they come to is waited for. */
export const seated = (db: Db, sectionId: number, students: readonly number[]) =>
  until(
    `section ${sectionId} has the students ${students.join(', ')}`,
    async () => (await holders(db, sectionId)).join() === students.join(),
  )

export const notices = async (db: Db, studentId: number): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('notice')
    .select('kind')
    .where('student_id', '=', studentId)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.kind)
}
