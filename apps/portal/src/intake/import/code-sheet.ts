/**
 * The sheet of one-time codes, for the letters to new students. It is the only place where the codes stand in clear: a
 * new file that its owner alone may read, never one that is there already.
 */
import { open, rm } from 'node:fs/promises'
import { errorCode } from '../../db/failures.ts'
import { ImportError } from './failure.ts'

export interface CodeLine {
  readonly number: string
  readonly name: string
  readonly email: string
  readonly code: string
  /** 'YYYY-MM-DD' */
  readonly validUntil: string
}

/**
 * One cell. Spreadsheets take a cell that begins with = + - @ for a formula: an apostrophe makes it text.
 * Source: OWASP, CSV Injection.
 */
const cell = (text: string): string =>
  `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

export const sheetText = (lines: readonly CodeLine[]): string =>
  [
    ['number', 'name', 'email', 'code', 'valid_until'],
    ...lines.map((line) => [line.number, line.name, line.email, line.code, line.validUntil]),
  ]
    .map((cells) => `${cells.map(cell).join(',')}\n`)
    .join('')

export interface CodeSheet {
  /** replaces what was written before, and is on the disk when it resolves */
  write(lines: readonly CodeLine[]): Promise<void>
  /**
   * Keeps it if something was written, whatever came of the import: where the answer to its COMMIT was lost, nobody knows.
   * @returns whether it is kept
   */
  close(): Promise<boolean>
}

const refusals: Readonly<Record<string, string>> = {
  EEXIST: 'It is there already, and is not overwritten: it may hold codes that were not handed out yet.',
  ENOENT: 'Its folder does not exist.',
  ENOTDIR: 'Its folder does not exist.',
  EISDIR: 'That is a directory: name a file.',
  EACCES: 'This user may not write there.',
  EROFS: 'This user may not write there.',
}

/** Made before anything is changed, so that codes are never issued that cannot be written down. @throws ImportError */
export const openCodeSheet = async (path: string): Promise<CodeSheet> => {
  try {
    const file = await open(path, 'wx', 0o600)
    let isWritten = false
    return {
      write: async (lines) => {
        isWritten = true
        const bytes = Buffer.from(sheetText(lines))
        await file.truncate(0)
        // a disk that fills up takes a part, and says so only when it is given the rest
        for (let at = 0; at < bytes.length; )
          at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten
        await file.sync()
      },
      close: async () => {
        await file.close()
        if (!isWritten) await rm(path, { force: true })
        return isWritten
      },
    }
  } catch (error) {
    const words = refusals[errorCode(error)] ?? (error instanceof Error ? error.message : String(error))
    throw new ImportError(
      `The sheet of codes ${path} cannot be made. ${words} Nothing was changed.`,
      2,
      error,
    )
  }
}
