/** What a command is: the one shape that all files in `commands/` fill. */
import type { Scrub } from '../secrets.ts'
import type { Mirror } from '../types.ts'
import type { ExitStatus } from './codes.ts'
import type { Settings } from './config.ts'
import type { Flag } from './flags.ts'
import type { Logger } from './log.ts'

/** What a command has to work with. */
export interface Task {
  readonly mirror: Mirror
  readonly settings: Settings
  /** the command's own flags, by name without dashes */
  readonly flags: Readonly<Record<string, unknown>>
  readonly log: Logger
  readonly scrub: Scrub
  /** aborted by the first Ctrl-C or SIGTERM */
  readonly signal: AbortSignal
}

export interface Answer {
  /** the JSON document, without its version */
  readonly json: object
  readonly text: string
  readonly exit: ExitStatus
}

export interface CommandSpec {
  readonly name: string
  readonly summary: string
  readonly flags: readonly Flag[]
  /** true: it reads rows of the source, so it takes the flags that bound how hard */
  readonly tunable: boolean
  /** Refuses wrong flags of its own before anything is opened: throws a CommandLineError. */
  readonly prepare?: (flags: Readonly<Record<string, unknown>>) => void
  readonly act: (task: Task) => Promise<Answer>
}
