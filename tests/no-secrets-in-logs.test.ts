/**
 * A whole life of portal and mirror as their users run them, at their most talkative: an import with codes, activations,
 * sign-ins right and wrong, searches, registrations, drops, broken connections, refused commands. Then everything that
 * was written by any process, told by the mirror's service, or kept in its ledger is searched for every secret and
 * every personal value that was used.
 *
 * What a command is for is no leak: `portal code` and `portal staff add` print a code on standard output.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import type { SearchResult } from '../apps/portal/src/catalogue/types.ts'
import { Client } from './support/portal.ts'
import { describeSource, freshDatabase, freshTarget, scratchFolder } from './support/servers.ts'
import { buildAll, leaks, type Text, Transcript } from './support/transcript.ts'
import { until } from './support/until.ts'

/** Marked, so that nothing of it is found by chance. */
const ann = {
  number: 'S4711-ANN',
  given: 'Annegret-Q',
  family: 'Überquell',
  preferred: 'Zwanzigster',
  email: 'annegret.ueberquell@private.example',
  renamed: 'Marriednamed',
  newEmail: 'a.marriednamed@private.example',
  password: 'correct&horse "battery" 7',
  wrongPassword: 'not-her-passw0rd',
  newPassword: 'the second of her passwords',
}
const ben = {
  number: 'S4712-BEN',
  given: 'Benvolio-Q',
  family: 'Montaguesson',
  email: 'benvolio@private.example',
}
const helen = {
  number: 'R0815-HELEN',
  given: 'Helenissima',
  family: 'Fitzwilliamson',
  email: 'helenissima@private.example',
  password: 'registrars <know> more',
}

const catalogue = `crn,subject,number,section,title,credits,capacity,enrolled,days,start_time,end_time,start_date,end_date,location,instructor
101,CS,101,01,Programming,3,30,0,MW,9:00AM,9:50AM,2020-08-24,2099-12-11,Hall 1,Bo Lee
102,CS,102,01,Algorithms,3,30,0,TR,9:00AM,9:50AM,2020-08-24,2099-12-11,Hall 1,Bo Lee
`
const columns = 'number,given_name,family_name,preferred_name,email'
const students = (family: string, email: string): string =>
  `${columns}\n${ann.number},${ann.given},${family},${ann.preferred},${email}\n${ben.number},${ben.given},${ben.family},,${ben.email}\n`

/** Every column that holds something of a person; the portal's hashes are redacted by themselves. */
const redacted = [
  ...['number', 'given_name', 'family_name', 'preferred_name', 'email'].map((name) => `student.${name}`),
  ...['number', 'given_name', 'family_name', 'email'].map((name) => `staff.${name}`),
  'account.number',
  'sign_in.network',
]

/** The secret half of a session's cookie: the other half is a row's key, and public. */
const secretHalf = (cookie: string | undefined): string => (cookie ?? '').split('.')[1] ?? ''
const passwordOf = (url: string): string => decodeURIComponent(new URL(url).password)
const codeIn = (text: string): string => /([0-9A-Z]{4}-){3}[0-9A-Z]{4}/.exec(text)?.[0] ?? ''

describeSource(
  'a whole life of portal and mirror',
  (flavour) => {
    it('leaves no secret and no person in any log, in what the mirror tells, or in its ledger', {
      timeout: 600_000,
    }, async () => {
      await buildAll()
      const [database, target, control] = await Promise.all([
        freshDatabase(flavour),
        freshTarget(),
        freshTarget(),
      ])
      const folder = scratchFolder('secrets')
      const file = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text)
        return join(folder, name)
      }
      const transcript = new Transcript()
      const env = {
        PORTAL_DATABASE: database.url,
        PORTAL_STANDBY: target.readerUrl,
        MIRROR_SOURCE: database.mirrorUrl,
        MIRROR_TARGET: target.url,
        MIRROR_LOG_LEVEL: 'debug',
        MIRROR_REDACT: redacted.join(','),
      }
      const portal = (...args: readonly string[]) => transcript.run('portal', args, env)
      const mirror = (args: readonly string[], other = {}) =>
        transcript.run('mirror', args, { ...env, ...other })

      // the office
      const window = ['--opens', '2020-01-01', '--closes', '2099-12-31']
      expect((await portal('migrate')).status).toBe(0)
      const fall = file('fall.csv', catalogue)
      expect((await portal('import', '--catalogue', fall, '--term', 'Fall 2026', ...window)).status).toBe(0)
      const sheet = join(folder, 'codes.csv')
      const first = file('students.csv', students(ann.family, ann.email))
      expect((await portal('import', '--students', first, '--codes-out', sheet)).status).toBe(0)
      const [annCode = '', benCode = ''] = readFileSync(sheet, 'utf8').split('\n').slice(1).map(codeIn)
      const person = ['--given', helen.given, '--family', helen.family, '--email', helen.email]
      const added = await portal('staff', 'add', helen.number, ...person)
      const helenCode = codeIn(added.out)
      const again = await portal('code', ben.number, '--json')
      const newBenCode = codeIn(again.out)
      for (const code of [annCode, benCode, helenCode, newBenCode]) expect(code).not.toBe('')
      expect((await portal('code', `${ben.number}X`)).status).toBe(1)
      const wrongDatabase = new URL(database.url)
      wrongDatabase.password = 'database-guess-1'
      for (const args of [['migrate'], ['sign-ins'], ['serve', '--port', '0']])
        expect((await transcript.run('portal', args, { PORTAL_DATABASE: wrongDatabase.href })).status).toBe(1)

      const web = await transcript.serve('portal', ['serve', '--port', '0', '--log-level', 'debug'], env)
      const copy = await transcript.serve(
        'mirror',
        ['run', '--listen', '127.0.0.1:0', '--poll', '200ms'],
        env,
      )
      const ready = () =>
        until('the mirror is ready', async () => (await fetch(`${copy.url}/readyz`)).status === 200)
      await ready()
      // the control: the same source, mirrored by somebody who redacts nothing
      const bare = { MIRROR_TARGET: control.url, MIRROR_REDACT: '' }
      expect((await mirror(['sync', '--tables', 'student'], bare)).status).toBe(0)

      // a student’s life
      const her = new Client(web.url)
      const activate = { number: ann.number, code: annCode, password: ann.password }
      expect((await her.post('/activate', { ...activate, code: benCode })).status).toBe(401)
      expect((await her.post('/activate', { ...activate, password: ann.number })).status).toBe(422)
      expect((await her.post('/activate', activate)).status).toBe(303)
      const sessions = [secretHalf(her.cookie)]
      const wrong = { number: ann.number, password: ann.wrongPassword }
      expect((await her.post('/sign-in', wrong)).status).toBe(401)
      expect((await her.postJson('/sign-in', wrong)).status).toBe(401)
      // the password in the field of the number, and in an address
      expect((await her.post('/sign-in', { number: ann.password, password: 'x' })).status).toBe(401)
      await her.page(`/sign-in?number=${ann.number}&password=${encodeURIComponent(ann.password)}`)
      await her.signIn(ann)
      sessions.push(secretHalf(her.cookie))
      expect(secretHalf(her.cookie).length).toBe(43)
      const search = 'secret-interest'
      await her.page(`/catalogue?q=${search}`)
      const found = await her.json<SearchResult>('/catalogue')
      const ids = found.rows.map(({ id }) => String(id))
      expect(ids).toHaveLength(2)
      const sent = await her.post('/register', { section: ids })
      const receipt = sent.location ?? ''
      expect(receipt).toMatch(/^\/receipts\//)
      await her.page(receipt)
      await until('the copy is there', async () => {
        const { state } = await her.json<{ state: string }>(`${receipt}/copy`)
        return state === 'copied'
      })
      const { entries } = await her.json<{ entries: { enrolmentId: number }[] }>('/schedule')
      await her.post('/drop', { enrolment: String(entries[0]?.enrolmentId) })
      await her.page('/account')

      // what goes wrong
      const broken = { headers: { 'content-type': 'application/json' }, method: 'POST' }
      await her.send('/sign-in', {
        ...broken,
        body: `{"number":"${ann.number}","password":"${ann.wrongPassword}`,
      })
      await her.send('/register', { ...broken, body: JSON.stringify({ section: { name: ann.given } }) })
      for (const path of [
        `/sections/%ff${ann.number}`,
        `/${ann.email}`,
        `/receipts/${ann.family}`,
        `/sections/${ann.number}`,
      ])
        await her.page(path)
      await her.post('/sign-in', wrong, { origin: `https://${ann.family}.example` })
      await her.post('/sign-in', { number: ann.number, password: ann.password.repeat(10_000) })
      const killConnections = async () => {
        await onSource(database.adminUrl, async (connection) => {
          const [rows] = await connection.query('SHOW PROCESSLIST')
          const users = [database.url, database.mirrorUrl].map((url) => new URL(url).username)
          for (const { Id, User } of rows as { Id: number; User: string }[])
            if (users.includes(User)) await connection.query(`KILL ${Id}`).catch(() => undefined)
        })
        await onTarget(target.adminUrl, (client) =>
          client.query(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
            [target.name],
          ),
        )
      }
      const killed = Promise.all([
        killConnections(),
        her.post('/register', { section: ids }),
        her.post('/sign-in', wrong),
        her.page('/schedule'),
      ])
      await killed
      await killConnections()
      // a fault of the database whose words and statement hold what they should not
      await onSource(database.adminUrl, async (connection) => {
        await connection.query(
          `CREATE TRIGGER refuse BEFORE INSERT ON cart_item FOR EACH ROW
               SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${ann.email} is refused'`,
        )
        const answer = await her.post('/cart', { section: ids })
        expect(answer.status).toBe(500)
        expect(leaks([{ where: 'the page of a fault', text: answer.text }], { email: ann.email })).toEqual([])
        await connection.query('DROP TRIGGER refuse')
      })

      // people change: rows with before and after in the ledger
      const second = file('students-2.csv', students(ann.renamed, ann.newEmail))
      expect((await portal('import', '--students', second)).out).toContain('1 changed')
      const office = new Client(web.url)
      await office.post('/activate', { number: helen.number, code: helenCode, password: helen.password })
      sessions.push(secretHalf(office.cookie))
      const forgotten = await portal('code', ann.number)
      const lastCode = codeIn(forgotten.out)
      await her.post('/activate', { number: ann.number, code: lastCode, password: ann.newPassword })
      sessions.push(secretHalf(her.cookie))
      await her.post('/sign-out-everywhere', {})
      expect((await portal('sign-ins', '--failed', '--json')).status).toBe(0)
      await ready()

      // what the mirror's command says, with right and wrong addresses
      for (const args of [
        ['check'],
        ['status', '--json'],
        ['verify', '--json'],
        ['history', '--limit', '1000'],
      ])
        await mirror(args)
      expect((await mirror(['verify', '--json'])).status).toBe(0)
      const guess = new URL(database.mirrorUrl)
      guess.password = 'mirror-guess-1'
      expect((await mirror(['sync'], { MIRROR_SOURCE: guess.href })).status).toBe(1)
      await mirror(['sync', '--source', guess.href.replace('mysql:', 'mysqlx:')])
      for (const path of ['/', '/metrics', '/api/status', '/api/history?limit=9999', '/readyz'])
        transcript.add(`mirror${path}`, await (await fetch(`${copy.url}${path}`)).text())
      expect(await copy.stop()).toBe(0)
      expect(await web.stop()).toBe(0)
      const last = await mirror(['sync', '--tables', 'student'], bare)
      expect(last.status, last.err).toBe(0)
      const ledgerOf = (url: string): Promise<string> =>
        onTarget(url, async (client) => {
          const { rows } = await client.query<{ line: string }>(
            'SELECT change::text AS line FROM mirror.change',
          )
          return rows.map(({ line }) => line).join('\n')
        })
      const ledger = await ledgerOf(target.url)
      expect(ledger).toContain('sign_in')
      transcript.add('the ledger', ledger)

      const secrets: Readonly<Record<string, string>> = {
        'a password': ann.password,
        'a wrong password': ann.wrongPassword,
        'a new password': ann.newPassword,
        'a registrar’s password': helen.password,
        'the portal’s database password': passwordOf(database.url),
        'the mirror’s source password': passwordOf(database.mirrorUrl),
        'the mirror’s target password': passwordOf(target.url),
        'the reader’s password': passwordOf(target.readerUrl),
        'a wrong database password': 'database-guess-1',
        'a wrong source password': 'mirror-guess-1',
        ...Object.fromEntries(sessions.map((token, index) => [`session ${index}`, token])),
      }
      const codes = {
        'a code of Ann': annCode,
        'a code of Ben': benCode,
        'Ben’s new code': newBenCode,
        'a code of Helen': helenCode,
        'Ann’s last code': lastCode,
      }
      const searched = { 'a search': search, 'a receipt': receipt.slice('/receipts/'.length) }
      const people = Object.fromEntries(
        [ann, ben, helen].flatMap((person) =>
          Object.entries(person)
            .filter(([name]) => !/password/i.test(name))
            .map(([name, value]) => [`${name} of ${person.given}`, value] as const),
        ),
      )
      // what these print is what they are for
      const meant = (where: string): boolean => /^portal (code|staff add|sign-ins).*, stdout$/.test(where)
      const written = transcript.texts.filter(({ where }) => !meant(where))
      expect(leaks(written, { ...secrets, ...codes })).toEqual([])
      // of a number, its owner types it: the command that was given it may repeat it
      const served = written.filter(({ where }) => !/^portal (code|staff add)/.test(where))
      expect(leaks(served, people)).toEqual([])
      // the page and the ledger tell rows that nobody redacts, such as receipts; logs tell none
      const logs = served.filter(({ where }) => /, std(out|err)$/.test(where) && !where.includes('history'))
      expect(leaks(logs, searched)).toEqual([])
      expect(
        leaks(
          transcript.texts.filter(({ where }) => meant(where)),
          secrets,
        ),
      ).toEqual([])

      // enough was said to be searched, and the search finds what is there
      const sizeOf = (name: string): number =>
        transcript.texts
          .filter(({ where }) => where.startsWith(name))
          .reduce((sum, { text }) => sum + text.length, 0)
      expect(sizeOf('portal serve')).toBeGreaterThan(5_000)
      const mirrorLog = transcript.texts.filter(({ where }) => where.startsWith('mirror run'))
      for (const said of ['listening on', 'leading, epoch', 'cycle 1: '])
        expect(
          mirrorLog.filter(({ text }) => text.includes(said)),
          said,
        ).not.toEqual([])
      for (const [what, value] of Object.entries({ ...secrets, ...people })) {
        for (const line of [
          value,
          JSON.stringify({ value }),
          encodeURIComponent(value),
          Buffer.from(value).toString('hex'),
        ]) {
          const planted: readonly Text[] = [{ where: 'a planted line', text: `x ${line} y` }]
          expect(leaks(planted, { [what]: value }), `${what} as ${line}`).toHaveLength(1)
        }
      }
      const unredacted = [{ where: 'the ledger that redacts nothing', text: await ledgerOf(control.url) }]
      expect(leaks(unredacted, people)).toContain('newEmail of Annegret-Q in the ledger that redacts nothing')
    })
  },
  ['mariadb', 'mysql'],
)
