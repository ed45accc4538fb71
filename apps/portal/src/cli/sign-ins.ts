/** `portal sign-ins`: the record of what happened at the door, for the registrar's office. */
import { readTrail, type TrailLine } from '../account/trail.ts'
import type { Db } from '../db/connect.ts'
import { PortalError } from '../errors.ts'

export interface SignInsQuery {
  /** a student's or staff member's; undefined: everybody's */
  readonly number: string | undefined
  readonly failed: boolean
  /** DATETIME text, UTC */
  readonly since: string | undefined
  readonly limit: number
}

const words: Record<TrailLine['outcome'], string> = {
  signed_in: 'signed in',
  activated: 'set a password with a code',
  password_refused: 'refused: wrong password',
  code_refused: 'refused: wrong code',
  password_changed: 'changed the password',
  ended_everywhere: 'signed out everywhere',
}

/** @throws PortalError not_found, for a number that is nobody's */
export const findSignIns = async (db: Db, query: SignInsQuery): Promise<readonly TrailLine[]> => {
  const { number, ...rest } = query
  if (number === undefined) return readTrail(db, rest)
  const account = await db
    .selectFrom('account')
    .select('id')
    .where('number', '=', number.toUpperCase())
    .executeTakeFirst()
  if (account === undefined)
    throw new PortalError('not_found', {
      detail: `The number ${number} has no account.`,
      remedy: 'Check the number; whoever never had a code has no account yet.',
    })
  return readTrail(db, { ...rest, accountId: account.id })
}

/** Tab-separated, as a terminal and `cut` read it: when (UTC), number, what, network, browser. */
export const signInLine = ({ at, number, outcome, network, browser, knownDevice }: TrailLine): string =>
  [
    `${at.slice(0, 19).replace('T', ' ')}Z`,
    number ?? '(nobody’s number)',
    words[outcome],
    network === '' ? '-' : network,
    `${browser === '' ? '-' : browser}${outcome === 'signed_in' && !knownDevice ? ' (new device)' : ''}`,
  ].join('\t')
