/**
 * Every query of the catalogue gives the same answer on MySQL, on MariaDB and on PostgreSQL with the same data: the
 * portal will read from the mirror when MySQL is gone. The data is the sample university, accents and all.
 */
import * as fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { createCatalogue } from '../apps/portal/src/catalogue/index.ts'
import type { CatalogueReader } from '../apps/portal/src/catalogue/index.ts'
import type { SearchFilters, Weekday } from '../apps/portal/src/catalogue/types.ts'
import { connectSource, connectStandbyPool, type Db, readStandby } from '../apps/portal/src/db/connect.ts'
import { migrate } from '../apps/portal/src/db/migrate.ts'
import { makeSample } from '../apps/portal/src/intake/sample.ts'
import { createCarts, createRegistrar } from '../apps/portal/src/registrar/index.ts'
import { copyToPostgres } from './support/copy.ts'
import { patient } from './support/school.ts'
import { atEnd, describeSource, freshDatabase, freshTarget } from './support/servers.ts'

const today = '2026-11-22'
const clock = () => new Date(`${today}T12:00:00Z`)

const everyFilter: fc.Arbitrary<Required<SearchFilters>> = fc.record({
  q: fc.oneof(
    fc.constantFrom(
      'cs 101',
      'cs101',
      'CS-101-001',
      'calculus',
      'CALCULUS I',
      'cinema',
      'Álvarez',
      'alvarez',
      'garcía',
      'obrien',
      "O'Brien",
      'Søren',
      'soren',
      'Łukas',
      '10001',
      '10946',
      'intro prog',
      'phys 120',
      '%',
      '_',
      '\\',
      "'",
      '"',
      'i',
      'of the',
      'ü',
      'music world',
      'kavya',
      'no such word',
    ),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
  ),
  subject: fc.constantFrom('CS', 'cs', 'ART', 'ARTH', 'XX', ' math '),
  instructor: fc.constantFrom('maria', 'MARÍA', 'diaz', 'Nguyen', "o'n", ''),
  open: fc.boolean(),
  days: fc.subarray<Weekday>([1, 2, 3, 4, 5]),
  credits: fc.subarray([0, 1, 2, 3, 4]),
  term: fc.constantFrom('202710', '202680', '202580'),
  page: fc.integer({ min: 1, max: 60 }),
  pageSize: fc.constantFrom(5, 25, 100),
})

/** Up to three at once: with more, hardly anything is found. */
const filters: fc.Arbitrary<SearchFilters> = fc
  .tuple(
    everyFilter,
    fc.subarray(['q', 'subject', 'instructor', 'open', 'days', 'credits', 'term', 'page', 'pageSize'], {
      maxLength: 3,
    }),
  )
  .map(([filter, keys]) => Object.fromEntries(Object.entries(filter).filter(([key]) => keys.includes(key))))

describeSource(
  'the catalogue, here and on the mirror',
  (flavour) => {
    let db: Db
    let source: CatalogueReader
    let mirror: CatalogueReader
    let receiptNumber = ''

    beforeAll(async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      db = connectSource(database.url)
      atEnd(() => db.destroy())
      await migrate(db)
      await makeSample(db, { seed: 'equivalence', today, students: 300 })
      // the registrar goes by the database's clock, so its window is opened for whenever this runs
      await db
        .updateTable('term')
        .set({ registration_opens_at: '2000-01-01 00:00:00', registration_closes_at: '2100-01-01 00:00:00' })
        .where('code', '=', '202710')
        .execute()
      const sections = await db
        .selectFrom('section')
        .select('id')
        .where('term_id', '=', 4)
        .orderBy('id')
        .limit(12)
        .execute()
      const ids = sections.map((section) => String(section.id))
      await createCarts(db).add(1, ids)
      const receipt = await createRegistrar(db, patient).register({
        studentId: 1,
        sections: [...ids.slice(0, 9), '404'],
        request: undefined,
      })
      receiptNumber = receipt.number
      const counts = await copyToPostgres(db, target.url, 'school')
      expect(counts['section']).toBeGreaterThan(3_000)
      const pool = connectStandbyPool(target.url)
      const standby = readStandby(pool, 'school')
      atEnd(() => standby.destroy())
      source = createCatalogue(db, clock)
      mirror = createCatalogue(standby, clock)
    })

    it('finds the same sections in the same order, whatever is searched for', async () => {
      let found = 0
      await fc.assert(
        fc.asyncProperty(filters, async (filter) => {
          const here = await source.search(filter)
          expect(await mirror.search(filter)).toEqual(here)
          found += here.rows.length
        }),
        { numRuns: 120, verbose: true, endOnFailure: true },
      )
      // it would hold for two empty catalogues, too
      expect(found).toBeGreaterThan(500)
    })

    it('finds what it should', async () => {
      const first = async (filter: SearchFilters) => {
        const { rows } = await mirror.search(filter)
        return [...new Set(rows.map((row) => row.code))]
      }
      expect(await first({ q: 'cs101' })).toEqual(['CS 101'])
      expect(await first({ q: 'CS 101' })).toEqual(['CS 101'])
      expect(await first({ q: 'CINÉMA societe' })).toEqual(['FREN 320'])
      expect(await first({ subject: 'cs', q: 'compilers' })).toEqual(['CS 420'])
      // signs alone are in no title, and are not answered with everything
      for (const q of ['🎉', '%', '’ _ -']) expect([q, await first({ q })]).toEqual([q, []])
      expect((await first({ q: ' ' })).length).toBeGreaterThan(1)
      const { rows } = await mirror.search({ days: [2, 4], open: true, credits: [3], pageSize: 100 })
      expect(rows.length).toBeGreaterThan(20)
      for (const row of rows) {
        expect(row.seats.left).toBeGreaterThan(0)
        expect(row.credits.min).toBeLessThanOrEqual(3)
        expect(row.meetings.flatMap((meeting) => meeting.days).every((day) => day === 2 || day === 4)).toBe(
          true,
        )
      }
      const { rows: byNumber } = await mirror.search({ q: rows[0]?.crn ?? '' })
      expect(byNumber.map((row) => row.id)).toContain(rows[0]?.id)
    })

    it('visits every section once from the first page to the last', async () => {
      const seen: number[] = []
      const { pages, total } = await mirror.search({ pageSize: 100 })
      for (let page = 1; page <= pages; page += 1)
        seen.push(...(await mirror.search({ pageSize: 100, page })).rows.map((row) => row.id))
      expect(new Set(seen).size).toBe(total)
      expect(seen).toHaveLength(total)
      expect((await mirror.search({ page: 9_999 })).page).toBe(Math.ceil(total / 25))
    })

    it('shows the same terms, subjects, sections, schedules, carts and receipts', async () => {
      const terms = await source.terms()
      expect(terms.map((term) => term.registration)).toEqual(['open', 'closed', 'closed', 'closed'])
      expect(await mirror.terms()).toEqual(terms)
      expect(await mirror.term()).toEqual(await source.term())
      expect(await mirror.term('nope')).toBeNull()
      for (const term of terms) expect(await mirror.subjects(term.id)).toEqual(await source.subjects(term.id))

      const sample = await db.selectFrom('section').select('id').where('id', '<', 4_000).execute()
      for (const { id } of sample.filter((_, index) => index % 97 === 0))
        expect(await mirror.section(id)).toEqual(await source.section(id))
      expect(await mirror.section(999_999)).toBeNull()

      for (const student of [1, 2, 3, 50, 51, 52])
        for (const term of terms) {
          const schedule = await source.schedule(student, term.code)
          expect(await mirror.schedule(student, term.code)).toEqual(schedule)
          expect(schedule.conflicts).toEqual([])
        }
      const cart = await source.cart(1)
      expect(cart.entries.length).toBeGreaterThan(2)
      expect(await mirror.cart(1)).toEqual(cart)

      const receipt = await source.receipt(1, receiptNumber)
      expect(receipt?.lines.length).toBe(10)
      expect(await mirror.receipt(1, receiptNumber)).toEqual(receipt)
      await expect(mirror.search({ term: 'nope' })).rejects.toMatchObject({ code: 'not_found' })
    })
  },
  ['mariadb', 'mysql'],
)
