/**
 * Random histories of every command, by many students at once, over two registrars that know nothing of each other, as two
 * processes would. Afterwards the ledger is read back line by line into a model (support/seat-model.ts): every event must
 * have been lawful at its moment, and seats, lists, receipts and notices must be exactly what the events leave.
 */
import * as fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import type { Receipt } from '../apps/portal/src/catalogue/types.ts'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import { PortalError } from '../apps/portal/src/errors.ts'
import { createRegistrar } from '../apps/portal/src/registrar/index.ts'
import { createOffice } from '../apps/portal/src/registrar/office/index.ts'
import {
  command,
  type Desk,
  group,
  isMember,
  keeping,
  overture,
  plans,
  linkChoices,
  run,
  students,
} from './support/histories.ts'
import { newSeed } from './support/registrations.ts'
import { addRegistrar, makeSchool, patient } from './support/school.ts'
import { checkHolds, checkPermissions, judge, ledgerColumns, splitChoices } from './support/seat-judge.ts'
import { type LedgerLine, SectionModel } from './support/seat-model.ts'
import { atEnd, describeSource } from './support/servers.ts'

it('the model knows what a permission may, and what it may not', () => {
  const line = (changes: Partial<LedgerLine>): LedgerLine => ({
    id: 1,
    section: 1,
    student: 1,
    event: 'enrolled',
    ticket: null,
    receipt: null,
    capacity: 2,
    enrolled: 0,
    held: 0,
    waiting: 0,
    reason: null,
    ...changes,
  })
  /** two seats, one of them for even numbers @returns what is unlawful in the last event */
  const last = (...lines: readonly Partial<LedgerLine>[]): string => {
    const model = new SectionModel(2, { seats: 1, isMember })
    let enrolled = 0
    let waiting = 0
    let faults: readonly string[] = []
    for (const one of lines) {
      const { event = 'enrolled' } = one
      if (event !== 'wait_listed') enrolled += 1
      waiting += event === 'wait_listed' ? 1 : event === 'promoted' ? -1 : 0
      faults = model.apply(line({ enrolled, waiting, ...one }))
    }
    return faults.join()
  }
  const reason = 'by_permission'
  const waits = (student: number, ticket: number) => ({ student, ticket, event: 'wait_listed' }) as const
  const gets = (student: number, ticket: number) => ({ student, ticket, event: 'promoted' }) as const
  expect(last({ student: 1 }, { student: 2 })).toBe('')
  expect(last({ student: 1 }, { student: 3 })).toContain('no seat was left')
  expect(last({ student: 1 }, { student: 3, reason })).toBe('')
  expect(last({ student: 1, reason }, { student: 3 }, { student: 5, reason })).toBe('')
  expect(last({ student: 1 }, { student: 2 }, waits(3, 1), { student: 5, reason })).toBe('')
  // the group's seat, past one of the group; and past others
  const before = [{ student: 1 }, waits(3, 1), waits(2, 2), waits(4, 3)] as const
  expect(last(...before, gets(4, 3))).toContain('overtook somebody')
  expect(last(...before, { ...gets(5, 4), reason })).toContain('overtook somebody')
  expect(last(...before, { student: 6, reason })).toContain('somebody was waiting')
  expect(last(...before, gets(2, 2))).toBe('')
})

it('the judge knows a choice that came in two halves, or while what it was to replace was kept', () => {
  const told = { student: 1, capacity: 1, enrolled: 1, held: 0, waiting: 0, reason: null }
  const event = (section: number, kind: LedgerLine['event'], receipt: string, ticket: number | null) => ({
    ...told,
    id: 0,
    section,
    event: kind,
    receipt,
    ticket,
  })
  const line = (section: number, result: string) =>
    ({ number: 'S', kind: 'swap', student: 1, section, result }) as const
  const lines = [line(9, 'waiting'), line(11, 'kept'), line(10, 'waiting'), line(12, 'kept')]
  const begin = [
    event(11, 'enrolled', 'R', null),
    event(12, 'enrolled', 'R', null),
    event(9, 'wait_listed', 'S', 4),
    event(10, 'wait_listed', 'S', 7),
  ]
  const out = (receipt: string) => [11, 12].map((section) => event(section, 'swapped_out', receipt, null))
  const faults = (...rest: readonly LedgerLine[]) => splitChoices([...begin, ...rest], lines)
  expect(faults()).toEqual([])
  expect(faults(event(9, 'promoted', 'P', 4), event(10, 'promoted', 'P', 7), ...out('P'))).toEqual([])
  expect(faults(event(9, 'promoted', 'P', 4), ...out('P'))).toHaveLength(1)
  expect(faults(event(9, 'promoted', 'P', 4), event(10, 'promoted', 'Q', 7), ...out('Q'))).toHaveLength(1)
  expect(faults(event(9, 'promoted', 'P', 4), event(10, 'promoted', 'P', 7))).toHaveLength(2)
  expect(faults(event(9, 'left_list', 'L', 4), event(10, 'left_list', 'M', 7))).toHaveLength(1)
  // a half that was waited for before, and taken in with its ticket
  const [, , own] = begin
  const earlier = [...begin.slice(0, 2), event(10, 'wait_listed', 'Q', 7), own].filter(
    (one) => one !== undefined,
  )
  const split = (...rest: readonly LedgerLine[]) => splitChoices([...earlier, ...rest], lines)
  expect(split(event(9, 'promoted', 'P', 4), event(10, 'promoted', 'P', 7), ...out('P'))).toEqual([])
  expect(split(event(9, 'promoted', 'P', 4), ...out('P'))).toHaveLength(1)
})

describeSource(
  'registration against a model',
  (flavour) => {
    it('holds under random histories', { timeout: 600_000 }, async () => {
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
            await linkChoices(db)
            await sql`UPDATE student SET programme = 'BS Biology' WHERE id % 2 = 0`.execute(db)
            for (const sectionId of keeping)
              await desks[0].office.addReserve({ staffNumber: 'R1', sectionId, ...group, seats: 1 })
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
            expect(await checkPermissions(db)).toEqual([])
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
          'beyond',
          'of a group',
          'a choice',
          'a place taken in',
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
        SELECT ${ledgerColumns} FROM seat_event ORDER BY id`.execute(db)
      expect(rows.flatMap((line) => model.apply(line)).join()).toContain('overtook somebody')
    })
  },
  ['mariadb', 'mysql'],
)
