/** The days of a term over HTTP: what moves while a student’s form is open, and how wrong moments are answered. */
import { sql } from 'kysely'
import { beforeAll, expect, it } from 'vitest'
import type { TermOffice } from '../apps/portal/src/catalogue/office.ts'
import type { TrailEntry } from '../apps/portal/src/catalogue/office-trail.ts'
import type { Receipt, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import { writeLocal } from '../apps/portal/src/policy/zone.ts'
import { openCampus } from './support/campus.ts'
import { compatible } from './support/choose.ts'
import { said } from './support/office.ts'
import { type Client, secondRegistrar } from './support/portal.ts'
import { atEnd, describeSource } from './support/servers.ts'

describeSource(
  'the days of a term over HTTP',
  (flavour) => {
    let student: Client
    let staff: Client
    /** a person has a limit of sixty writes a minute */
    let colleague: Client
    let rows: readonly SectionRow[]
    let database: string

    const codes = async (client: Client, location: string | undefined) =>
      said(await client.json<Receipt>(location ?? ''))

    beforeAll(async () => {
      const campus = await openCampus(flavour, ['--time-zone', 'America/Chicago'])
      ;({ rows } = campus)
      database = campus.school.database.url
      student = await campus.signedIn('S100001')
      staff = await campus.signedIn('R100001')
      colleague = campus.client()
      await colleague.signIn(await secondRegistrar(campus.school))
    })

    it('tells all that is wrong with a term’s moments at once: how they are written, and their order', async () => {
      const path = `/registrar/terms/${rows[0]?.term.code}`
      const days = await colleague.post(path, {
        add_until: '2099-01-01 10:00',
        drop_until: 'soon',
        withdraw_until: '',
        requirements: 'advise',
        most_attempts: '0',
      })
      const window = await colleague.post(`${path}/windows`, { label: '', opens: '2099-01-01 10:00' })
      const moved = await colleague.post(`${path}/registration`, {
        registration_opens: '2001-01-01 08:00',
        registration_closes: 'never',
        registration_reason: '',
      })
      const asked: readonly (readonly [typeof days, readonly string[]])[] = [
        [
          days,
          ['By then the term’s registration is closed', 'Write a moment such as', 'At least one attempt'],
        ],
        [window, ['Give the window a name', 'By then the term’s registration is closed']],
        [moved, ['That moment has passed', 'Write a moment such as', 'Say why']],
      ]
      for (const [{ status, text }, words] of asked) {
        expect(status).toBe(422)
        for (const one of words) expect(text).toContain(one)
      }
    })

    it('moves the first and the last day, not past a meeting, and not over somebody else’s change', async () => {
      const path = `/registrar/terms/${rows[0]?.term.code}`
      const { term } = await colleague.json<TermOffice>(path)
      const { startsOn, endsOn } = term
      const day = (text: string, by: number) =>
        new Date(Date.parse(text) + by * 86_400_000).toISOString().slice(0, 10)
      const dates = (more: Record<string, string>) =>
        colleague.post(`${path}/dates`, {
          starts_on: startsOn,
          ends_on: endsOn,
          dates_reason: 'a new calendar',
          ...more,
        })
      const wrong = await dates({ starts_on: day(startsOn, 30), ends_on: 'soon', dates_reason: '' })
      expect(wrong.status).toBe(422)
      // all of it at once
      for (const words of [
        'It lies after the first meeting of ',
        ' more sections',
        'Write a day such as',
        'Say why',
      ])
        expect(wrong.text).toContain(words)
      expect((await dates({ ends_on: day(startsOn, -1) })).text).toContain('It lies before the first day')
      expect((await dates({ ends_on: day(endsOn, -30) })).text).toContain('before the last meeting of ')
      expect((await dates({})).location).toBe(`${path}?done=same`)
      const longer = { starts_on: day(startsOn, -7), ends_on: day(endsOn, 7) }
      expect((await dates(longer)).location).toBe(`${path}?done=dates`)
      expect((await colleague.json<TermOffice>(path)).term).toMatchObject({
        startsOn: longer.starts_on,
        endsOn: longer.ends_on,
      })
      const [told] = await colleague.json<readonly TrailEntry[]>('/registrar/trail')
      expect(told?.facts).toEqual({
        of: 'dates',
        starts: [startsOn, longer.starts_on],
        ends: [endsOn, longer.ends_on],
        reason: 'a new calendar',
      })
      // the page of before: what it would change too has moved; what it leaves alone stays as it is now
      const old = { was_starts_on: startsOn, was_ends_on: endsOn }
      expect((await dates({ ...old, ends_on: day(endsOn, 3) })).text).toContain(
        'Somebody else has changed it',
      )
      expect((await dates({ ...old })).location).toBe(`${path}?done=same`)
      expect((await dates({})).location).toBe(`${path}?done=dates`)
    })

    it('changes the days of a term while a form is open', async () => {
      const [row] = compatible(rows, 1)
      const code = row?.term.code ?? ''
      const path = `/registrar/terms/${code}`
      const { rules } = await staff.json<{ rules: { requirements: string } }>(path)
      expect(rules.requirements).toBe('enforce')
      const good = {
        add_until: '',
        drop_until: '',
        withdraw_until: '',
        credits_undergraduate: '21',
        credits_graduate: '',
        requirements: 'enforce',
        repeat_from: 'C',
        most_attempts: '3',
      }
      for (const [field, value] of [
        ['add_until', '2026-13-01 10:00'],
        ['withdraw_until', '2001-01-01 10:00'],
        ['credits_undergraduate', '100'],
        ['requirements', 'perhaps'],
        ['repeat_from', 'Z'],
        ['most_attempts', '0'],
        ['most_attempts', '1.5'],
      ] as const)
        expect([field, (await staff.post(path, { ...good, [field]: value })).status]).toEqual([field, 422])
      await student.post('/cart', { section: String(row?.id) })
      const form = await student.page('/cart')
      const request = /name="request" value="([^"]+)"/.exec(form.text)?.[1] ?? ''
      expect((await staff.post(path, { ...good, add_until: '2020-01-01 10:00' })).location).toContain(
        'done=term',
      )
      const sent = await student.post('/register', { section: String(row?.id), request })
      expect(await codes(student, sent.location)).toEqual(['refused add_closed'])
      expect((await student.page('/cart')).text).toContain('The last moment to add a section was')
      expect((await staff.page(path)).text).toContain('2020-01-01 10:00')
      await staff.post(path, good)
      const [told] = await staff.json<readonly TrailEntry[]>('/registrar/trail')
      const change = { name: 'addUntil', was: '2020-01-01T16:00:00.000Z', now: null }
      expect(told?.facts).toEqual({ of: 'term', changes: [change], reason: '' })

      const window = {
        label: 'Night owls',
        level: '',
        programme: '',
        credits_from: '',
        opens: '2026-11-01 02:00',
      }
      for (const [field, value] of [
        ['label', ''],
        ['opens', ''],
        ['opens', '2026-11-01 01:15'],
        ['opens', '2099-01-01 00:00'],
        ['credits_from', 'many'],
      ] as const)
        expect([field, (await staff.post(`${path}/windows`, { ...window, [field]: value })).status]).toEqual([
          field,
          422,
        ])
      // nobody could register in it: the last moment to add is over by then
      await staff.post(path, { ...good, add_until: '2026-11-01 02:00' })
      const vain = await staff.post(`${path}/windows`, window)
      expect([vain.status, vain.text.includes('after the last moment to add')]).toEqual([422, true])
      await staff.post(path, good)
      expect((await staff.post(`${path}/windows`, window)).location).toContain('done=window')
      const { windows } = await staff.json<{ windows: { id: number; label: string }[] }>(path)
      const own = windows.find(({ label }) => label === 'Night owls')
      for (const id of ['', 'x', '0']) {
        const answer = await staff.post(`${path}/windows/remove`, { window: id })
        expect(answer.location).toContain('done=ended')
      }
      const removed = await staff.post(`${path}/windows/remove`, { window: String(own?.id) })
      expect(removed.location).toContain('done=removed')
    })

    it('keeps what was left as it was shown, to the second, whoever changes the term meanwhile', async () => {
      const path = `/registrar/terms/${rows[0]?.term.code}`
      const registration = `${path}/registration`
      /** one of the page's forms as a browser sends it */
      const shown = async (action: string): Promise<Record<string, string>> => {
        const { text } = await staff.page(path)
        const forms = [...text.matchAll(/<form method="post" action="([^"]+)".*?<\/form>/gs)]
        const form = forms.find(([, to]) => to === action)?.[0] ?? ''
        const inputs = [...form.matchAll(/<input[^>]*>/g)].map(([input]) =>
          ['name', 'value'].map((name) => new RegExp(` ${name}="([^"]*)"`).exec(input)?.[1] ?? ''),
        )
        return { ...(Object.fromEntries(inputs) as Record<string, string>), requirements: 'enforce' }
      }
      const now = async () => {
        const { term, rules } = await staff.json<TermOffice & { rules: Record<string, unknown> }>(path)
        return { opens: term.registrationOpensAt, closes: term.registrationClosesAt, ...rules }
      }
      // of a file: the last second of a day, which no form shows; and a close that was moved before the last moment to add
      const last = '2031-02-01T05:59:59.000Z'
      const stored = last.slice(0, 19).replace('T', ' ')
      const db = connectSource(database, { size: 1 })
      atEnd(() => db.destroy())
      await sql`UPDATE term SET registration_closes_at = ${stored}, drop_until = NULL, withdraw_until = ${stored},
        add_until = '2031-03-01 00:00:00' WHERE code = ${rows[0]?.term.code}`.execute(db)
      const days = await shown(path)
      expect((await staff.post(path, { ...days, credits_undergraduate: '20' })).location).toContain(
        'done=term',
      )
      expect(await now()).toMatchObject({ withdrawUntil: last, credits: { undergraduate: 20 } })

      // two tabs: each changes its own field, and undoes nothing
      const [first, second] = [await shown(registration), await shown(registration)]
      const why = { registration_reason: 'x' }
      const closing = { ...first, ...why, registration_closes: '2031-01-10 17:00' }
      expect((await staff.post(registration, closing)).location).toContain('done=registration')
      const opening = { ...second, ...why, registration_opens: '2030-05-01 08:00' }
      expect((await colleague.post(registration, opening)).location).toContain('done=registration')
      const both = { opens: '2030-05-01T13:00:00.000Z', closes: '2031-01-10T23:00:00.000Z' }
      expect(await now()).toMatchObject(both)
      // the same field in both: whoever comes second is told, and can mean it then
      const later = {
        ...second,
        ...why,
        request: `${second['request']}-2`,
        registration_opens: '2030-05-02 08:00',
      }
      const told = await colleague.post(registration, later)
      expect([told.status, told.text.includes('Somebody else has changed it to 2030-05-01 08:00')]).toEqual([
        422,
        true,
      ])
      expect(await now()).toMatchObject(both)
      // sent again after its answer was lost, and after others changed the same
      expect((await staff.post(registration, closing)).location).toContain('done=registration')
      expect(await now()).toMatchObject(both)

      for (const moment of ['9999-12-31 23:59', '0026-11-30 08:00', '0000-01-01 00:00'])
        for (const [form, field] of [
          [path, 'add_until'],
          [registration, 'registration_closes'],
          [`${path}/windows`, 'opens'],
          ['/registrar/students/S100005/permissions', 'expires'],
          [`/registrar/sections/${rows[0]?.id}/reserves`, 'until'],
        ] as const) {
          const all = {
            ...second,
            ...days,
            label: 'x',
            seats: '1',
            rule: 'window',
            override_reason: 'x',
            request: '',
          }
          expect([
            moment,
            form,
            (await colleague.post(form, { ...all, ...why, [field]: moment })).status,
          ]).toEqual([moment, form, 422])
        }
      // as it was
      await sql`UPDATE term SET registration_opens_at = UTC_TIMESTAMP() - INTERVAL 10 DAY, add_until = NULL,
        withdraw_until = NULL WHERE code = ${rows[0]?.term.code}`.execute(db)
    })

    it('moves registration itself, in order, with a reason, and at once', async () => {
      const [row] = compatible(rows, 1)
      const path = `/registrar/terms/${row?.term.code}`
      const { term } = await staff.json<TermOffice>(path)
      const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
      const soon = {
        registration_opens: `${day(3)} 08:00`,
        registration_closes: `${day(20)} 17:30`,
        registration_reason: 'a storm',
      }
      const to = `${path}/registration`
      for (const [field, value, words] of [
        ['registration_opens', '', 'Write when registration opens'],
        ['registration_opens', 'tomorrow', 'Write'],
        ['registration_opens', '2026-03-08 02:30', 'clock'],
        ['registration_opens', `${day(-2)} 08:00`, 'That moment has passed.'],
        ['registration_opens', `${day(21)} 08:00`, 'It lies before registration opens.'],
        ['registration_closes', `${day(-2)} 08:00`, 'It lies before registration opens.'],
        ['registration_reason', ' ', 'why'],
      ] as const) {
        const page = await colleague.post(to, { ...soon, [field]: value })
        expect([field, value, page.status, page.text.includes(words)]).toEqual([field, value, 422, true])
        // what was typed stays
        expect(page.text).toContain(value.trim() === '' ? ' value ' : `value="${value}"`)
      }
      expect((await student.post(to, soon)).status).toBe(403)
      const refused = JSON.parse(
        (await colleague.postJson(to, { ...soon, registration_opens: 'x' })).text,
      ) as {
        error: Record<string, unknown>
      }
      expect([refused.error['code'], refused.error['field']]).toEqual([
        'request_malformed',
        'registration_opens',
      ])
      expect((await staff.json<TermOffice>(path)).term).toEqual(term)

      // a cart that is sent while it moves
      const form = await student.page('/cart')
      const request = /name="request" value="([^"]+)"/.exec(form.text)?.[1] ?? ''
      expect((await colleague.post(to, soon)).location).toContain('done=registration')
      expect((await staff.page(`${path}?done=registration`)).text).toContain('Registration is moved.')
      expect((await colleague.post(to, soon)).location).toContain('done=same')
      const sent = await student.post('/register', { section: String(row?.id), request })
      expect(await codes(student, sent.location)).toEqual(['refused window_before'])
      const [entry] = await staff.json<readonly TrailEntry[]>('/registrar/trail')
      expect([entry?.action, entry?.term, entry?.facts]).toEqual([
        'registration_moved',
        term.name,
        expect.objectContaining({ of: 'registration', reason: 'a storm' }),
      ])
      const trail = await staff.page('/registrar/trail')
      for (const words of ['Changed days or limits', 'Moved the opening', 'before that', 'Reason: a storm'])
        expect(trail.text).toContain(words)
      // at once again: the time of now
      const now = { ...soon, registration_opens: writeLocal(new Date().toISOString(), 'America/Chicago') }
      expect((await colleague.post(to, { ...now, registration_reason: 'over' })).location).toContain(
        'done=registration',
      )
      const again = await student.post('/register', { section: String(row?.id) })
      expect(await codes(student, again.location)).not.toContain('refused window_before')
    })
  },
  ['mariadb'],
)
