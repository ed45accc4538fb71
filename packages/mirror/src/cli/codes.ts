/**
 * How a command ends: its exit status, and the errors that are the command line's own. The codes 0xxx stand beside
 * the engine's (`error-table.ts`) in `docs/errors.md`.
 */
import { errorTable, MirrorError, type ErrorEntry } from '../errors.ts'

/** 0 done · 1 failed · 2 usage or configuration · 3 the sides differ · 4 stopped by a brake */
export type ExitStatus = 0 | 1 | 2 | 3 | 4

export const commandLineTable = {
  MIRROR_0001: {
    cause: 'The command line is wrong.',
    remedy: 'mirror --help, or mirror COMMAND --help',
    retried: false,
  },
  MIRROR_0002: {
    cause: 'A setting is missing or wrong.',
    remedy: 'See the message: it names the flag, the environment variable or the key in the file.',
    retried: false,
  },
  MIRROR_0003: {
    cause: 'The address for --listen cannot be used.',
    remedy: 'Choose another port, or stop what listens there.',
    retried: false,
  },
  MIRROR_0004: {
    cause: 'The command was interrupted.',
    remedy: 'Run it again: nothing of an unfinished cycle is kept.',
    retried: false,
  },
  MIRROR_0009: {
    cause: 'The mirror met an error that it does not know.',
    remedy: 'Report it with the message; nothing of an unfinished cycle was kept.',
    retried: false,
  },
} as const satisfies Record<string, ErrorEntry>

export type CommandLineCode = keyof typeof commandLineTable

/** An error of the command line or the configuration: exit status 2, save for those that say otherwise. */
export class CommandLineError extends Error {
  readonly code: CommandLineCode
  readonly exit: ExitStatus

  constructor(code: CommandLineCode, message: string, exit: ExitStatus = 2) {
    super(message)
    this.name = 'CommandLineError'
    this.code = code
    this.exit = exit
  }
}

export interface Failure {
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly retried: boolean
  readonly exit: ExitStatus
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** Any thrown thing as code, message, remedy and exit status. The message is not scrubbed yet. */
export function failureOf(error: unknown): Failure {
  if (error instanceof MirrorError) {
    const { remedy, retried } = errorTable[error.code]
    // brakes are 41xx; a name that is none is the question's fault; everything else that the engine throws is a failure
    const asked = error.code === 'MIRROR_4008' ? 2 : 1
    const exit = error.code.startsWith('MIRROR_41') ? 4 : asked
    return { code: error.code, message: error.message, remedy, retried, exit }
  }
  if (error instanceof CommandLineError) {
    const { remedy, retried } = commandLineTable[error.code]
    return { code: error.code, message: error.message, remedy, retried, exit: error.exit }
  }
  const code = isAbort(error) ? 'MIRROR_0004' : 'MIRROR_0009'
  const { cause, remedy, retried } = commandLineTable[code]
  const said = isAbort(error) || !(error instanceof Error) ? '' : ` (${error.message})`
  return { code, message: cause + said, remedy, retried, exit: 1 }
}
