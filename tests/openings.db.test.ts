/** Registration opens: each student is told once, of the opening that is theirs. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createCatalogue } from '../apps/portal/src/catalogue/index.ts'
import { importCatalogue } from '../apps/portal/src/intake/import/catalogue.ts'
import { readLocal } from '../apps/portal/src/policy/zone.ts'
import { keepDates } from '../apps/portal/src/registrar/office/dates.ts'
import { createTransact } from '../apps/portal/src/registrar/transaction.ts'
import { at, notices, openOffice, staffNumber } from './support/office.ts'
import { describeSource } from './support/servers.ts'
import { underWay } from './support/under-way.ts'
import { until } from './support/until.ts'

describeSource(
  'openings',
  (flavour) => {
    it('opens a student’s own window, and tells each of them once, by however many processes', async () => {
      const { db, ask, office } = await openOffice(flavour, 3, [{}])
      await sql`UPDATE student SET level = 'graduate' WHERE id = 2`.execute(db)
      const window = { staffNumber, termId: 1, creditsFrom: null, programme: null }
      await office.addWindow({ ...window, label: 'All', level: null, opensAt: at(1) })
      await office.addWindow({ ...window, label: 'Graduates', level: 'graduate', opensAt: at(-1) })
      expect(await ask(1, [1])).toEqual(['refused window_yours'])
      await sql`UPDATE student SET status = 'on_leave' WHERE id = 3`.execute(db)
      const look = () => Promise.all([1, 2, 3].map(() => keepDates(db, createTransact(db, 2))))
      const told = () => Promise.all([1, 2, 3].map((id) => notices(db, id)))
      await look()
      expect(await told()).toEqual([[], ['window_opens'], []])
      // cut off before the end: all is gone over again, and nobody told twice
      await sql`UPDATE registration_window SET announced_at = NULL`.execute(db)
      await look()
      expect(await told()).toEqual([[], ['window_opens'], []])
      const mails = await sql`SELECT 1 FROM outgoing_email`.execute(db)
      expect(mails.rows).toHaveLength(1)
      // the term opened ten days ago, which is no news; three minutes ago it is, for whoever has no window of their own
      await sql`DELETE FROM registration_window WHERE label = 'All'`.execute(db)
      await sql`UPDATE term SET registration_opens_at = UTC_TIMESTAMP() - INTERVAL 3 MINUTE WHERE id = 1`.execute(
        db,
      )
      await look()
      expect((await told())[0]).toEqual(['window_opens'])
      expect(await ask(2, [1])).toEqual(['enrolled'])
    })

    it('begins and ends terms with the university’s day', async () => {
      const { db, ask } = await openOffice(flavour, 1, [{}])
      expect(await ask(1, [1])).toEqual(['enrolled'])
      // half past eleven on the term’s last day, by the university’s clock; by that of Greenwich the next one has begun
      const { ends_on: last } = await db
        .selectFrom('term')
        .selectAll()
        .where('id', '=', 1)
        .executeTakeFirstOrThrow()
      const after = (days: number) =>
        new Date(Date.parse(last) + days * 86_400_000).toISOString().slice(0, 10)
      const window = {
        registration_opens_at: `${after(300)} 00:00:00`,
        registration_closes_at: `${after(301)} 00:00:00`,
      }
      await db
        .insertInto('term')
        .values([
          { id: 4, code: '203090', name: 'Next', starts_on: after(1), ends_on: after(90), ...window },
          {
            id: 5,
            code: '203110',
            name: 'After that',
            starts_on: after(100),
            ends_on: after(190),
            ...window,
          },
        ])
        .execute()
      const late = readLocal(`${last} 23:30`, 'America/Chicago')
      const moment = new Date(late.state === 'instant' ? late.at : '')
      expect(moment.toISOString().slice(0, 10)).toBe(after(1))
      const seen = async (timeZone: string) => {
        const then = createCatalogue(db, () => moment, timeZone)
        return [(await then.term())?.name, (await then.record(1)).terms.map(({ name, over }) => [name, over])]
      }
      expect(await seen('America/Chicago')).toEqual(['Next', [['Open', false]]])
      expect(await seen('UTC')).toEqual(['After that', [['Open', true]]])
    })

    it('tells of an opening that was moved, once, and of none that is not true any more', async () => {
      // more than one batch
      const { db, ask, office } = await openOffice(flavour, 60, [{}])
      const moment = (minutes: number) =>
        new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 19).replace('T', ' ')
      const iso = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
      const move = async (opens: string) => {
        const text = [
          'crn,subject,number,section,title,credits,capacity,start_date,end_date',
          '10001,CS,1000,001,T,3,30,2030-01-01,2030-05-01',
        ].join('\n')
        const report = await importCatalogue(db, { text, encoding: 'utf-8' }, 'file.csv', {
          term: 'Open',
          opens,
          allowRemovals: true,
        })
        expect(report.outcome).toBe('done')
      }
      const look = () => Promise.all([1, 2].map(() => keepDates(db, createTransact(db, 2))))
      const told = async () =>
        (
          await sql<{ n: number; times: number; moments: number }>`
            SELECT COUNT(*) AS n, COUNT(DISTINCT student_id) AS times, COUNT(DISTINCT detail) AS moments FROM notice
             WHERE kind = 'window_opens'`.execute(db)
        ).rows.map(({ n, times, moments }) => [n, times, moments].map(Number))[0]
      await move(moment(-10))
      await look()
      expect(await told()).toEqual([60, 60, 1])
      // to a later moment, which has not come: nobody is told anything yet
      await move(moment(60))
      await look()
      expect(await told()).toEqual([60, 60, 1])
      expect(await ask(1, [1])).toEqual(['refused window_before'])
      // it comes, and whoever finds it, finds it at the same time
      await move(moment(-5))
      await look()
      await look()
      expect(await told()).toEqual([120, 60, 2])
      // by another hand than the portal's: what was announced before it opens is not this opening
      await sql`UPDATE term SET registration_opens_at = ${moment(-1)}, announced_at = ${moment(-4)} WHERE id = 1`.execute(
        db,
      )
      await look()
      expect(await told()).toEqual([180, 60, 3])

      // it moves under the hands of the one who tells it: nobody is told what is not true
      await move(moment(-2))
      let looked: Promise<unknown> | undefined
      await db.transaction().execute(async (transaction) => {
        await sql`UPDATE term SET registration_opens_at = ${moment(90)} WHERE id = 1`.execute(transaction)
        looked = look()
        const waits = sql`INFO LIKE '%\`term\`%FOR UPDATE'`
        await until('both wait for the term', async () => (await underWay(db, waits)) === 2)
      })
      await looked
      expect(await told()).toEqual([180, 60, 3])
      await sql`UPDATE term SET registration_opens_at = ${moment(-2)} WHERE id = 1`.execute(db)
      await look()
      expect(await told()).toEqual([240, 60, 4])

      // by the office: what was told before it is another opening; the same one again is none
      const closesAt = at(30)
      const byOffice = (minutes: number) =>
        office.moveRegistration({
          staffNumber,
          termId: 1,
          opensAt: iso(minutes),
          closesAt,
          reason: 'a storm',
        })
      expect(await byOffice(120)).toBe(true)
      await look()
      expect(await told()).toEqual([240, 60, 4])
      expect(await ask(2, [1])).toEqual(['refused window_before'])
      // a moment of which nobody was told above, however fast all of this was
      expect(await byOffice(-3)).toBe(true)
      await look()
      await look()
      expect(await told()).toEqual([300, 60, 5])
      const opened = await db.selectFrom('term').select('registration_opens_at').executeTakeFirstOrThrow()
      const opensAt = `${opened.registration_opens_at.replace(' ', 'T')}.000Z`
      expect(
        await office.moveRegistration({ staffNumber, termId: 1, opensAt, closesAt, reason: 'twice' }),
      ).toBe(false)
      await look()
      expect(await told()).toEqual([300, 60, 5])
      expect(await ask(2, [1])).toEqual(['enrolled'])
    })
  },
  ['mariadb', 'mysql'],
)
