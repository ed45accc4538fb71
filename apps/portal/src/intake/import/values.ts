/**
 * Single fields of a file → values, or why not. A fault is thrown as `FieldFault` and becomes the row's reason: the
 * words say what stands there and what should.
 */
export class FieldFault extends Error {
  override readonly name = 'FieldFault'
}

/** What stands in the file, short enough for a message. */
const shown = (text: string): string => `"${text.length > 40 ? `${text.slice(0, 39)}…` : text}"`

export const fault = (field: string, text: string, should: string): FieldFault =>
  new FieldFault(text === '' ? `${field} is empty: ${should}` : `${field} ${shown(text)}: ${should}`)

/** @param most characters, as many as the database's column holds */
export const readWords = (field: string, text: string, most: number, empty: 'empty' | 'needed'): string => {
  const length = Array.from(text).length
  if (text === '' && empty === 'needed') throw fault(field, text, 'it is needed')
  if (length > most) throw fault(field, text, `${length} characters, where ${most} fit`)
  return text
}

/** A name or a title: line breaks within it, as spreadsheets keep them, would break tables, logs and headers of mail. */
export const readLine: typeof readWords = (field, text, most, empty) =>
  readWords(field, text.replaceAll(/[\s\p{Cc}]*\p{Cc}[\s\p{Cc}]*/gu, ' ').trim(), most, empty)

/** Codes and numbers that keys are made of: ASCII alone, so that no collation takes two of them for one. */
export const readCode = (field: string, text: string, most: number): string => {
  const code = text.toUpperCase()
  if (!/^[A-Z0-9&./-]+$/.test(code) || code.length > most)
    throw fault(field, text, `at most ${most} letters, digits and - are wanted`)
  return code
}

export const readCount = (field: string, text: string): number => {
  if (!/^\d{1,6}$/.test(text)) throw fault(field, text, 'a whole number from 0 to 999999 is wanted')
  return Number(text)
}

const isDay = (text: string): boolean => {
  const time = Date.parse(`${text}T00:00:00Z`)
  // 2024-02-30 parses as 1 March on some engines
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** '2024-08-28' or '08/28/2024' → '2024-08-28' */
export const readDay = (field: string, text: string): string => {
  const [, month = '', day = '', year = ''] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? []
  const iso = year === '' ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso) || !isDay(iso))
    throw fault(field, text, 'a day such as 2024-08-28 is wanted')
  return iso
}

/** '4:00PM', '4:00 p.m.', '16:00' or '16:00:00' → '16:00' */
export const readClock = (field: string, text: string): string => {
  const [whole, hour = '', minute = '', half = ''] =
    /^(\d{1,2}):(\d{2})(?::00)? ?(?:([ap])\.?m\.?)?$/i.exec(text) ?? []
  const hours = half === '' ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  const possible = half === '' ? Number(hour) <= 23 : Number(hour) >= 1 && Number(hour) <= 12
  if (whole === undefined || !possible || Number(minute) > 59)
    throw fault(field, text, 'a time such as 4:00PM or 16:00 is wanted')
  return `${String(hours).padStart(2, '0')}:${minute}`
}

/** 'RM' → 'MR': in the order of the week, each letter once */
export const readDays = (field: string, text: string): string => {
  const letters = text.toUpperCase().replace(/[\s,]/g, '')
  if (!/^[MTWRFSU]*$/.test(letters) || new Set(letters).size !== letters.length)
    throw fault(field, text, 'letters of M T W R F S U are wanted, R for Thursday and U for Sunday')
  return Array.from('MTWRFSU')
    .filter((letter) => letters.includes(letter))
    .join('')
}

export interface CreditRange {
  readonly min: string
  readonly max: string
}

/** '4', '1.5' or '1-15' → DECIMAL texts */
export const readCredits = (field: string, text: string): CreditRange => {
  const [, low = '', high = low] =
    /^(\d{1,2}(?:\.\d{1,2})?)(?:\s*(?:-|–|to)\s*(\d{1,2}(?:\.\d{1,2})?))?$/.exec(text) ?? []
  if (low === '' || Number(low) > Number(high))
    throw fault(field, text, 'credits such as 4 or a range such as 1-4 are wanted')
  return { min: Number(low).toFixed(2), max: Number(high).toFixed(2) }
}

/** One of several words, by any of its names. */
export const readChoice = <Value extends string>(
  field: string,
  text: string,
  choices: Readonly<Record<string, Value>>,
): Value => {
  const found = choices[text.toLowerCase().replace(/[\s_-]+/g, ' ')]
  if (found === undefined) throw fault(field, text, `one of ${Object.keys(choices).join(', ')} is wanted`)
  return found
}
