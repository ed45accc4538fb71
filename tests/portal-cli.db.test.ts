/** The `portal` command as people run it: what it prints, where, and its exit status, above all for bad input. */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createOfficeReader } from '../apps/portal/src/catalogue/index.ts'
import { connectSource } from '../apps/portal/src/db/connect.ts'
import { migrate } from '../apps/portal/src/db/migrate.ts'
import { desk } from '../apps/portal/src/db/migrations/0013-desk.ts'
import { hereTimeZone } from '../apps/portal/src/http/config.ts'
import { makeSample } from '../apps/portal/src/intake/sample.ts'
import { Client, portalHere, portalProcess, startPortal } from './support/portal.ts'
import { makeSchool } from './support/school.ts'
import { atEnd, describeSource, freshDatabase } from './support/servers.ts'

const withPassword = (url: string, password: string): string => {
  const changed = new URL(url)
  changed.password = password
  return changed.href
}

const secret = 'hunter2-topsecret'

type Refusal = readonly [what: string, address: string, words: RegExp, status: number]

const expectRefusals = async (cases: readonly Refusal[]): Promise<void> => {
  for (const [what, address, words, status] of cases) {
    const answer = await portalHere(['migrate'], { PORTAL_DATABASE: address })
    expect(answer, what).toMatchObject({ status, out: '' })
    expect(answer.err, what).toMatch(words)
    expect(answer.err, what).not.toContain(secret)
    expect(answer.err, what).not.toMatch(/^\s+at /m)
  }
}

describe('the portal command without a database', () => {
  it('says what is wrong with an address, and never repeats a password', async () => {
    await expectRefusals([
      ['an unreachable host', `mysql://u:${secret}@127.0.0.1:1/school`, /cannot be reached.*Check host/, 1],
      ['an unknown host', `mysql://u:${secret}@no.such.host.invalid/school`, /cannot be reached/, 1],
      ['another scheme', `http://u:${secret}@127.0.0.1/school`, /mysql:\/\/user:password@host/, 2],
      ['no address', `${secret}@`, /not an address/, 2],
      ['no database', `mysql://u:${secret}@127.0.0.1`, /names no database/, 2],
      ['no user', `mysql://127.0.0.1/school`, /names no user/, 2],
      ['a broken escape', `mysql://u:${secret}%zz@127.0.0.1/school`, /broken % escape/, 2],
      ['nothing', '', /PORTAL_DATABASE/, 2],
    ])
  })

  it('names every wrong option, with status 2', async () => {
    const given = { PORTAL_DATABASE: 'mysql://u:p@127.0.0.1:1/school' }
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['--bogus'], /unknown option '--bogus'/],
      [['bogus'], /unknown command 'bogus'/],
      [['code'], /missing required argument 'number'/],
      [['migrate', 'extra'], /too many arguments/],
      [['sample', '--today', '2026-13-45'], /--today is not a day/],
      [['serve', '--port', '70000', '--origin', 'example.edu'], /--port is not[^]*--origin is not/],
      [['serve', '--time-zone', 'Mars/Olympus'], /--time-zone is not a time zone/],
      [['serve', '--standby', 'mysql://u:p@h/d'], /PORTAL_STANDBY|--standby/],
      [
        ['staff', 'add', 'R 1', '--given', 'a', '--family', 'b\nc', '--email', 'c'],
        /--number[^]*--family holds a line break[^]*--email/,
      ],
    ]
    for (const [arguments_, words] of cases) {
      const answer = await portalHere(arguments_, given)
      expect(answer, arguments_.join(' ')).toMatchObject({ status: 2, out: '' })
      expect(answer.err).toMatch(words)
    }
    const typed = await portalHere([`--databse=mysql://u:${secret}@p@h/d`, 'migrate'])
    expect(typed).toMatchObject({ status: 2, out: '' })
    expect(typed.err).toContain('mysql://u:***@h/d')
    expect(typed.err).not.toContain(secret)
    const help = await portalProcess(['--help'])
    expect(help.status).toBe(0)
    expect(help.out).toMatch(/PORTAL_DATABASE/)
  })
})

describeSource(
  'the portal command',
  (flavour) => {
    it('sets a database up, twice without harm, and gives out a code', async () => {
      const { url } = await freshDatabase(flavour)
      const given = { PORTAL_DATABASE: url }
      const early = await portalProcess(['code', 'S1'], given)
      expect(early).toMatchObject({ status: 1, out: '' })
      expect(early.err).toMatch(/portal migrate/)
      const first = await portalProcess(['migrate', '--json'], given)
      expect(first.status).toBe(0)
      expect(JSON.parse(first.out)).toEqual({
        version: 1,
        applied: [
          '0001-people',
          '0002-catalogue',
          '0003-registration',
          '0004-import',
          '0005-sign-ins',
          '0006-seats',
          '0007-rules',
          '0008-student',
          '0009-office',
          '0010-requests',
          '0011-imports',
          '0012-revision',
          '0013-desk',
          '0014-together',
          '0015-account-mail',
          '0016-facts',
          '0017-all-reasons',
        ],
      })
      expect(JSON.parse((await portalHere(['migrate', '--json'], given)).out)).toEqual({
        version: 1,
        applied: [],
      })
      expect(await portalHere(['check'], given)).toMatchObject({
        status: 0,
        out: 'Counters, rows and the ledger of seats agree.\n',
      })
      const staff = await portalHere(
        ['staff', 'add', 'R1', '--given', 'Helen', '--family', 'Fitz', '--email', 'h@example.edu', '--json'],
        given,
      )
      expect(JSON.parse(staff.out)).toMatchObject({ version: 1, number: 'R1' })
      const code = await portalHere(['code', 'r1'], given)
      expect(code).toMatchObject({ status: 0 })
      // the code alone on standard output, so that it can be piped
      expect(code.out).toMatch(/^([0-9A-Z]{4}-){3}[0-9A-Z]{4}\n$/)
      const unknown = await portalHere(['code', 'NOBODY'], given)
      expect(unknown).toMatchObject({ status: 1, out: '' })
      expect(unknown.err).toMatch(/NOBODY/)
    })

    it('undoes its last migration and does it again, with what was written since, and where it was cut off', async () => {
      const { db } = await makeSchool(flavour, { students: 1, sections: [] })
      await sql`INSERT INTO staff_action (at, action, instructor_id, section_id, detail, students, facts)
        VALUES (UTC_TIMESTAMP(), 'looked_at_roster', 1, 1, '1', ',1,', NULL)`.execute(db)
      await sql`INSERT INTO sign_in (at, outcome, network, browser, known_device)
        VALUES (UTC_TIMESTAMP(), 'password_changed', '', '', 0)`.execute(db)
      for (const _ of [1, 2]) await desk.down?.(db)
      for (const _ of [1, 2]) await desk.up(db)
      expect((await createOfficeReader(db).trail({})).map(({ action, detail }) => [action, detail])).toEqual([
        ['looked_at_roster', '1'],
      ])
    })

    it('keeps the university’s zone, whatever the machine’s is', async () => {
      const { url } = await freshDatabase(flavour)
      const db = connectSource(url, { size: 1 })
      atEnd(() => db.destroy())
      await migrate(db)
      // the sample says where its campus is
      await makeSample(db, { seed: 'x', today: '2026-11-22', timeZone: 'America/Chicago', students: 10 })
      const zoneAt = async (...flags: readonly string[]) => {
        const portal = await startPortal(url, { flags })
        const page = await new Client(portal.url).page('/sign-in')
        await portal.stop()
        return [/campus times \(([^)]+)\)/.exec(page.text)?.[1], portal.log()] as const
      }
      const [kept, quiet] = await zoneAt()
      expect([kept, quiet.includes('zone')]).toEqual(['America/Chicago', false])
      const [said, told] = await zoneAt('--time-zone', 'Asia/Kathmandu')
      expect([said, told.includes('was America/Chicago, and is Asia/Kathmandu')]).toEqual([
        'Asia/Kathmandu',
        true,
      ])
      const mars = db.updateTable('setting').set({ value: 'Mars/Olympus' }).where('name', '=', 'time-zone')
      await mars.execute()
      await expect(zoneAt()).rejects.toThrow(/ended with 2: .*Mars\/Olympus.*--time-zone/s)
      await db.deleteFrom('setting').where('name', '=', 'time-zone').execute()
      const [here, asked] = await zoneAt()
      expect([here, asked.includes('--time-zone names the university’s')]).toEqual([hereTimeZone(), true])
    })

    it('leaves a database of another program as it is', async () => {
      const { url } = await freshDatabase(flavour)
      const db = connectSource(url, { size: 1 })
      atEnd(() => db.destroy())
      const tables = async () =>
        (await sql<object>`SHOW TABLES`.execute(db)).rows.map((row) => Object.values(row)[0])
      const refused = async () => {
        const answer = await portalHere(['migrate'], { PORTAL_DATABASE: url })
        expect(answer).toMatchObject({ status: 1, out: '' })
        return answer.err
      }
      await sql`CREATE TABLE schema_migration (version BIGINT PRIMARY KEY)`.execute(db)
      expect(await refused()).toMatch(/did not make: schema_migration\. Nothing was changed.*empty database/)
      await sql`DROP TABLE schema_migration`.execute(db)
      await sql`CREATE TABLE setting (id INT PRIMARY KEY)`.execute(db)
      await sql`CREATE TABLE course (id INT PRIMARY KEY)`.execute(db)
      expect(await refused()).toMatch(/course, setting/)
      expect(await tables()).toEqual(['course', 'setting'])
      // what a migration left that was killed after its first table is gone on with
      await sql`DROP TABLE setting, course`.execute(db)
      await migrate(db)
      await sql`DELETE FROM schema_migration WHERE name > '0002'`.execute(db)
      expect(await migrate(db)).toContain('0003-registration')
    })

    it('never repeats a password, and says what to do', async () => {
      const { url, name } = await freshDatabase(flavour)
      const cases: readonly Refusal[] = [
        ['a wrong password', withPassword(url, secret), /refused the account.*PORTAL_DATABASE/, 1],
        [
          'no such database',
          withPassword(url, new URL(url).password).replace(name, `${name}x`),
          /Grant|Create/,
          1,
        ],
      ]
      await expectRefusals(cases)
    })

    it('serves until SIGTERM, and ends with status 0', async () => {
      const { url } = await freshDatabase(flavour)
      const portal = await startPortal(url, { flags: ['--log-level', 'silent'] })
      expect((await fetch(`${portal.url}/healthz`)).status).toBe(200)
      // what is wrong with the address to listen on is not blamed on the database
      const { port } = new URL(portal.url)
      for (const [flags, words] of [
        [['--port', port], /in use.*--port/],
        [['--port', '0', '--host', 'no.such.host.invalid'], /no host of this name.*--host/],
      ] as const) {
        const refused = await portalProcess(['serve', ...flags], { PORTAL_DATABASE: url })
        expect(refused).toMatchObject({ status: 1, out: '' })
        expect(refused.err).toMatch(words)
        expect(refused.err).not.toContain('database')
      }
      expect(await portal.stop()).toBe(0)
    })
  },
  ['mariadb', 'mysql'],
)
