/**
 * What a password must be, after NIST SP 800-63B: long enough, not one of those that everybody tries first, not
 * the number it goes with; no rules of composition, no expiry. Any Unicode text is welcome.
 */
import { type Said, said } from '../texts/index.ts'

const minLength = 8
const maxLength = 256

/** The head of every list of leaked passwords of eight characters and more, and what suggests itself here. */
const common: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 12341234 11111111 00000000 87654321 88888888 66666666 123123123 password
  password1 password12 password123 passw0rd p@ssw0rd p@ssword qwertyui qwertyuiop qwerty123 qwerty12 1q2w3e4r
  1q2w3e4r5t 1qaz2wsx q1w2e3r4 qwer1234 abcd1234 abc12345 abcdefgh asdfghjk asdfasdf iloveyou sunshine princess
  football baseball basketball superman batman123 welcome1 welcome123 letmein1 trustno1 starwars computer whatever
  internet samantha michelle jennifer changeme changeit administrator student1 student123 university matricula
  registrar college1 semester iloveyou1 dragon123 monkey123 master123 shadow123 aaaaaaaa zaq12wsx liverpool`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

/** The same text however it was typed: compatibility forms are one (SP 800-63B, 5.1.1.2). Used for hashing too. */
export const normalisePassword = (password: string): string => password.normalize('NFKC')

/** Why the password cannot be used; null when it can. */
export const passwordFault = (password: string, number: string): Said | null => {
  const text = normalisePassword(password)
  const length = Array.from(text).length
  const folded = text.toLowerCase()
  if (length < minLength) return said('password.short', { least: minLength })
  if (length > maxLength) return said('password.long', { most: maxLength })
  if (number !== '' && folded.includes(number.toLowerCase())) return said('password.number')
  if (common.has(folded) || new Set(folded).size < 3) return said('password.common')
  return null
}
