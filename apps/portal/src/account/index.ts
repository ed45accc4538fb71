/** Who someone is: sign-in, sessions, activation. Implemented by `createAccounts`. */

import type { TrailLine } from './trail.ts'

export interface Person {
  readonly accountId: number
  readonly role: 'student' | 'registrar' | 'instructor'
  /** the student number or staff number that was signed in with */
  readonly number: string
  readonly name: string
  /** null for staff and instructors */
  readonly studentId: number | null
  /** null for students and staff */
  readonly instructorId: number | null
}

export interface SignedIn {
  readonly person: Person
  /** goes into the cookie and nowhere else: the database keeps only its SHA-256 */
  readonly token: string
  /** the absolute end of the session, ISO 8601 */
  readonly expiresAt: string
  /** the mark of a device on which this account was signed in; a cookie of its own, which outlives the session */
  readonly device: { readonly token: string; readonly expiresAt: string }
}

/**
 * `address` is the client's network address, for throttling and for the record of sign-ins; `browser` the words for what
 * it says of itself (policy/browser.ts), for the record alone.
 */
export interface AccountService {
  /** @throws PortalError sign_in_refused | too_many_attempts (retryAfter) | busy (retryAfter) */
  signIn(input: {
    number: string
    password: string
    address: string
    /** what an earlier sign-in on this device left there, if anything */
    device?: string | undefined
    browser?: string | undefined
  }): Promise<SignedIn>
  /** First use, and the forgotten password: sets the password, ends all earlier sessions, signs in.
   *  @throws PortalError code_refused | password_unfit (field 'password') | too_many_attempts | busy */
  activate(input: {
    number: string
    code: string
    password: string
    address: string
    browser?: string | undefined
  }): Promise<SignedIn>
  /** Of who is signed in: sets another password, ends all sessions, this one too, and signs in anew. `number` is the person's. An attempt
   *  with a wrong `current` counts as one at the door.
   *  @throws PortalError current_refused | password_unfit (field 'password') | too_many_attempts | busy */
  changePassword(input: {
    number: string
    current: string
    password: string
    address: string
    device?: string | undefined
    browser?: string | undefined
  }): Promise<SignedIn>
  /** The person of a session cookie; null when it is unknown, idle for too long or over. */
  session(token: string): Promise<Person | null>
  signOut(token: string): Promise<void>
  /** Ends all sessions of the account, on every device. */
  signOutEverywhere(accountId: number, from: { address: string; browser?: string | undefined }): Promise<void>
  /** The account's sign-ins and failed attempts, newest first. */
  signIns(accountId: number, limit: number): Promise<readonly TrailLine[]>
  /** A new one-time code for a number; earlier ones of the same number end. `number` is as the database has it.
   *  @throws PortalError not_found */
  issueCode(number: string): Promise<{ number: string; code: string; expiresAt: string }>
}

export { createAccounts } from './accounts.ts'
export { createFeeds, type FeedService } from './feed.ts'
export type { TrailLine }
