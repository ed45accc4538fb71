/**
 * Sign-in. Whoever asks learns only whether number and password match: an unknown number, an account without a
 * password and a wrong password cost the same one hash and give the same answer.
 */
import type { Kysely } from 'kysely'
import { forPeople, readAgain } from '../db/failures.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { normalisePassword, passwordFault } from '../policy/password.ts'
import { fromMoment } from '../catalogue/values.ts'
import { said } from '../texts/index.ts'
import { createTransact } from '../registrar/transaction.ts'
import { issueCode, useCode } from './activation.ts'
import { deviceDays, makeDevice, readDevice } from './device.ts'
import type { AccountService, SignedIn } from './index.ts'
import { tellOwner } from './owner.ts'
import { createWorkQueue, hashPassword, verifyPassword, type WorkQueue } from './password.ts'
import { createSessionStore } from './session.ts'
import { recordFailure, recordSignIn, type Origin, readTrail } from './trail.ts'
import { codeScopes, createThrottle, deviceScopes, hashAddress, passwordScopes } from './throttle.ts'

export interface AccountOptions {
  readonly clock?: () => Date
  readonly queue?: WorkQueue
  readonly hasher?: {
    readonly hash: (password: string) => Promise<string>
    readonly verify: (stored: string, password: string) => Promise<boolean>
  }
}

/** Of nobody's password; made once, so that an unknown number costs a whole verification. */
const decoy = (hash: (password: string) => Promise<string>) => {
  let made: Promise<string> | undefined
  return () => (made ??= hash(`${Math.random()} ${Math.random()}`))
}

/**
 * A number as it was meant: 'ｓ1 ' is S1. What still holds another sign is nobody's, and is not looked up: the
 * database's collation would find S1 by texts that the throttle counts apart (a wide Ｓ, a zero byte).
 */
const readNumber = (typed: string): { readonly text: string; readonly number: string } => {
  const text = typed.slice(0, 40).normalize('NFKC').trim().toUpperCase()
  return { text, number: /^[A-Z0-9-]{1,12}$/.test(text) ? text : '' }
}
/** Far beyond what a password may be; hashing megabytes is not for free. */
const readPassword = (typed: string): string => typed.slice(0, 1_024)

const rememberForDays = 90
const dayMs = 86_400_000

export const createAccounts = (db: Kysely<Tables>, options: AccountOptions = {}): AccountService => {
  const clock = options.clock ?? (() => new Date())
  const queue = options.queue ?? createWorkQueue()
  const hasher = options.hasher ?? { hash: hashPassword, verify: verifyPassword }
  const nobody = decoy(hasher.hash)
  const sessions = createSessionStore(db, clock)
  const throttle = createThrottle(db, clock)
  // few at once: registering needs connections, too
  const transact = createTransact(db, 8)

  const dateBefore = (days: number): string =>
    new Date(clock().getTime() - days * dayMs).toISOString().slice(0, 10)

  const knownAddress = (accountId: number, address: string) =>
    db
      .selectFrom('known_address')
      .select('last_on')
      .where('account_id', '=', accountId)
      .where('address', '=', hashAddress(address))
      .where('last_on', '>=', dateBefore(rememberForDays))
      .executeTakeFirst()

  /** Written again after a month only: a sign-in should not cost a mirrored write each time. */
  const rememberAddress = async (accountId: number, address: string): Promise<void> => {
    const known = await knownAddress(accountId, address)
    if (known !== undefined && known.last_on > dateBefore(30)) return
    await db
      .insertInto('known_address')
      .values({ account_id: accountId, address: hashAddress(address), last_on: dateBefore(0) })
      .onDuplicateKeyUpdate({ last_on: dateBefore(0) })
      .execute()
  }

  const deviceOf = (passwordHash: string, deviceId: string | undefined): SignedIn['device'] => ({
    token: makeDevice(passwordHash, deviceId),
    expiresAt: new Date(clock().getTime() + deviceDays * dayMs).toISOString(),
  })

  /** @param checked the password hash that was matched; a session begins only as long as it is the account's */
  const begin = async (
    accountId: number,
    checked: string,
    outcome: 'signed_in' | 'activated',
    origin: Origin,
    deviceId?: string,
  ): Promise<SignedIn> => {
    await rememberAddress(accountId, origin.address)
    await sessions.tidy(accountId)
    const begun = await transact(async (transaction) => {
      const made = await sessions.begin(transaction, accountId, checked)
      if (made !== null) await recordSignIn(transaction, accountId, outcome, origin, clock())
      return made
    })
    const person = begun === null ? null : await sessions.find(begun.token)
    // only if the account was closed or got another password in this very moment
    if (begun === null || person === null) throw new PortalError('sign_in_refused')
    return { person, ...begun, device: deviceOf(checked, deviceId) }
  }

  const accountOf = (number: string) =>
    db
      .selectFrom('account')
      .select(['id', 'password_hash', 'disabled_at'])
      .where('number', '=', number)
      .executeTakeFirst()

  interface Matched {
    readonly accountId: number
    readonly passwordHash: string
    readonly deviceId: string | undefined
  }
  /**
   * One hash of the queue, and one attempt, whatever the password is asked for.
   * @param found the account as it was when the form came; undefined: as it is @throws PortalError too_many_attempts, or `refusal`
   */
  const matchPassword = async (
    input: Parameters<AccountService['signIn']>[0],
    refusal: 'sign_in_refused' | 'current_refused',
    found?: Awaited<ReturnType<typeof accountOf>>,
  ): Promise<Matched> => {
    const { text, number } = readNumber(input.number)
    const origin = { address: input.address, browser: input.browser ?? '' }
    const account = found ?? (await accountOf(number))
    const stored = account?.password_hash ?? null
    // Attempts from all over the world must not keep the student out who sits where she always sits; nor must those
    // of her neighbours behind the same address, which only her own device can tell apart from hers.
    const known = await knownAddress(account?.id ?? 0, input.address)
    const deviceId = readDevice(input.device, stored)
    const scopes = deviceId === null ? passwordScopes(text, input.address) : deviceScopes(deviceId)
    await throttle.check(
      known === undefined ? scopes : scopes.filter(({ name }) => !name.startsWith('account:')),
    )
    const matches = await hasher.verify(stored ?? (await nobody()), readPassword(input.password))
    if (matches && account !== undefined && stored !== null && account.disabled_at === null)
      return { accountId: account.id, passwordHash: stored, deviceId: deviceId ?? undefined }
    await throttle.charge(scopes)
    const failed = { ...origin, knownDevice: deviceId !== null }
    await recordFailure(db, account?.id ?? null, 'password_refused', failed, clock())
    throw new PortalError(refusal)
  }

  const signIn: AccountService['signIn'] = async (input) => {
    const origin = { address: input.address, browser: input.browser ?? '' }
    const checked = await queue.run(() => matchPassword(input, 'sign_in_refused'))
    const { accountId, passwordHash, deviceId } = checked
    const known = { ...origin, knownDevice: deviceId !== undefined }
    return begin(accountId, passwordHash, 'signed_in', known, deviceId)
  }

  const activate: AccountService['activate'] = async (input) => {
    const { text, number } = readNumber(input.number)
    const fault = passwordFault(input.password, text)
    if (fault !== null) throw new PortalError('password_unfit', { detail: fault, field: 'password' })
    const origin = { address: input.address, browser: input.browser ?? '', knownDevice: false }
    const { accountId, passwordHash } = await queue.run(async () => {
      const scopes = codeScopes(text, input.address)
      await throttle.check(scopes)
      // hashed before anything is looked up: the answer takes as long for a wrong code as for a right one
      const made = await hasher.hash(input.password)
      const found = await useCode(db, { number, code: input.code, passwordHash: made }, clock)
      if (found !== null) return { accountId: found, passwordHash: made }
      await throttle.charge(scopes)
      const account = await accountOf(number)
      await recordFailure(db, account?.id ?? null, 'code_refused', origin, clock())
      throw new PortalError('code_refused')
    })
    return begin(accountId, passwordHash, 'activated', origin)
  }

  const changePassword: AccountService['changePassword'] = async ({ current, password, ...from }) => {
    const { text, number } = readNumber(from.number)
    const fault = passwordFault(password, text)
    if (fault !== null) throw new PortalError('password_unfit', { detail: fault, field: 'password' })
    if (normalisePassword(password) === normalisePassword(current))
      throw new PortalError('password_unfit', { detail: said('password.same'), field: 'password' })
    // before its turn in the queue: a form that is sent twice finds the password of before both times
    const found = await accountOf(number)
    const { accountId, passwordHash, deviceId, made } = await queue.run(async () => {
      const matched = await matchPassword({ ...from, password: current }, 'current_refused', found)
      return { ...matched, made: await hasher.hash(password) }
    })
    const origin = { address: from.address, browser: from.browser ?? '', knownDevice: deviceId !== undefined }
    const begun = await transact(async (transaction) => {
      // the account first, as a code does it; what was matched is the password that is replaced
      const { numUpdatedRows } = await transaction
        .updateTable('account')
        .set({ password_hash: made, password_set_at: fromMoment(clock()) })
        .where('id', '=', accountId)
        .where('password_hash', '=', passwordHash)
        .where('disabled_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return null
      await sessions.endAll(transaction, accountId)
      await recordSignIn(transaction, accountId, 'password_changed', origin, clock())
      await tellOwner(transaction, accountId, clock())
      return sessions.begin(transaction, accountId, made)
    })
    if (begun === null) {
      // A double click: what this form asks for is done, and its browser has no token but the one that it gets now.
      const now = (await accountOf(number))?.password_hash ?? null
      if (now !== null && (await queue.run(() => hasher.verify(now, password))))
        return begin(accountId, now, 'signed_in', origin, deviceId)
    }
    const person = begun === null ? null : await sessions.find(begun.token)
    // another password was set, or the account closed, in this very moment
    if (begun === null || person === null) throw new PortalError('current_refused')
    return { person, ...begun, device: deviceOf(made, deviceId) }
  }

  const newCode: AccountService['issueCode'] = async (typed) => {
    const { text, number } = readNumber(typed)
    // not looked up: the collation would find somebody else by it, and that person's code would end
    if (number === '')
      throw new PortalError('not_found', {
        detail: `${JSON.stringify(text)} is no number: it may hold A to Z, digits and - only, twelve at most.`,
        remedy: 'Check the number.',
      })
    return issueCode(db, number, clock)
  }

  const signOutEverywhere: AccountService['signOutEverywhere'] = (accountId, from) =>
    transact(async (transaction) => {
      const origin = { address: from.address, browser: from.browser ?? '', knownDevice: true }
      await sessions.endAll(transaction, accountId)
      await recordSignIn(transaction, accountId, 'ended_everywhere', origin, clock())
    })

  /** Database errors become words on the way out. */
  const kindly =
    <Arguments extends readonly unknown[], Result>(work: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments): Promise<Result> => {
      try {
        return await work(...given)
      } catch (error) {
        throw forPeople(error)
      }
    }

  return {
    signIn: kindly(signIn),
    activate: kindly(activate),
    changePassword: kindly(changePassword),
    session: (token) => readAgain(() => sessions.find(token)),
    signOut: (token) => readAgain(() => sessions.end(token)),
    signOutEverywhere,
    signIns: (accountId, limit) => readAgain(() => readTrail(db, { accountId, limit })),
    issueCode: kindly(newCode),
  }
}
