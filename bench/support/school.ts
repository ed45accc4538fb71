/** A university for benchmarks of the portal: a catalogue, and students who all have the same password. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { hashPassword } from '../../apps/portal/src/account/password.ts'
import { fromMoment } from '../../apps/portal/src/catalogue/values.ts'
import { connectSource, type Db } from '../../apps/portal/src/db/connect.ts'
import { migrate } from '../../apps/portal/src/db/migrate.ts'
import { importCatalogue } from '../../apps/portal/src/intake/import/catalogue.ts'
import { decodeText } from '../../apps/portal/src/intake/import/text.ts'
import { makeSample } from '../../apps/portal/src/intake/sample.ts'

export interface BenchSchool {
  readonly db: Db
  readonly students: readonly { readonly id: number; readonly number: string }[]
  readonly password: string
  /** ids of sections of the term that is open, in the order of the catalogue */
  readonly sections: readonly number[]
}

const password = 'eleven quiet otters'

const fillCatalogue = async (db: Db, catalogue: string | undefined): Promise<void> => {
  const now = new Date()
  if (catalogue === undefined) {
    await makeSample(db, { seed: 'bench', today: now.toISOString().slice(0, 10) })
    return
  }
  const text = decodeText(readFileSync(catalogue), basename(catalogue))
  await importCatalogue(db, text, basename(catalogue), { term: 'Fall 2024' })
  const day = 86_400_000
  await db
    .updateTable('term')
    .set({
      registration_opens_at: fromMoment(now.getTime() - day),
      registration_closes_at: fromMoment(now.getTime() + 7 * day),
    })
    .execute()
}

/** Everybody may have everything that fits: what is measured is registering, not refusing. The rules are read all the same. */
const openDoors = async (db: Db): Promise<void> => {
  await db.deleteFrom('registration_window').execute()
  await db.updateTable('term').set({ requirements: 'advise' }).execute()
}

const addStudents = async (db: Db, count: number): Promise<BenchSchool['students']> => {
  const stored = await hashPassword(password)
  const now = fromMoment(Date.now())
  const numbers = Array.from({ length: count }, (_, index) => `B${String(100_000 + index)}`)
  for (let from = 0; from < count; from += 1_000) {
    const some = numbers.slice(from, from + 1_000)
    await db
      .insertInto('student')
      .values(
        some.map((number) => ({
          number,
          given_name: 'Bo',
          family_name: number,
          preferred_name: null,
          email: `${number.toLowerCase()}@students.example.edu`,
          level: 'undergraduate' as const,
          programme: 'BA Philosophy',
          class_year: 2028,
          status: 'active' as const,
          admitted_on: '2025-08-15',
        })),
      )
      .execute()
    await db
      .insertInto('account')
      .columns(['number', 'student_id', 'password_hash', 'password_set_at', 'created_at'])
      .expression((eb) =>
        eb
          .selectFrom('student')
          .select([
            'number',
            'id',
            eb.val(stored).as('hash'),
            eb.val(now).as('set_at'),
            eb.val(now).as('made_at'),
          ])
          .where('number', 'in', some),
      )
      .execute()
  }
  return db
    .selectFrom('student')
    .select(['id', 'number'])
    .where('number', 'like', 'B1%')
    .orderBy('id')
    .execute()
}

/** @param url an empty database, its owner's address; close `db` when done */
export const makeSchool = async (
  url: string,
  { students, catalogue }: { readonly students: number; readonly catalogue: string | undefined },
): Promise<BenchSchool> => {
  const db = connectSource(url, { size: 16, deadlineMs: 120_000 })
  await migrate(db)
  await fillCatalogue(db, catalogue)
  await openDoors(db)
  const made = await addStudents(db, students)
  const rows = await db
    .selectFrom('section')
    .innerJoin('term', 'term.id', 'section.term_id')
    .select('section.id')
    .where('section.status', '=', 'active')
    .where('term.registration_opens_at', '<=', fromMoment(Date.now()))
    .where('term.registration_closes_at', '>', fromMoment(Date.now()))
    .orderBy('section.sort_key')
    .orderBy('section.id')
    .execute()
  return { db, students: made, password, sections: rows.map(({ id }) => id) }
}
