/**
 * Notices by e-mail, against a mail server of the test's own: each is sent once by several processes at once, tried again
 * when the server is away, given up when it never will be taken; nothing of a transaction that was undone is sent.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { fromMoment } from '../apps/portal/src/catalogue/values.ts'
import { connectSource, type Db } from '../apps/portal/src/db/connect.ts'
import { createMailer, type Mailer } from '../apps/portal/src/mail/index.ts'
import { claimDue, leaseMs, pauseAfter } from '../apps/portal/src/mail/outbox.ts'
import { type Message, writeNotice } from '../apps/portal/src/registrar/notices.ts'
import { Client, type SampleSchool, sampleSchool, startPortal } from './support/portal.ts'
import { allSections, full } from './support/choose.ts'
import { atEnd } from './support/scope.ts'
import { describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

interface Received {
  readonly to: string
  readonly message: string
}

/** A mail server on a free port of this machine; `refuse` answers RCPT TO with a number of its own. */
const startSink = async (refuse: (address: string) => number | undefined = () => undefined) => {
  const received: Received[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _session, done) => {
      const code = refuse(address)
      done(code === undefined ? null : Object.assign(new Error(`no ${address} here`), { responseCode: code }))
    },
    onData: (stream, session, done) => {
      const [to] = session.envelope.rcptTo
      const receive = async () => {
        received.push({ to: to?.address ?? '', message: await readText(stream) })
      }
      // oxlint-disable-next-line promise/prefer-await-to-callbacks -- the server's own way of being told
      void receive().finally(() => done())
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  atEnd(close)
  return { received, close, smtp: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}` }
}

/** Quoted-printable back to text, as far as these messages use it. */
const plain = ({ message }: Received): string =>
  Buffer.from(
    message
      .replaceAll(/=\r?\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')

const from = 'Registrar’s office <registrar@example.edu>'

describeSource(
  'notices by e-mail',
  (flavour) => {
    let school: SampleSchool
    let db: Db
    beforeAll(async () => {
      school = await sampleSchool(flavour)
      db = connectSource(school.database.url, { size: 8 })
      return () => db.destroy()
    })
    beforeEach(async () => {
      await db.deleteFrom('outgoing_email').execute()
    })
    const mailer = (smtp: string): Mailer => {
      const made = createMailer(db, { smtp, from, portal: 'https://register.example.edu', timeZone: 'UTC' })
      onTestFinished(() => made.stop())
      return made
    }
    const tell = (id: number, message: Message) =>
      db.transaction().execute((transaction) => writeNotice(transaction, { id, now: new Date() }, message))
    const makeDue = () =>
      db
        .updateTable('outgoing_email')
        .set({ due_at: fromMoment(Date.now() - 1_000) })
        .execute()
    const section = { id: 1, code: 'CS 101', section: '001', title: 'Ünïcode & <tags>' }
    const rows = () => db.selectFrom('outgoing_email').selectAll().orderBy('id').execute()

    it('sends each once, by three at once, and nothing of what was undone', async () => {
      const sink = await startSink()
      for (let id = 1; id <= 40; id += 1) await tell(id, { kind: 'promoted', section, receipt: 'R1' })
      await tell(1, { kind: 'hold_placed', title: 'Unpaid fees', detail: 'the bursar' })
      const undone = db.transaction().execute(async (transaction) => {
        await writeNotice(transaction, { id: 2, now: new Date() }, { kind: 'section_cancelled', section })
        throw new Error('undone')
      })
      await expect(undone).rejects.toThrow('undone')
      const mailers = [mailer(sink.smtp), mailer(sink.smtp), mailer(sink.smtp)]
      const counts = await Promise.all(mailers.map((one) => one.sweep()))
      expect(counts.reduce((sum, { sent }) => sum + sent, 0)).toBe(41)
      expect(sink.received).toHaveLength(41)
      expect(new Set(sink.received.map(({ message }) => /^Message-ID: (.*)$/m.exec(message)?.[1])).size).toBe(
        41,
      )
      const mine = sink.received.filter(({ to }) => to.startsWith('maya.okonkwo')).map(plain)
      expect(mine).toHaveLength(2)
      const promoted = mine.find((message) => message.includes('You have got a seat in CS 101-001')) ?? ''
      expect(promoted).toContain('Dear Maya Okonkwo,')
      expect(promoted).toContain('CS 101-001 Ünïcode & <tags>')
      expect(promoted).toContain('https://register.example.edu/notices')
      expect(promoted).toContain('Auto-Submitted: auto-generated')
      expect(mine.join()).toContain('A hold was placed on your record: Unpaid fees')
      expect(mine.join()).toContain('As long as it stands you cannot register. Ask the bursar.')
      expect((await rows()).every(({ sent_at, due_at }) => sent_at !== null && due_at === null)).toBe(true)
      // negative control: had somebody seen one as due again, it would have come twice
      await makeDue()
      await mailers[0]?.sweep()
      expect(sink.received).toHaveLength(82)
    })

    it('tells who has no page of notices of a changed password, where an address is known', async () => {
      const sink = await startSink()
      const account = school.accounts.find(({ role }) => role === 'instructor')
      if (account === undefined) throw new Error('the sample has no instructor')
      const { url } = await startPortal(school.database.url)
      const client = new Client(url)
      await client.signIn(account)
      const change = (current: string, password: string) =>
        client.post('/account/password', { current, password, again: password })
      await db.updateTable('instructor').set({ email: '' }).where('number', '=', account.number).execute()
      expect((await change(account.password, 'three quiet lanterns')).status).toBe(303)
      expect(await rows()).toEqual([])
      const email = 'teacher@example.edu'
      await db.updateTable('instructor').set({ email }).where('number', '=', account.number).execute()
      expect((await change('three quiet lanterns', 'four quiet lanterns')).status).toBe(303)
      expect((await mailer(sink.smtp).sweep()).sent).toBe(1)
      const [sent] = sink.received
      expect(sent?.to).toBe(email)
      const words = sent === undefined ? '' : plain(sent)
      expect(words).toContain('Subject: Your password was changed')
      expect(words).toContain('https://register.example.edu/account')
      expect(words).not.toMatch(/lanterns/)
    })

    it('leaves what another has claimed until its lease is over, and tries again what failed', async () => {
      const meeting = {
        days: 'T',
        startsAt: '09:00',
        endsAt: '09:50',
        weeks: 'every' as const,
        everyWeeks: 1,
      }
      const tuesdays = [{ ...meeting, startsOn: '2027-01-12', endsOn: '2027-05-11', place: null }]
      await tell(1, { kind: 'section_changed', section, facts: { of: 'meetings', was: [], now: tuesdays } })
      const now = Date.now()
      const claimed = await claimDue(db, 'dies', now, 10)
      expect(claimed).toHaveLength(1)
      const sink = await startSink()
      const first = mailer(sink.smtp)
      expect(await first.sweep()).toEqual({ sent: 0, faults: [] })
      expect(await claimDue(db, 'too early', now + leaseMs - 1_000, 10)).toEqual([])
      // as after the lease
      await makeDue()
      await sink.close()
      const { sent, faults } = await first.sweep()
      expect([sent, faults.length]).toEqual([0, 1])
      expect(faults.join()).toMatch(/ECONNECTION|ESOCKET|ECONNREFUSED/)
      const [waiting] = await rows()
      expect(waiting).toMatchObject({ attempts: 2, sent_at: null, claim: null })
      expect(Date.parse(`${waiting?.due_at?.replace(' ', 'T')}Z`)).toBeGreaterThan(now + 119_000)
      const again = await startSink()
      await makeDue()
      expect(await mailer(again.smtp).sweep()).toEqual({ sent: 1, faults: [] })
      expect(plain(again.received[0] ?? { to: '', message: '' })).toContain('It now meets: Tue ')
      expect(pauseAfter(1, () => 0)).toBe(60_000)
      expect(pauseAfter(30, () => 1)).toBeLessThanOrEqual(6 * 3_600_000 * 1.2)
    })

    it('gives up an address that the server will never take, and what is too old; keeps trying what it may', async () => {
      const addresses = await db
        .selectFrom('student')
        .select('email')
        .where('id', 'in', [1, 2])
        .orderBy('id')
        .execute()
      const [never, later] = addresses.map(({ email }) => email)
      const sink = await startSink((address) =>
        address === never ? 550 : address === later ? 451 : undefined,
      )
      for (const id of [1, 2, 3, 4]) await tell(id, { kind: 'promoted', section })
      const last = (await rows()).at(-1)?.id ?? 0
      await db.updateTable('outgoing_email').set({ due_at: '2020-01-01' }).where('id', '=', last).execute()
      const { sent, faults } = await mailer(sink.smtp).sweep()
      expect(sent).toBe(1)
      expect([...faults].sort()).toEqual(['EENVELOPE 451', 'EENVELOPE 550, given up'])
      expect((await rows()).map(({ fault, due_at }) => [fault, due_at === null])).toEqual([
        ['EENVELOPE 550', true],
        ['EENVELOPE 451', false],
        [null, true],
        ['too_late', true],
      ])
    })

    // a process is a process on every server
    if (flavour === 'mariadb')
      it('brings the news of a seat from the waiting list, with nobody’s address in the log', async () => {
        const sink = await startSink((address) => (address.startsWith('daniel') ? 550 : undefined))
        const flags = ['--smtp', sink.smtp, '--mail-from', from]
        const [one, two] = [
          await startPortal(school.database.url, { flags }),
          await startPortal(school.database.url, { flags }),
        ]
        const student = new Client(one.url)
        const staff = new Client(two.url)
        await student.signIn(school.accounts[0] ?? { number: '', password: '' })
        await staff.signIn(
          school.accounts.find(({ role }) => role === 'registrar') ?? { number: '', password: '' },
        )
        const wanted = full(await allSections(student))
        await student.post('/register', { section: String(wanted.id), waitlist: String(wanted.id) })
        await tell(2, { kind: 'window_opens', title: 'Spring 2027', detail: '2026-11-30T08:00:00.000Z' })
        await staff.post(`/registrar/sections/${wanted.id}/capacity`, {
          capacity: String(wanted.seats.taken + 1),
        })
        await until('the e-mail has come', async () => sink.received.length === 1)
        expect(plain(sink.received[0] ?? { to: '', message: '' })).toMatch(
          /^Subject: You have got a seat in/m,
        )
        await until('the other one is given up', async () =>
          (await rows()).every(({ due_at }) => due_at === null),
        )
        expect(await one.stop()).toBe(0)
        expect(await two.stop()).toBe(0)
        const log = one.log() + two.log()
        expect(log).toContain('1 e-mails were not sent (EENVELOPE 550, given up)')
        expect(log).not.toMatch(/daniel|okonkwo|students\.example\.edu/i)
        expect(sink.received).toHaveLength(1)
      })
  },
  // SKIP LOCKED is a matter of the server
  ['mariadb', 'mysql'],
)
