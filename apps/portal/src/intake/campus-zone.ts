/**
 * The zone of the university's clock: in which times are shown, and read where people type them. It is the university's, and not
 * that of the machine on which a process happens to run: so it stands in the database, for all of them.
 */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'

const name = 'time-zone'

/** undefined: nobody has said it yet */
export const readCampusZone = async (db: Kysely<Tables>): Promise<string | undefined> => {
  const row = await db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst()
  return row?.value
}

/** @param zone IANA name, which the runtime knows */
export const keepCampusZone = async (db: Kysely<Tables>, zone: string): Promise<void> => {
  await db.insertInto('setting').values({ name, value: zone }).onDuplicateKeyUpdate({ value: zone }).execute()
}
