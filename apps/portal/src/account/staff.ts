/** Members of staff. The first one is made on the command line; there is no default account. */
import type { Kysely } from 'kysely'
import { fromMoment } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'

export interface NewStaff {
  readonly number: string
  readonly given: string
  readonly family: string
  readonly email: string
}

/** Without a password: activation with a code (issueCode) sets it. @throws PortalError number_taken */
export const addStaff = (db: Kysely<Tables>, person: NewStaff): Promise<void> =>
  db.transaction().execute(async (transaction) => {
    const number = person.number.toUpperCase()
    // a student's number is taken, too: both sign in at the same door
    const taken = await transaction
      .selectFrom('account')
      .select('id')
      .where('number', '=', number)
      .forUpdate()
      .executeTakeFirst()
    const student = await transaction
      .selectFrom('student')
      .select('id')
      .where('number', '=', number)
      .executeTakeFirst()
    const instructor = await transaction
      .selectFrom('instructor')
      .select('id')
      .where('number', '=', number)
      .executeTakeFirst()
    if (taken !== undefined || student !== undefined || instructor !== undefined)
      throw new PortalError('number_taken', { detail: `The number ${number} is somebody’s already.` })
    const made = await transaction
      .insertInto('staff')
      .values({
        number,
        given_name: person.given,
        family_name: person.family,
        email: person.email,
        role: 'registrar',
      })
      .executeTakeFirstOrThrow()
    await transaction
      .insertInto('account')
      .values({
        number,
        student_id: null,
        staff_id: Number(made.insertId),
        password_hash: null,
        password_set_at: null,
        created_at: fromMoment(Date.now()),
        disabled_at: null,
      })
      .execute()
  })
