/** The flags that commands share, in the order in which --help lists them. */
export interface Flag {
  /** as commander reads it: `--poll <time>` */
  readonly usage: string
  readonly help: string
  readonly repeatable?: boolean
}

/** Every command takes these: they say which mirror is meant. */
export const connectionFlags: readonly Flag[] = [
  { usage: '--source <address>', help: 'mysql://user@host:port/database' },
  { usage: '--target <address>', help: 'postgres://user@host:port/database' },
  { usage: '--source-password-file <file>', help: 'a file whose first line is the password of the source' },
  { usage: '--target-password-file <file>', help: 'a file whose first line is the password of the target' },
  { usage: '--tables <globs>', help: 'only these tables, such as "course*,section"', repeatable: true },
  { usage: '--exclude <globs>', help: 'all tables but these', repeatable: true },
  {
    usage: '--redact <columns>',
    help: 'TABLE.COLUMN whose values stay out of ledger, API and logs',
    repeatable: true,
  },
]

/** How hard the source may be read, and when to stop and ask. */
export const tuningFlags: readonly Flag[] = [
  { usage: '--max-share <share>', help: 'the share of time in which the source may be busy with us (0.1)' },
  { usage: '--max-delete <share>', help: 'the share of a table that one cycle may delete (20%)' },
  { usage: '--statement-limit <time>', help: 'the limit of one statement on the source (10s)' },
  { usage: '--deep-scan <time>', help: 'the longest time between two scans that trust no hint (1h)' },
]

export const commandFlags: readonly Flag[] = [
  { usage: '--config <file>', help: 'settings from a YAML file' },
  { usage: '--json', help: 'one JSON document on standard output' },
  { usage: '--log-level <level>', help: 'debug, info, warn, error or silent (info)' },
  { usage: '--log-format <format>', help: 'text or json (text)' },
]
