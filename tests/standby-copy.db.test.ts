/** "Copied to the standby 0.8 s later": what the receipt page says, from the mirror's own record, in every state. */
import { Client } from 'pg'
import { beforeAll, expect, it } from 'vitest'
import { createCatalogue, createStandbyReader } from '../apps/portal/src/catalogue/index.ts'
import { connectStandbyPool, readStandby } from '../apps/portal/src/db/connect.ts'
import { createRegistrar } from '../apps/portal/src/registrar/index.ts'
import { mirror } from './support/mirror.ts'
import { makeSchool, patient } from './support/school.ts'
import { attemptsToWrite } from './support/standby-rights.ts'
import {
  atEnd,
  describeEachServer,
  describeTarget,
  type FreshTarget,
  freshTarget,
} from './support/servers.ts'

/** The part of the mirror's published schema that the portal reads (design.md, contracts). */
const mirrorSchema = `
  CREATE SCHEMA mirror;
  CREATE TABLE mirror.cycle (id bigint, source_id text, snapshot_at timestamptz, committed_at timestamptz, proof text);
  CREATE TABLE mirror.change (source_id text, cycle bigint, table_name text, key text[], op text, before jsonb, after jsonb)`
const receiptTable = `
  CREATE SCHEMA school;
  CREATE TABLE school.receipt (id numeric(20) PRIMARY KEY, number text, created_at timestamp(3))`

describeTarget('the copy of a receipt on the standby', () => {
  let target: FreshTarget
  let admin: Client
  const open = (url: string) => {
    const reader = createStandbyReader(connectStandbyPool(url), 'school')
    atEnd(() => reader.close())
    return reader
  }

  beforeAll(async () => {
    target = await freshTarget()
    admin = new Client({ connectionString: target.url })
    await admin.connect()
    atEnd(() => admin.end())
  })

  it('waits, from an empty standby to a row that has come, and then says how late it was', async () => {
    const reader = open(target.url)
    const ask = () => reader.standbyCopy('R222-3333-4444')
    const waiting = { state: 'waiting', copied: false }
    expect(await ask()).toEqual(waiting)
    await admin.query(mirrorSchema)
    expect(await ask()).toEqual(waiting)
    await admin.query(receiptTable)
    expect(await ask()).toEqual(waiting)
    await admin.query(`
      INSERT INTO mirror.cycle VALUES
        (6, 'school', now(), '2026-11-22 14:00:00Z', 'single'),
        (7, 'school', now(), '2026-11-22 15:03:08.25+01', 'single'),
        (7, 'other', now(), '2000-01-01 00:00:00Z', 'single');
      INSERT INTO mirror.change VALUES
        ('school', 6, 'receipt', NULL, 'load', NULL, NULL),
        ('other', 7, 'receipt', '{41}', 'insert', NULL, NULL),
        ('school', 7, 'receipt_line', '{41,1}', 'insert', NULL, NULL),
        ('school', 7, 'receipt', '{41}', 'insert', NULL, NULL)`)
    // the ledger alone is no copy
    expect(await ask()).toEqual(waiting)
    await admin.query(`INSERT INTO school.receipt VALUES
      (41, 'R222-3333-4444', '2026-11-22 14:03:07.4'), (40, 'R222-3333-9999', '2026-11-22 13:00:00')`)
    expect(await ask()).toEqual({
      state: 'copied',
      copied: true,
      at: '2026-11-22T14:03:08.250Z',
      secondsLater: 0.85,
      cycle: 7,
    })
    // one that was there when the table was loaded: when the load was, and nothing about seconds
    expect(await reader.standbyCopy('R222-3333-9999')).toEqual({
      state: 'copied',
      copied: true,
      at: '2026-11-22T14:00:00.000Z',
      secondsLater: null,
      cycle: 6,
    })
    expect(await reader.standbyCopy(`' OR 1=1 --`)).toEqual(waiting)
  })

  it('is off without a standby, and away when it does not answer', async () => {
    expect(await createStandbyReader(null, 'school').standbyCopy('R')).toEqual({ state: 'off' })
    expect(await open('postgres://nobody:x@127.0.0.1:1/standby').standbyCopy('R')).toEqual({ state: 'away' })
    const wrong = new URL(target.url)
    wrong.password = 'wrong'
    // trusted connections may ignore a password: then there is simply no such receipt
    expect(['away', 'waiting']).toContain((await open(wrong.href).standbyCopy('R')).state)
  })

  it('says in the log what is wrong, once a minute, with a code and no address', async () => {
    const faults: object[] = []
    const ask = async (url: string, source = 'school') => {
      const reader = createStandbyReader(connectStandbyPool(url), source, (fault) => faults.push(fault))
      atEnd(() => reader.close())
      return [(await reader.standbyCopy('R')).state, (await reader.standbyCopy('R')).state]
    }
    const elsewhere = new URL(target.url)
    elsewhere.pathname = '/no_such_database'
    expect(await ask(elsewhere.href)).toEqual(['away', 'away'])
    expect(await ask('postgres://nobody:x@127.0.0.1:1/standby')).toEqual(['away', 'away'])
    expect(await ask(target.url, 'no_such_schema')).toEqual(['waiting', 'waiting'])
    expect(faults).toEqual([
      { code: '3D000', kind: 'misconfigured' },
      { code: 'ECONNREFUSED', kind: 'away' },
      { code: '42P01', kind: 'not_loaded' },
    ])
  })

  it('can only read', async () => {
    const pool = connectStandbyPool(target.url)
    atEnd(() => pool.end())
    await expect(pool.query('CREATE TABLE school.mine (x int)')).rejects.toMatchObject({ code: '25006' })
  })
})

describeEachServer('the portal’s own schema on the real mirror', (flavour) => {
  it('is mirrored whole, tells when each receipt came, and can be read like the source', async () => {
    const { database, db } = await makeSchool(flavour, {
      students: 2,
      sections: [{ meetings: [['MWF', '09:00', '09:50']] }, {}],
    })
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    const check = await mirror(sides, 'check')
    expect(check.json.problems).toEqual([])
    const registrar = createRegistrar(db, patient)
    const before = await registrar.register({ studentId: 1, sections: ['1'], request: undefined })
    expect((await mirror(sides, 'sync')).json).toMatchObject({ refused: {}, brakes: [] })

    const reader = createStandbyReader(connectStandbyPool(target.readerUrl), database.name)
    atEnd(() => reader.close())
    // it came with the load
    expect(await reader.standbyCopy(before.number)).toMatchObject({ state: 'copied', secondsLater: null })

    const after = await registrar.register({ studentId: 2, sections: ['1', '2', '404'], request: undefined })
    expect(await reader.standbyCopy(after.number)).toEqual({ state: 'waiting', copied: false })
    await mirror(sides, 'sync')
    const copy = await reader.standbyCopy(after.number)
    if (copy.state !== 'copied' || copy.secondsLater === null) throw new Error(JSON.stringify(copy))
    // `at` is cut to milliseconds, the difference is rounded from microseconds
    const apart = (Date.parse(copy.at) - Date.parse(after.createdAt)) / 1000
    expect(Math.abs(copy.secondsLater - apart)).toBeLessThan(0.0015)
    expect(copy.secondsLater).toBeGreaterThan(0)

    const standby = readStandby(connectStandbyPool(target.readerUrl), database.name)
    atEnd(() => standby.destroy())
    const clock = () => new Date(after.createdAt)
    const [here, there] = [createCatalogue(db, clock), createCatalogue(standby, clock)]
    expect(await there.receipt(2, after.number)).toEqual(after)
    expect(await there.schedule(2)).toEqual(await here.schedule(2))
    expect((await there.schedule(2)).entries).toHaveLength(2)
    expect(await there.search({ q: 'course' })).toEqual(await here.search({ q: 'course' }))
    expect(await there.section(1)).toEqual(await here.section(1))

    // the portal's role itself may not write, whatever its session says
    const role = new Client({ connectionString: target.readerUrl })
    await role.connect()
    atEnd(() => role.end())
    for (const write of attemptsToWrite(database.name))
      await expect(role.query(write), write).rejects.toThrow(/permission denied|must be owner/)
  })
})
