/**
 * Random histories of every command, by many students at once, over two registrars that know nothing of each other, as two
 * processes would. Afterwards the ledger is read back line by line into a model (support/seat-model.ts): every event must
 * have been lawful at its moment, and seats, lists, receipts and notices must be exactly what the events leave.
 */
import * as fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { checkSeats } from '../apps/portal/src/catalogue/ledger.ts'
import type { Receipt } from '../apps/portal/src/catalogue/types.ts'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import { PortalError } from '../apps/portal/src/errors.ts'
import { createRegistrar, type RegistrarService } from '../apps/portal/src/registrar/index.ts'
import {
  createOffice,
  type OfficeService,
  type TermSettings,
} from '../apps/portal/src/registrar/office/index.ts'
import { newSeed } from './support/registrations.ts'
import { addRegistrar, makeSchool, type SectionPlan, patient } from './support/school.ts'
import { type LedgerLine, SectionModel } from './support/seat-model.ts'
import { atEnd, describeSource } from './support/servers.ts'

const students = 20
/** Pairs share a course, others an hour: each reason to be passed over occurs. */
const plans: readonly SectionPlan[] = Array.from({ length: 8 }, (_, index) => ({
  course: 100 + (index % 6),
  capacity: 1 + (index % 3),
  meetings: [
    [
      index % 2 === 0 ? 'M' : 'T',
      `${String(8 + (index % 3)).padStart(2, '0')}:00`,
      `${String(8 + (index % 3)).padStart(2, '0')}:50`,
    ],
  ],
}))
const noLimits: TermSettings = {
  addUntil: null,
  dropUntil: null,
  withdrawUntil: null,
  creditsUndergraduate: null,
  creditsGraduate: null,
  requirements: 'advise',
  repeatFrom: null,
  mostAttempts: null,
}
const hourOf = (section: number): string => JSON.stringify(plans[section - 1]?.meetings)

const section = fc.integer({ min: 1, max: plans.length })
const student = fc.integer({ min: 1, max: students })
const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('register' as const),
      student,
      sections: fc.uniqueArray(section, { minLength: 1, maxLength: 4 }),
      mode: fc.constantFrom('most' as const, 'all' as const),
      wait: fc.boolean(),
      fallback: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop' as const), student, which: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('swap' as const),
      student,
      which: fc.nat(5),
      section,
      wait: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), student, which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('capacity' as const),
      section,
      capacity: fc.integer({ min: 0, max: 4 }),
    }),
  },
  // what the office does meanwhile: a hold on a student, and its release; a window that closes for a moment
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold' as const), student }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), student }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('window' as const), open: fc.boolean() }) },
)
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

const register = (student: number, section: number, wait = false): Command => ({
  kind: 'register',
  student,
  sections: [section],
  mode: 'most',
  wait,
  fallback: false,
  twice: false,
})
/** What is rare in a full school, done in order while it is empty: a swap at once, a place kept by who was passed over. */
const overture: readonly Command[] = [
  register(1, 2),
  { kind: 'swap', student: 1, which: 0, section: 8, wait: false },
  register(2, 1),
  register(3, 1, true),
  register(3, 7), // the same course at the same hour
  { kind: 'drop', student: 2, which: 0 }, // the third student is passed over
  { kind: 'drop', student: 3, which: 0 }, // and waits again
]

/** The ids that a page would show at this moment; another command may be quicker, as another tab would. */
const own = async (db: Db, table: 'enrolment' | 'wait_entry', studentId: number, which: number) => {
  const rows = await db
    .selectFrom(table)
    .select('id')
    .where('student_id', '=', studentId)
    .orderBy('id')
    .execute()
  return rows.length === 0 ? undefined : String(rows[which % rows.length]?.id)
}

interface Desk {
  readonly registrar: RegistrarService
  readonly office: OfficeService
}

/** The receipts that came back; null where there was nothing to do, or it was gone. */
const run = async (db: Db, { registrar, office }: Desk, one: Command): Promise<Receipt | null> => {
  switch (one.kind) {
    case 'register': {
      const sections = one.sections.map(String)
      const input = {
        studentId: one.student,
        sections,
        mode: one.mode,
        waitlist: one.wait ? sections : [],
        fallbacks: one.fallback && sections.length > 1 ? [`${sections[1]}:${sections[0]}`] : [],
        request: `r-${Math.random().toString(36).slice(2)}-key`,
      }
      const [first, second] = await Promise.all([
        registrar.register(input),
        one.twice ? registrar.register(input) : undefined,
      ])
      if (second !== undefined) expect(second).toEqual(first)
      return first
    }
    case 'drop': {
      const enrolmentId = await own(db, 'enrolment', one.student, one.which)
      if (enrolmentId === undefined) return null
      return registrar.drop({ studentId: one.student, enrolmentId, request: undefined })
    }
    case 'swap': {
      const enrolmentId = await own(db, 'enrolment', one.student, one.which)
      if (enrolmentId === undefined) return null
      const to = { sectionId: String(one.section), waitlist: one.wait }
      return registrar.swap({ studentId: one.student, enrolmentId, ...to, request: undefined })
    }
    case 'leave': {
      const entryId = await own(db, 'wait_entry', one.student, one.which)
      if (entryId === undefined) return null
      return registrar.leave({ studentId: one.student, entryId, request: undefined })
    }
    case 'capacity':
      await registrar.setCapacity({ staffNumber: 'R1', sectionId: one.section, capacity: one.capacity })
      return null
    case 'hold':
      await office.placeHold({
        staffNumber: 'R1',
        studentId: one.student,
        reason: 'A fee',
        office: 'the bursar',
      })
      return null
    case 'release': {
      const held = await db
        .selectFrom('student_hold')
        .select('id')
        .where('student_id', '=', one.student)
        .where('released_at', 'is', null)
        .execute()
      for (const { id } of held)
        await office.releaseHold({ staffNumber: 'R1', studentId: one.student, holdId: id, reason: 'paid' })
      return null
    }
    case 'window':
      await office.setTerm({
        staffNumber: 'R1',
        termId: 1,
        settings: { ...noLimits, addUntil: one.open ? null : '2020-01-01T00:00:00.000Z' },
      })
      return null
    default:
      return one satisfies never
  }
}

/** Results of lines, and the events that they must stand for. */
const eventsOf: Readonly<Record<Receipt['kind'], Partial<Record<string, string>>>> = {
  register: { enrolled: 'enrolled', waiting: 'wait_listed' },
  drop: { dropped: 'dropped' },
  swap: { enrolled: 'swapped_in', waiting: 'wait_listed', dropped: 'swapped_out' },
  leave: { left: 'left_list' },
  promotion: { enrolled: 'promoted', dropped: 'swapped_out' },
  cancellation: { dropped: 'dropped', left: 'left_list' },
}

/** Nobody was let in while a hold was in force: both are decided under the student's lock, and dated after it was had. */
const checkHolds = async (db: Db): Promise<readonly unknown[]> => {
  const { rows } = await sql`SELECT e.id, e.student_id, e.event, e.at, h.placed_at, h.released_at
      FROM seat_event e JOIN student_hold h ON h.student_id = e.student_id
     WHERE e.event IN ('enrolled', 'promoted', 'swapped_in', 'wait_listed')
       AND e.at > h.placed_at + INTERVAL 5000 MICROSECOND AND e.at < h.released_at - INTERVAL 5000 MICROSECOND`.execute(
    db,
  )
  return rows
}

const judge = async (db: Db, answered: readonly Receipt[]): Promise<ReadonlySet<string>> => {
  const { rows: ledger } = await sql<LedgerLine>`
    SELECT id, section_id AS section, student_id AS student, event, ticket, receipt, capacity, enrolled, held, waiting
      FROM seat_event ORDER BY id`.execute(db)
  const models = new Map(plans.map((plan, index) => [index + 1, new SectionModel(plan.capacity ?? 0)]))
  const faults: string[] = []
  const positions = new Map<string, number>()
  for (const line of ledger) {
    const model = models.get(line.section)
    faults.push(...(model?.apply(line) ?? ['no such section']))
    if (line.event === 'wait_listed')
      positions.set(`${line.receipt} ${line.section}`, model?.position(line.student ?? 0) ?? 0)
  }
  expect(faults).toEqual([])
  const late = await sql`SELECT a.id FROM seat_event a JOIN seat_event b
    ON b.section_id = a.section_id AND b.id > a.id AND b.at < a.at`.execute(db)
  expect(late.rows).toEqual([])

  // what the events leave is what there is
  const held = await db.selectFrom('enrolment').select(['section_id', 'student_id']).execute()
  const waiting = await db.selectFrom('wait_entry').selectAll().orderBy('ticket').execute()
  const words = (list: readonly (readonly unknown[])[]) => list.map((one) => one.join(' ')).toSorted()
  expect(words(held.map((row) => [row.section_id, row.student_id]))).toEqual(
    words([...models].flatMap(([id, { holders }]) => [...holders].map((who) => [id, who]))),
  )
  expect(
    words(waiting.map((row) => [row.section_id, row.student_id, row.ticket, row.passed_code !== null])),
  ).toEqual(
    words(
      [...models].flatMap(([id, { list }]) => list.map((one) => [id, one.student, one.ticket, one.passed])),
    ),
  )
  expect(await checkSeats(db)).toEqual([])
  // no seat is left over while somebody waits for it
  expect([...models].filter(([, model]) => model.seatLeft && model.inForce > 0)).toEqual([])
  // nobody sits in two sections of one hour
  const hours = words(held.map((row) => [row.student_id, hourOf(row.section_id)]))
  expect(new Set(hours).size).toBe(hours.length)

  // receipts say what the ledger says, line by line
  const { rows: lines } = await sql<{
    number: string
    kind: Receipt['kind']
    student: number
    section: number
    result: string
    position: number | null
  }>`SELECT r.number, r.kind, r.student_id AS student, l.section_id AS section, l.result, l.list_position AS position
       FROM receipt r JOIN receipt_line l ON l.receipt_id = r.id`.execute(db)
  const said = lines.flatMap(({ number, kind, student, section, result }) => {
    const event = eventsOf[kind][result]
    return event === undefined ? [] : [[number, student, section, event]]
  })
  expect(words(said)).toEqual(
    words(
      ledger
        .filter((line) => line.receipt !== null && line.event !== 'reinstated')
        .map((line) => [line.receipt, line.student, line.section, line.event]),
    ),
  )
  for (const { number, section, result, position } of lines)
    if (result === 'waiting') expect(position).toBe(positions.get(`${number} ${section}`))
  const stored = new Set(lines.map(({ number }) => number))
  for (const receipt of answered) expect(stored).toContain(receipt.number)

  // one notice for each promotion and each time somebody was passed over
  const { rows: notices } = await sql<{ kind: string; student: number; section: number }>`
    SELECT kind, student_id AS student, section_id AS section FROM notice
     WHERE kind IN ('promoted', 'skipped')`.execute(db)
  expect(words(notices.map((one) => [one.kind, one.student, one.section]))).toEqual(
    words(
      ledger
        .filter(({ event }) => event === 'promoted' || event === 'skipped')
        .map((line) => [line.event, line.student, line.section]),
    ),
  )
  return new Set(ledger.map(({ event }) => event))
}

describeSource(
  'registration against a model',
  (flavour) => {
    it('holds under random histories', { timeout: 240_000 }, async () => {
      const seed = newSeed()
      console.log(`TEST_SEED=${seed}`)
      const seen = new Set<string>()
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.noBias(command), { minLength: 300, maxLength: 300 }),
          async (commands) => {
            const { db, database } = await makeSchool(flavour, { students, sections: plans, connections: 12 })
            await addRegistrar(db)
            const other = connectSource(database.url, { size: 12 })
            atEnd(() => other.destroy())
            const desk = (own: Db): Desk => {
              const registrar = createRegistrar(own, patient)
              return { registrar, office: createOffice(own, registrar.promoter) }
            }
            const desks = [desk(db), desk(other)] as const
            const rest = [...commands]
            const answered: Receipt[] = []
            for (const one of overture) {
              const receipt = await run(db, desks[0], one)
              if (receipt !== null) answered.push(receipt)
              await desks[0].registrar.promoter.sweep()
            }
            await Promise.all(
              Array.from({ length: 12 }, async (_, client) => {
                for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
                  const receipt = await run(db, desks[client % 2 === 0 ? 0 : 1], one).catch(
                    (error: unknown) => {
                      // somebody else of the same student was quicker
                      if (
                        one?.kind !== 'capacity' &&
                        error instanceof PortalError &&
                        error.code === 'not_found'
                      )
                        return null
                      throw error
                    },
                  )
                  if (receipt !== null) answered.push(receipt)
                }
              }),
            )
            // the office goes home: nothing that it stopped is stopped any more
            for (const one of [
              { kind: 'window', open: true } as const,
              ...Array.from({ length: students }, (_, index) => ({
                kind: 'release' as const,
                student: index + 1,
              })),
            ])
              await run(db, desks[0], one)
            for (const { registrar } of desks) await registrar.promoter.stop()
            // who was passed over for the window is looked at again after a minute, which nobody waits for here
            await sql`UPDATE wait_entry SET passed_at = passed_at - INTERVAL 2 MINUTE
              WHERE passed_code IS NOT NULL`.execute(db)
            await desks[0].registrar.promoter.sweep()
            expect(await checkHolds(db)).toEqual([])
            for (const event of await judge(db, answered)) seen.add(event)
          },
        ),
        { numRuns: 3, seed, endOnFailure: true, verbose: true },
      )
      expect([...seen]).toEqual(
        expect.arrayContaining([
          'enrolled',
          'dropped',
          'wait_listed',
          'left_list',
          'promoted',
          'skipped',
          'reinstated',
          'swapped_in',
          'swapped_out',
          'capacity_changed',
        ]),
      )
    })

    it('would notice somebody who overtakes', async () => {
      const { db } = await makeSchool(flavour, { students: 3, sections: [{ capacity: 1 }] })
      await addRegistrar(db)
      const registrar = createRegistrar(db, patient)
      const ask = (studentId: number) =>
        registrar.register({ studentId, sections: ['1'], waitlist: ['1'], request: undefined })
      for (const studentId of [1, 2, 3]) await ask(studentId)
      await sql`UPDATE wait_entry SET ticket = 9 WHERE student_id = 2`.execute(db)
      await registrar.setCapacity({ staffNumber: 'R1', sectionId: 1, capacity: 2 })
      await registrar.promoter.stop()
      const model = new SectionModel(1)
      const { rows } = await sql<LedgerLine>`
        SELECT id, section_id AS section, student_id AS student, event, ticket, receipt, capacity, enrolled, held, waiting
          FROM seat_event ORDER BY id`.execute(db)
      expect(rows.flatMap((line) => model.apply(line)).join()).toContain('overtook somebody')
    })
  },
  ['mariadb', 'mysql'],
)
