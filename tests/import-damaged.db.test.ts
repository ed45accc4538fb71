/**
 * `portal import` of files that cannot be read whole: no row that is damaged is taken for one that is not there, and no bad
 * byte spoils the names of other rows. One server: it has no part in how a file is read.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readTrail } from '../apps/portal/src/catalogue/office-trail.ts'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import { type CatalogueOptions, importCatalogue } from '../apps/portal/src/intake/import/catalogue.ts'
import { decodeText } from '../apps/portal/src/intake/import/text.ts'
import { findStaff } from '../apps/portal/src/registrar/office/action.ts'
import { cancelSection } from '../apps/portal/src/registrar/office/cancellation.ts'
import { addRegistrar, emptySchool } from './support/school.ts'
import { portalHere } from './support/portal.ts'
import { atEnd, describeSource, scratchFolder } from './support/servers.ts'

const header =
  'crn;subject;number;section;title;credits;capacity;enrolled;days;start_time;end_time;start_date;end_date;location;instructor'
const row = (crn: string, days: string, teacher = 'Bo Lee'): string =>
  `${crn};CS;${crn};01;Title;3;30;0;${days};9:00AM;9:50AM;2026-08-24;2026-12-11;Hall 1;${teacher}`
const text = (rows: readonly string[]): string => `${[header, ...rows].join('\n')}\n`

const run = (db: Db, content: readonly string[] | Buffer, options: Partial<CatalogueOptions> = {}) =>
  importCatalogue(
    db,
    decodeText(Buffer.isBuffer(content) ? content : Buffer.from(text(content)), 'file.csv'),
    'file.csv',
    { term: 'Fall 2026', ...options },
  )

const there = async (db: Db): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('section')
    .innerJoin('meeting', 'meeting.section_id', 'section.id')
    .select(['crn', 'status', 'days'])
    .orderBy('crn')
    .orderBy('meeting.id')
    .execute()
  return rows.map((one) => `${one.crn} ${one.status} ${one.days}`)
}

const [first, second, other, third, fourth] = [
  row('10001', 'M'),
  row('10001', 'W'),
  row('10002', 'F'),
  row('10003', 'T'),
  row('10004', 'R'),
]
const surplus = (line: string): string => `${line};surplus`
const folder = scratchFolder('import-damaged')

const portal = (url: string, content: string | Buffer, ...more: readonly string[]) => {
  const path = join(folder, 'file.csv')
  writeFileSync(path, content)
  return portalHere(['import', ...more, path], { PORTAL_DATABASE: url })
}

describeSource(
  'portal import of a damaged file',
  (flavour) => {
    const empty = async () => {
      const { url } = await emptySchool(flavour)
      const db = connectSource(url, { size: 3 })
      atEnd(() => db.destroy())
      return { url, db }
    }

    it('takes no row that it cannot read for one that is not there', async () => {
      const { url, db } = await empty()
      // the second meeting's row is broken: no section with half its meetings
      const half = await run(db, [first, surplus(second), other])
      expect(half.rejected).toEqual([
        { line: 2, reason: 'belongs to the section with CRN 10001, of which another row is bad' },
        {
          line: 3,
          reason: 'has 16 fields where the header has 15; it belongs to the section with CRN 10001',
        },
      ])
      expect(await there(db)).toEqual(['10002 active F'])
      await run(db, [first, second, other])
      const whole = ['10001 active M', '10001 active W', '10002 active F']
      expect(await there(db)).toEqual(whole)

      // the row of a section that is there is broken: it stays as it is, whatever is allowed
      for (const options of [{ dryRun: true }, { allowRemovals: true }, {}]) {
        const kept = await run(db, [first, second, surplus(other)], options)
        expect(kept).toMatchObject({ file: { unread: 0 }, removals: [], heldBack: [] })
        expect(kept.rejected.map(({ reason }) => reason)).toEqual([
          expect.stringContaining('belongs to the section with CRN 10002'),
        ])
        expect(await there(db)).toEqual(whole)
      }

      // whose row it is cannot be told: nothing is taken away, and the rest is done
      const unread = [
        'too;few',
        // as many fields as there should be, and the CRN is none
        other.replace('10002', '1 0002'),
        // a quote that is never closed
        other.replaceAll('10002', '"1'),
      ]
      for (const line of unread) {
        const dry = await run(db, [first, line, fourth, third], { dryRun: true, allowRemovals: true })
        // a new section beside it may be the one that it is of, and does not come in with half its meetings; unless it names another
        const half = line.startsWith('1 0002') ? 0 : 1
        expect(dry).toMatchObject({
          file: { unread: 1 },
          changes: {
            sections: { added: 2 - half, changed: 0, cancelled: 0 },
            meetings: { added: 2 - half, removed: 0 },
          },
          removals: [],
        })
        expect(dry.rejected.map((one) => one.line)).toEqual(half === 0 ? [3] : [3, 4])
        expect(dry.heldBack.map(({ crn, words }) => [crn, words])).toEqual([
          ['10002', 'is in no row that could be read (0 students enrolled)'],
          ['10001', 'would lose 1 of 2 meetings (0 students enrolled)'],
        ])
      }
      const damaged = text([first, 'too;few', fourth, third])
      const term = ['--term', 'Fall 2026', '--catalogue']
      const told = await portal(url, damaged, '--allow-removals', ...term)
      expect(told).toMatchObject({
        status: 1,
        out: expect.stringContaining('sections: 1 new, 0 changed') as string,
      })
      expect(told.err).toMatch(
        /line 3: has 2 fields where the header has 15; its section cannot be told\n  line 4: line 3 cannot be read and may be a meeting of this new section.*\nRemovals are held back while 1 row could not be read[^]*CS 10002-01 \(CRN 10002\) is in no row/,
      )
      expect(await portal(url, damaged, ...term)).toMatchObject({ status: 1, out: 'Nothing was changed.\n' })
      expect(await there(db)).toEqual([...whole, '10003 active T'])
      // negative control: with every row read, the same is taken away
      expect(await run(db, [first, third])).toMatchObject({ outcome: 'refused', heldBack: [] })
      await run(db, [first, third], { allowRemovals: true })
      expect(await there(db)).toEqual(['10001 active M', '10002 cancelled F', '10003 active T'])
    })

    it('says what it reinstates, and leaves cancelled what the office cancelled', async () => {
      const { url, db } = await empty()
      await addRegistrar(db)
      const all = [first, other, third]
      await run(db, all)
      // one by an import, one by hand
      await run(db, [first, other], { allowRemovals: true })
      const { id } = await db
        .selectFrom('section')
        .select('id')
        .where('crn', '=', '10002')
        .executeTakeFirstOrThrow()
      const cancel = () =>
        db.transaction().execute(async (transaction) => {
          const staffId = await findStaff(transaction, 'R1')
          await cancelSection(transaction, staffId, { sectionId: id, reason: 'Nobody teaches it' })
        })
      await cancel()
      const states = async () => (await there(db)).map((one) => one.slice(0, -2))
      expect(await states()).toEqual(['10001 active', '10002 cancelled', '10003 cancelled'])

      const changed = all.map((line) => line.replace('Title', 'Other'))
      for (const dryRun of [true, false]) {
        const report = await run(db, changed, { dryRun })
        expect(report.changes.sections).toEqual({ added: 0, changed: 1, reinstated: 1, cancelled: 0 })
        expect(report.reinstated).toEqual([
          { crn: '10003', label: 'CS 10003-01', words: 'was cancelled by an import' },
        ])
        expect(report.keptCancelled.map(({ crn, words }) => [crn, words])).toEqual([
          [
            '10002',
            expect.stringMatching(
              /by the registrar’s office on \d{4}-\d\d-\d\d \(Nobody teaches it\)/,
            ) as string,
          ],
        ])
      }
      expect(await states()).toEqual(['10001 active', '10002 cancelled', '10003 active'])
      expect((await run(db, changed)).outcome).toBe('unchanged')

      const flags = ['--term', 'Fall 2026', '--catalogue']
      const told = await portal(url, text(changed), ...flags)
      expect(told).toMatchObject({ status: 0, out: 'Nothing was changed.\n' })
      expect(told.err).toMatch(
        /1 cancelled section of the file kept.*--allow-reinstatements[^]*CRN 10002\) was cancelled/,
      )
      const allowed = await portal(url, text(changed), '--allow-reinstatements', ...flags)
      expect(allowed).toMatchObject({
        status: 0,
        out: expect.stringContaining('0 changed, 1 reinstated, 0 cancelled') as string,
      })
      expect(allowed.err).toMatch(/1 cancelled section of the file reinstated:\n.*CRN 10002/)
      expect(await states()).toEqual(['10001 active', '10002 active', '10003 active'])
      const [newest] = await readTrail(db, {})
      expect(newest).toMatchObject({ staff: null, action: 'section_reinstated', section: { id } })

      // from then on an import's own cancelling is an import's again, and the office's next one is the office's
      await run(db, [changed[0] ?? '', changed[2] ?? ''], { allowRemovals: true })
      expect((await run(db, changed)).reinstated.map(({ crn }) => crn)).toEqual(['10002'])
      await cancel()
      expect((await run(db, changed)).keptCancelled.map(({ crn }) => crn)).toEqual(['10002'])
    })

    it('takes meetings outside of a term that is there as they are, and says so', async () => {
      const { db } = await empty()
      // a new term is as long as its meetings
      expect((await run(db, [first, other])).remarks).toEqual([])
      const longer = other.replace('2026-12-11', '2026-12-18')
      const report = await run(db, [first, longer])
      expect(report).toMatchObject({ outcome: 'done', changes: { meetings: { changed: 1 } }, rejected: [] })
      const words = /^meets outside the term \(2026-08-24 to 2026-12-11\), from 2026-08-24 to 2026-12-18: /
      expect(report.remarks).toEqual([{ line: 3, words: expect.stringMatching(words) as string }])
      const days = await db.selectFrom('meeting').select('ends_on').orderBy('id').execute()
      expect(days.map((row) => row.ends_on)).toEqual(['2026-12-11', '2026-12-18'])
      const term = await db.selectFrom('term').select('ends_on').executeTakeFirstOrThrow()
      expect(term.ends_on).toBe('2026-12-11')
    })

    it('links the sections of which the file says so, and takes no link away', async () => {
      const { db } = await empty()
      const lines = (linked: readonly string[]) =>
        [
          `${header};component;linked_crns`,
          `${first};lecture;${linked[0] ?? ''}`,
          `${other};laboratory;${linked[1] ?? ''}`,
          `${third};lecture;${linked[2] ?? ''}`,
        ].join('\n')
      const take = (...linked: readonly string[]) => run(db, Buffer.from(lines(linked)))
      const links = async () =>
        (
          await db
            .selectFrom('section_link')
            .innerJoin('section as one', 'one.id', 'section_link.section_id')
            .innerJoin('section as two', 'two.id', 'section_link.partner_id')
            .select(['one.crn', 'two.crn as other'])
            .orderBy('one.crn')
            .orderBy('two.crn')
            .execute()
        ).map((row) => `${row.crn} ${row.other}`)
      const report = await take('10002, 10009', '10001', '10001')
      expect(report).toMatchObject({ outcome: 'done', changes: { links: 1 }, rejected: [] })
      expect(report.remarks).toEqual([
        { line: 2, words: 'is linked to the CRN 10009, which is not there: that link is left out' },
        {
          line: 4,
          words: 'is linked to the CRN 10001, which is a lecture as well: that link is left out',
        },
      ])
      expect(await links()).toEqual(['10001 10002', '10002 10001'])
      expect((await take('10002', '', '')).outcome).toBe('unchanged')
      // one that the office made stands in no file
      expect(await take('', '10003', '')).toMatchObject({ outcome: 'done', changes: { links: 1 } })
      expect(await links()).toHaveLength(4)
      expect((await take('', '', '')).outcome).toBe('unchanged')
      expect(await links()).toHaveLength(4)
      // what is no CRN leaves out its own section alone
      expect((await take('see the bulletin!', '', '')).rejected.map(({ line }) => line)).toEqual([2])
    })

    it('reads no name in another encoding because of one bad byte', async () => {
      const { url, db } = await empty()
      const latin = (line: string) => Buffer.from(`${line}\n`, 'latin1')
      const names = async () =>
        (await db.selectFrom('instructor').select('family_name').orderBy('id').execute()).map(
          (one) => one.family_name,
        )
      const good = text([row('10001', 'M', 'Zoë Müller')])
      const mixed = Buffer.concat([Buffer.from(good), latin(row('10002', 'T', 'Ann Grün'))])
      const report = await run(db, mixed)
      expect(report).toMatchObject({ outcome: 'done', file: { encoding: 'utf-8', sections: 1 } })
      expect(report.rejected).toEqual([
        {
          line: 3,
          reason: expect.stringMatching(/another encoding.*"Ann Gr�n".*save the file as UTF-8/) as string,
        },
      ])
      expect(await names()).toEqual(['Müller'])
      // a file that is Latin-1 all through is read as such
      const whole = await run(
        db,
        Buffer.concat([Buffer.from(`${header}\n`), latin(row('10001', 'M', 'Zoë Núñez'))]),
      )
      expect(whole).toMatchObject({ outcome: 'done', file: { encoding: 'windows-1252' }, rejected: [] })
      expect(await names()).toEqual(['Müller', 'Núñez'])

      const students = Buffer.concat([
        Buffer.from('number,given_name,family_name,email\nS1,Zoë,Müller,z@example.edu\n'),
        latin('S2,Zoë,Lee,y@example.edu'),
      ])
      const some = await portal(url, students, '--students')
      expect(some).toMatchObject({ status: 1, out: 'Students: 1 new, 0 changed, 0 one-time codes.\n' })
      expect(some.err).toMatch(/read as utf-8[^]*line 3: has letters in another encoding.*"Zo�"/)
    })
  },
  ['mariadb'],
)
