/** The registrar's office over HTTP: who may see what, what wrong input is answered, and what a student meets while things change. */
import { beforeAll, expect, it } from 'vitest'
import type { StudentFile } from '../apps/portal/src/catalogue/office.ts'
import type { TrailEntry } from '../apps/portal/src/catalogue/office-trail.ts'
import type { Cart, Receipt, SectionPage, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { type Campus, openCampus } from './support/campus.ts'
import { compatible } from './support/choose.ts'
import { said } from './support/office.ts'
import { type Client, secondRegistrar } from './support/portal.ts'
import { describeSource } from './support/servers.ts'

describeSource(
  'the registrar’s office over HTTP',
  (flavour) => {
    let campus: Campus
    let student: Client
    let newcomer: Client
    let staff: Client
    /** a person has a limit of sixty writes a minute */
    let colleague: Client
    let rows: readonly SectionRow[]

    const file = (number: string) => staff.json<StudentFile>(`/registrar/students/${number}`)
    const codes = async (client: Client, location: string | undefined) =>
      said(await client.json<Receipt>(location ?? ''))

    beforeAll(async () => {
      campus = await openCampus(flavour, ['--time-zone', 'America/Chicago'])
      ;({ rows } = campus)
      student = await campus.signedIn('S100001')
      newcomer = await campus.signedIn('S100005')
      staff = await campus.signedIn('R100001')
      colleague = campus.client()
      await colleague.signIn(await secondRegistrar(campus.school))
    })

    it('is for staff alone', async () => {
      const pages = [
        '/registrar/students',
        '/registrar/students/S100001',
        '/registrar/terms',
        `/registrar/terms/${rows[0]?.term.code}`,
        '/registrar/trail',
        '/registrar/sections/1/change',
        '/registrar/sections/1/cancel',
        '/registrar/sections/1/links',
      ]
      for (const path of pages) {
        expect([path, (await student.page(path)).status]).toEqual([path, 403])
        expect((await campus.client().page(path)).location).toMatch(/^\/sign-in/)
      }
      const forms = [
        '/registrar/students/S100001/holds',
        '/registrar/students/S100001/holds/1/release',
        '/registrar/students/S100001/permissions',
        '/registrar/students/S100001/record',
        `/registrar/terms/${rows[0]?.term.code}`,
        `/registrar/terms/${rows[0]?.term.code}/windows`,
        '/registrar/sections/1/change',
        '/registrar/sections/1/cancel',
        '/registrar/sections/1/links',
        '/registrar/sections/1/links/remove',
      ]
      for (const path of forms)
        expect([path, (await student.post(path, { reason: 'x', step: 'change' })).status]).toEqual([
          path,
          403,
        ])
      for (const path of [
        '/registrar/students/S000000',
        '/registrar/terms/999999',
        '/registrar/sections/0/change',
        '/registrar/sections/x/cancel',
        '/registrar/trail?student=nobody',
      ])
        expect([path, (await staff.page(path)).status]).toEqual([path, 404])
    })

    it('leads from the answer to a form that was refused to the page of the form, loaded again', async () => {
      const term = `/registrar/terms/${rows[0]?.term.code}`
      const asked: readonly (readonly [string, string])[] = [
        ['/registrar/students/S100001/holds', '/registrar/students/S100001'],
        ['/registrar/students/S100001/holds/1/release', '/registrar/students/S100001'],
        ['/registrar/students/S100001/permissions/1/revoke', '/registrar/students/S100001'],
        ['/registrar/students/S100001/record', '/registrar/students/S100001'],
        [`${term}/registration`, term],
        [`${term}/windows/remove`, term],
        ['/registrar/sections/1/capacity', '/registrar/sections/1'],
        ['/registrar/sections/1/reserves/end', '/registrar/sections/1'],
        ['/registrar/sections/1/links/remove', '/registrar/sections/1/links'],
        ['/register', '/cart'],
        ['/swap', '/schedule'],
      ]
      for (const [path, page] of asked) {
        const { status, location } = await staff.page(path)
        expect([path, status, location]).toEqual([path, 303, page])
      }
      // what is no form stays unknown, and a program is told that it is
      for (const path of ['/registrar/nothing', '/registrar/students/S100001/nothing', '/registrar/holds'])
        expect([path, (await staff.page(path)).status]).toEqual([path, 404])
      // and whose session has ended comes back to it
      const ended = await campus.client().post('/registrar/students/S100001/holds', {})
      expect(ended.location).toBe('/sign-in?next=%2Fregistrar%2Fstudents%2FS100001')
    })

    it('shows a newcomer every reason at once, in the plan and in the answer', async () => {
      const wanted = (await staff.json<{ rows: SectionRow[] }>('/catalogue?q=cs+201&size=100')).rows.find(
        ({ component, status, seats }) => component === 'lecture' && status === 'active' && !seats.full,
      )
      const id = String(wanted?.id)
      await newcomer.post('/cart', { section: id })
      const page = await newcomer.page('/cart')
      for (const words of [
        'A hold keeps you from registering: A fee that is not paid.',
        'Ask the bursar’s office',
        'Your own registration opens on',
        'You still need',
      ])
        expect(page.text).toContain(words)
      const [entry] = (await newcomer.json<Cart>('/cart')).entries
      const sent = await newcomer.post('/register', { section: id })
      expect(await codes(newcomer, sent.location)).toEqual(['refused hold window_yours requirement'])
      expect(entry?.reasons.map(({ code }) => code)).toEqual(['hold', 'window_yours', 'requirement'])
    })

    it('refuses a field that is sent twice, and names it', async () => {
      const term = `/registrar/terms/${rows[0]?.term.code}`
      const twice = ['one', 'two']
      const asked: readonly (readonly [string, Record<string, string | string[]>, string])[] = [
        ['/registrar/students/S100005/holds', { hold_reason: twice, hold_office: 'x' }, 'hold_reason'],
        ['/registrar/students/S100005/permissions', { rule: twice, override_reason: 'x' }, 'rule'],
        [term, { requirements: 'advise', add_until: twice }, 'add_until'],
        [term, { requirements: 'advise', was_add_until: twice }, 'was_add_until'],
        [`${term}/windows/remove`, { window: twice }, 'window'],
        ['/registrar/sections/1/capacity', { capacity: twice }, 'capacity'],
        ['/registrar/sections/1/reserves', { seats: twice, label: 'x' }, 'seats'],
        ['/registrar/sections/1/links', { crns: twice }, 'crns'],
        ['/registrar/sections/1/cancel', { reason: twice }, 'reason'],
        ['/registrar/sections/1/change', { remove_1: twice, step: 'preview' }, 'remove_1'],
        ['/account/password', { current: twice, password: 'x', again: 'x' }, 'current'],
        ['/leave', { entry: twice }, 'entry'],
      ]
      for (const [path, fields, name] of asked) {
        // a person has a limit of sixty writes a minute
        const client = path === '/leave' ? student : colleague
        const { status, text } = await client.post(path, fields)
        expect([
          path,
          name,
          status < 500 && status >= 400,
          text.includes(`“${name}” takes one value`),
        ]).toEqual([path, name, true, true])
        const json = await client.postJson(path, fields)
        expect([path, json.status >= 400, json.text.includes(`“${name}” takes one value`)]).toEqual([
          path,
          true,
          true,
        ])
      }
    })

    it('places and releases holds, and refuses what is no hold', async () => {
      const path = '/registrar/students/S100005/holds'
      const good = { hold_reason: 'Health form', hold_office: 'the health centre' }
      for (const wrong of [
        {},
        { ...good, hold_reason: '' },
        { ...good, hold_office: '  ' },
        { ...good, hold_reason: 'x'.repeat(121) },
        { ...good, hold_reason: ['one', 'two'] },
      ]) {
        const answer = await staff.post(path, wrong)
        expect([wrong, answer.status]).toEqual([wrong, 422])
        expect(answer.text).toContain('There is a problem')
      }
      // what was typed stays, and is text
      const script = await staff.post(path, { hold_reason: '<script>x</script>', hold_office: '' })
      expect(script.text).toContain('&lt;script>x')
      expect((await file('S100005')).holds).toHaveLength(1)
      expect((await staff.post(path, good)).location).toBe('/registrar/students/S100005?done=hold')
      const [hold, first] = (await file('S100005')).holds
      expect(hold).toMatchObject({ reason: 'Health form', by: 'R100001', ended: null })
      // of somebody else, of nobody, without a reason, twice
      const release = async (of: string, id: string, reason = 'It came') =>
        staff.post(`/registrar/students/${of}/holds/${id}/release`, { reason })
      expect((await release('S100001', String(hold?.id))).location).toContain('done=ended')
      for (const id of ['0', '999999', 'x', '-1'])
        expect((await release('S100005', id)).location).toContain('done=ended')
      expect((await release('S100005', String(hold?.id), '')).status).toBe(422)
      expect((await release('S100005', String(hold?.id))).location).toContain('done=released')
      expect((await release('S100005', String(hold?.id))).location).toContain('done=ended')
      expect((await release('S100005', String(first?.id))).location).toContain('done=released')
      expect((await file('S100005')).holds.every(({ ended }) => ended?.by === 'R100001')).toBe(true)
      expect((await newcomer.page('/notices')).text).toContain('Health form')
    })

    it('grants and revokes permissions, with moments of the campus’s clock', async () => {
      const path = '/registrar/students/S100005/permissions'
      const good = { rule: 'window', concerns: '', credits: '', override_reason: 'athlete', expires: '' }
      for (const [field, value, words] of [
        ['rule', 'fullness', 'Choose a rule'],
        ['rule', 'full', 'Say for which section or course'],
        ['rule', 'reserved', 'Say for which section or course'],
        ['rule', ['window', 'repeat'], 'takes one value'],
        ['concerns', '00000', 'There is no such section, course or term'],
        ['concerns', 'CS 999', 'There is no such section, course or term'],
        ['credits', '1e3', 'number of credits'],
        ['override_reason', '', 'Say why'],
        ['override_reason', 'x'.repeat(201), 'at most 200'],
        ['expires', 'soon', 'moment such as'],
        ['expires', '2026-03-08 02:30', 'No clock shows this time'],
        ['expires', '2026-11-01 01:30', 'Write 2026-11-01 01:30 -05:00 for the first'],
      ] as const) {
        const answer = await staff.post(path, { ...good, [field]: value })
        expect([field, value, answer.status]).toEqual([field, value, 422])
        expect(answer.text).toContain(words)
      }
      expect((await staff.post(path, { ...good, expires: '2099-07-01 01:30' })).location).toContain(
        'permission',
      )
      expect(
        (await staff.post(path, { ...good, rule: 'requirement', concerns: 'CS 201' })).location,
      ).toContain('permission')
      const [requirement, window] = (await file('S100005')).overrides
      expect([requirement?.concerns, window?.expiresAt]).toEqual([['CS 201'], '2099-07-01T06:30:00.000Z'])
      const [entry] = (await newcomer.json<Cart>('/cart')).entries
      expect(entry?.reasons).toEqual([])
      const revoked = await staff.post(`${path}/${requirement?.id}/revoke`, { reason: 'a slip' })
      expect(revoked.location).toContain('revoked')
      const [again] = (await newcomer.json<Cart>('/cart')).entries
      expect(again?.reasons.map(({ code }) => code)).toEqual(['requirement'])
      const page = await staff.page('/registrar/students/S100005')
      for (const words of ['Revoked', 'a slip', 'athlete']) expect(page.text).toContain(words)
    })

    it('adds to the record what is a course with a grade', async () => {
      const path = '/registrar/students/S100005/record'
      const good = {
        course: 'cs102',
        title: 'Objects',
        course_credits: '4',
        grade: 'b',
        source: 'transfer',
        completed: '2026-05-20',
      }
      for (const [field, value] of [
        ['course', 'objects'],
        ['title', ''],
        ['course_credits', ''],
        ['course_credits', '-1'],
        ['course_credits', '31'],
        ['grade', 'Z'],
        ['source', 'found'],
        ['completed', '2026-02-30'],
        ['completed', '0226-05-20'],
        ['completed', '9999-12-31'],
      ] as const)
        expect([field, (await staff.post(path, { ...good, [field]: value })).status]).toEqual([field, 422])
      expect((await staff.post(path, good)).location).toContain('done=record')
      expect((await file('S100005')).history).toEqual([{ course: 'CS 102', grade: 'B', credits: 4 }])
    })

    it('knows a form again that is sent twice', async () => {
      const [row] = compatible(rows, 1)
      const seats = `/registrar/sections/${row?.id}`
      // each changing form of each page has a key of its own
      for (const path of [
        '/registrar/students/S100005',
        `/registrar/terms/${row?.term.code}`,
        seats,
        ...['change', 'cancel', 'links'].map((name) => `${seats}/${name}`),
      ]) {
        const { text } = await colleague.page(path)
        const forms = [...text.matchAll(/<form method="post" action="(\/registrar\/[^"]+)".*?<\/form>/gs)]
        const keys = forms.map(([form]) => /name="request" value="([\w-]{8,64})"/.exec(form)?.[1])
        expect([path, forms.length > 0, keys.includes(undefined)]).toEqual([path, true, false])
        expect([path, new Set(keys).size]).toEqual([path, keys.length])
      }
      const path = '/registrar/students/S100006'
      const { text } = await colleague.page(path)
      const request = /name="request" value="([\w-]+-permission)"/.exec(text)?.[1] ?? ''
      const form = { rule: 'window', concerns: '', credits: '', override_reason: 'band', expires: '' }
      const send = (changes: object) =>
        colleague.post(`${path}/permissions`, { ...form, request, ...changes })
      const answers = await Promise.all([send({}), send({})])
      for (const { location } of [...answers, await send({})]) expect(location).toContain('done=permission')
      const granted = async () => (await staff.json<StudentFile>(path)).overrides.length
      expect(await granted()).toBe(1)
      const other = await send({ override_reason: 'choir' })
      expect([other.status, other.text.includes('Open the page again: it shows what was done')]).toEqual([
        409,
        true,
      ])
      expect((await send({ request: 'short' })).status).toBe(422)
      expect(await granted()).toBe(1)

      // a form of meetings that was done once: sent again it says the same, though its parts are others now
      const change = `${seats}/change`
      const added = { add: '1', days_new: 'S', starts_new: '07:00', ends_new: '07:50' }
      const preview = await colleague.post(change, { ...added, step: 'preview' })
      const hidden = (name: string) =>
        new RegExp(`name="${name}" value="([\\w-]+)"`).exec(preview.text)?.[1] ?? ''
      const sure = {
        ...added,
        seen: hidden('seen'),
        base: hidden('base'),
        request: hidden('request'),
        step: 'change',
      }
      for (const _ of [1, 2])
        expect((await colleague.post(change, sure)).location).toBe(`${seats}?done=times`)
      const { section } = await staff.json<SectionPage>(`/sections/${row?.id}`)
      expect(section.meetings.filter(({ startsAt }) => startsAt === '07:00')).toHaveLength(1)
    })

    it('answers programs at each of its addresses, and tells them by code what is wrong', async () => {
      const headers = { accept: 'application/json' }
      const [row] = rows
      const seats = `/registrar/sections/${row?.id}`
      const [terms, students] = ['/registrar/terms', '/registrar/students']
      for (const path of [
        '/activate',
        '/registrar',
        `/registrar?crn=${row?.crn}`,
        '/registrar/trail',
        students,
        `${students}?q=S10`,
        `${students}/S100001`,
        terms,
        `${terms}/${row?.term.code}`,
        seats,
        `${seats}/change`,
        `${seats}/cancel`,
        `${seats}/links`,
      ]) {
        const { status, text, location } = await staff.send(path, { headers })
        expect([path, status]).toEqual([path, location === undefined ? 200 : 303])
        if (location === undefined) expect(JSON.parse(text)).toBeTypeOf('object')
      }
      for (const [path, code, field] of [
        ['/registrar?receipt=R222', 'not_found', undefined],
        ['/registrar?crn=0', 'not_found', undefined],
        [`${seats}?at=yesterday`, 'request_malformed', 'at'],
        [`${seats}?at=2026-11-01T01:30:00`, 'request_malformed', 'at'],
        [`${students}/S9`, 'not_found', undefined],
      ] as const) {
        const { error } = JSON.parse((await staff.send(path, { headers })).text) as {
          error: Record<string, unknown>
        }
        expect([path, error['code'], error['field']]).toEqual([path, code, field])
        for (const name of ['message', 'remedy', 'request']) expect(error[name]).toMatch(/\S/)
      }
      for (const path of ['/sign-in', '/activate']) {
        const { status, text } = await campus.client().postJson(path, {})
        const { error } = JSON.parse(text) as { error: Record<string, unknown> }
        expect([status, error['code'], error['field']]).toEqual([422, 'request_malformed', 'number'])
        expect(error['request']).toMatch(/\S/)
      }
    })

    it('leaves a trail of every change and every look', async () => {
      const own = await staff.json<readonly TrailEntry[]>('/registrar/trail?student=S100005')
      expect(new Set(own.map(({ action }) => action))).toEqual(
        new Set([
          'looked_at_student',
          'looked_at_trail',
          'hold_placed',
          'hold_released',
          'override_granted',
          'override_revoked',
          'transcript_added',
          'looked_at_trail',
        ]),
      )
      for (const before of ['x', '-1', '1e9']) {
        const answer = await staff.page(`/registrar/trail?before=${before}`)
        expect([before, answer.status]).toEqual([before, 200])
      }
      const found = await staff.json<readonly { number: string }[]>('/registrar/students?q=okonkwo')
      expect(found.map(({ number }) => number)).toContain('S100001')
      expect(await staff.json<unknown[]>('/registrar/students?q=%25')).toEqual([])
      expect((await staff.page('/registrar/students?q=s100001')).location).toBe('/registrar/students/S100001')
      // one row a search: what was looked for, and of whom a name was shown
      const searches = (await staff.json<readonly TrailEntry[]>('/registrar/trail'))
        .filter(({ action }) => action === 'searched_students')
        .map(({ facts }) => facts)
        .slice(0, 3)
      expect(searches).toEqual([
        { of: 'search', words: 's100001', shown: 1 },
        { of: 'search', words: '%', shown: 0 },
        { of: 'search', words: 'okonkwo', shown: found.length },
      ])
      const told = await staff.json<readonly TrailEntry[]>('/registrar/trail?student=S100001')
      expect(told.filter(({ action }) => action === 'searched_students')).toHaveLength(2)
      expect((await staff.page('/registrar/trail')).text).toContain('“okonkwo”')
    })
  },
  ['mariadb'],
)
