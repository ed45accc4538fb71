/** Sign-in, passwords, sessions and throttling on real servers; the clock is the test's own, hashing is real. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createAccounts } from '../apps/portal/src/account/index.ts'
import { createWorkQueue, hashPassword, verifyPassword } from '../apps/portal/src/account/password.ts'
import { passwordScopes } from '../apps/portal/src/account/throttle.ts'
import { throttleRules } from '../apps/portal/src/policy/throttle.ts'
import { answer, here, hourMs, openAccounts, password, signIn } from './support/accounts.ts'
import { describeSource } from './support/servers.ts'

describeSource(
  'accounts',
  (flavour) => {
    it('signs in with number and password, and keeps no secret in the database', async () => {
      const { db, accounts } = await openAccounts(flavour)
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
      const { accounts, hashes } = await openAccounts(flavour)
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
      const { db, accounts, pass, hashes } = await openAccounts(flavour)
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
      const { accounts } = await openAccounts(flavour)
      for (let index = 0; index < throttleRules.account.burst + 5; index += 1)
        await answer(signIn(accounts, 'S1', `guess ${index}`, `198.51.100.${index}`))
      await expect(signIn(accounts, 'S1', password, '203.0.113.77')).rejects.toMatchObject({
        code: 'too_many_attempts',
      })
      expect((await signIn(accounts, 'S1', password, here)).person.number).toBe('S1')
    })

    it('keeps nobody out by guessing behind the same address: a device of one’s own counts by itself', async () => {
      const { db, accounts } = await openAccounts(flavour)
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
      const { accounts } = await openAccounts(flavour)
      for (let index = 1; index <= throttleRules.pair.burst; index += 1)
        expect(await answer(signIn(accounts, 'S1', `guess`, `2001:db8:5:6:${index}::${index}`))).toMatch(
          /^sign_in_refused/,
        )
      expect(await answer(signIn(accounts, 'S1', 'guess', '2001:db8:5:6::7777'))).toMatch(/^too_many/)
      expect(await answer(signIn(accounts, 'S1', 'guess', '2001:db8:5:7::1'))).toMatch(/^sign_in_refused/)
    })

    it('begins no session for a password that is replaced while it is checked', async () => {
      const { db, accounts } = await openAccounts(flavour)
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
      // a code in other hands: its owner is told, as of a change on the page of the account
      const told = await db.selectFrom('notice').select('kind').execute()
      expect(told.map(({ kind }) => kind)).toEqual(['password_changed'])
    })

    it('changes a password for who knows the one before: other sessions end, this one goes on', async () => {
      const { db, accounts, pass, hashes } = await openAccounts(flavour)
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
        [password, password, /^password_unfit: .*the same as the current one/],
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
      // the owner is told, whoever it was: once, by a notice with its e-mail, and of no secret
      const mails = await db
        .selectFrom('outgoing_email')
        .innerJoin('notice', 'notice.id', 'outgoing_email.notice_id')
        .selectAll('notice')
        .execute()
      expect(mails.map(({ kind, title, detail }) => [kind, title, detail])).toEqual([
        ['password_changed', '', null],
      ])
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

      // a double click: the browser shows the second answer, which is that it is done, with a session that holds
      const twice = await Promise.all([1, 2].map(() => change(right, 'fifth-lantern-6')))
      for (const { token } of twice) expect((await accounts.session(token))?.number).toBe('S1')
      expect(await answer(signIn(accounts, 'S1', 'fifth-lantern-6'))).toBe('in')
    })

    it('counts a wrong current password as a guess at the door, in the same bucket', async () => {
      const { accounts, hashes } = await openAccounts(flavour)
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
      const { db, accounts, pass } = await openAccounts(flavour)
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
