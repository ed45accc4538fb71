/** The record of sign-ins: complete for what succeeds, bounded for what fails, and without what it need not know. */
import { expect, it } from 'vitest'
import { createAccounts } from '../apps/portal/src/account/index.ts'
import { failuresAnHour, readTrail } from '../apps/portal/src/account/trail.ts'
import { findSignIns, signInLine } from '../apps/portal/src/cli/sign-ins.ts'
import { makeSchool } from './support/school.ts'
import { describeSource } from './support/servers.ts'

const password = 'quiet-lantern-27'
const here = '192.0.2.1'
const hourMs = 3_600_000

const setUp = async (flavour: Parameters<typeof makeSchool>[0]) => {
  const { db } = await makeSchool(flavour, { students: 3, sections: [] })
  let now = Date.parse('2030-01-01T08:00:00.000Z')
  const accounts = createAccounts(db, {
    clock: () => new Date(now),
    // what is hashed is no matter here, and thousands of attempts are
    hasher: {
      hash: (text) => Promise.resolve(`hash of ${text}`),
      verify: (stored, text) => Promise.resolve(stored === `hash of ${text}`),
    },
  })
  const { code } = await accounts.issueCode('S1')
  const first = await accounts.activate({
    number: 'S1',
    code,
    password,
    address: here,
    browser: 'Firefox on Linux',
  })
  return { db, accounts, first, pass: (ms: number) => (now += ms) }
}

const refused = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => false,
    () => true,
  )

describeSource(
  'the record of sign-ins',
  (flavour) => {
    it('has a line for each success and failure, with network and browser, and never what was typed', async () => {
      const { db, accounts, first, pass } = await setUp(flavour)
      const id = first.person.accountId
      pass(1_000)
      const from = { address: '2001:db8:1:2:3:4:5:6', browser: 'Safari on iPhone' }
      const phone = await accounts.signIn({ number: 's1', password, ...from })
      pass(1_000)
      await accounts.signIn({ number: 'S1', password, ...from, device: phone.device.token })
      pass(1_000)
      await refused(accounts.signIn({ number: 'S1', password: 'wrong-secret-1', address: '198.51.100.7' }))
      pass(1_000)
      // a password in the field of the number, as happens
      await refused(accounts.signIn({ number: password, password: 'wrong-secret-2', address: here }))
      pass(1_000)
      await refused(accounts.activate({ number: 'S1', code: 'AAAA-BBBB-CCCC-DDDD', password, address: here }))
      const mine = await accounts.signIns(id, 20)
      expect(
        mine.map(({ outcome, network, browser, knownDevice }) => [outcome, network, browser, knownDevice]),
      ).toEqual([
        ['code_refused', here, '', false],
        ['password_refused', '198.51.100.7', '', false],
        ['signed_in', '2001:db8:1:2::/64', 'Safari on iPhone', true],
        ['signed_in', '2001:db8:1:2::/64', 'Safari on iPhone', false],
        ['activated', here, 'Firefox on Linux', false],
      ])
      expect(mine[0]?.at).toBe('2030-01-01T08:00:05.000Z')
      const all = await readTrail(db, { limit: 100 })
      expect(all.filter(({ number }) => number === null)).toMatchObject([{ outcome: 'password_refused' }])
      const kept = JSON.stringify(await db.selectFrom('sign_in').selectAll().execute())
      for (const typed of [password, 'wrong-secret', 'AAAA', first.token.slice(21), '2001:db8:1:2:3'])
        expect(kept.toLowerCase()).not.toContain(typed.toLowerCase())
      // nobody else's
      const { code } = await accounts.issueCode('S2')
      const other = await accounts.activate({ number: 'S2', code, password, address: here })
      expect(await accounts.signIns(other.person.accountId, 20)).toHaveLength(1)
    })

    it('is no place to fill a disk from: beyond a bound failures are refused and not written', async () => {
      const { db, accounts, first, pass } = await setUp(flavour)
      const failures = async () =>
        (await readTrail(db, { limit: 100_000, failed: true })).map(({ number }) => number)
      // each from a network of its own, so that no throttle is met, half an hour in all
      for (let index = 0; index < failuresAnHour.account + 20; index += 1) {
        pass(5_000)
        await refused(
          accounts.signIn({ number: 'S1', password: 'wrong', address: `10.0.${index >> 8}.${index & 255}` }),
        )
      }
      expect(await failures()).toEqual(Array(failuresAnHour.account).fill('S1'))
      // a success is always written, and a quiet hour later failures are, too
      await accounts.signIn({ number: 'S1', password, address: here })
      expect((await accounts.signIns(first.person.accountId, 1))[0]?.outcome).toBe('signed_in')
      pass(2 * hourMs)
      await refused(accounts.signIn({ number: 'S1', password: 'wrong', address: here }))
      expect(await failures()).toHaveLength(failuresAnHour.account + 1)
    })

    it('begins no session without its line', async () => {
      const { db, accounts } = await setUp(flavour)
      const before = await db.selectFrom('session').select('id').execute()
      await db.schema.alterTable('sign_in').renameTo('sign_in_gone').execute()
      expect(await refused(accounts.signIn({ number: 'S1', password, address: here }))).toBe(true)
      expect(await db.selectFrom('session').select('id').execute()).toEqual(before)
      await db.schema.alterTable('sign_in_gone').renameTo('sign_in').execute()
      expect(await refused(accounts.signIn({ number: 'S1', password, address: here }))).toBe(false)
    })

    it('signs out everywhere: every session of the account, and no other', async () => {
      const { accounts, first } = await setUp(flavour)
      const { code } = await accounts.issueCode('S2')
      const other = await accounts.activate({ number: 'S2', code, password, address: here })
      const second = await accounts.signIn({ number: 'S1', password, address: '203.0.113.5' })
      expect(second.token).not.toBe(first.token)
      await accounts.signOutEverywhere(first.person.accountId, { address: here })
      expect(await accounts.session(first.token)).toBeNull()
      expect(await accounts.session(second.token)).toBeNull()
      expect(await accounts.session(other.token)).not.toBeNull()
      expect((await accounts.signIns(first.person.accountId, 1))[0]?.outcome).toBe('ended_everywhere')
      expect((await accounts.signIn({ number: 'S1', password, address: here })).person.number).toBe('S1')
    })

    it('is told to the office, by number, by failure and by time', async () => {
      const { db, accounts, pass } = await setUp(flavour)
      pass(hourMs)
      await refused(accounts.signIn({ number: 'NOBODY', password, address: here, browser: 'curl' }))
      const query = { number: undefined, failed: false, since: undefined, limit: 10 }
      expect((await findSignIns(db, query)).map(signInLine)).toEqual([
        '2030-01-01 09:00:00Z\t(nobody’s number)\trefused: wrong password\t192.0.2.1\tcurl',
        '2030-01-01 08:00:00Z\tS1\tset a password with a code\t192.0.2.1\tFirefox on Linux',
      ])
      expect(await findSignIns(db, { ...query, number: 's1' })).toHaveLength(1)
      expect(await findSignIns(db, { ...query, failed: true })).toHaveLength(1)
      expect(await findSignIns(db, { ...query, since: '2030-01-01 08:30:00' })).toHaveLength(1)
      expect(await findSignIns(db, { ...query, limit: 1 })).toHaveLength(1)
      await expect(findSignIns(db, { ...query, number: 'S9' })).rejects.toMatchObject({ code: 'not_found' })
    })
  },
  ['mariadb', 'mysql'],
)
