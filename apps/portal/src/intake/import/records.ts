/**
 * Text → records with the line on which each begins. csv-parse reads; what is added is that one broken record costs
 * nothing but itself:
 *
 *   A record with too few or too many fields is set aside. If it also spans several lines, a quote that was never closed
 *   has probably swallowed the rows after it: then its first line alone is set aside, and reading goes on with the next line.
 *   Quotes are taken strictly, or else such a quote would be closed by the next row's, and that row would silently become
 *   text. Only a line that is faulty so is read once more by itself, and kindly: 'Robert "Bob" Lee' is a name.
 *
 * The separator (comma, semicolon or tab) is the one that the header holds most of. Rows without any content are skipped.
 */
import { CsvError, parse } from 'csv-parse/sync'
import { ImportError, type Rejected } from './failure.ts'
import { noLetter } from './text.ts'

export interface FileRecord {
  readonly line: number
  readonly fields: readonly string[]
}

/** A record that cannot be read. */
export interface BrokenRecord extends Rejected {
  /** what stands between its separators, to tell whose it is */
  readonly cells: readonly string[]
  /** each of them stands in its own column */
  readonly inPlace: boolean
}

export interface Records {
  readonly header: readonly string[]
  readonly delimiter: ',' | ';' | '\t'
  readonly records: readonly FileRecord[]
  readonly rejected: readonly BrokenRecord[]
}

/** Rows with unclosed quotes; a file with more is broken as a whole, and each costs a pass over the rest of it. */
const mostBroken = 200

const findDelimiter = (headerLine: string): Records['delimiter'] => {
  const outside = headerLine.replace(/"[^"]*"/g, '')
  const count = (sign: string) => outside.split(sign).length
  const best = ([',', ';', '\t'] as const).toSorted((a, b) => count(b) - count(a))
  return best[0] ?? ','
}

interface Raw {
  readonly fields: readonly string[]
  readonly raw: string
}

/** Every record before the first fault of quoting, with its text. `kind`: a quote inside a field is text. */
const parsePart = (text: string, delimiter: string, kind = false): readonly Raw[] => {
  const found: Raw[] = []
  try {
    parse(text, {
      delimiter,
      record_delimiter: '\n',
      // judged here, record by record
      relax_column_count: true,
      relax_quotes: kind,
      raw: true,
      on_record: (given: unknown) => {
        const { record, raw } = given as { record: readonly string[]; raw: string }
        found.push({ fields: record, raw })
        return null
      },
    })
  } catch (error) {
    // an unclosed quote: what came before it is there
    if (!(error instanceof CsvError)) throw error
  }
  return found
}

const lineCount = (text: string): number => text.split('\n').length - 1
const isBlank = (fields: readonly string[]): boolean => fields.every((field) => field.trim() === '')

const wrongCount = (have: number, want: number): string =>
  `has ${have} ${have === 1 ? 'field' : 'fields'} where the header has ${want}`

/** Of a line whose quotes cannot be trusted. */
const splitLine = (text: string, delimiter: string): readonly string[] =>
  text.split(delimiter).map((cell) => cell.trim().replaceAll(/^"|"$/g, ''))

/** What this file's bytes did not give a letter for (text.ts), as a reason. */
const undecoded = (fields: readonly string[]): string | null => {
  const field = fields.find((one) => one.includes(noLetter))
  return field === undefined
    ? null
    : `has letters in another encoding than the rest of the file ("${field.slice(0, 40).replaceAll(noLetter, '\ufffd')}"): save the file as UTF-8`
}

/** @param name of the file, for messages @throws ImportError without a header or without rows */
export const readRecords = (text: string, name: string): Records => {
  // blank lines on top would be taken for the header
  const skipped = /^(?:[ \t,;]*\n)*/.exec(text)?.[0] ?? ''
  const body = text.slice(skipped.length)
  const delimiter = findDelimiter(body.slice(0, body.indexOf('\n') === -1 ? undefined : body.indexOf('\n')))
  const records: FileRecord[] = []
  const rejected: BrokenRecord[] = []
  let header: readonly string[] | undefined
  let offset = 0
  let line = 1 + lineCount(skipped)
  let broken = 0

  const take = (fields: readonly string[]) => {
    const reason = undecoded(fields)
    if (reason === null) records.push({ line, fields })
    else rejected.push({ line, reason, cells: fields, inPlace: true })
  }

  /** Deals with the one line at which reading stopped, and goes on behind it. */
  const skipLine = (reason: string) => {
    if (header === undefined)
      throw new ImportError(`${name}: the header, in line ${line}, ${reason}. Nothing was changed.`)
    const end = body.indexOf('\n', offset)
    const whole = body.slice(offset, end === -1 ? undefined : end)
    const [alone, more] = parsePart(whole, delimiter, true)
    if (alone !== undefined && more === undefined && alone.fields.length === header.length) take(alone.fields)
    else {
      rejected.push({ line, reason, cells: splitLine(whole, delimiter), inPlace: false })
      broken += 1
      if (broken > mostBroken)
        throw new ImportError(
          `${name}: more than ${mostBroken} rows have a quote that is never closed, the last one in line ${line}. Export the file again. Nothing was changed.`,
        )
    }
    offset = end === -1 ? body.length : end + 1
    line += 1
  }

  while (offset < body.length) {
    let swallowed: string | undefined
    for (const { fields, raw } of parsePart(body.slice(offset), delimiter)) {
      const lines = Math.max(1, lineCount(raw))
      const fits = header === undefined || fields.length === header.length
      if (!fits && lines > 1) {
        swallowed = `${wrongCount(fields.length, header?.length ?? 0)}, or a quote in it is never closed`
        break
      }
      if (header === undefined) {
        const reason = undecoded(fields)
        if (reason !== null)
          throw new ImportError(`${name}: the header, in line ${line}, ${reason}. Nothing was changed.`)
        header = fields
      } else if (!isBlank(fields)) {
        if (fits) take(fields)
        else
          rejected.push({
            line,
            reason: wrongCount(fields.length, header.length),
            cells: fields,
            inPlace: false,
          })
      }
      offset += raw.length
      line += lines
    }
    // the parser stopped before the end: the record that it could not finish begins here
    if (offset < body.length) skipLine(swallowed ?? 'has a quote that is never closed, or text behind one')
  }
  if (header === undefined) throw new ImportError(`${name} has no header. Nothing was changed.`)
  if (records.length === 0 && rejected.length === 0)
    throw new ImportError(
      `${name} has a header and no rows. An empty list is not taken for "remove everything": nothing was changed.`,
    )
  return { header, delimiter, records, rejected }
}
