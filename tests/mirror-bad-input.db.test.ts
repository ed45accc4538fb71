/**
 * Bad input against real servers: each mistake gets a code, a sentence that says what is wrong, a remedy and an exit
 * status; nothing is lost; and no password is ever echoed, in whatever spelling it was given.
 */
import { expect, it } from 'vitest'
import { freePort, onSource, onTarget } from '../packages/devstack/src/index.ts'
import { type Addresses, mirror, mirrorCommand, startMirror } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import { describeEachServer, freshDatabase, freshTarget } from './support/servers.ts'
import { until } from './support/until.ts'

const WRONG = 'wr0ng p%ss@w/rd#'

const changed = (address: string, change: (url: URL) => void): string => {
  const url = new URL(address)
  change(url)
  return url.href
}

const commands = ['check', 'sync', 'verify', 'status', 'history', 'pause', 'resume'] as const

/** Every spelling of the passwords of both sides, right and wrong. */
const spellings = ({ source, target }: Addresses): readonly string[] =>
  [source, target]
    .map((address) => new URL(address).password)
    .flatMap((password) => [password, decodeURIComponent(password)])

describeEachServer('bad input', (flavour) => {
  it('is answered with code, cause and remedy, and never with a password', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await createSchool(database.url)
    const good = { source: database.mirrorUrl, target: target.url }
    expect((await mirror(good, 'sync')).exit).toBe(0)
    const port = String(await freePort())
    const password = (url: URL) => (url.password = encodeURIComponent(WRONG))
    const cases: readonly (readonly [name: string, sides: Addresses, code: RegExp, words: RegExp])[] = [
      [
        'source unreachable',
        { ...good, source: changed(good.source, (url) => (url.port = port)) },
        /^MIRROR_1001$/,
        /Check host and port in --source/,
      ],
      [
        'source host unknown',
        { ...good, source: changed(good.source, (url) => (url.hostname = 'no-such-host.invalid')) },
        /^MIRROR_1001$/,
        /Check host/,
      ],
      [
        'wrong password of the source',
        { ...good, source: changed(good.source, password) },
        /^MIRROR_1002$/,
        /user and password in --source/,
      ],
      [
        'no such database',
        { ...good, source: changed(good.source, (url) => (url.pathname = '/no_such_school')) },
        /^MIRROR_1003$/,
        /GRANT SELECT/,
      ],
      [
        'target unreachable',
        { ...good, target: changed(good.target, (url) => (url.port = port)) },
        /^MIRROR_3001$/,
        /Check host and port in --target/,
      ],
      [
        'wrong password of the target',
        { ...good, target: changed(good.target, password) },
        /^MIRROR_3002$/,
        /password and database in --target/,
      ],
      [
        'no such target database',
        { ...good, target: changed(good.target, (url) => (url.pathname = '/nowhere')) },
        /^MIRROR_3002$/,
        /in --target/,
      ],
    ]
    for (const [name, sides, code, words] of cases) {
      const ofSource = code.source.includes('_1')
      for (const command of commands) {
        const { exit, out, err } = await mirror(sides, command, '--log-level', 'debug')
        for (const secret of [...spellings(sides), ...spellings(good)]) {
          expect(out, `${name}: ${command}`).not.toContain(secret)
          expect(err, `${name}: ${command}`).not.toContain(secret)
        }
        // these read the target alone
        if (ofSource && ['status', 'history', 'pause', 'resume'].includes(command)) continue
        expect(exit, `${name}: ${command}: ${out}`).toBe(1)
        const document = JSON.parse(out) as {
          error?: { code: string; message: string; remedy: string }
          problems?: { code: string; remedy: string }[]
        }
        const problem = document.error ?? document.problems?.find(({ code: found }) => code.test(found))
        expect(problem?.code, `${name}: ${command}: ${out}`).toMatch(code)
        expect(problem?.remedy, `${name}: ${command}`).toMatch(words)
      }
    }
    await mirror(good, 'resume')
    expect((await mirror(good, 'verify')).json).toMatchObject({ equal: true })
  })

  it('as a process too: a wrong password is neither in the output nor in the log of run', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const source = changed(database.mirrorUrl, (url) => (url.password = encodeURIComponent(WRONG)))
    const running = await startMirror({ source, target: target.url }, '--log-level', 'debug')
    await until('the refusal to be told', () => running.log().includes('waiting for the source'))
    expect(running.log()).toContain('refused the account')
    const pages = await Promise.all(
      ['/', '/readyz', '/api/status', '/metrics'].map(async (path) =>
        (await fetch(running.url + path)).text(),
      ),
    )
    for (const secret of [WRONG, encodeURIComponent(WRONG)]) {
      expect(running.log()).not.toContain(secret)
      for (const page of pages) expect(page).not.toContain(secret)
    }
    expect((await running.ready())?.ready).toBe(false)
    expect(await running.stop()).toBe(0)

    const { exit, out, err } = await mirrorCommand(['sync', '--source', source, '--target', target.url])
    expect(exit).toBe(1)
    expect(out).toBe('')
    expect(err).toMatch(/^MIRROR_1002 The source server refused the account\./)
    for (const secret of [WRONG, encodeURIComponent(WRONG)]) expect(err).not.toContain(secret)
  })

  it('a missing grant on one table is named by check, and keeps the others from nothing', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await createSchool(database.url)
    const account = decodeURIComponent(new URL(database.mirrorUrl).username)
    await onSource(database.adminUrl, async (connection) => {
      await connection.query(
        `REVOKE SELECT ON \`${database.name.replaceAll('_', '\\_')}\`.* FROM '${account}'@'%'`,
      )
      await connection.query(`GRANT SELECT ON section TO '${account}'@'%'`)
      // a hidden column looks like a missing one
      await connection.query(`GRANT SELECT (section_id, student_id) ON enrolment TO '${account}'@'%'`)
    })
    const sides = { source: database.mirrorUrl, target: target.url }
    const report = await mirror(sides, 'check')
    expect(report.exit, report.out).toBe(0)
    expect(report.json.problems).toMatchObject([
      { code: 'MIRROR_2008', table: 'enrolment', severity: 'warn' },
    ])
    const sync = await mirror(sides, 'sync')
    expect(sync.exit, sync.out).toBe(0)
    expect(sync.json.tables['section']).toMatchObject({ inserted: 20 })
    // an account without any right on the database is told so
    await onSource(database.adminUrl, (connection) =>
      connection.query(`REVOKE SELECT (section_id, student_id) ON enrolment FROM '${account}'@'%'`),
    )
    await onSource(database.adminUrl, (connection) =>
      connection.query(`REVOKE SELECT ON section FROM '${account}'@'%'`),
    )
    const blocked = await mirror(sides, 'check')
    expect(blocked.exit).toBe(1)
    expect(blocked.out).toMatch(/MIRROR_1003|MIRROR_1006/)
  })

  it('a target schema that is not ours is left alone, and named', async () => {
    const database = await freshDatabase(flavour)
    await createSchool(database.url)
    const owners = [
      [database.name, 'the same account'],
      [database.name, 'another account'],
      ['mirror', 'the same account'],
      ['mirror', 'another account'],
    ] as const
    for (const [schema, owner] of owners) {
      const target = await freshTarget()
      await onTarget(owner === 'another account' ? target.adminUrl : target.url, (client) =>
        client.query(
          `CREATE SCHEMA "${schema}"; CREATE TABLE "${schema}".section (precious text); INSERT INTO "${schema}".section VALUES ('keep me')`,
        ),
      )
      const sides = { source: database.mirrorUrl, target: target.url }
      const check = await mirror(sides, 'check')
      expect(check.exit, check.out).toBe(1)
      expect(check.json.problems.map(({ code, severity }) => [code, severity])).toContainEqual([
        'MIRROR_3003',
        'block',
      ])
      const sync = await mirror(sides, 'sync')
      expect(sync.exit, sync.out).toBe(1)
      expect(sync.json).toMatchObject({ error: { code: 'MIRROR_3003', retried: false } })
      const run = await mirrorCommand(['run', '--json'], {
        MIRROR_SOURCE: sides.source,
        MIRROR_TARGET: sides.target,
      })
      expect(run.exit).toBe(1)
      expect(run.json).toMatchObject({ error: { code: 'MIRROR_3003' } })
      await onTarget(target.adminUrl, async (client) => {
        expect((await client.query(`SELECT * FROM "${schema}".section`)).rows).toEqual([
          { precious: 'keep me' },
        ])
      })
    }
  })

  it('an account that may not create anything in the target is told which right it lacks', async () => {
    const database = await freshDatabase(flavour)
    await createSchool(database.url)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.readerUrl }
    for (const command of ['check', 'sync'] as const) {
      const { exit, out } = await mirror(sides, command)
      expect(exit, out).toBe(1)
      expect(out).toContain('MIRROR_3004')
      expect(out).toContain('GRANT CREATE ON DATABASE')
    }
  })

  it('asking before there is anything says so', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    expect((await mirror(sides, 'status')).json).toMatchObject({ state: 'new', cycle: null, tables: {} })
    for (const command of ['history', 'verify', 'pause', 'resume'] as const) {
      const { exit, out } = await mirror(sides, command)
      expect(exit, command).toBe(1)
      expect(JSON.parse(out), command).toMatchObject({
        version: 1,
        error: { code: 'MIRROR_4005', remedy: expect.stringContaining('mirror sync') },
      })
    }
  })
})
