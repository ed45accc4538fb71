/** Sections at the registrar's office over HTTP: meetings, links, cancellation, groups' seats, and what students meet meanwhile. */
import { beforeAll, expect, it } from 'vitest'
import type { Hurt } from '../apps/portal/src/catalogue/office-hurt.ts'
import type { LinkedSection } from '../apps/portal/src/catalogue/office-sections.ts'
import type { TrailEntry } from '../apps/portal/src/catalogue/office-trail.ts'
import type { Receipt, Schedule, SectionPage, SectionRow } from '../apps/portal/src/catalogue/types.ts'
import { overlap } from '../apps/portal/src/policy/meeting.ts'
import { type Campus, openCampus } from './support/campus.ts'
import { allSections, compatible } from './support/choose.ts'
import { said } from './support/office.ts'
import { type Client, secondRegistrar } from './support/portal.ts'
import { describeSource } from './support/servers.ts'

const dayMs = 86_400_000
const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10)

describeSource(
  'sections at the registrar’s office over HTTP',
  (flavour) => {
    let campus: Campus
    let student: Client
    let staff: Client
    let colleague: Client
    let rows: readonly SectionRow[]

    const codes = async (client: Client, location: string | undefined) =>
      said(await client.json<Receipt>(location ?? ''))
    const meetings = async (id: number | undefined) =>
      (await staff.json<SectionPage>(`/sections/${id}`)).section.meetings
    /** The form as the page has it, with what the preview of these changes has added. */
    const previewed = async (path: string, form: Readonly<Record<string, string>>, by = staff) => {
      const page = await by.post(path, { ...form, step: 'preview' })
      const hidden = (name: string) =>
        new RegExp(`name="${name}" value="([0-9a-f]+)"`).exec(page.text)?.[1] ?? ''
      return { page, seen: { seen: hidden('seen'), base: hidden('base') } }
    }

    beforeAll(async () => {
      campus = await openCampus(flavour, ['--time-zone', 'America/Chicago'])
      ;({ rows } = campus)
      student = await campus.signedIn('S100001')
      staff = await campus.signedIn('R100001')
      colleague = campus.client()
      await colleague.signIn(await secondRegistrar(campus.school))
    })

    it('previews a change of times, then makes it, and tells whom it concerns', async () => {
      const [first, second] = compatible(rows, 2)
      const ids = [first, second].map((row) => String(row?.id))
      for (const id of ids) await student.post('/register', { section: id })
      const { entries } = await student.json<Schedule>('/schedule')
      expect(entries.map(({ section }) => String(section.id))).toEqual(expect.arrayContaining(ids))
      const path = `/registrar/sections/${first?.id}/change`
      const form = await staff.page(path)
      const id = /name="days_(\d+)"/.exec(form.text)?.[1] ?? ''
      const meeting = second?.meetings[0]
      const clash = {
        [`days_${id}`]: 'MTWRF',
        [`starts_${id}`]: meeting?.startsAt ?? '',
        [`ends_${id}`]: meeting?.endsAt ?? '',
      }
      for (const wrong of [
        { [`days_${id}`]: 'X' },
        { [`days_${id}`]: '' },
        { [`starts_${id}`]: '25:00' },
        { [`starts_${id}`]: '23:00' },
        { [`ends_${id}`]: '' },
      ])
        expect([wrong, (await staff.post(path, { ...clash, ...wrong, step: 'change' })).status]).toEqual([
          wrong,
          422,
        ])
      const hurt = JSON.parse((await staff.postJson(path, clash)).text) as Hurt
      expect(hurt.enrolled).toBeGreaterThan(0)
      expect(hurt.conflicts.map(({ number }) => number)).toContain('S100001')
      const { page: preview, seen } = await previewed(path, clash)
      expect(preview.text).toMatch(/\d+ students? (is|are) enrolled, \d+ of them would have a conflict/)
      // a preview changes nothing
      expect((await student.json<Schedule>('/schedule')).conflicts).toEqual([])
      // nor does a form that was edited after it: what it would do now is shown first
      const edited = await staff.post(path, { ...clash, [`days_${id}`]: 'T', ...seen, step: 'change' })
      expect([edited.status, edited.text.includes('What it would do')]).toEqual([200, true])
      expect((await student.json<Schedule>('/schedule')).conflicts).toEqual([])
      expect((await staff.post(path, { ...clash, ...seen, step: 'change' })).location).toContain('done=times')
      expect((await staff.post(path, { ...clash, ...seen, step: 'change' })).location).toContain('done=same')
      expect((await student.json<Schedule>('/schedule')).conflicts).toHaveLength(1)
      expect((await student.page('/notices')).text).toContain('It now meets: Mon, Tue, Wed, Thu, Fri ')

      // somebody else changes it after the preview: what it would do now is shown, and nothing done
      const late = { ...clash, [`days_${id}`]: 'S' }
      const early = await previewed(path, late)
      const other = { [`days_${id}`]: 'U' }
      const theirs = await previewed(path, other, colleague)
      await colleague.post(path, { ...other, ...theirs.seen, step: 'change' })
      const moved = await staff.post(path, { ...late, ...early.seen, step: 'change' })
      expect(moved.status).toBe(409)
      for (const words of ['Something has changed since', 'What it would do', 'Read again'])
        expect(moved.text).toContain(words)
      expect((await meetings(first?.id))[0]?.days).toEqual([7])
      const base = /name="base" value="([0-9a-f]+)"/.exec(moved.text)?.[1] ?? ''
      const again = await staff.post(path, { ...late, ...early.seen, base, step: 'change' })
      expect(again.location).toContain('done=times')
      // one without what it was shown is no form of ours
      expect((await staff.post(path, { ...other, seen: early.seen.seen, step: 'change' })).status).toBe(200)
      expect((await meetings(first?.id))[0]?.days).toEqual([6])
    })

    it('changes each meeting by its id, whatever else was taken away meanwhile', async () => {
      const row = compatible(rows, 4).at(-1)
      const path = `/registrar/sections/${row?.id}/change`
      const ids = async () =>
        [...(await staff.page(path)).text.matchAll(/name="days_(\d+)"/g)].map(([, one]) => one ?? '')
      const change = async (form: Readonly<Record<string, string>>) => {
        const { page, seen } = await previewed(path, form, colleague)
        return { page, sent: await colleague.post(path, { ...form, ...seen, step: 'change' }) }
      }
      for (const day of ['S', 'U'])
        await change({ days_new: day, starts_new: '6:00', ends_new: '6:50', add: '1' })
      const [middle = '', last = ''] = (await ids()).slice(-2)
      const days = async () => (await meetings(row?.id)).slice(-2).map((one) => [one.days, one.startsAt])
      expect(await days()).toEqual([
        [[6], '06:00'],
        [[7], '06:00'],
      ])
      // a form that was opened before: all of its fields, among them those of a meeting that goes now
      const open = { [`days_${middle}`]: 'S', [`days_${last}`]: 'U', [`starts_${last}`]: '5:30' }
      await change({ [`remove_${middle}`]: '1' })
      const { page, sent } = await change(open)
      expect(page.text).not.toContain(`name="days_${middle}"`)
      expect(sent.location).toContain('done=times')
      expect((await ids()).at(-1)).toBe(last)
      expect((await days()).at(-1)).toEqual([[7], '05:30'])
    })

    it('sets dates, alternating weeks and a place, adds a meeting and takes one away', async () => {
      const row = compatible(rows, 6).at(-1)
      const path = `/registrar/sections/${row?.id}/change`
      const text = (await staff.page(path)).text
      const id = /name="days_(\d+)"/.exec(text)?.[1] ?? ''
      const of = (name: string) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1] ?? ''
      const [from, until] = [of(`from_${id}`), of(`until_${id}`)]
      const [, room = '', place = ''] = /<option value="(\d+)">([^<(]+?) \(/.exec(text) ?? []
      for (const [field, value, words] of [
        [`from_${id}`, '2027-02-30', 'Write a day'],
        [`until_${id}`, '2020-01-01', 'It lies before the first day'],
        [`weeks_${id}`, 'third', 'Choose the weeks'],
        [`room_${id}`, '999999', 'Choose a room'],
        ['days_new', 'M', 'Write when it begins'],
      ] as const) {
        const answer = await staff.post(path, { [field]: value, step: 'change' })
        expect([field, answer.status, answer.text.includes(words)]).toEqual([field, 422, true])
      }
      // all that is wrong is told at once, each by its field: what cannot be read, what does not go together, what lies outside the term
      const { term } = await staff.json<SectionPage>(`/sections/${row?.id}`)
      const [early, late] = [
        isoDay(Date.parse(term.startsOn) - dayMs),
        isoDay(Date.parse(term.endsOn) + dayMs),
      ]
      const faults = { [`weeks_${id}`]: 'third', [`starts_${id}`]: '23:00', [`from_${id}`]: early }
      const added = { days_new: '', starts_new: '25:00', ends_new: '9:00', from_new: 'soon', until_new: late }
      const many = await staff.post(path, { ...faults, ...added, step: 'preview' })
      expect(many.status).toBe(422)
      const summary = [...many.text.matchAll(/<a href="#(\w+?)_(?:\d+|new)">/g)].map(([, field]) => field)
      expect(summary).toEqual(['ends', 'from', 'weeks', 'days', 'starts', 'from', 'until'])
      for (const words of [`Write ${term.startsOn} or a later day`, `Write ${term.endsOn} or an earlier day`])
        expect(many.text).toContain(words)
      // a program is told the same
      const told = await staff.postJson(path, { ...faults, ...added, step: 'preview' })
      expect([
        told.status,
        told.text.match(/It (?:ends|lies)|Choose|Write the days|Write a (?:time|day)/g),
      ]).toEqual([
        422,
        ['It ends', 'It lies', 'Choose', 'Write the days', 'Write a time', 'Write a day', 'It lies'],
      ])
      // no even week lies in the first one
      const short = await staff.post(path, { [`weeks_${id}`]: 'even', [`until_${id}`]: from })
      expect(short.text).toContain('No even week of the term lies between these days')

      const change = { [`weeks_${id}`]: 'even', [`room_${id}`]: room, add: '1', days_new: 'S' }
      const form = { ...change, starts_new: '7:30', ends_new: '08:20', until_new: from }
      const { page, seen } = await previewed(path, form)
      expect(page.text).toContain('even weeks of the term')
      expect((await staff.post(path, { ...form, ...seen, step: 'change' })).location).toContain('done=times')
      const [first, ...more] = await meetings(row?.id)
      const monday = new Date(Date.parse(first?.startsOn ?? '')).getUTCDay()
      expect([first?.everyWeeks, first?.place, first?.endsOn, monday]).toEqual([2, place, until, 1])
      expect(Date.parse(first?.startsOn ?? '') - Date.parse(from)).toBeLessThanOrEqual(7 * 86_400_000)
      expect(more.at(-1)).toMatchObject({ days: [6], startsAt: '07:30', endsAt: '08:20', endsOn: from })
      // looked at again, it is what it is; every week again, nothing but that has changed
      expect((await staff.page(path)).text).toMatch(/<option value="even" selected/)
      // the same room at the same time, as sections meet after the changes above: said before anything is done
      rows = await allSections(student)
      const other = rows.find(
        ({ id: one, campus, meetings: own }) =>
          campus === row?.campus &&
          one !== row.id &&
          own.some((meeting) => meeting.place !== null && meeting.startsAt !== null),
      )
      const theirs = other?.meetings.find((meeting) => meeting.place !== null && meeting.startsAt !== null)
      const their = new RegExp(`<option value="(\\d+)">${theirs?.place} \\(`).exec(text)?.[1] ?? ''
      const days = (theirs?.days ?? []).map((day) => 'MTWRFSU'.charAt(day - 1)).join('')
      const taken = JSON.parse(
        (
          await staff.postJson(path, {
            days_new: days,
            starts_new: theirs?.startsAt ?? '',
            ends_new: theirs?.endsAt ?? '',
            room_new: their,
          })
        ).text,
      ) as Hurt
      expect(taken.taken.some((words) => words.startsWith(`${theirs?.place}: `))).toBe(true)
      const all = [...(await staff.page(path)).text.matchAll(/name="days_(\d+)"/g)].map(([, one]) => one)
      const last = { [`remove_${all.at(-1)}`]: '1' }
      const gone = await previewed(path, last)
      await staff.post(path, { ...last, ...gone.seen, step: 'change' })
      expect(await meetings(row?.id)).toHaveLength(all.length - 1)
    })

    it('links sections, which students then choose as one', async () => {
      // as they are after the changes above
      rows = await allSections(student)
      const other = await campus.signedIn('S100003')
      const { entries } = await other.json<Schedule>('/schedule')
      const free = (row: SectionRow, besides: readonly SectionRow[]) =>
        row.status === 'active' &&
        row.seats.left > 3 &&
        row.credits.max <= 4 &&
        besides.every((one) => one.courseId !== row.courseId && overlap(row.meetings, one.meetings) === null)
      const own = entries.map(({ section }) => section)
      const lecture = rows.find((row) => row.component === 'lecture' && free(row, own))
      const others = rows.filter(
        (row) => row.component !== 'lecture' && lecture !== undefined && free(row, [...own, lecture]),
      )
      const kind = others[0]?.component
      const [lab, second] = others.filter(({ component }) => component === kind)
      const path = `/registrar/sections/${lecture?.id}/links`
      const lectures = rows.filter(({ component }) => component === 'lecture')
      for (const [crns, words] of [
        ['', 'Write the CRN'],
        ['00000', 'There is no section 00000'],
        [lecture?.crn ?? '', 'is this section itself'],
        [`${lab?.crn} ${lectures.at(-1)?.crn}`, 'is a lecture too'],
        ['x'.repeat(201), 'at most 200'],
      ] as const) {
        const answer = await staff.post(path, { crns })
        expect([crns, answer.status, answer.text.includes(words)]).toEqual([crns, 422, true])
      }
      // one that is wrong links none
      expect(await staff.json<unknown[]>(path)).toEqual([])
      expect((await staff.post(path, { crns: `${lab?.crn}, ${second?.crn}` })).location).toContain(
        'done=linked',
      )
      expect((await staff.post(path, { crns: lab?.crn ?? '' })).location).toContain('done=same')
      const linked = await staff.json<readonly LinkedSection[]>(path)
      expect(new Set(linked.map(({ section }) => section.id))).toEqual(new Set([lab?.id, second?.id]))
      const back = await staff.json<readonly LinkedSection[]>(`/registrar/sections/${lab?.id}/links`)
      expect(back.map(({ section }) => section.id)).toEqual([lecture?.id])
      expect((await staff.page(path)).text).toContain('Whoever takes it takes with it')

      const page = (await other.page(`/sections/${lecture?.id}`)).text
      for (const row of [lab, second]) expect(page).toContain(`value="${row?.id}"`)
      expect(page).toContain('that goes with it')
      const both = [String(lecture?.id), String(second?.id)]
      await other.post('/cart', { section: both[0] ?? '' })
      const cart = (await other.page('/cart')).text
      expect(cart).toContain(`to take with ${lecture?.code}-${lecture?.section}`)
      expect(cart).toContain(`<option value="${second?.id}"`)
      const alone = await other.post('/register', { section: both[0] ?? '' })
      expect(await codes(other, alone.location)).toEqual(['refused linked'])
      const sent = await other.post('/register', { section: both })
      expect(await codes(other, sent.location)).toEqual(['enrolled', 'enrolled'])

      for (const partner of ['', 'x', '0', String(lecture?.id)])
        expect((await staff.post(`${path}/remove`, { partner })).location).toContain('done=same')
      for (const row of [lab, second])
        expect((await staff.post(`${path}/remove`, { partner: String(row?.id) })).location).toContain(
          'done=unlinked',
        )
      expect(await staff.json<unknown[]>(`/registrar/sections/${lab?.id}/links`)).toEqual([])
    })

    it('cancels a section that lies in a cart, and lets its students out', async () => {
      const { entries } = await student.json<Schedule>('/schedule')
      const [held] = entries
      const id = String(held?.section.id)
      const other = await campus.signedIn('S100004')
      await other.post('/cart', { section: id })
      const path = `/registrar/sections/${id}/cancel`
      const page = await staff.page(path)
      expect(page.text).toMatch(/\d+ students? would lose the seat/)
      const [, base = ''] = /name="base" value="([0-9a-f]+)"/.exec(page.text) ?? []
      expect((await staff.post(path, { base })).status).toBe(422)
      expect((await staff.post(path, { reason: 'x'.repeat(201) })).status).toBe(422)
      const unseen = await staff.post(path, { reason: 'nobody to teach it' })
      expect([unseen.status, unseen.text.includes('Something has changed since')]).toEqual([409, true])
      const done = await staff.post(path, { reason: 'nobody to teach it', base })
      expect(done.location).toContain('done=cancelled')
      const after = await student.json<Schedule>('/schedule')
      expect(after.entries.map(({ section }) => String(section.id))).not.toContain(id)
      expect((await student.page('/notices')).text).toContain('has been cancelled')
      const sent = await other.post('/register', { section: id })
      expect((await codes(other, sent.location))[0]).toContain('cancelled')
      const seats = await staff.page(`/registrar/sections/${id}`)
      expect(seats.text).toContain('rows and ledger agree')
      for (const words of ['Change its meetings', ' open<']) expect(seats.text).not.toContain(words)
      // in whose cart it lies, or who finds it, reads that and nothing of its times
      const own = await other.page(`/sections/${id}`)
      expect(own.text).toContain('It will not be taught')
      expect(own.text).not.toContain('Meets at the same time')
      // the seat that is lost has a receipt, as any other that is given up
      const { receipts } = await student.json<{ receipts: { kind: string; number: string }[] }>('/receipts')
      expect(receipts[0]?.kind).toBe('cancellation')
      expect(await codes(student, `/receipts/${receipts[0]?.number}`)).toEqual(['dropped cancelled'])
    })

    it('keeps seats for a group, and gives them back', async () => {
      const row = rows.find(({ seats, status }) => seats.left > 5 && status === 'active')
      const path = `/registrar/sections/${row?.id}/reserves`
      const good = {
        seats: '3',
        label: 'biologists',
        programme: 'BS Biology',
        class_year: '',
        level: '',
        until: '',
      }
      for (const [field, value] of [
        ['seats', '0'],
        ['seats', 'some'],
        ['label', ''],
        ['class_year', 'last'],
        ['until', 'noon'],
      ] as const)
        expect([field, (await staff.post(path, { ...good, [field]: value })).status]).toEqual([field, 422])
      expect((await staff.post(path, good)).location).toContain('done=kept')
      const kept = await student.page(`/sections/${row?.id}`)
      expect(kept.text).toContain('3 of the seats left are kept for biologists')
      const seats = await staff.page(`/registrar/sections/${row?.id}`)
      expect(seats.text).toContain('rows and ledger agree')
      const reserve = /name="reserve" value="(\d+)"/.exec(seats.text)?.[1] ?? ''
      // what is no reserve, or is one no more, is not said to be given back
      for (const [id, done] of [
        ['', 'ended'],
        ['x', 'ended'],
        ['0', 'ended'],
        [reserve, 'given'],
        [reserve, 'ended'],
      ] as const)
        expect((await staff.post(`${path}/end`, { reserve: id })).location).toContain(`done=${done}`)
      expect((await student.page(`/sections/${row?.id}`)).text).not.toContain('kept for biologists')
    })

    it('leaves a trail of it', async () => {
      const all = await staff.page('/registrar/trail')
      for (const words of [
        'Cancelled the section',
        'nobody to teach it',
        'Linked sections',
        'Took a link away',
        // names stand on the page of a section’s seats
        'Looked at who has the seats',
      ])
        expect(all.text).toContain(words)
      // each of those who were named in a preview finds that look, beside those at the seats of their sections
      const own = await staff.json<readonly TrailEntry[]>('/registrar/trail?student=S100001')
      expect(own.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['looked_at_conflicts', 'looked_at_section']),
      )
      expect(own.every(({ id }, index) => index === 0 || id < (own[index - 1]?.id ?? 0))).toBe(true)
    })
  },
  // what the servers do differently is tested below HTTP (rules.db.test.ts)
  ['mariadb'],
)
