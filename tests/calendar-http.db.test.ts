/** The calendar's addresses, and an instructor's pages: who may have what, and until when. */
import { parse } from 'csv-parse/sync'
import ical from 'node-ical'
import { beforeAll, expect, it } from 'vitest'
import type { TrailEntry } from '../apps/portal/src/catalogue/office-trail.ts'
import type { Roster, Schedule, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import { openServices } from '../apps/portal/src/services.ts'
import { servePages } from './support/pages-here.ts'
import { allSections, compatible, meets } from './support/choose.ts'
import { Client, type RunningPortal, type SampleSchool, sampleSchool, startPortal } from './support/portal.ts'
import { atEnd, describeSource } from './support/servers.ts'

describeSource(
  'calendars and rosters over HTTP',
  (flavour) => {
    let school: SampleSchool
    let portal: RunningPortal
    let rows: readonly SectionRow[]
    let db: Db

    const signedIn = async (role: string, index = 0): Promise<Client> => {
      const account = school.accounts.filter((one) => one.role === role)[index]
      if (account === undefined) throw new Error(`the sample has no ${role} ${index}`)
      const client = new Client(portal.url)
      await client.signIn(account)
      return client
    }

    beforeAll(async () => {
      school = await sampleSchool(flavour)
      portal = await startPortal(school.database.url, { flags: ['--time-zone', 'America/Chicago'] })
      rows = await allSections(new Client(portal.url))
      db = connectSource(school.database.url, { size: 2 })
      return () => db.destroy()
    })

    const events = (text: string) =>
      Object.values(ical.sync.parseICS(text)).filter((one) => one?.type === 'VEVENT')

    it('gives the schedule as a file, and at an address that ends when it is revoked or renewed', async () => {
      const [student, other] = [await signedIn('student', 0), await signedIn('student', 1)]
      const { entries } = await student.json<Schedule>('/schedule')
      const held = entries.map(({ section }) => section)
      await student.post('/register', { section: compatible(rows, 2, held).map(({ id }) => String(id)) })
      const now = (await student.json<Schedule>('/schedule')).entries.map(({ section }) => section)
      const meetings = now.filter(meets).flatMap((section) => section.meetings)
      const file = await student.page('/schedule.ics')
      expect(file.headers.get('content-type')).toBe('text/calendar; charset=utf-8')
      expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="schedule-\d{6}\.ics"$/)
      expect(events(file.text)).toHaveLength(meetings.filter(({ startsAt }) => startsAt !== null).length)
      expect(file.text).toContain('TZID:America/Chicago')
      expect((await new Client(portal.url).page('/schedule.ics')).location).toBe(
        '/sign-in?next=%2Fschedule.ics',
      )

      expect((await student.page('/calendar')).text).toContain('Make a private address')
      const addressIn = (text: string) =>
        /value="(?:http:\/\/[^"/]+)(\/calendar\/[0-9a-f]{20}\.[\w-]{43}\.ics)"/.exec(text)?.[1] ?? ''
      const first = addressIn((await student.post('/calendar', { action: 'renew' })).text)
      const anybody = new Client(portal.url)
      const feed = await anybody.page(first)
      // with the term that is taught now
      expect(feed.status).toBe(200)
      expect(events(feed.text).length).toBeGreaterThanOrEqual(events(file.text).length)
      for (const { id } of now.filter(meets)) expect(feed.text).toContain(`/sections/${id}\r\n`)
      // shown once, and kept as a hash alone
      expect((await student.page('/calendar')).text).not.toContain(first)
      const secret = /\.([\w-]{43})\./.exec(first)?.[1] ?? 'none'
      const kept = await db.selectFrom('calendar_feed').selectAll().execute()
      expect(JSON.stringify(kept)).not.toContain(secret)
      expect(kept).toHaveLength(1)
      // it follows what is dropped
      const gone = (await student.json<Schedule>('/schedule')).entries.find(
        ({ mayDrop, section }) => mayDrop && meets(section),
      )
      await student.post('/drop', { enrolment: String(gone?.enrolmentId) })
      expect((await anybody.page(first)).text).not.toContain(`/sections/${gone?.section.id}`)

      const second = addressIn((await student.post('/calendar', { action: 'renew' })).text)
      expect((await anybody.page(second)).status).toBe(200)
      const refused = await anybody.page(first)
      await other.post('/calendar', { action: 'revoke' })
      expect((await anybody.page(second)).status).toBe(200)
      await student.post('/calendar', { action: 'revoke' })
      const unknown = `/calendar/${'0'.repeat(20)}.${'x'.repeat(43)}.ics`
      for (const path of [first, second, unknown, '/calendar/x.ics', '/calendar/%00.ics'])
        expect([path, (await anybody.page(path)).status]).toEqual([path, 404])
      expect(refused.text).not.toContain('sign-in?next')
      for (const action of ['', 'x', ['renew', 'revoke']]) {
        const answer = await student.post('/calendar', { action })
        expect([answer.status, answer.text.includes('“action”')]).toEqual([422, true])
      }
      expect(portal.log()).not.toContain(secret)
    })

    it('ends the address of an account that is closed', async () => {
      const student = await signedIn('student', 2)
      const made = await student.postJson('/calendar', { action: 'renew' })
      const { pathname } = new URL((JSON.parse(made.text) as { address: string }).address)
      const anybody = new Client(portal.url)
      expect((await anybody.page(pathname)).status).toBe(200)
      const closed = { disabled_at: '2026-01-01 00:00:00.000' }
      await db.updateTable('account').set(closed).where('student_id', '=', 3).execute()
      expect((await anybody.page(pathname)).status).toBe(404)
    })

    it('shows an instructor own sections and rosters, and nothing else', async () => {
      const teacher = await signedIn('instructor')
      const { sections } = await teacher.json<{ sections: SectionRow[] }>('/teaching')
      expect(sections.length).toBeGreaterThan(0)
      expect(sections.every(({ instructors }) => instructors.includes('Ruth Castellanos'))).toBe(true)
      const current = rows.filter(({ instructors }) => instructors.includes('Ruth Castellanos'))
      expect(sections.filter(({ term }) => term.id === rows[0]?.term.id).map(({ id }) => id)).toEqual(
        current.map(({ id }) => id),
      )
      const own = sections.find(({ seats }) => seats.taken > 1)
      const path = `/teaching/${own?.id}`
      const roster = await teacher.json<Roster>(path)
      const names = ['=HYPERLINK("http://evil.example")', '+1', '-2', '@sum', 'O’Neil, "Bo"']
      for (const [index, given_name] of names.entries()) {
        const number = roster.students[index]?.number
        if (number !== undefined)
          await db
            .updateTable('student')
            .set({ given_name, preferred_name: null })
            .where('number', '=', number)
            .execute()
      }
      expect((await teacher.page(path)).text).toContain(`Roster of`)
      expect((await teacher.page(path)).text).not.toContain('Withdrawn')
      const gone = roster.students.at(-1)?.number ?? ''
      await db
        .updateTable('enrolment')
        .set({ grade: 'W' })
        .where('section_id', '=', own?.id ?? 0)
        .where('student_id', 'in', db.selectFrom('student').select('id').where('number', '=', gone))
        .execute()
      expect((await teacher.page(path)).text.split('Withdrawn')).toHaveLength(2)
      const csv = await teacher.page(`${path}/roster.csv`)
      expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
      const table: string[][] = parse(csv.text, { bom: true })
      expect(table).toHaveLength(roster.students.length + 1)
      const given = table.slice(1).map((cells) => cells[2] ?? '')
      expect(table.filter((cells) => cells[7] === 'withdrawn').map(([number]) => number)).toEqual([gone])
      for (const name of names.slice(0, Math.min(names.length, roster.students.length)))
        expect(given).toContain(/^[=+\-@]/.test(name) ? `'${name}` : name)
      expect(csv.text).not.toMatch(/(^|,|")[=+\-@]/m)

      const foreign = rows.find(({ instructors }) => !instructors.includes('Ruth Castellanos'))
      for (const id of [foreign?.id, 0, 999_999_999, 'x'])
        for (const end of ['', '/roster.csv'])
          expect([id, (await teacher.page(`/teaching/${id}${end}`)).status]).toEqual([id, 403])
      expect(await othersSeen(portal.url)).toEqual([])
      for (const elsewhere of ['/cart', '/schedule', '/receipts', '/notices', '/calendar', '/registrar'])
        expect([elsewhere, (await teacher.page(elsewhere)).status]).toEqual([elsewhere, 403])
      expect((await teacher.post('/registrar/sections/1/capacity', { capacity: '9' })).status).toBe(403)
      expect((await teacher.post('/register', { section: '1' })).status).toBe(403)
      for (const path of ['/catalogue', '/account', `/sections/${own?.id}`])
        expect((await teacher.page(path)).status).toBe(200)
      for (const role of ['student', 'registrar'])
        for (const end of ['', `/${own?.id}`, `/${own?.id}/roster.csv`])
          expect((await (await signedIn(role)).page(`/teaching${end}`)).status).toBe(403)
      expect((await new Client(portal.url).page('/teaching')).location).toBe('/sign-in?next=%2Fteaching')
    })

    it('notes each look at a roster once, and finds it for every student who stood there', async () => {
      const teacher = await signedIn('instructor')
      const staff = await signedIn('registrar')
      const { sections } = await teacher.json<{ sections: SectionRow[] }>('/teaching')
      const [own] = sections.filter(({ seats }) => seats.taken > 1)
      const looks = async (number = '') =>
        (await staff.json<readonly TrailEntry[]>(`/registrar/trail?student=${number}`))
          .filter(({ action, section }) => action.includes('roster') && section?.id === own?.id)
          .map(({ action, detail, instructor }) => [action, detail, instructor?.name])
      const before = await looks()
      const { students } = await teacher.json<Roster>(`/teaching/${own?.id}`)
      await teacher.page(`/teaching/${own?.id}/roster.csv`)
      // neither a refused look nor one at another's section is one
      await teacher.page('/teaching/999999')
      expect((await (await signedIn('student')).page(`/teaching/${own?.id}`)).status).toBe(403)
      const count = String(students.length)
      const both = ['downloaded_roster', 'looked_at_roster'].map((name) => [name, count, 'Ruth Castellanos'])
      expect((await looks()).slice(0, -before.length || undefined)).toEqual(both)

      const [first, last] = [students[0]?.number ?? '', students.at(-1)?.number ?? '']
      for (const number of [first, last]) expect((await looks(number)).slice(0, 2)).toEqual(both)
      const absent = await db
        .selectFrom('student')
        .select('number')
        .where(
          'number',
          'not in',
          students.map(({ number }) => number),
        )
        .executeTakeFirstOrThrow()
      expect(await looks(absent.number)).toEqual([])
      // who has gone since was seen then, and is not seen by a later look
      const of = await db
        .selectFrom('student')
        .select('id')
        .where('number', '=', first)
        .executeTakeFirstOrThrow()
      const seat = db
        .deleteFrom('enrolment')
        .where('student_id', '=', of.id)
        .where('section_id', '=', own?.id ?? 0)
      await seat.execute()
      const seen = await looks(first)
      await teacher.page(`/teaching/${own?.id}`)
      expect(await looks(first)).toEqual(seen)
      expect((await looks(last)).length).toBe(seen.length + 1)
      const page = await staff.page(`/registrar/trail?student=${last}`)
      for (const words of ['Downloaded the roster', `${count} students shown`, 'Instructor '])
        expect(page.text).toContain(words)
      // the trail tells of holds and permissions: a look at it is one, of a student and of all who are named
      await looks()
      const told = await staff.json<readonly TrailEntry[]>(`/registrar/trail?student=${last}`)
      const trails = told.filter(({ action }) => action === 'looked_at_trail')
      expect(trails.slice(0, 2).map(({ student }) => student?.number)).toEqual([undefined, last])
      expect(await looks(absent.number)).toEqual([])
    })

    /** Addresses of sections that somebody else teaches at which an instructor is shown anything; each of them there is. */
    const othersSeen = async (url: string): Promise<readonly string[]> => {
      const account = school.accounts.find(({ role }) => role === 'instructor')
      if (account === undefined) throw new Error('the sample has no instructor')
      const client = new Client(url)
      await client.signIn(account)
      const { sections } = await client.json<{ sections: SectionRow[] }>('/teaching')
      const own = new Set(sections.map(({ id }) => id))
      const others = rows.filter(({ id, instructors }) => !own.has(id) && instructors.length > 0)
      expect(others.length).toBeGreaterThan(20)
      const seen: string[] = []
      for (const { id } of others.slice(0, 20))
        for (const path of [`/teaching/${id}`, `/teaching/${id}/roster.csv`])
          if ((await client.page(path)).status !== 403) seen.push(path)
      return seen
    }

    it('would be found out if it showed an instructor the rosters of others', async () => {
      const services = openServices({ database: school.database.url, connections: 4 })
      atEnd(() => services.close())
      const { catalogue } = services
      // negative control: whoever asks is taken for the one who teaches it
      const roster: typeof catalogue.roster = async (_, sectionId) => {
        const meeting = await db
          .selectFrom('meeting')
          .select('instructor_id')
          .where('section_id', '=', sectionId)
          .where('instructor_id', 'is not', null)
          .executeTakeFirstOrThrow()
        return catalogue.roster(meeting.instructor_id ?? 0, sectionId)
      }
      const broken = { ...services, catalogue: { ...catalogue, roster } }
      expect(await othersSeen(await servePages(broken))).toHaveLength(40)
    })
  },
  // tokens and rosters are rows like any other: nothing here depends on the server
  ['mariadb'],
)
