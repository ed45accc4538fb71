/** The sample university: believable, the same every time, made whole or not at all. */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import { makeSample, NotEmptyError } from '../apps/portal/src/intake/sample.ts'
import { sampleTerms } from '../apps/portal/src/intake/calendar.ts'
import { makeUniversity } from '../apps/portal/src/intake/university.ts'
import { overlap } from '../apps/portal/src/policy/meeting.ts'
import { createAccounts } from '../apps/portal/src/account/index.ts'
import { emptySchool, wrongCounters } from './support/school.ts'
import { atEnd, describeSource, type SourceFlavour } from './support/servers.ts'

const today = '2026-11-22'

const empty = async (flavour: SourceFlavour) => {
  const database = await emptySchool(flavour)
  const db = connectSource(database.url)
  atEnd(() => db.destroy())
  return db
}

describe('the sample’s calendar', () => {
  it('has a term open for registration on every day of the next ten years, for two weeks more at least', () => {
    const days = Array.from({ length: 3_652 }, (_, at) => Date.parse('2026-01-01') + at * 86_400_000)
    expect(new Date(days.at(-1) ?? 0).toISOString().slice(0, 10)).toBe('2035-12-31')
    const wrong = days.filter((day) => {
      const date = new Date(day).toISOString().slice(0, 10)
      const terms = sampleTerms(date)
      const open = terms.at(-1)
      const isOpen = (open?.opensAt ?? 'none').slice(0, 10) <= date
      const left = (Date.parse(open?.closesAt.slice(0, 10) ?? '') - day) / 86_400_000
      const codes = terms.map((term) => term.code)
      return !(terms.length === 4 && isOpen && left >= 14 && codes.join() === codes.toSorted().join())
    })
    expect(wrong.map((day) => new Date(day).toISOString())).toEqual([])
  })
})

describe('the sample’s students and rooms', () => {
  const { rows } = makeUniversity({ seed: 'matricula', today })
  const meetings = new Map<number, (typeof rows.meeting)[number][]>()
  for (const meeting of rows.meeting)
    meetings.set(meeting.section_id, [...(meetings.get(meeting.section_id) ?? []), meeting])
  const patterns = (sectionId: number) =>
    (meetings.get(sectionId) ?? []).map((meeting) => ({
      days: [1, 2, 3, 4, 5, 6, 7].filter((day) => meeting.days.includes('MTWRFSU'.charAt(day - 1))) as never,
      startsAt: meeting.starts_at,
      endsAt: meeting.ends_at,
      startsOn: meeting.starts_on,
      endsOn: meeting.ends_on,
    }))

  it('are never in two places at once', () => {
    const places = new Map<string, Set<number>>()
    const add = (place: string, section: number) =>
      places.set(place, (places.get(place) ?? new Set<number>()).add(section))
    for (const row of rows.enrolment) add(`student ${row.student_id}`, row.section_id)
    for (const row of rows.meeting) {
      if (row.room_id !== null) add(`room ${row.room_id}`, row.section_id)
      if (row.instructor_id !== null) add(`instructor ${row.instructor_id}`, row.section_id)
    }
    const twice: string[] = []
    for (const [place, sections] of places) {
      const all = [...sections].map((section) => ({ section, patterns: patterns(section) }))
      all.forEach((one, index) => {
        for (const other of all.slice(index + 1))
          if (overlap(one.patterns, other.patterns) !== null)
            twice.push(`${place}: ${one.section} and ${other.section}`)
      })
    }
    expect(twice).toEqual([])
    expect(places.size).toBeGreaterThan(2_000)
  })

  it('are the same for the same seed and day, and others for another', () => {
    // as one text each: a hundred thousand rows are compared in no time, and told apart by nobody
    const asText = (value: unknown): string => JSON.stringify(value)
    expect(asText(makeUniversity({ seed: 'matricula', today }).rows) === asText(rows)).toBe(true)
    const other = makeUniversity({ seed: 'other', today }).rows.student
    expect(asText(other) === asText(rows.student)).toBe(false)
  })

  it('are as many as a real university’s, with sections from empty to full', () => {
    const open = rows.section.filter((section) => section.term_id === 4)
    const taken = (section: (typeof open)[number]) => section.enrolled + section.held
    expect(rows.student).toHaveLength(2_000)
    expect(rows.course.length).toBeGreaterThan(250)
    expect(open.length).toBeGreaterThan(900)
    expect(open.filter((section) => section.enrolled === 0).length).toBeGreaterThan(30)
    expect(open.filter((section) => taken(section) === section.capacity).length).toBeGreaterThan(30)
    expect(open.filter((section) => taken(section) > section.capacity).length).toBe(1)
    expect(rows.enrolment.filter((row) => row.grade !== null).length).toBeGreaterThan(8_000)
    expect(rows.enrolment.every((row) => row.enrolled_at < `${today} 24`)).toBe(true)
  })
})

describeSource(
  'portal sample',
  (flavour) => {
    it('fills an empty database within seconds, and counters equal rows', async () => {
      const db = await empty(flavour)
      const report = await makeSample(db, { seed: 'matricula', today })
      expect(report.created).toBe(true)
      expect(await wrongCounters(db)).toEqual([])
      const { rows } = await sql<{ total: number }>`SELECT COUNT(*) AS total FROM enrolment`.execute(db)
      expect(rows[0]?.total).toBe(report.rows['enrolment'])

      const accounts = createAccounts(db, { clock: () => new Date(`${today}T12:00:00Z`) })
      for (const { number, password, role } of report.accounts) {
        const { person } = await accounts.signIn({ number, password, address: '192.0.2.1' })
        expect(person).toMatchObject({ number, role })
      }
      const [waiting] = report.activations
      const { person } = await accounts.activate({
        number: waiting?.number ?? '',
        code: waiting?.code ?? '',
        password: 'a-good-password',
        address: '192.0.2.1',
      })
      expect(person.number).toBe(waiting?.number)

      const again = await makeSample(db, { seed: 'another seed', today: '2030-01-01' })
      expect(again).toEqual({ ...report, created: false })
      const after = await sql<{ total: number }>`SELECT COUNT(*) AS total FROM enrolment`.execute(db)
      expect(after.rows[0]?.total).toBe(report.rows['enrolment'])
    })

    it('leaves other people’s data alone', async () => {
      const db = await empty(flavour)
      await db.insertInto('subject').values({ code: 'CS', name: 'C', department: 'D' }).execute()
      await db
        .insertInto('course')
        .values({
          subject_id: 1,
          number: '1',
          title: 't',
          description: '',
          level: 'graduate',
          credits_min: '1.00',
          credits_max: '1.00',
        })
        .execute()
      await expect(makeSample(db, { seed: 'x', today, students: 10 })).rejects.toThrow(NotEmptyError)
      const { rows } = await sql<{ total: number }>`SELECT COUNT(*) AS total FROM student`.execute(db)
      expect(rows[0]?.total).toBe(0)
    })

    it('is made once when two make it at the same time', async () => {
      const db = await empty(flavour)
      const make = () => makeSample(db, { seed: 'x', today, students: 50 })
      const outcomes = await Promise.all([make(), make()])
      expect(outcomes.filter((outcome) => outcome.created)).toHaveLength(1)
      expect(await wrongCounters(db)).toEqual([])
      const { rows } = await sql<{ total: number }>`SELECT COUNT(*) AS total FROM student`.execute(db)
      expect(rows[0]?.total).toBe(50)
    })
  },
  ['mariadb', 'mysql'],
)
