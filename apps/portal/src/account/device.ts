/**
 * Devices. Whoever signed in leaves with a cookie that says so: `id.HMAC(id)`, keyed with the stored password hash. It opens
 * nothing; but failures count on a device of the account's own in a bucket of its own, so that nobody who guesses
 * behind the same address can keep its owner out. No table and no key are needed for it, and a new password ends
 * the devices of the old one, known as it may be to somebody else.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Beyond the longest summer; browsers keep no cookie longer than 400 days. */
export const deviceDays = 400

const proof = (id: string, passwordHash: string): Buffer =>
  createHmac('sha256', passwordHash).update(`device ${id}`).digest()

/** @param id an earlier device's, to go on with it and its bucket */
export const makeDevice = (passwordHash: string, id = randomBytes(16).toString('base64url')): string =>
  `${id}.${proof(id, passwordHash).toString('base64url')}`

/** The device's id when the cookie was made for this password hash, else null. */
export const readDevice = (cookie: string | undefined, passwordHash: string | null): string | null => {
  const [, id, given] = /^([\w-]{22})\.([\w-]{43})$/.exec(cookie ?? '') ?? []
  if (id === undefined || given === undefined || passwordHash === null) return null
  const right = proof(id, passwordHash)
  const tried = Buffer.from(given, 'base64url')
  return tried.length === right.length && timingSafeEqual(tried, right) ? id : null
}
