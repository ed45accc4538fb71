/**
 * A real university's catalogue, whole: Fall 2024 of Rensselaer, as its registration system published it. The expected
 * numbers are counted here from the file by a reader of its own, which shares no code with the import.
 *
 * The file lies beside the repository, not in it; where it is absent, the suite is skipped by name.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import { migrate } from '../apps/portal/src/db/migrate.ts'
import { createCatalogue } from '../apps/portal/src/catalogue/reader.ts'
import { type CatalogueOptions, importCatalogue } from '../apps/portal/src/intake/import/catalogue.ts'
import { decodeText } from '../apps/portal/src/intake/import/text.ts'
import { wrongCounters } from './support/school.ts'
import { atEnd, describeSource, freshDatabase, type SourceFlavour } from './support/servers.ts'

const path = fileURLToPath(new URL('../../shared/data/rpi-fall-2024.csv', import.meta.url))
const here = existsSync(path)
const bytes = here ? readFileSync(path) : Buffer.alloc(0)
const both: readonly SourceFlavour[] = ['mariadb', 'mysql']

/** RFC 4180, one sign after the other: nothing of the import's reader. */
const plainRows = (text: string): readonly Readonly<Record<string, string>>[] => {
  const rows: string[][] = [['']]
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at)
    const row = rows.at(-1) ?? []
    const end = row.length - 1
    if (quoted && sign === '"' && text.charAt(at + 1) === '"') {
      row[end] += '"'
      at += 1
    } else if (sign === '"') quoted = !quoted
    else if (!quoted && sign === ',') row.push('')
    else if (!quoted && sign === '\n') rows.push([''])
    else row[end] += sign
  }
  const [header = [], ...rest] = rows
  return rest
    .filter((row) => row.length === header.length)
    .map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])))
}

const rows = plainRows(bytes.toString('utf8'))
const firstRows = [...new Map(rows.toReversed().map((row) => [row['course_crn'] ?? '', row])).values()]

const empty = async (flavour: SourceFlavour): Promise<Db> => {
  const database = await freshDatabase(flavour)
  const db = connectSource(database.url, { size: 4, deadlineMs: 120_000 })
  atEnd(() => db.destroy())
  await migrate(db)
  return db
}

const run = (db: Db, options: Partial<CatalogueOptions> = {}, content: Buffer = bytes) =>
  importCatalogue(db, decodeText(content, 'file.csv'), 'file.csv', { term: 'Fall 2024', ...options })

const count = async (db: Db, what: string): Promise<number> => {
  const { rows: found } = await sql<{ total: number | string }>`SELECT ${sql.raw(what)}`.execute(db)
  return Number(found[0]?.total)
}

/** Every row of every table that an import writes, and a fingerprint that no cache can answer. */
const fingerprint = async (db: Db): Promise<string> => {
  const tables = [
    'term',
    'subject',
    'course',
    'campus',
    'room',
    'instructor',
    'section',
    'meeting',
    'co_instructor',
    'setting',
  ]
  const all = await Promise.all(
    tables.map(async (table) => (await sql.raw(`SELECT * FROM ${table} ORDER BY 1, 2`).execute(db)).rows),
  )
  return JSON.stringify(all)
}

/** A file of other content with the same header: lines of the real one, changed. */
const lines = bytes.toString('utf8')
const changedFile = (change: (text: string) => string): Buffer => Buffer.from(change(lines))

/** 'HH:MM' from '4:00PM', by way of minutes. */
const clock = (text: string): string | null => {
  if (text === '') return null
  const minutes =
    (Number.parseInt(text, 10) % 12) * 60 + Number(text.slice(-4, -2)) + (text.endsWith('PM') ? 720 : 0)
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

// Absent is no failure, not in CI either: the file is not ours to carry.
if (!here)
  describe('import of a real catalogue', () => {
    it.skip('../shared/data/rpi-fall-2024.csv is not beside the repository', () => undefined)
  })
else
  describeSource(
    'import of a real catalogue',
    (flavour) => {
      it('holds all of it: courses, sections, meetings, ranges; sections start empty', async () => {
        const db = await empty(flavour)
        const report = await run(db)
        expect(report).toMatchObject({
          outcome: 'done',
          term: { code: '202480', name: 'Fall 2024', created: true },
          file: {
            encoding: 'utf-8',
            delimiter: ',',
            rows: 2667,
            courses: 920,
            sections: 2224,
            meetings: 2667,
            seats: 54_205,
            overfull: 71,
            // each text is a rule, or is kept for people: 325 of the 486 that ask for anything
            requirements: { none: 434, rule: 325, text: 161 },
          },
          removals: [],
          rejected: [],
        })
        // the two rows that hold half a time are told, not lost
        expect(report.remarks.map(({ words }) => words)).toEqual([
          expect.stringContaining('without a time'),
          expect.stringContaining('without a day'),
        ])
        expect(await count(db, 'COUNT(*) AS total FROM course')).toBe(920)
        expect(await count(db, 'COUNT(*) AS total FROM section')).toBe(2224)
        expect(await count(db, 'COUNT(*) AS total FROM meeting')).toBe(2667)
        expect(await count(db, 'COUNT(*) AS total FROM subject')).toBe(41)
        expect(await count(db, 'SUM(capacity) AS total FROM section')).toBe(54_205)
        expect(await count(db, 'SUM(enrolled + held + overfull) AS total FROM section')).toBe(0)
        const ranges = firstRows.filter((row) => (row['course_credit_hours'] ?? '').includes('-')).length
        expect(ranges).toBeGreaterThan(300)
        expect(await count(db, 'COUNT(*) AS total FROM section WHERE credits_min < credits_max')).toBe(ranges)
        const wordy = new Set(
          rows.filter((row) => row['raw_precoreqs'] !== '').map((row) => row['short_name']),
        ).size
        expect(await count(db, 'COUNT(prerequisite_text) AS total FROM course')).toBe(wordy)
      })

      it('shows each section’s every meeting as the file has it', async () => {
        const db = await empty(flavour)
        await run(db)
        const catalogue = createCatalogue(db)
        const shown: string[] = []
        for (let page = 1; ; page += 1) {
          const found = await catalogue.search({ term: '202480', page, pageSize: 100 })
          for (const section of found.rows)
            for (const meeting of section.meetings)
              shown.push(
                JSON.stringify([
                  section.crn,
                  section.code,
                  section.title,
                  section.credits.min,
                  section.credits.max,
                  meeting.days.map((day) => 'MTWRFSU'.charAt(day - 1)).join(''),
                  meeting.startsAt,
                  meeting.endsAt,
                  meeting.startsOn,
                  meeting.endsOn,
                  meeting.place,
                  meeting.instructor,
                ]),
              )
          if (page >= found.pages) break
        }
        const expected = rows.map((row) => {
          const at = (name: string): string => row[name] ?? ''
          const [low = '', high = low] = at('course_credit_hours').split('-')
          const whole = at('course_days_of_the_week') !== '' && at('course_start_time') !== ''
          const place = at('course_location').trim()
          const names = at('course_instructor')
          return JSON.stringify([
            at('course_crn'),
            `${at('course_department')} ${at('course_level')}`,
            at('full_name').replaceAll('\ufeff', '').trim(),
            Number(low),
            Number(high),
            whole ? at('course_days_of_the_week') : '',
            whole ? clock(at('course_start_time')) : null,
            whole ? clock(at('course_end_time')) : null,
            at('course_start_date'),
            at('course_end_date'),
            ['TBA', 'Online'].includes(place) ? null : place,
            names === 'TBA' ? null : names.replaceAll('/', ', '),
          ])
        })
        expect(shown.toSorted()).toEqual(expected.toSorted())
      })

      it('keeps, when asked, who is enrolled elsewhere: over-full sections, too', async () => {
        const db = await empty(flavour)
        await run(db, { keepEnrolled: true })
        const enrolled = firstRows.reduce((sum, row) => sum + Number(row['course_enrolled']), 0)
        const over = firstRows
          .map((row) => Number(row['course_enrolled']) - Number(row['course_max_enroll']))
          .filter((more) => more > 0)
        expect(over).toHaveLength(71)
        expect(await count(db, 'SUM(held) AS total FROM section')).toBe(enrolled)
        expect(await count(db, 'SUM(enrolled) AS total FROM section')).toBe(0)
        expect(await count(db, 'COUNT(*) AS total FROM section WHERE overfull > 0')).toBe(71)
        expect(await count(db, 'SUM(overfull) AS total FROM section')).toBe(
          over.reduce((sum, more) => sum + more, 0),
        )
        const before = await fingerprint(db)
        expect((await run(db, { keepEnrolled: true })).outcome).toBe('unchanged')
        // without the flag what is held stays held
        expect((await run(db)).outcome).toBe('unchanged')
        expect(await fingerprint(db)).toBe(before)
      })

      it('changes nothing in a dry run, and nothing the second time', async () => {
        const db = await empty(flavour)
        const blank = await fingerprint(db)
        const dry = await run(db, { dryRun: true })
        expect(dry.outcome).toBe('dry run')
        expect(await fingerprint(db)).toBe(blank)
        const done = await run(db)
        expect(done.changes).toEqual(dry.changes)
        const before = await fingerprint(db)
        const again = await run(db)
        expect(again.outcome).toBe('unchanged')
        expect(await fingerprint(db)).toBe(before)
        // negative control: the fingerprint sees one seat
        const more = await run(
          db,
          {},
          changedFile((text) => text.replace('J 3401,10,0,10,', 'J 3401,11,0,11,')),
        )
        expect(more).toMatchObject({ outcome: 'done', changes: { sections: { added: 0, changed: 1 } } })
        expect(await fingerprint(db)).not.toBe(before)
      })

      it('leaves bad rows out by line and reason, and stops nothing else', async () => {
        const db = await empty(flavour)
        const [header = '', first = '', second = ''] = lines.split('\n')
        const bad = changedFile((text) =>
          text
            .replace(`${first}\n`, `${first.replace('4:00PM', '25:00PM')}\n`)
            .replace(`${second}\n`, `${second.replace(',80,52,28,', ',many,52,28,')}\nonly,three,fields\n`),
        )
        const report = await run(db, {}, bad)
        expect(header).toContain('course_crn')
        expect(report.outcome).toBe('done')
        expect(report.rejected).toEqual([
          { line: 2, reason: expect.stringMatching(/start "25:00PM".*16:00/) as string },
          { line: 3, reason: expect.stringMatching(/seats "many".*whole number/) as string },
          { line: 4, reason: 'has 3 fields where the header has 26; its section cannot be told' },
          // whose it is cannot be told: a new section beside it might have lost a meeting
          { line: 5, reason: expect.stringMatching(/^line 4 cannot be read and may be a meeting/) as string },
        ])
        expect(await count(db, 'COUNT(*) AS total FROM section')).toBe(2221)
        // mended, the rest comes in; rows that stand there twice count once
        const twice = changedFile((text) => `${text.trimEnd()}\n${first}\n${second}\n`)
        const mended = await run(db, {}, twice)
        expect(mended.remarks.filter(({ words }) => words.includes('taken once'))).toEqual([
          { line: expect.any(Number) as number, words: 'is the same as line 2, and is taken once' },
          { line: expect.any(Number) as number, words: 'is the same as line 3, and is taken once' },
        ])
        expect(mended.file.meetings).toBe(2667)
        expect(mended).toMatchObject({ outcome: 'done', changes: { sections: { added: 3, changed: 0 } } })
        expect(await count(db, 'COUNT(*) AS total FROM section')).toBe(2224)
      })

      it('says first what it would take away, and keeps counters and students', async () => {
        const db = await empty(flavour)
        await run(db)
        const section = await db
          .selectFrom('section')
          .select(['id', 'capacity'])
          .where('crn', '=', '67658')
          .executeTakeFirstOrThrow()
        // two students in a section that shrinks to one seat
        for (const number of ['S1', 'S2']) {
          const student = await db
            .insertInto('student')
            .values({
              number,
              given_name: 'A',
              family_name: 'B',
              email: '',
              level: 'undergraduate',
              programme: '',
              status: 'active',
              admitted_on: '2020-01-01',
            })
            .executeTakeFirstOrThrow()
          await db
            .updateTable('section')
            .set({ enrolled: sql`enrolled + 1` })
            .where('id', '=', section.id)
            .execute()
          await db
            .insertInto('enrolment')
            .values({
              student_id: Number(student.insertId),
              section_id: section.id,
              credits: '3.00',
              enrolled_at: '2024-08-01 00:00:00',
            })
            .execute()
        }
        const less = changedFile((text) => {
          const [header = '', first = '', second = '', ...rest] = text.split('\n')
          expect(first).toContain(',69774,')
          return [header, second.replace(',80,52,28,', ',1,52,0,'), ...rest].join('\n')
        })
        const before = await fingerprint(db)
        const refused = await run(db, {}, less)
        expect(refused.outcome).toBe('refused')
        expect(refused.removals.map(({ crn, kind, words }) => [crn, kind, words])).toEqual([
          ['69774', 'section', 'is not in the file and would be cancelled (0 students enrolled)'],
          ['67658', 'seats', 'would shrink from 80 to 1 seats (2 students enrolled)'],
        ])
        expect(await fingerprint(db)).toBe(before)

        const allowed = await run(db, { allowRemovals: true }, less)
        expect(allowed.outcome).toBe('done')
        const rowsNow = await db
          .selectFrom('section')
          .select(['crn', 'status', 'capacity', 'enrolled', 'overfull'])
          .where('crn', 'in', ['69774', '67658'])
          .orderBy('crn')
          .execute()
        expect(rowsNow).toEqual([
          { crn: '67658', status: 'active', capacity: 1, enrolled: 2, overfull: 1 },
          { crn: '69774', status: 'cancelled', capacity: 10, enrolled: 0, overfull: 0 },
        ])
        expect(await wrongCounters(db)).toEqual([])
        expect((await run(db, {}, less)).outcome).toBe('unchanged')
        expect(await count(db, 'COUNT(*) AS total FROM section')).toBe(2224)
      })

      it('takes two at once one after the other', async () => {
        const db = await empty(flavour)
        const outcomes = await Promise.all([run(db), run(db)])
        expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'unchanged'])
        expect(await count(db, 'COUNT(*) AS total FROM meeting')).toBe(2667)
      })
    },
    both,
  )
