/** Accounts of four students on a real server, the first with a password; the clock is the test’s own, hashing is real. */
import { type AccountService, createAccounts } from '../../apps/portal/src/account/index.ts'
import { hashPassword, verifyPassword } from '../../apps/portal/src/account/password.ts'
import { makeSchool } from './school.ts'

/** of S1 */
export const password = 'quiet-lantern-27'
export const here = '192.0.2.1'

export const openAccounts = async (flavour: Parameters<typeof makeSchool>[0]) => {
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

export const signIn = (accounts: AccountService, number: string, text: string, address = here) =>
  accounts.signIn({ number, password: text, address })

/** What somebody outside can tell from the answer. */
export const answer = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'in',
    (error: unknown) =>
      error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : 'broken',
  )

export const hourMs = 3_600_000
