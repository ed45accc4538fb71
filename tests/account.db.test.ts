/** Sign-in, sessions, throttling and one-time codes on real servers; the clock is the test's own, hashing is real. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createAccounts, type AccountService } from '../apps/portal/src/account/index.ts'
import { createWorkQueue, hashPassword, verifyPassword } from '../apps/portal/src/account/password.ts'
import { addStaff } from '../apps/portal/src/account/staff.ts'
import { passwordScopes } from '../apps/portal/src/account/throttle.ts'
import { throttleRules } from '../apps/portal/src/policy/throttle.ts'
import { makeSchool } from './support/school.ts'
import { describeSource } from './support/servers.ts'

const password = 'quiet-lantern-27'
const here = '192.0.2.1'

const setUp = async (flavour: Parameters<typeof makeSchool>[0]) => {
  const { db } = await makeSchool(flavour, { students: 4, sections: [] })
  let now = Date.parse('2030-01-01T08:00:00.000Z')
  let hashes = 0
  const accounts = createAccounts(db, {
    clock: () => new Date(now),
    hasher: {
      hash: (text) => ((hashes += 1), hashPassword(text)),
      verify: (stored, text) => ((hashes += 1), verifyPassword(stored, text)),
    },
  })
  const { code } = await accounts.issueCode('S1')
  await accounts.activate({ number: 'S1', code, password, address: here })
  hashes = 0
  return {
    db,
    accounts,
    pass: (ms: number) => (now += ms),
    hashes: () => {
      const made = hashes
      hashes = 0
      return made
    },
  }
}

const signIn = (accounts: AccountService, number: string, text: string, address = here) =>
  accounts.signIn({ number, password: text, address })

/** What somebody outside can tell from the answer. */
const answer = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'in',
    (error: unknown) =>
      error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : 'broken',
  )

const hourMs = 3_600_000

describeSource(
  'accounts',
  (flavour) => {
    it('signs in with number and password, and keeps no secret in the database', async () => {
      const { db, accounts } = await setUp(flavour)
      const { person, token } = await signIn(accounts, ' s1 ', password)
      expect(person).toMatchObject({ role: 'student', number: 'S1', studentId: 1, name: 'Given Family 1' })
      expect(await accounts.session(token)).toEqual(person)
      const tables = await sql<{ kept: string }>`
      SELECT CONCAT_WS('|', (SELECT GROUP_CONCAT(CONCAT_WS(',', id, HEX(token_hash))) FROM session),
                            (SELECT GROUP_CONCAT(CONCAT_WS(',', number, password_hash)) FROM account),
                            (SELECT GROUP_CONCAT(HEX(code_hash)) FROM activation),
                            (SELECT GROUP_CONCAT(address) FROM known_address)) AS kept`.execute(db)
      const kept = tables.rows[0]?.kept ?? ''
      expect(kept).toContain('$argon2id$v=19$m=19456,t=2,p=1$')
      const secret = token.split('.')[1] ?? ''
      for (const text of [password, secret, Buffer.from(secret).toString('hex'), here])
        expect(kept.toLowerCase()).not.toContain(text.toLowerCase())
      await accounts.signOut(token)
      expect(await accounts.session(token)).toBeNull()
    })

    it('answers unknown numbers, wrong passwords and accounts without one alike, at the price of one hash each', async () => {
      const { accounts, hashes } = await setUp(flavour)
      await accounts.issueCode('S2')
      // the decoy is made at the first unknown number of a process
      await answer(signIn(accounts, 'NOBODY', 'x'))
      hashes()
      const seen = new Set<string>()
      for (const [number, text] of [
        ['S1', 'wrong password'],
        ['NOBODY-2', password],
        ['S2', password],
        ['S2', ''],
        ['', ''],
        ["' OR 1=1 --", password],
        ['S1'.padEnd(1_000_000, 'x'), 'y'.repeat(1_000_000)],
        ['S1\0', password],
        ['S１½', password],
      ] as const) {
        seen.add(await answer(signIn(accounts, number, text, `198.51.100.${seen.size}`)))
        expect(hashes()).toBe(1)
      }
      expect([...seen]).toEqual(['sign_in_refused: Number and password do not match.'])
    })

    it('slows a burst of wrong passwords down, on all processes, and lets the student in soon after', async () => {
      const { db, accounts, pass, hashes } = await setUp(flavour)
      const second = createAccounts(db, { clock: () => new Date(Date.parse('2030-01-01T08:00:00.000Z')) })
      const attempts = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          answer(
            signIn(
              index % 2 === 0 ? accounts : second,
              // the same number, however it is written
              ['S1', ' s1', 'Ｓ１'][index % 3] ?? '',
              `guess ${index}`,
            ),
          ),
        ),
      )
      const refused = attempts.filter((text) => text.startsWith('sign_in_refused')).length
      // what runs at once in two queues may pass the check together
      expect(refused).toBeGreaterThanOrEqual(throttleRules.pair.burst)
      expect(refused).toBeLessThanOrEqual(throttleRules.pair.burst + 16)
      expect(attempts.filter((text) => text.startsWith('too_many_attempts')).length).toBe(60 - refused)
      hashes()
      await expect(signIn(accounts, 'S1', password)).rejects.toMatchObject({
        code: 'too_many_attempts',
        status: 429,
        retryAfter: expect.any(Number) as number,
      })
      // a refused attempt costs no hash and does not make the wait longer
      expect(hashes()).toBe(0)
      expect((await signIn(second, 'S1', password, '203.0.113.9')).person.number).toBe('S1')
      pass((refused - throttleRules.pair.burst + 1) * throttleRules.pair.intervalMs)
      expect((await signIn(accounts, 'S1', password)).person.number).toBe('S1')
    })

    it('does not lock a student out who sits where she always sits, while the whole world guesses', async () => {
      const { accounts } = await setUp(flavour)
      for (let index = 0; index < throttleRules.account.burst + 5; index += 1)
        await answer(signIn(accounts, 'S1', `guess ${index}`, `198.51.100.${index}`))
      await expect(signIn(accounts, 'S1', password, '203.0.113.77')).rejects.toMatchObject({
        code: 'too_many_attempts',
      })
      expect((await signIn(accounts, 'S1', password, here)).person.number).toBe('S1')
    })

    it('keeps nobody out by guessing behind the same address: a device of one’s own counts by itself', async () => {
      const { db, accounts } = await setUp(flavour)
      const { device } = await signIn(accounts, 'S1', password)
      const { code } = await accounts.issueCode('S2')
      const theirs = await accounts.activate({ number: 'S2', code, password, address: here })
      // every bucket of the address and of her number is full, as after an hour of guessing by a neighbour
      const full = '2030-01-01 09:00:00.000'
      for (const { name } of passwordScopes('S1', here))
        await db.insertInto('throttle').values({ scope: name, drained_at: full }).execute()
      const from = (token: string | undefined, text = password) =>
        answer(accounts.signIn({ number: 'S1', password: text, address: here, device: token }))
      for (const other of [undefined, '', theirs.device.token, `${device.token.slice(0, -1)}!`])
        expect(await from(other)).toMatch(/^too_many_attempts/)
      const again = await accounts.signIn({ number: 'S1', password, address: here, device: device.token })
      expect(again.device.token).toBe(device.token)
      // it is no way to guess faster, and ends with the password
      for (let slip = 0; slip < throttleRules.pair.burst; slip += 1)
        expect(await from(device.token, `slip ${slip}`)).toMatch(/^sign_in_refused/)
      expect(await from(device.token)).toMatch(/^too_many_attempts/)
      const fresh = await accounts.issueCode('S1')
      await accounts.activate({
        number: 'S1',
        code: fresh.code,
        password: 'another-lantern-3',
        address: here,
      })
      await db.deleteFrom('throttle').where('scope', 'like', 'device:%').execute()
      expect(await from(device.token, 'another-lantern-3')).toMatch(/^too_many_attempts/)
    })

    it('counts a whole IPv6 network as one address', async () => {
      const { accounts } = await setUp(flavour)
      for (let index = 1; index <= throttleRules.pair.burst; index += 1)
        expect(await answer(signIn(accounts, 'S1', `guess`, `2001:db8:5:6:${index}::${index}`))).toMatch(
          /^sign_in_refused/,
        )
      expect(await answer(signIn(accounts, 'S1', 'guess', '2001:db8:5:6::7777'))).toMatch(/^too_many/)
      expect(await answer(signIn(accounts, 'S1', 'guess', '2001:db8:5:7::1'))).toMatch(/^sign_in_refused/)
    })

    it('begins no session for a password that is replaced while it is checked', async () => {
      const { db, accounts } = await setUp(flavour)
      const { code } = await accounts.issueCode('S1')
      const slow = createAccounts(db, {
        clock: () => new Date(Date.parse('2030-01-01T08:00:00.000Z')),
        hasher: {
          hash: hashPassword,
          verify: async (stored, text) => {
            const matches = await verifyPassword(stored, text)
            await accounts.activate({ number: 'S1', code, password: 'another-lantern-3', address: here })
            return matches
          },
        },
      })
      expect(await answer(signIn(slow, 'S1', password))).toMatch(/^sign_in_refused/)
      const kept = await db.selectFrom('session').select('id').execute()
      expect(kept).toHaveLength(1)
    })

    it('changes a password for who knows the one before: other sessions end, this one goes on', async () => {
      const { db, accounts, pass, hashes } = await setUp(flavour)
      const desk = await signIn(accounts, 'S1', password)
      const phone = await signIn(accounts, 'S1', password, '203.0.113.5')
      hashes()
      const from = { number: 'S1', address: here, device: desk.device.token }
      const change = (current: string, wanted: string) =>
        accounts.changePassword({ ...from, current, password: wanted })
      for (const [current, wanted, refusal] of [
        ['not-my-lantern', 'another-lantern-3', /^current_refused: .*Nothing was changed/],
        [password, 'short', /^password_unfit: .*at least 8/],
        [password, 'my-S1-lantern', /^password_unfit/],
        [password, password, /^password_unfit: .*the one that you have/],
      ] as const)
        expect(await answer(change(current, wanted))).toMatch(refusal)
      // what cannot be used is not hashed
      expect(hashes()).toBe(1)
      expect(await accounts.session(phone.token)).not.toBeNull()

      const changed = await change(password, 'another-lantern-3')
      expect(changed.person.number).toBe('S1')
      for (const { token } of [desk, phone]) expect(await accounts.session(token)).toBeNull()
      expect(await accounts.session(changed.token)).toEqual(changed.person)
      expect(await answer(signIn(accounts, 'S1', password))).toMatch(/^sign_in_refused/)
      expect(await answer(signIn(accounts, 'S1', 'another-lantern-3'))).toBe('in')
      const told = (await accounts.signIns(changed.person.accountId, 20)).map(({ outcome }) => outcome)
      expect(told).toContain('password_changed')
      expect(told.filter((outcome) => outcome === 'password_refused')).toHaveLength(2)

      // of two that send it at once one is right: the other one's password is none any more
      pass(60_000)
      const both = await Promise.all(
        ['third-lantern-4', 'fourth-lantern-5'].map((wanted) => answer(change('another-lantern-3', wanted))),
      )
      expect(both.filter((text) => text === 'in')).toHaveLength(1)
      expect(await db.selectFrom('session').select('id').execute()).toHaveLength(1)
      const right = both[0] === 'in' ? 'third-lantern-4' : 'fourth-lantern-5'
      expect(await answer(signIn(accounts, 'S1', right))).toBe('in')
    })

    it('counts a wrong current password as a guess at the door, in the same bucket', async () => {
      const { accounts, hashes } = await setUp(flavour)
      const guess = (n: number) =>
        answer(
          accounts.changePassword({
            number: 'S1',
            current: `guess ${n}`,
            password: 'another-lantern-3',
            address: here,
          }),
        )
      for (let n = 0; n < throttleRules.pair.burst; n += 1) expect(await guess(n)).toMatch(/^current_refused/)
      hashes()
      expect(await guess(99)).toMatch(/^too_many_attempts/)
      expect(await answer(signIn(accounts, 'S1', password))).toMatch(/^too_many_attempts/)
      const right = accounts.changePassword({
        number: 'S1',
        current: password,
        password: 'another-lantern-3',
        address: here,
      })
      expect(await answer(right)).toMatch(/^too_many_attempts/)
      expect(hashes()).toBe(0)
    })

    it('ends sessions after a day without use, after a week in any case, and tells no forged token apart', async () => {
      const { db, accounts, pass } = await setUp(flavour)
      const { token } = await signIn(accounts, 'S1', password)
      const [id, secret] = token.split('.')
      for (const forged of [
        '',
        'x',
        `${id}.`,
        `${id}.${'A'.repeat(43)}`,
        `${'0'.repeat(20)}.${secret}`,
        `${token}x`,
      ])
        expect(await accounts.session(forged)).toBeNull()
      const seen = async () =>
        (
          await db
            .selectFrom('session')
            .select('seen_at')
            .where('id', '=', id ?? '')
            .executeTakeFirst()
        )?.seen_at
      const first = await seen()
      pass(9 * 60_000)
      await accounts.session(token)
      // every write is mirrored: ten minutes pass before one is worth it
      expect(await seen()).toBe(first)
      pass(2 * 60_000)
      await accounts.session(token)
      expect(await seen()).not.toBe(first)
      for (let day = 0; day < 6; day += 1) {
        pass(23 * hourMs)
        expect(await accounts.session(token)).not.toBeNull()
      }
      const idle = (await signIn(accounts, 'S1', password)).token
      pass(24 * hourMs)
      expect(await accounts.session(idle)).toBeNull()
      pass(8 * hourMs)
      expect(await accounts.session(token)).toBeNull()
      const { token: next } = await signIn(accounts, 'S1', password)
      const kept = await db.selectFrom('session').select('id').execute()
      expect(kept.map((row) => row.id)).toEqual([next.split('.')[0]])
    })

    it('uses a code once, even when it is sent ten times at once, and ends all sessions', async () => {
      const { accounts } = await setUp(flavour)
      const { token } = await signIn(accounts, 'S1', password)
      const { code } = await accounts.issueCode('S1')
      const attempts = await Promise.all(
        Array.from({ length: 7 }, (_, index) =>
          answer(accounts.activate({ number: 'S1', code, password: `new-password-${index}`, address: here })),
        ),
      )
      expect(attempts.filter((text) => text === 'in')).toHaveLength(1)
      expect(new Set(attempts.filter((text) => text !== 'in'))).toEqual(
        new Set(['code_refused: Number and code do not match, or the code is used or expired.']),
      )
      expect(await accounts.session(token)).toBeNull()
      expect(await answer(signIn(accounts, 'S1', password))).toMatch(/^sign_in_refused/)
      expect(await answer(signIn(accounts, 'S1', `new-password-${attempts.indexOf('in')}`))).toBe('in')
    })

    it('takes a code for its own number only, not when replaced, not when expired, however it is typed', async () => {
      const { accounts, pass, hashes } = await setUp(flavour)
      const old = await accounts.issueCode('S2')
      const fresh = await accounts.issueCode('S2')
      const other = await accounts.issueCode('S3')
      hashes()
      const activate = (number: string, code: string, address = here) =>
        answer(accounts.activate({ number, code, password: 'a-good-password', address }))
      const seen = new Set<string>()
      for (const [number, code] of [
        ['S2', old.code],
        ['S2', other.code],
        ['S3', fresh.code],
        ['NOBODY', fresh.code],
        ['S2', ''],
        ['S2', 'x'.repeat(1_000_000)],
      ] as const) {
        seen.add(await activate(number, code, `198.51.100.${seen.size}`))
        expect(hashes()).toBe(1)
      }
      expect([...seen]).toEqual([
        'code_refused: Number and code do not match, or the code is used or expired.',
      ])
      // letters that are read wrongly
      const typed = fresh.code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
      expect(await activate('s2', typed)).toBe('in')
      pass(31 * 24 * hourMs)
      expect(await activate('S3', other.code)).toMatch(/^code_refused/)
    })

    it('gives a code to the number that was meant and to no other, and to two that ask at once', async () => {
      const { db, accounts } = await setUp(flavour)
      const { code } = await accounts.issueCode('S2')
      for (const other of ['Š2', 'S\u00b22', 'S2\0', ''])
        await expect(accounts.issueCode(other)).rejects.toMatchObject({ code: 'not_found' })
      expect(await answer(accounts.activate({ number: 'S2', code, password, address: here }))).toBe('in')
      // a student who was imported without an account
      await db.deleteFrom('activation').where('account_id', '=', 3).execute()
      await db.deleteFrom('account').where('number', 'in', ['S3', 'S4']).execute()
      const issued = await Promise.all(
        Array.from({ length: 8 }, (_, index) => accounts.issueCode(index % 2 === 0 ? ' s3' : 'Ｓ4')),
      )
      expect(new Set(issued.map(({ number }) => number))).toEqual(new Set(['S3', 'S4']))
      const valid = await db.selectFrom('activation').select('id').where('used_at', 'is', null).execute()
      expect(valid).toHaveLength(2)
    })

    it('refuses a password that everybody tries, and keeps the code for a better one', async () => {
      const { accounts } = await setUp(flavour)
      const { code } = await accounts.issueCode('S2')
      const activate = (text: string) =>
        accounts.activate({ number: 'S2', code, password: text, address: here })
      for (const text of ['short', 'password1', 'x'.repeat(257), 'S2'.padEnd(12, '!')])
        await expect(activate(text)).rejects.toMatchObject({ code: 'password_unfit', field: 'password' })
      expect((await activate('ein recht langer Satz')).person.number).toBe('S2')
      // the same text in another Unicode form is the same password
      const { code: again } = await accounts.issueCode('S2')
      await accounts.activate({ number: 'S2', code: again, password: 'caf\u00e9-\ufb01nch-9', address: here })
      expect(await answer(signIn(accounts, 'S2', 'cafe\u0301-finch-9'))).toBe('in')
    })

    it('gives staff an account of their own, by code alone', async () => {
      const { db, accounts } = await setUp(flavour)
      await addStaff(db, { number: 'r7', given: 'Helen', family: 'Fitz', email: 'h@example.edu' })
      await expect(
        addStaff(db, { number: 'R7', given: 'H', family: 'F', email: 'h@example.edu' }),
      ).rejects.toMatchObject({ code: 'number_taken' })
      await expect(
        addStaff(db, { number: 'S4', given: 'H', family: 'F', email: 'h@example.edu' }),
      ).rejects.toMatchObject({ code: 'number_taken' })
      const { code } = await accounts.issueCode('R7')
      const { person } = await accounts.activate({ number: 'R7', code, password, address: here })
      expect(person).toMatchObject({ role: 'registrar', name: 'Helen Fitz', studentId: null })
      await expect(accounts.issueCode('NOBODY')).rejects.toMatchObject({ code: 'not_found' })
      await db
        .updateTable('account')
        .set({ disabled_at: '2030-01-01 00:00:00.000' })
        .where('number', '=', 'R7')
        .execute()
      expect(await answer(signIn(accounts, 'R7', password))).toMatch(/^sign_in_refused/)
    })

    it('tells latecomers to come back when too many wait for a hash', async () => {
      const queue = createWorkQueue(3, 2)
      const gates: (() => void)[] = []
      const work = () => queue.run(() => new Promise<void>((resolve) => gates.push(resolve)))
      const accepted = Array.from({ length: 5 }, work)
      await expect(work()).rejects.toMatchObject({
        code: 'busy',
        status: 503,
        retryAfter: expect.any(Number) as number,
      })
      expect(gates).toHaveLength(2)
      for (let index = 0; index < 5; index += 1) {
        await expect.poll(() => gates.length).toBeGreaterThan(index)
        gates[index]?.()
      }
      await Promise.all(accepted)
      const after = work()
      await expect.poll(() => gates.length).toBe(6)
      gates[5]?.()
      await after
    })
  },
  ['mariadb', 'mysql'],
)
