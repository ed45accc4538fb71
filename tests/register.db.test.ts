/** The registrar on real servers: what one submission does, what two at once do, and what must never happen. */
import * as fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import { readAgain } from '../apps/portal/src/db/failures.ts'
import { PortalError } from '../apps/portal/src/errors.ts'
import { createCatalogue } from '../apps/portal/src/catalogue/index.ts'
import type { Receipt } from '../apps/portal/src/catalogue/types.ts'
import { overlap } from '../apps/portal/src/policy/meeting.ts'
import { createCarts, createRegistrar } from '../apps/portal/src/registrar/index.ts'
import { lockStudent, type LockedStudent, sectionsMark } from '../apps/portal/src/registrar/receipt.ts'
import { makeSchool, type SectionPlan, wrongCounters, patient } from './support/school.ts'
import { atEnd, describeEachServer } from './support/servers.ts'
import { underWay } from './support/under-way.ts'
import { until } from './support/until.ts'

const results = (receipt: Receipt) =>
  receipt.lines.map((line) =>
    line.reasons.length === 0 ? line.result : line.reasons.map((reason) => reason.code).join(' '),
  )

const countOf = async (db: Db, table: 'enrolment' | 'receipt' | 'receipt_line' | 'cart_item') => {
  const { count } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** One row a student: everything that must never happen, looked for in the tables themselves. */
const overlapsInTables = async (db: Db, students: readonly number[]) => {
  const catalogue = createCatalogue(db)
  const found: string[] = []
  for (const student of students) {
    const { entries } = await catalogue.schedule(student, '203010')
    entries.forEach((entry, index) => {
      for (const other of entries.slice(index + 1)) {
        if (overlap(entry.section.meetings, other.section.meetings) !== null)
          found.push(`${student}: ${entry.section.id} and ${other.section.id}`)
        if (entry.section.courseId === other.section.courseId) found.push(`${student}: course twice`)
      }
    })
  }
  return found
}

/** Whether a statement with these words is under way on another connection of this account. */
const isAsking = async (db: Db, words: string): Promise<boolean> =>
  (await underWay(db, sql`INFO LIKE ${`%${words}%`}`)) > 0

const morning = [['MWF', '09:00', '09:50']] as const

describeEachServer('register and drop', (flavour) => {
  it('gives each section its own result in one submission, and the receipt says so for ever', async () => {
    const { db } = await makeSchool(flavour, {
      students: 2,
      sections: [
        { meetings: morning },
        { meetings: [['M', '09:30', '10:45']] },
        { capacity: 0 },
        { course: 1_000 },
        { status: 'cancelled' },
        { term: 2 },
        { term: 3 },
        { meetings: [['TR', '09:00', '09:50']] },
      ],
    })
    const registrar = createRegistrar(db, patient)
    const asked = ['1', '2', '3', '4', '5', '6', '7', '8', '8', '404', '<b>']
    const receipt = await registrar.register({ studentId: 1, sections: asked, request: 'request-one' })
    expect(results(receipt)).toEqual([
      'enrolled',
      'overlaps',
      'full',
      'other_chosen',
      'cancelled',
      'window_before',
      'window_closed',
      'enrolled',
      'duplicate',
      'unknown_section',
      'unknown_section',
    ])
    expect(receipt.number).toMatch(/^R[2-9B-Z]{3}-[2-9B-Z]{4}-[2-9B-Z]{4}$/)
    const catalogue = createCatalogue(db)
    expect(await catalogue.receipt(1, receipt.number)).toEqual(receipt)
    expect(await catalogue.receipt(1, receipt.number.toLowerCase())).toEqual(receipt)
    // another student's eyes see nothing
    expect(await catalogue.receipt(2, receipt.number)).toBeNull()
    expect(await wrongCounters(db)).toEqual([])
    const again = await registrar.register({ studentId: 1, sections: ['1', '8'], request: undefined })
    expect(results(again)).toEqual(['already_enrolled', 'already_enrolled'])
    expect(again.number).not.toBe(receipt.number)
  })

  it('does a form once, however often and from wherever it is sent', async () => {
    const { db } = await makeSchool(flavour, { students: 1, sections: [{}, {}, {}] })
    const registrar = createRegistrar(db, patient)
    const send = () => registrar.register({ studentId: 1, sections: ['2', '1'], request: 'the-same-key' })
    const receipts = await Promise.all(Array.from({ length: 8 }, send))
    const [first] = receipts
    for (const receipt of receipts) expect(receipt).toEqual(first)
    expect(first === undefined ? [] : results(first)).toEqual(['enrolled', 'enrolled'])
    expect([await countOf(db, 'receipt'), await countOf(db, 'enrolment')]).toEqual([1, 2])
    await expect(
      registrar.register({ studentId: 1, sections: ['3'], request: 'the-same-key' }),
    ).rejects.toMatchObject({ code: 'request_reused' })
    await expect(
      registrar.drop({ studentId: 1, enrolmentId: '1', request: 'the-same-key' }),
    ).rejects.toMatchObject({ code: 'request_reused' })
    expect(await countOf(db, 'enrolment')).toBe(2)
  })

  it('never books a student twice at the same time, from two windows at once', async () => {
    const meetings = morning
    const { db, students } = await makeSchool(flavour, {
      students: 12,
      sections: [{ meetings }, { meetings }, { meetings }, { meetings }],
    })
    const registrar = createRegistrar(db, patient)
    await Promise.all(
      students.flatMap((studentId) =>
        ['1', '2', '3', '4'].map((section) =>
          registrar.register({ studentId, sections: [section], request: undefined }),
        ),
      ),
    )
    expect(await countOf(db, 'enrolment')).toBe(students.length)
    expect(await overlapsInTables(db, students)).toEqual([])
    expect(await wrongCounters(db)).toEqual([])
  })

  it('asks under the lock of a student what was committed while it was waited for', async () => {
    const { db } = await makeSchool(flavour, { students: 1, sections: [{}, {}] })
    let second: Promise<LockedStudent> | undefined
    await db.transaction().execute(async (first) => {
      const before = await lockStudent(first, 1)
      expect(before.sections).toBe(sectionsMark({ held: [], waiting: [] }))
      second = db.transaction().execute((transaction) => lockStudent(transaction, 1))
      await until('the second one asks for the lock', () => isAsking(db, 'for update'))
      await sql`INSERT INTO enrolment (student_id, section_id, credits, enrolled_at)
        VALUES (1, 2, 3, UTC_TIMESTAMP(3))`.execute(first)
    })
    const held = [{ sectionId: 2, grade: null }]
    expect((await second)?.sections).toBe(sectionsMark({ held, waiting: [] }))
  })

  it('keeps every rule under random carts and drops from all sides', async () => {
    // few seats, shared courses and colliding hours, so that every refusal occurs
    const hours = ['08', '09', '10', '11'] as const
    const sections = Array.from(
      { length: 24 },
      (_, index): SectionPlan => ({
        course: 100 + (index % 16),
        capacity: 6,
        meetings: [[index % 2 === 0 ? 'MWF' : 'TR', `${hours[index % 4]}:00`, `${hours[index % 4]}:50`]],
      }),
    )
    const { db, students } = await makeSchool(flavour, { students: 40, sections, connections: 24 })
    const registrar = createRegistrar(db, patient)
    const action = fc.record({
      student: fc.integer({ min: 1, max: students.length }),
      cart: fc.uniqueArray(fc.integer({ min: 1, max: sections.length }), { minLength: 1, maxLength: 6 }),
      drop: fc.boolean(),
    })
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 150, maxLength: 150 }), async (actions) => {
        await Promise.all(
          actions.map(async ({ student, cart, drop }) => {
            const receipt = await registrar.register({
              studentId: student,
              sections: cart.map(String),
              request: undefined,
            })
            for (const result of results(receipt)) seen.add(result)
            if (!drop) return
            const mine = await db
              .selectFrom('enrolment')
              .select('id')
              .where('student_id', '=', student)
              .executeTakeFirst()
            if (mine === undefined) return
            try {
              await registrar.drop({ studentId: student, enrolmentId: String(mine.id), request: undefined })
            } catch (error) {
              // the same student may have dropped it in another window
              expect(error).toMatchObject({ code: 'not_found' })
            }
          }),
        )
        expect(await wrongCounters(db)).toEqual([])
        const { over } = await db
          .selectFrom('section')
          .select((eb) => eb.fn.countAll<number>().as('over'))
          .whereRef('enrolled', '>', 'capacity')
          .executeTakeFirstOrThrow()
        expect(over).toBe(0)
        expect(await overlapsInTables(db, students)).toEqual([])
      }),
      { numRuns: 4, verbose: true, endOnFailure: true },
    )
    for (const code of ['enrolled', 'full']) expect([...seen]).toContain(code)
  })

  it('decides again when a seat goes under its eyes, so that nobody is refused for the sake of a seat not had', async () => {
    const { db } = await makeSchool(flavour, {
      students: 2,
      sections: [{ capacity: 1, meetings: morning }, { meetings: morning }],
    })
    const registrar = createRegistrar(db, patient)
    // somebody else holds the last seat of section 1 in a transaction that is still open …
    let submitted: Promise<Receipt> | undefined
    await db.transaction().execute(async (transaction) => {
      await transaction.updateTable('section').set({ enrolled: 1 }).where('id', '=', 1).execute()
      await transaction
        .insertInto('enrolment')
        .values({
          student_id: 2,
          section_id: 1,
          credits: '3.00',
          enrolled_at: '2030-01-01 00:00:00.000',
          grade: null,
          graded_at: null,
        })
        .execute()
      submitted = registrar.register({ studentId: 1, sections: ['1', '2'], request: undefined })
      // … until the submission, which has seen it free, waits for it: the student's row is locked by then
      await until('the student is locked', () => {
        const probe = sql`SELECT id FROM student WHERE id = 1 FOR UPDATE NOWAIT`
        return probe.execute(db).then(
          () => false,
          () => true,
        )
      })
      await until('it waits for the seat', () => isAsking(db, 'UPDATE section FORCE INDEX (PRIMARY)'))
    })
    if (submitted === undefined) throw new Error('nothing was submitted')
    expect(results(await submitted)).toEqual(['full', 'enrolled'])
    expect(await wrongCounters(db)).toEqual([])
  })

  it('drops one’s own enrolment only, gives the seat back, and keeps both receipts', async () => {
    const { db } = await makeSchool(flavour, { students: 2, sections: [{ capacity: 1 }, {}] })
    const registrar = createRegistrar(db, patient)
    await registrar.register({ studentId: 1, sections: ['1'], request: undefined })
    const { id } = await db.selectFrom('enrolment').select('id').executeTakeFirstOrThrow()
    const before = [await countOf(db, 'receipt'), await countOf(db, 'enrolment')]
    for (const enrolmentId of [String(id), '404', '', 'x', '-1', `${id} OR 1=1`])
      await expect(registrar.drop({ studentId: 2, enrolmentId, request: undefined })).rejects.toMatchObject({
        code: 'not_found',
        status: 404,
      })
    expect([await countOf(db, 'receipt'), await countOf(db, 'enrolment')]).toEqual(before)

    const drop = () => registrar.drop({ studentId: 1, enrolmentId: String(id), request: 'drop-it-once' })
    const receipts = await Promise.all([drop(), drop(), drop()])
    expect(receipts.map((receipt) => receipt.number)).toEqual(Array(3).fill(receipts[0]?.number))
    expect(receipts.map(results)).toEqual([['dropped'], ['dropped'], ['dropped']])
    expect(await wrongCounters(db)).toEqual([])
    const other = await registrar.register({ studentId: 2, sections: ['1'], request: undefined })
    expect(results(other)).toEqual(['enrolled'])
    expect(await countOf(db, 'receipt')).toBe(3)
  })

  it('does not drop what is graded, nor after the window, and says both', async () => {
    const { db } = await makeSchool(flavour, { students: 1, sections: [{ term: 3 }] })
    await db.updateTable('section').set({ enrolled: 1 }).execute()
    await db
      .insertInto('enrolment')
      .values({
        id: 7,
        student_id: 1,
        section_id: 1,
        credits: '3.00',
        enrolled_at: '2030-01-01 00:00:00.000',
        grade: 'A-',
        graded_at: '2030-05-01 00:00:00.000',
      })
      .execute()
    const receipt = await createRegistrar(db, patient).drop({
      studentId: 1,
      enrolmentId: '7',
      request: undefined,
    })
    expect(results(receipt)).toEqual(['window_closed graded'])
    expect(await countOf(db, 'enrolment')).toBe(1)
  })

  it('refuses a submission that is none, and changes nothing', async () => {
    const { db } = await makeSchool(flavour, { students: 1, sections: [{}] })
    const registrar = createRegistrar(db, patient)
    const register = (sections: readonly string[], request?: string, studentId = 1) =>
      registrar.register({ studentId, sections, request })
    await expect(register([])).rejects.toMatchObject({ code: 'nothing_chosen' })
    await expect(register(Array(21).fill('1'))).rejects.toMatchObject({ code: 'too_many_sections' })
    await expect(register(['1'], 'short')).rejects.toMatchObject({ code: 'request_malformed' })
    await expect(register(['1'], `${'x'.repeat(63)}';`)).rejects.toMatchObject({ code: 'request_malformed' })
    await expect(register(['1'], undefined, 99)).rejects.toMatchObject({ code: 'not_found' })
    expect([await countOf(db, 'receipt'), await countOf(db, 'enrolment')]).toEqual([0, 0])
    const long = await register(['9'.repeat(1_000_000), '🐢'.repeat(500)])
    expect(results(long)).toEqual(['unknown_section', 'unknown_section'])
    expect(Array.from(long.lines[1]?.asked ?? '')).toHaveLength(80)
  })

  it('keeps a cart, which registration empties of what was got', async () => {
    const { db } = await makeSchool(flavour, { students: 2, sections: [{}, {}, { capacity: 0 }] })
    const carts = createCarts(db)
    const catalogue = createCatalogue(db)
    expect(await carts.add(1, ['1', '3', '404', 'x'])).toEqual({ added: 2, unknown: 2 })
    expect(await carts.add(1, ['1', '2'])).toEqual({ added: 1, unknown: 0 })
    expect(await carts.add(1, ['1', ' 1'])).toEqual({ added: 0, unknown: 0 })
    const cart = await catalogue.cart(1)
    expect(
      cart.entries.map((entry) => [entry.section.id, entry.reasons.map((reason) => reason.code)]),
    ).toEqual(
      expect.arrayContaining([
        [1, []],
        [2, []],
        [3, ['full']],
      ]),
    )
    expect(cart.credits).toBe(9)
    await createRegistrar(db, patient).register({
      studentId: 1,
      sections: ['1', '2', '3'],
      request: undefined,
    })
    expect((await catalogue.cart(1)).entries.map((entry) => entry.section.id)).toEqual([3])
    await carts.remove(1, ['3', '404'])
    expect(await countOf(db, 'cart_item')).toBe(0)
    await expect(carts.add(1, [])).rejects.toMatchObject({ code: 'nothing_chosen' })
  })

  it('does not let one locked row hold up those who read, nor the form for minutes', async () => {
    const { db, database } = await makeSchool(flavour, { students: 40, sections: [{}, {}], connections: 8 })
    const registrar = createRegistrar(db, { atOnce: 4, budgetMs: 5_000 })
    const other = connectSource(database.url, { size: 1 })
    atEnd(() => other.destroy())
    await other.transaction().execute(async (transaction) => {
      await transaction.selectFrom('section').select('id').where('id', '=', 1).forUpdate().execute()
      const forms = Array.from({ length: 40 }, (_, index) =>
        registrar.register({ studentId: index + 1, sections: ['1'], request: undefined }).then(
          () => 'in',
          (error: unknown) => (error instanceof PortalError ? error.code : String(error)),
        ),
      )
      // The lock is held until all are answered: a form that waits for it without end fails the test by its time.
      let reads = 0
      const state = { answered: false }
      const answers = Promise.all(forms).finally(() => (state.answered = true))
      while (!state.answered) {
        await createCatalogue(db).section(1)
        reads += 1
      }
      expect([...new Set(await answers)].toSorted()).toEqual(['busy', 'contention'])
      // Behind the forms, reads would have come through once, when the last of them was answered.
      expect(reads).toBeGreaterThan(10)
    })
    expect(await countOf(db, 'enrolment')).toBe(0)
    const after = await registrar.register({ studentId: 1, sections: ['1', '2'], request: undefined })
    expect(results(after)).toEqual(['enrolled', 'enrolled'])
  })

  it('says in time that no connection is free, and gives back one that comes too late', async () => {
    const { database } = await makeSchool(flavour, { students: 1, sections: [{}] })
    const db = connectSource(database.url, { size: 1, patienceMs: 3_000 })
    atEnd(() => db.destroy())
    await db.transaction().execute(async (transaction) => {
      await sql`SELECT 1`.execute(transaction)
      await expect(readAgain(() => createCatalogue(db).section(1))).rejects.toMatchObject({ code: 'busy' })
    })
    expect((await createCatalogue(db).section(1))?.section.id).toBe(1)
  })

  it('keeps the unique rule in the table itself', async () => {
    const { db } = await makeSchool(flavour, { students: 1, sections: [{}] })
    await createRegistrar(db, patient).register({ studentId: 1, sections: ['1'], request: undefined })
    const copy = sql`INSERT INTO enrolment (student_id, section_id, credits, enrolled_at)
                     SELECT student_id, section_id, credits, enrolled_at FROM enrolment`
    await expect(copy.execute(db)).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' })
  })
})
