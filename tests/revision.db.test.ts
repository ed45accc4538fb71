/**
 * What registration is decided on is read before its transaction. A change of it that commits meanwhile, at the worst moment — the
 * submission has read all of it, has its student's lock, and waits for the section's — is seen all the same (registrar/revision.ts).
 * Negative control: the same changes, with the revision left as it was, are not.
 */
import { type Transaction, sql } from 'kysely'
import { expect, it } from 'vitest'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import type { Tables } from '../apps/portal/src/db/tables.ts'
import { importCatalogue } from '../apps/portal/src/intake/import/catalogue.ts'
import { findStaff } from '../apps/portal/src/registrar/office/action.ts'
import { linkSections } from '../apps/portal/src/registrar/office/links.ts'
import { changeMeetings } from '../apps/portal/src/registrar/office/meetings.ts'
import { cancelSection } from '../apps/portal/src/registrar/office/cancellation.ts'
import { addWindow, moveRegistration, setTerm } from '../apps/portal/src/registrar/office/terms.ts'
import { raiseRevision } from '../apps/portal/src/registrar/revision.ts'
import { at, holders, noLimits, notices, openOffice, said, sound, staffNumber } from './support/office.ts'
import { atEnd, describeSource } from './support/servers.ts'
import { underWay } from './support/under-way.ts'
import { until } from './support/until.ts'

type Change = (db: Transaction<Tables>, staffId: number) => Promise<unknown>

const isWaiting = (db: Db) => async (): Promise<boolean> =>
  (await underWay(
    db,
    sql`INFO LIKE 'UPDATE section FORCE INDEX%' OR INFO LIKE '%FROM section FORCE INDEX%FOR UPDATE%'`,
  )) > 0

const moveTo = (sectionId: number, days: string): Change => {
  return async (db, staffId) => {
    const known = await db
      .selectFrom('meeting')
      .select(['id', 'starts_on', 'ends_on'])
      .where('section_id', '=', sectionId)
      .executeTakeFirstOrThrow()
    const dates = { startsOn: known.starts_on, endsOn: known.ends_on, everyWeeks: 1, roomId: null }
    const meetings = [{ id: known.id, days, startsAt: '09:00', endsAt: '09:50', ...dates }]
    await changeMeetings(db, staffId, { sectionId, meetings, removed: [] })
  }
}

/** By what it is, and what a student who holds section 2 and asks for section 1 is told then. */
const changes: Readonly<Record<string, readonly [change: Change, told: string]>> = {
  'the section is moved': [moveTo(1, 'M'), 'refused overlaps'],
  // by an import: the office’s own change tells the student, and so waits for the student’s lock
  'what the student holds is moved': [
    async (db) => {
      await db.updateTable('meeting').set({ days: 'T' }).where('section_id', '=', 2).execute()
      await raiseRevision(db)
    },
    'refused overlaps',
  ],
  'a deadline is set': [
    (db, staffId) => setTerm(db, staffId, { termId: 1, settings: { ...noLimits, addUntil: at(-1) } }),
    'refused add_closed',
  ],
  'a credit limit is set': [
    (db, staffId) => setTerm(db, staffId, { termId: 1, settings: { ...noLimits, creditsUndergraduate: 4 } }),
    'refused credit_limit',
  ],
  'registration is moved': [
    (db, staffId) =>
      moveRegistration(db, staffId, { termId: 1, opensAt: at(1), closesAt: at(30), reason: 'a storm' }),
    'refused window_before',
  ],
  'a window is made': [
    (db, staffId) =>
      addWindow(db, staffId, {
        termId: 1,
        label: 'All',
        level: null,
        creditsFrom: null,
        programme: null,
        opensAt: at(1),
      }),
    'refused window_yours',
  ],
  'a laboratory is linked': [
    (db, staffId) => linkSections(db, staffId, { sectionId: 1, partnerIds: [3] }),
    'refused linked',
  ],
}

describeSource(
  'a change while a form is dealt with',
  (flavour) => {
    const open = async (students: number) => {
      const office = await openOffice(flavour, students, [
        { meetings: [['T', '09:00', '09:50']] },
        { meetings: [['M', '09:00', '09:50']] },
        {},
      ])
      await sql`UPDATE section SET component = 'laboratory' WHERE id = 3`.execute(office.db)
      const admin = connectSource(office.database.adminUrl, { size: 2 })
      atEnd(() => admin.destroy())
      const staffId = await findStaff(office.db, staffNumber)
      /** The change commits while `ask` waits for the lock on section 1. @param raised false: without its revision */
      const during = async <T>(ask: () => Promise<T>, change: Change, raised = true): Promise<T> => {
        let asked: Promise<T> | undefined
        await admin.transaction().execute(async (transaction) => {
          await sql`SELECT id FROM section WHERE id = 1 FOR UPDATE`.execute(transaction)
          asked = ask()
          asked.catch(() => undefined)
          await until('it waits for the section', isWaiting(admin))
          await change(transaction, staffId)
          if (!raised) await sql`UPDATE catalogue_revision SET revision = revision - 1`.execute(transaction)
        })
        if (asked === undefined) throw new Error('nothing was asked')
        return asked
      }
      return { ...office, during }
    }

    it('is seen by a submission, whatever it is', async () => {
      const names = Object.keys(changes)
      const { db, ask, during } = await open(2 * names.length)
      const back = async () => {
        await sql`UPDATE meeting SET days = 'T' WHERE section_id = 1`.execute(db)
        await sql`UPDATE meeting SET days = 'M' WHERE section_id = 2`.execute(db)
        await sql`UPDATE term SET add_until = NULL, credits_undergraduate = NULL,
          registration_opens_at = UTC_TIMESTAMP() - INTERVAL 1 DAY WHERE id = 1`.execute(db)
        await sql`DELETE FROM registration_window`.execute(db)
        await sql`DELETE FROM section_link`.execute(db)
      }
      for (const [index, [name, [change, told]]] of Object.entries(changes).entries()) {
        const [student, other] = [2 * index + 1, 2 * index + 2]
        await ask(student, [2])
        await ask(other, [2])
        expect([name, await during(() => ask(student, [1]), change)]).toEqual([name, [told]])
        await back()
        // negative control
        expect([name, await during(() => ask(other, [1]), change, false)]).toEqual([name, ['enrolled']])
        await back()
      }
      await sound(db)
    })

    it('is seen by an import’s, a swap, a drop and a promotion', async () => {
      const { db, ask, during, registrar } = await open(4)
      const deadline: Change = (transaction, staffId) =>
        setTerm(transaction, staffId, {
          termId: 1,
          settings: { ...noLimits, addUntil: at(-1), dropUntil: at(-1) },
        })
      const back = () => sql`UPDATE term SET add_until = NULL, drop_until = NULL`.execute(db)
      const enrolmentId = async (studentId: number) =>
        String(
          (
            await db
              .selectFrom('enrolment')
              .select('id')
              .where('student_id', '=', studentId)
              .executeTakeFirstOrThrow()
          ).id,
        )
      // a swap into it
      await ask(1, [2])
      const request = undefined
      const swapped = { studentId: 1, enrolmentId: await enrolmentId(1), sectionId: '1', waitlist: false }
      const swap = async () => said(await registrar.swap({ ...swapped, request }))
      expect(await during(swap, deadline)).toEqual(['refused add_closed swap_refused', 'refused drop_closed'])
      await back()
      // a drop of it
      await ask(2, [1])
      const held = { studentId: 2, enrolmentId: await enrolmentId(2) }
      const drop = async () => said(await registrar.drop({ ...held, request }))
      expect(await during(drop, deadline)).toEqual(['refused drop_closed'])
      await back()
      // a promotion into it
      await sql`UPDATE section SET capacity = 1 WHERE id = 1`.execute(db)
      expect(await ask(3, [1], [1])).toEqual(['waiting'])
      await sql`UPDATE section SET capacity = 2 WHERE id = 1`.execute(db)
      expect(await during(() => registrar.promoter.sweep(), deadline)).toBe(0)
      expect([await holders(db, 1), await notices(db, 3)]).toEqual([[2], ['skipped']])
      await back()
      // an import beside it
      const before = await sql<{ revision: number }>`SELECT revision FROM catalogue_revision`.execute(db)
      const text =
        'crn,subject,number,section,title,credits,capacity,start_date,end_date\n10009,CS,1009,001,T,3,30,2030-01-01,2030-05-01'
      await importCatalogue(db, { text, encoding: 'utf-8' }, 'file', { term: '203010', allowRemovals: true })
      const after = await sql<{ revision: number }>`SELECT revision FROM catalogue_revision`.execute(db)
      expect(Number(after.rows[0]?.revision)).toBe(Number(before.rows[0]?.revision) + 1)
      // one that is cancelled takes nobody, and says why
      await sql`UPDATE section SET status = 'active'`.execute(db)
      const cancel: Change = (transaction, staffId) =>
        cancelSection(transaction, staffId, { sectionId: 1, reason: 'Nobody teaches it' })
      expect(await during(() => ask(4, [1]), cancel)).toEqual(['refused cancelled'])
    })
  },
  ['mariadb', 'mysql'],
)
