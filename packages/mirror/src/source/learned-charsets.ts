/**
 * How a server stores text in the legacy character sets (sjis, gbk, cp1251 …), without asking it. Pure.
 *
 * Node's own tables are nearly the servers', but not in every character. So they are a guess, and a digest that comes out as recorded is the
 * proof: of each character of that row its bytes are known from then on. A row all of whose characters are proved so, and whose digest is another, is not
 * what was recorded; of one with a character that no other row has proved nothing is said. A server stores a character in one way, wherever it
 * stands, where the conversion back gives what is stored; else the bytes themselves are kept aside (codec/charset.ts).
 */

/** Names of the Encoding Standard, by the servers'; what it lacks (cp850, dec8 …) is not guessed. */
const labels: Readonly<Record<string, string>> = {
  big5: 'big5',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
  cp1256: 'windows-1256',
  cp1257: 'windows-1257',
  cp866: 'ibm866',
  cp932: 'shift_jis',
  eucjpms: 'euc-jp',
  euckr: 'euc-kr',
  gb18030: 'gb18030',
  gb2312: 'gbk',
  gbk: 'gbk',
  greek: 'iso-8859-7',
  hebrew: 'iso-8859-8',
  koi8r: 'koi8-r',
  koi8u: 'koi8-u',
  latin2: 'iso-8859-2',
  latin5: 'windows-1254',
  latin7: 'iso-8859-13',
  macroman: 'macintosh',
  sjis: 'shift_jis',
  tis620: 'windows-874',
  ujis: 'euc-jp',
}

/** Whose text is known only by what rows have proved. */
export const isLearned = (charset: string): boolean => charset in labels

/** Stands behind each code, so that one that is none takes nothing of the next: no second byte of a character is so low. */
const between = 0x0a

/** Bytes of one and of two that are one character; the first of several that look alike. */
const guess = (label: string): ReadonlyMap<string, Buffer> => {
  const codes: number[][] = []
  for (let first = 0x80; first <= 0xff; first += 1) {
    codes.push([first])
    for (let second = 0x30; second <= 0xff; second += 1) codes.push([first, second])
  }
  const guessed = new Map<string, Buffer>()
  for (let byte = 0; byte < 0x80; byte += 1) guessed.set(String.fromCharCode(byte), Buffer.from([byte]))
  const text = new TextDecoder(label).decode(Buffer.from(codes.flatMap((code) => [...code, between])))
  for (const [at, character] of text.split('\n').entries())
    if (Array.from(character).length === 1 && character !== '\ufffd' && !guessed.has(character))
      guessed.set(character, Buffer.from(codes[at] ?? []))
  return guessed
}

const none: ReadonlyMap<string, Buffer> = new Map()
const guesses = new Map<string, ReadonlyMap<string, Buffer>>()

const guessOf = (charset: string): ReadonlyMap<string, Buffer> => {
  const label = labels[charset]
  if (label === undefined) return none
  let guessed = guesses.get(label)
  if (guessed === undefined) {
    try {
      guessed = guess(label)
    } catch (error) {
      // a Node that was built without these tables
      if (!(error instanceof RangeError)) throw error
      guessed = none
    }
    guesses.set(label, guessed)
  }
  return guessed
}

/** What the rows of one table of one server have proved. */
export class LearnedCharsets {
  readonly #proved = new Set<string>()
  #unproved: string[] = []

  /** Before a row. */
  begin(): void {
    this.#unproved = []
  }

  /** A text of the row as it is stored, as far as that is guessed; undefined: not even that. */
  encode(charset: string, text: string): Buffer | undefined {
    const guessed = guessOf(charset)
    const parts: Buffer[] = []
    for (const character of text) {
      const bytes = guessed.get(character)
      if (bytes === undefined) return undefined
      const known = `${charset} ${character}`
      if (!this.#proved.has(known)) this.#unproved.push(known)
      parts.push(bytes)
    }
    return Buffer.concat(parts)
  }

  /** Did the row hold anything that no digest has proved yet? */
  get isGuess(): boolean {
    return this.#unproved.length > 0
  }

  /** The row's digest is the one that was recorded. */
  prove(): void {
    for (const known of this.#unproved) this.#proved.add(known)
  }
}
