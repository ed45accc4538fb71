/**
 * A file → its text, whatever program wrote it. UTF-8, with or without a byte order mark; UTF-16 with one; else
 * windows-1252, which is what "Latin-1" means in files of this kind. Line ends become '\n'.
 *
 * One bad byte in a file of UTF-8 must not turn every name of it into "MÃ¼ller": bytes outside ASCII that are UTF-8 and such
 * that are not are counted, the more frequent kind is the file's encoding, and where the other kind stands the text holds
 * `noLetter`; its record is then set aside (records.ts).
 */
import { readFile, stat } from 'node:fs/promises'
import { errorCode } from '../../db/failures.ts'
import { ImportError } from './failure.ts'

export interface ImportText {
  readonly text: string
  readonly encoding: 'utf-8' | 'utf-16' | 'windows-1252'
}

/** Stands where bytes gave no letter: a code point that no text holds, unlike the usual one for this (U+FFFD). */
export const noLetter = '\uffff'

/** A university's catalogue is 2 MB; beyond this it is another kind of file, and would not fit into memory twice. */
const largest = 256 * 1024 * 1024

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  ENOTDIR: 'There is no such file.',
  EISDIR: 'That is a directory: name a CSV file in it.',
  EACCES: 'The file may not be read by this user.',
  EPERM: 'The file may not be read by this user.',
}

/** First bytes of what people send instead of a CSV file. */
const kinds: readonly (readonly [start: string, name: string])[] = [
  ['504b0304', 'a spreadsheet or a ZIP archive'],
  ['d0cf11e0', 'an old spreadsheet'],
  ['1f8b', 'compressed'],
  ['25504446', 'a PDF'],
]

/** What windows-1252 has where Latin-1 has control characters (0x80 to 0x9f); � stands for the five that it lacks. */
const windows = '€�‚ƒ„…†‡ˆ‰Š‹Œ�Ž��‘’“”•–—˜™š›œ�žŸ'

/** By hand: TextDecoder('windows-1252') of Node 20 and 22 decodes Latin-1 instead, and quotation marks get lost. */
const decodeWindows = (latin1: string): string =>
  latin1.replace(/[\u0080-\u009f]/g, (sign) => windows.charAt(sign.charCodeAt(0) - 0x80))

/** @returns the text, with `noLetter` where bytes are none of this encoding; a byte order mark is dropped */
const decodeAs = (label: 'utf-8' | 'utf-16le' | 'utf-16be', bytes: Buffer): string => {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder(label).decode(bytes).replaceAll('\ufffd', noLetter)
  }
}

/** Letters outside ASCII, and bytes that were none. */
const countLetters = (text: string): { readonly good: number; readonly bad: number } => {
  let good = 0
  let bad = 0
  for (const letter of text)
    if (letter === noLetter) bad += 1
    else if (letter > '\u007f') good += 1
  return { good, bad }
}

/** Two to four bytes outside ASCII that are one letter in UTF-8, each byte a character here. */
const pairs =
  /[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}|[\u00f0-\u00f4][\u0080-\u00bf]{3}/g

const decode = (bytes: Buffer): ImportText => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: decodeAs('utf-16le', bytes), encoding: 'utf-16' }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: decodeAs('utf-16be', bytes), encoding: 'utf-16' }
  const text = decodeAs('utf-8', bytes)
  const marked = bytes.subarray(0, 3).toString('hex') === 'efbbbf'
  if (marked || !text.includes(noLetter)) return { text, encoding: 'utf-8' }
  const { good, bad } = countLetters(text)
  // one letter of each kind: reported, rather than guessed
  if (good >= bad) return { text, encoding: 'utf-8' }
  return { text: decodeWindows(bytes.toString('latin1').replace(pairs, noLetter)), encoding: 'windows-1252' }
}

/** @throws ImportError when there is no text in it */
export const decodeText = (bytes: Buffer, name: string): ImportText => {
  const kind = kinds.find(([start]) => bytes.subarray(0, 4).toString('hex').startsWith(start))
  if (kind !== undefined)
    throw new ImportError(`${name} is ${kind[1]}, not a CSV file. Save it as CSV first. Nothing was changed.`)
  const { text, encoding } = decode(bytes)
  // text holds tabs and line ends, but no other control characters
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text))
    throw new ImportError(`${name} is not a text file. Save it as CSV first. Nothing was changed.`)
  if (text.trim() === '') throw new ImportError(`${name} is empty. Nothing was changed.`)
  return { text: text.replace(/\r\n?/g, '\n'), encoding }
}

/** @throws ImportError, with status 2 when the file cannot be opened */
export const readText = async (path: string): Promise<ImportText> => {
  let bytes: Buffer
  try {
    const { size } = await stat(path)
    if (size > largest)
      throw new ImportError(`${path} is larger than ${largest / 1024 / 1024} MB: that is no list of courses.`)
    bytes = await readFile(path)
  } catch (error) {
    if (error instanceof ImportError) throw error
    const words = unreadable[errorCode(error)] ?? (error instanceof Error ? error.message : String(error))
    throw new ImportError(`${path} cannot be read. ${words}`, 2, error)
  }
  return decodeText(bytes, path)
}
