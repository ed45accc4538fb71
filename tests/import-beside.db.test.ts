/**
 * Imports that change seats while students register and drop: no deadlock reaches anyone, counters equal their rows, and
 * the CHECK on seats (which the servers hold) never stands in the way of either.
 */
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { codeHash } from '../apps/portal/src/account/code.ts'
import { checkSeats } from '../apps/portal/src/catalogue/ledger.ts'
import { importCatalogue } from '../apps/portal/src/intake/import/catalogue.ts'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import { createRegistrar } from '../apps/portal/src/registrar/index.ts'
import { type CodeLine, openCodeSheet } from '../apps/portal/src/intake/import/code-sheet.ts'
import { importStudents } from '../apps/portal/src/intake/import/students.ts'
import { importTranscripts } from '../apps/portal/src/intake/import/transcripts.ts'
import { makeSchool, wrongCounters, patient } from './support/school.ts'
import { atEnd, describeSource, scratchFolder } from './support/servers.ts'
import { until } from './support/until.ts'

const sections = 6
const students = 24
const header = 'crn,subject,number,section,title,credits,capacity,enrolled,start_date,end_date,instructor'

/** The school's own sections (support/school.ts), with as many seats, and as many students elsewhere, as are asked for. */
const file = (capacity: number, taken: number): string =>
  [
    header,
    ...Array.from(
      { length: sections },
      (_, index) =>
        `${10_001 + index},CS,${1_000 + index},${String(index + 1).padStart(3, '0')},T,3,${capacity},${taken},2030-01-01,2030-05-01,A B/C D`,
    ),
  ].join('\n')

/** Stands before the server, and breaks the connection in place of the first answer to a COMMIT. */
const losesCommit = async (address: string) => {
  const { port, hostname } = new URL(address)
  let lost = 0
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname)
    let isCommit = false
    const end = () => {
      client.destroy()
      server.destroy()
    }
    client.on('data', (bytes) => {
      // nothing but the word, behind a head that is longer with MySQL
      isCommit = bytes.length < 16 && bytes.toString('latin1').toUpperCase().endsWith('COMMIT')
      server.write(bytes)
    })
    server.on('data', (bytes) => {
      if (isCommit && lost === 0) {
        lost += 1
        end()
      } else client.write(bytes)
    })
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  atEnd(async () => void proxy.close())
  const url = new URL(address)
  url.port = String((proxy.address() as AddressInfo).port)
  return { url: url.href, lost: () => lost }
}

describeSource(
  'imports beside registrations',
  (flavour) => {
    it('leave every counter equal to its rows', async () => {
      const school = await makeSchool(flavour, {
        students,
        sections: Array.from({ length: sections }, () => ({ capacity: 30 })),
        connections: 12,
      })
      const { db } = school
      const registrar = createRegistrar(db, patient)
      const wanted = school.sections.map(String)
      const registering = new AbortController()
      let enrolled = 0
      let changed = 0
      // a busy machine gives the one side all of its time for a while
      const bothHappened = (): boolean => changed > sections && enrolled > students

      const student = async (studentId: number): Promise<void> => {
        for (let round = 0; round < 4 || !bothHappened(); round += 1) {
          const chosen = wanted.toSorted(() => Math.random() - 0.5).slice(0, 3)
          const receipt = await registrar.register({ studentId, sections: chosen, request: undefined })
          enrolled += receipt.lines.filter((line) => line.result === 'enrolled').length
          const mine = await db
            .selectFrom('enrolment')
            .select('id')
            .where('student_id', '=', studentId)
            .execute()
          for (const { id } of mine.slice(1))
            await registrar.drop({ studentId, enrolmentId: String(id), request: undefined })
        }
      }
      const imports = async (): Promise<void> => {
        for (let round = 0; !registering.signal.aborted; round += 1) {
          const text = round % 2 === 0 ? file(4, 7) : file(40, 2)
          const report = await importCatalogue(db, { text, encoding: 'utf-8' }, 'file.csv', {
            term: 'Open',
            keepEnrolled: true,
            allowRemovals: true,
          })
          expect(report.rejected).toEqual([])
          changed += report.changes.sections.changed
        }
      }
      const all = Promise.all(school.students.map(student)).finally(() => {
        registering.abort()
      })
      await Promise.all([imports(), all])
      expect(await wrongCounters(db)).toEqual([])
      const left = await db
        .selectFrom('section')
        .select(['enrolled', 'held', 'capacity', 'overfull'])
        .execute()
      for (const seat of left)
        expect(seat.overfull).toBe(Math.max(0, seat.enrolled + seat.held - seat.capacity))
      expect(await checkSeats(db)).toEqual([])
    })

    it('tell whoever has a seat in what is moved or cancelled, or waits for one', async () => {
      const { db } = await makeSchool(flavour, {
        students: 3,
        sections: [{ capacity: 2 }, {}, {}].map((section) => ({
          ...section,
          meetings: [['M', '09:00', '09:50']] as const,
        })),
      })
      await sql`UPDATE meeting SET days = 'T' WHERE section_id = 2`.execute(db)
      await sql`UPDATE meeting SET days = 'W' WHERE section_id = 3`.execute(db)
      const registrar = createRegistrar(db, patient)
      const ask = (studentId: number, sections: readonly string[]) =>
        registrar.register({ studentId, sections, waitlist: sections, request: undefined })
      await ask(1, ['1', '2'])
      await ask(2, ['1', '3'])
      await ask(3, ['1'])
      const [meeting] = await db.selectFrom('meeting').select(['starts_on', 'ends_on']).execute()
      const row = (crn: number, days: string, teacher: string) =>
        `${crn},CS,${crn - 9_001},${String(crn - 10_000).padStart(3, '0')},T,3,2,${days},09:00,09:50,${meeting?.starts_on},${meeting?.ends_on},${teacher}`
      const text = [
        'crn,subject,number,section,title,credits,capacity,days,start_time,end_time,start_date,end_date,instructor',
        // moved; taught by another; the third is not there
        row(10_001, 'R', ''),
        row(10_002, 'T', 'Ann Lee'),
      ].join('\n')
      await importCatalogue(db, { text, encoding: 'utf-8' }, 'file.csv', {
        term: 'Open',
        allowRemovals: true,
      })
      const told = await db
        .selectFrom('notice')
        .innerJoin('outgoing_email', 'outgoing_email.notice_id', 'notice.id')
        .select(['student_id', 'kind', 'section_id'])
        .orderBy('student_id')
        .orderBy('notice.id')
        .execute()
      expect(
        told.map(({ student_id, kind, section_id }) => [student_id, kind, section_id].join(' ')),
      ).toEqual([
        '1 section_changed 1',
        '2 section_changed 1',
        '2 section_cancelled 3',
        '3 section_changed 1',
      ])
    })

    it('take completed courses in batches, for which nobody who registers waits', async () => {
      const { db, students: all } = await makeSchool(flavour, { students: 60, sections: [{}] })
      const registrar = createRegistrar(db, patient)
      const lines = (count: number) => [
        'number,course,credits,grade,completed_on',
        ...all.slice(0, count).map((id) => `S${id},CS 9,3,A,2020-01-01`),
      ]
      const take = (count: number) =>
        importTranscripts(db, { text: lines(count).join('\n'), encoding: 'utf-8' }, 'file.csv')
      const there = async () => (await db.selectFrom('transcript_entry').select('id').execute()).length
      // one of the last students is busy for long
      let whole: ReturnType<typeof take> | undefined
      await db.transaction().execute(async (other) => {
        await other.selectFrom('student').select('id').where('id', '=', 55).forUpdate().execute()
        whole = take(60)
        await until('the batches before it are committed', async () => (await there()) === 50)
        // the students of those batches are free again
        const receipt = await registrar.register({ studentId: 1, sections: ['1'], request: undefined })
        expect(receipt.lines.map(({ result }) => result)).toEqual(['enrolled'])
      })
      expect((await whole)?.changes).toEqual({ added: 60, changed: 0, overwritten: 0 })
      // cut off, the same file goes on where it was
      await db.deleteFrom('transcript_entry').where('student_id', '>', 33).execute()
      expect((await take(60)).changes).toEqual({ added: 27, changed: 0, overwritten: 0 })
      expect((await take(60)).outcome).toBe('unchanged')
      expect(await there()).toBe(60)
    })

    it('take students in batches, for which nobody who registers waits, and keep the sheet of codes that work', async () => {
      const { db, students: all } = await makeSchool(flavour, { students: 250, sections: [{}] })
      const registrar = createRegistrar(db, patient)
      const text = [
        'number,given_name,family_name,email',
        ...all.map((id) => `S${id},New,Family,new${id}@example.edu`),
      ].join('\n')
      const path = join(scratchFolder(`import-beside-${flavour}`), 'codes.csv')
      const sheet = await openCodeSheet(path)
      const take = (write: (lines: readonly CodeLine[]) => Promise<void>) =>
        importStudents(db, { text, encoding: 'utf-8' }, 'file.csv', { sheet: { ...sheet, write } })
      const there = async () =>
        (await db.selectFrom('student').select('id').where('given_name', '=', 'New').execute()).length
      let whole: ReturnType<typeof take> | undefined
      await db.transaction().execute(async (other) => {
        await other.selectFrom('student').select('id').where('id', '=', 150).forUpdate().execute()
        // the second batch fails for good once it goes on: no more can be written down
        let written = 0
        whole = take(async (lines) => {
          written += 1
          if (written > 1) throw new Error('the disk is full')
          await sheet.write(lines)
        })
        whole.catch(() => undefined)
        await until('the batch before it is committed', async () => (await there()) === 100)
        const receipt = await registrar.register({ studentId: 1, sections: ['1'], request: undefined })
        expect(receipt.lines.map(({ result }) => result)).toEqual(['enrolled'])
      })
      await expect(whole).rejects.toThrow('the disk is full')
      expect(await there()).toBe(100)
      // a code that works is written down; and one that is not does not work
      await sheet.close()
      const lines = readFileSync(path, 'utf8').trim().split('\n')
      const good = await db.selectFrom('activation').select('id').execute()
      expect([lines.length - 1, good.length]).toEqual([100, 100])
      // cut off, the same file goes on where it was
      const again = await importStudents(db, { text, encoding: 'utf-8' }, 'file.csv')
      expect(again).toMatchObject({ changes: { added: 0, changed: 150, codes: 0 }, withoutCode: 150 })
      expect((await importStudents(db, { text, encoding: 'utf-8' }, 'file.csv')).outcome).toBe('unchanged')
    })

    it('write down every code that works, though the answer to the COMMIT is lost', async () => {
      const { db, database } = await makeSchool(flavour, { students: 3, sections: [] })
      const path = join(scratchFolder('sheet'), 'codes.csv')
      const sheet = await openCodeSheet(path)
      const text = [
        'number,given_name,family_name,email',
        ...[1, 2, 3].map((id) => `S${id},Given,Family,s${id}@example.edu`),
      ].join('\n')
      const proxy = await losesCommit(database.url)
      const behind = connectSource(proxy.url, { size: 1 })
      atEnd(() => behind.destroy())
      const report = await importStudents(behind, { text, encoding: 'utf-8' }, 'file.csv', { sheet })
      expect(proxy.lost()).toBe(1)
      expect([report.outcome, report.changes.codes, report.withoutCode]).toEqual(['done', 3, 0])
      expect(await sheet.close()).toBe(true)
      const written = [...readFileSync(path, 'utf8').matchAll(/"((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})"/g)]
      const good = await db
        .selectFrom('activation')
        .select('code_hash')
        .where('used_at', 'is', null)
        .execute()
      const hashes = written.map(([, code = '']) => codeHash(code).toString('hex'))
      expect(good.map((row) => row.code_hash.toString('hex')).toSorted()).toEqual(hashes.toSorted())
      expect(good).toHaveLength(3)
    })
  },
  ['mariadb', 'mysql'],
)
