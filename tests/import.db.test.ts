/** `portal import` as people run it: files of every kind, students and their codes, imports beside each other. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createAccounts } from '../apps/portal/src/account/index.ts'
import { readTrail } from '../apps/portal/src/catalogue/office-trail.ts'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import { portalHere, portalProcess } from './support/portal.ts'
import { atEnd, describeSource, freshDatabase, scratchFolder } from './support/servers.ts'

const folder = scratchFolder('import')

const portal = (url: string, ...args: readonly string[]) =>
  portalHere(['import', ...args], { PORTAL_DATABASE: url })

const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const nowhere = 'mysql://u:p@127.0.0.1:1/school'
const header =
  'crn;subject;number;section;title;credits;capacity;enrolled;days;start_time;end_time;start_date;end_date;location;instructor'
const dates = '2026-08-24;2026-12-11'
const rows = [
  `101;CS;101;01;"Programming;
an introduction";3;30;31;MW;9:00AM;9:50AM;${dates};Hall 1;Zoë Álvarez/Bo Lee`,
  `101;CS;101;01;"Programming;
an introduction";3;30;31;F;9:00AM;9:50AM;${dates};Hall 1;Bo Lee`,
  `102;CS;101;02;Programming;1-4;20;0;;;;${dates};Online;TBA`,
]
const catalogue = (lines: readonly string[]): string => `${[header, ...lines].join('\r\n')}\r\n`

describe('portal import without a database', () => {
  it('says what is wrong with the request, or the file, and with which status', async () => {
    mkdirSync(join(folder, 'directory'))
    const term = ['--term', 'Fall 2026']
    const named = (path: string) => ['--catalogue', path, ...term]
    const good = file('good.csv', catalogue(rows))
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[], 2, /either --catalogue.*or --students.*or --transcripts/],
      [['--transcripts', good, '--students', good], 2, /either/],
      [['--transcripts', good, ...term], 2, /--term goes with --catalogue only/],
      [['--catalogue', good], 2, /needs --term/],
      [['--catalogue', good, '--students', good], 2, /either/],
      [['--students', good, ...term, '--keep-enrolled'], 2, /--term goes with[^]*--keep-enrolled goes with/],
      [[...named(good), '--codes-out', 'x'], 2, /--codes-out goes with --students/],
      [['--students', good, '--codes-out', 'x', '--dry-run'], 2, /exclude each other/],
      [[...named(good), '--opens', '2026-02-30'], 2, /--opens is not a moment/],
      [[...named(good), '--bogus'], 2, /unknown option/],
      [named(join(folder, 'none.csv')), 2, /none\.csv cannot be read. There is no such file/],
      [named(join(folder, 'directory')), 2, /That is a directory/],
      [named(file('binary.csv', Buffer.from([0x50, 0x4b, 3, 4]))), 1, /spreadsheet/],
      [named(file('empty.csv', '')), 1, /is empty/],
    ]
    for (const [arguments_, status, words] of cases) {
      const answer = await portal(nowhere, ...arguments_)
      expect(answer, arguments_.join(' ')).toMatchObject({ status, out: '' })
      expect(answer.err).toMatch(words)
      expect(answer.err).not.toMatch(/^\s+at /m)
    }
  })
})

describeSource(
  'portal import',
  (flavour) => {
    const open = (url: string) => {
      const db = connectSource(url, { size: 3 })
      atEnd(() => db.destroy())
      return db
    }

    it('sets the database up, and takes Latin-1, semicolons and quotes over lines', async () => {
      const { url } = await freshDatabase(flavour)
      const path = file(`latin-${flavour}.csv`, Buffer.from(catalogue(rows), 'latin1'))
      const arguments_ = ['--catalogue', path, '--term', 'Fall 2026', '--keep-enrolled', '--json']
      const first = await portalProcess(['import', ...arguments_], { PORTAL_DATABASE: url })
      expect(first).toMatchObject({ status: 0 })
      expect(JSON.parse(first.out)).toMatchObject({
        version: 1,
        outcome: 'done',
        term: { code: '202680', created: true },
        file: { encoding: 'windows-1252', delimiter: ';', sections: 2, meetings: 3, overfull: 1 },
      })
      const db = open(url)
      const people = await db.selectFrom('instructor').selectAll().orderBy('id').execute()
      expect(people.map((one) => `${one.given_name} ${one.family_name}`).toSorted()).toEqual([
        'Bo Lee',
        'Zoë Álvarez',
      ])
      const sections = await db.selectFrom('section').selectAll().orderBy('crn').execute()
      expect(
        sections.map(({ crn, title, mode, held, overfull }) => [crn, title, mode, held, overfull]),
      ).toEqual([
        ['101', 'Programming; an introduction', 'in_person', 31, 1],
        ['102', 'Programming', 'online', 0, 0],
      ])
      expect(JSON.parse((await portal(url, ...arguments_)).out)).toMatchObject({ outcome: 'unchanged' })
    })

    it('reads a window on the university’s clock, and tells what it has understood', async () => {
      const { url } = await freshDatabase(flavour)
      const path = file(`window-${flavour}.csv`, catalogue(rows))
      const run = (...more: readonly string[]) =>
        portal(url, '--catalogue', path, '--term', 'Fall 2026', ...more)
      expect((await run()).status).toBe(0)
      const db = open(url)
      await db.insertInto('setting').values({ name: 'time-zone', value: 'America/Chicago' }).execute()
      const moved = await run('--opens', '2026-04-01', '--closes', '2026-11-30 12:00')
      expect(moved.status).toBe(0)
      expect(moved.err).toContain(
        'Registration opens 2026-04-01 00:00 in America/Chicago, which is 2026-04-01 05:00 UTC.',
      )
      expect(
        await db.selectFrom('term').select(['registration_opens_at', 'registration_closes_at']).execute(),
      ).toEqual([
        { registration_opens_at: '2026-04-01 05:00:00', registration_closes_at: '2026-11-30 18:00:00' },
      ])
      // with its offset, as any clock has it; and what the clocks leave out, or show twice, is asked back
      expect((await run('--opens', '2026-04-02 07:00 -05:00')).err).toContain('2026-04-02 12:00 UTC')
      for (const [at, words] of [
        ['2026-03-08 02:30', 'leave out'],
        ['2026-11-01 01:30', 'comes twice'],
      ] as const) {
        const asked = await run('--opens', at)
        expect([asked.status, asked.err.includes(words)]).toEqual([2, true])
      }
    })

    it('refuses header-only files, other columns and removals, and changes nothing', async () => {
      const { url } = await freshDatabase(flavour)
      const run = (name: string, text: string, ...more: readonly string[]) =>
        portal(url, '--catalogue', file(`${flavour}-${name}`, text), '--term', 'Fall 2026', ...more)
      // a dry run makes no tables either
      const early = await run('early.csv', catalogue(rows), '--dry-run')
      expect(early).toMatchObject({ status: 1, out: '' })
      expect(early.err).toMatch(/has not been set up. Run: portal migrate/)
      expect(await run('bare.csv', `${header}\n`)).toMatchObject({
        status: 1,
        err: expect.stringMatching(/header and no rows/) as string,
      })
      const other = await run('other.csv', 'a,b\n1,2\n')
      expect(other).toMatchObject({ status: 1, out: '' })
      expect(other.err).toMatch(/course_crn or crn is missing[^]*a, b/)
      const odd = await portal(
        url,
        '--catalogue',
        file(`${flavour}-odd.csv`, catalogue(rows)),
        '--term',
        'Sometime',
      )
      expect(odd).toMatchObject({ status: 2, out: '' })
      expect(odd.err).toMatch(/--term-code/)
      const dry = await run('dry.csv', catalogue(rows), '--dry-run')
      expect(dry.status).toBe(0)
      expect(dry.out).toMatch(/nothing was changed.*2 new/)

      expect((await run('whole.csv', catalogue(rows))).status).toBe(0)
      const fewer = await run('fewer.csv', catalogue(rows.slice(0, 1)))
      expect(fewer).toMatchObject({ status: 1, out: '' })
      expect(fewer.err).toMatch(
        /CS 101-02 \(CRN 102\) is not in the file[^]*1 of 2 meetings[^]*--allow-removals/,
      )
      const db = open(url)
      expect(await db.selectFrom('meeting').select('id').execute()).toHaveLength(3)
      const allowed = await run('fewer.csv', catalogue(rows.slice(0, 1)), '--allow-removals')
      expect(allowed.status).toBe(0)
      expect(await db.selectFrom('meeting').select('id').execute()).toHaveLength(2)
      // sections that change places keep their own numbers
      const swapped = catalogue(rows).replaceAll('101;01;', '101;xx;').replace('101;02;', '101;01;')
      const changed = await run('swap.csv', swapped.replaceAll('101;xx;', '101;02;'))
      expect(changed).toMatchObject({ status: 0 })
      const codes = await db.selectFrom('section').select(['crn', 'code', 'status']).orderBy('crn').execute()
      expect(codes).toEqual([
        { crn: '101', code: '02', status: 'active' },
        { crn: '102', code: '01', status: 'active' },
      ])
    })

    it('is refused in words while another one runs', async () => {
      const { url } = await freshDatabase(flavour)
      const path = file(`${flavour}-locked.csv`, catalogue(rows))
      const arguments_ = ['--catalogue', path, '--term', 'Fall 2026']
      expect((await portal(url, ...arguments_)).status).toBe(0)
      const db = open(url)
      await db.transaction().execute(async (other) => {
        await other
          .selectFrom('setting')
          .select('name')
          .where('name', '=', 'import-lock')
          .forUpdate()
          .executeTakeFirstOrThrow()
        const refused = await portal(url, ...arguments_)
        expect(refused).toMatchObject({ status: 1, out: '' })
        expect(refused.err).toMatch(/Another import is running. Nothing was changed/)
      })
      expect((await portal(url, ...arguments_)).out).toMatch(/Nothing to change/)
    })

    it('brings students in with a sheet of codes that work, once', async () => {
      const { url } = await freshDatabase(flavour)
      const list = (lines: readonly string[]) =>
        ['Student Number,First Name,Last Name,E-Mail,Status', ...lines].join('\n')
      const ann = 's1,Ann,Lee,ann@example.edu,'
      const bo = 'S2,Bo,Núñez,bo@example.edu,on leave'
      const path = file(`${flavour}-students.csv`, `\ufeff${list([ann, bo, 'S 3,C,D,c@example.edu,', ann])}`)
      const sheet = join(folder, `${flavour}-codes.csv`)
      const first = await portal(url, '--students', path, '--codes-out', sheet)
      // bad rows: the rest is in, and the status says that not all is
      expect(first).toMatchObject({ status: 1, out: 'Students: 2 new, 0 changed, 2 one-time codes.\n' })
      expect(first.err).toMatch(/line 4: The number "S 3"[^]*line 5: the number S1 stands in line 2 already/)
      expect(statSync(sheet).mode & 0o777).toBe(0o600)
      const codes = readFileSync(sheet, 'utf8').trim().split('\n').slice(1)
      expect(codes).toHaveLength(2)
      const code = /"([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})"/.exec(codes[0] ?? '')?.[1] ?? ''
      expect(first.err + first.out).not.toContain(code)
      const db = open(url)
      const accounts = createAccounts(db)
      const activated = await accounts.activate({
        number: 'S1',
        code,
        password: 'a-good-password',
        address: '192.0.2.1',
      })
      expect(activated.person).toMatchObject({ number: 'S1', name: 'Ann Lee' })

      const over = await portal(url, '--students', path, '--codes-out', sheet)
      expect(over).toMatchObject({ status: 2, out: '' })
      expect(over.err).toMatch(/is there already, and is not overwritten/)
      const other = join(folder, `${flavour}-more.csv`)
      const good = file(`${flavour}-good.csv`, list([ann, bo]))
      const again = await portal(url, '--students', good, '--codes-out', other)
      expect(again).toMatchObject({ status: 0 })
      expect(again.out).toMatch(/Nothing to change/)
      expect(() => statSync(other)).toThrow(/ENOENT/)

      // what they have completed, with what is wrong told by its line; a second time changes nothing
      const completed = (lines: readonly string[]) =>
        file(
          `${flavour}-completed.csv`,
          ['Student Number;Course;Credits;Grade;Date;Source', ...lines].join('\n'),
        )
      const done = 's1;cs101;4;B+;2025-12-19;earlier'
      const wrong = [
        'S9;CS 101;4;A;2025-12-19;',
        'S1;objects;4;A;2025-12-19;',
        'S1;CS 102;4;Q;2025-12-19;',
        'S1;CS 102;4;A;2025-02-30;',
        'S1;CS 102;many;A;2025-12-19;',
        'S1;CS 101;4;A;2025-12-19;earlier',
        'S1;CS 102;3;A;2025-12-19;found',
      ]
      const dry = await portal(url, '--transcripts', completed([done, ...wrong]), '--dry-run')
      expect(dry).toMatchObject({ status: 1, out: expect.stringContaining('It would be: 1 new, 0 changed') })
      expect(await db.selectFrom('transcript_entry').select('id').execute()).toEqual([])
      const some = await portal(url, '--transcripts', completed([done, ...wrong]))
      expect(some).toMatchObject({ status: 1, out: 'Completed courses: 1 new, 0 changed.\n' })
      expect(some.err).toMatch(
        /line 3: there is no student S9[^]*line 4: The course "objects"[^]*line 5: The grade "Q"[^]*line 6: The day[^]*line 7: The credits[^]*line 8: CS 101 of S1, completed on 2025-12-19, stands in line 2 already[^]*line 9: The source/,
      )
      expect((await portal(url, '--transcripts', completed([done]))).out).toMatch(/Nothing to change/)
      const better = await portal(
        url,
        '--transcripts',
        completed([done.replace('B+', 'A-'), 'S2;MATH 10;3;T;2024-05-20;']),
      )
      expect(better).toMatchObject({ status: 0, out: 'Completed courses: 1 new, 1 changed.\n' })
      const entries = await db.selectFrom('transcript_entry').selectAll().orderBy('id').execute()
      expect(
        entries.map(({ course, grade, credits, source, title }) => [course, grade, credits, source, title]),
      ).toEqual([
        ['CS 101', 'A-', '4.00', 'earlier', 'CS 101'],
        ['MATH 10', 'T', '3.00', 'transfer', 'MATH 10'],
      ])

      // what the office wrote by hand is told and stays; the flag takes the file's, and the trail keeps what stood there
      await sql`INSERT INTO staff (id, number, given_name, family_name, email, role)
        VALUES (1, 'R1', 'Rae', 'Strar', 'r1@example.edu', 'registrar')`.execute(db)
      await sql`UPDATE transcript_entry SET recorded_by = 1, grade = 'B-' WHERE course = 'CS 101'`.execute(db)
      const ours = [done.replace('B+', 'A-'), 'S2;MATH 10;3;A;2024-05-20;']
      const grades = async () =>
        (
          await db.selectFrom('transcript_entry').select(['grade', 'recorded_by']).orderBy('id').execute()
        ).map((one) => [one.grade, one.recorded_by])
      const kept = await portal(url, '--transcripts', completed(ours))
      expect(kept).toMatchObject({ status: 0, out: 'Completed courses: 0 new, 1 changed.\n' })
      expect(kept.err).toMatch(
        /1 line written by the registrar’s office[^]*line 2: CS 101 of S1 was written by the office as B-, 4 credits/,
      )
      expect(await grades()).toEqual([
        ['B-', 1],
        ['A', null],
      ])
      expect((await portal(url, '--transcripts', completed(ours))).out).toBe('Nothing was changed.\n')
      const taken = await portal(url, '--transcripts', completed(ours), '--overwrite-office')
      expect(taken.out).toBe(
        'Completed courses: 0 new, 1 changed (1 written by the office, as the trail tells).\n',
      )
      expect((await grades())[0]).toEqual(['A-', null])
      const trail = await readTrail(db, {})
      expect(
        trail.map(({ staff, action, student, facts }) => [staff, action, student?.number, facts]),
      ).toEqual([
        [
          null,
          'transcript_replaced',
          'S1',
          {
            of: 'transcript_replaced',
            course: 'CS 101',
            was: { title: 'CS 101', grade: 'B-', credits: 4 },
            now: { title: 'CS 101', grade: 'A-', credits: 4 },
          },
        ],
      ])
      expect((await portal(url, '--transcripts', completed(ours))).out).toMatch(/Nothing to change/)

      // a name changes, nobody is removed, and what the file does not say stays
      const renamed = file(`${flavour}-renamed.csv`, list(['S2,Bo,Ruiz,bo@example.edu,']))
      expect((await portal(url, '--students', renamed)).out).toMatch(/0 new, 1 changed/)
      const students = await db.selectFrom('student').selectAll().orderBy('number').execute()
      expect(students.map(({ number, family_name, status }) => [number, family_name, status])).toEqual([
        ['S1', 'Lee', 'active'],
        ['S2', 'Ruiz', 'on_leave'],
      ])
    })
  },
  ['mariadb', 'mysql'],
)
