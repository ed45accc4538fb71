/** One-time codes, and whose account they open: students’ and staff’s. */
import { expect, it } from 'vitest'
import { addStaff } from '../apps/portal/src/account/staff.ts'
import { answer, here, hourMs, openAccounts, password, signIn } from './support/accounts.ts'
import { describeSource } from './support/servers.ts'

describeSource(
  'one-time codes',
  (flavour) => {
    it('uses a code once, even when it is sent ten times at once, and ends all sessions', async () => {
      const { accounts } = await openAccounts(flavour)
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
      const { accounts, pass, hashes } = await openAccounts(flavour)
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
      const { db, accounts } = await openAccounts(flavour)
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
      const { accounts } = await openAccounts(flavour)
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
      const { db, accounts } = await openAccounts(flavour)
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
  },
  ['mariadb', 'mysql'],
)
