/**
 * Keeping passwords out of everything that is printed.
 *
 * Two nets, since either alone has holes: the passwords that were given are replaced wherever they stand, raw or
 * percent-encoded, and whatever looks like the user part of an address is replaced even when its password is not
 * known (a mistyped address never got as far as being read).
 */

const MASK = '***'

/**
 * A password of one or two characters occurs in ordinary words; replacing it would make messages unreadable and
 * thereby tell what it is. Within an address the second net still catches it.
 */
const SHORTEST_REPLACED = 3

/** `mysql://user:pa@ss@host` up to the last @ before a blank: a password may itself hold an unescaped @, / or #. */
const userPart = /([a-z][a-z0-9+.-]*:\/\/[^\s:@"'`<>]*):[^\s"'`<>]*@/gi

const spellings = (secret: string): readonly string[] => {
  const encoded = encodeURIComponent(secret)
  let decoded = secret
  try {
    decoded = decodeURIComponent(secret)
  } catch {
    // not percent-encoded: the raw spelling is the only one
  }
  return [secret, encoded, decoded, encodeURI(secret), JSON.stringify(secret).slice(1, -1)]
}

export type Scrub = (text: string) => string

/** A function that hides `secrets`, and the user part of any address, in a text. */
export function createScrub(secrets: readonly string[] = []): Scrub {
  const known = [...new Set(secrets.flatMap(spellings))]
    .filter((spelling) => spelling.length >= SHORTEST_REPLACED)
    // longest first, or a password that contains another one would leave its rest behind
    .sort((a, b) => b.length - a.length)
  return (text) =>
    known.reduce(
      (scrubbed, secret) => scrubbed.replaceAll(secret, MASK),
      text.replace(userPart, `$1:${MASK}@`),
    )
}
