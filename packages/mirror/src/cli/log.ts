/**
 * The log: one line an event, on standard error. `text` is for people, `json` for machines. No line ever holds a
 * password: each passes the scrubber as a whole, after it was formatted.
 */
import { pino, type Logger } from 'pino'
import type { Scrub } from '../secrets.ts'

export type { Logger }

const levelNames: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

/** Fields that every line has, and that a person does not need twice. */
const framing = new Set(['level', 'time', 'msg'])

function asText(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>
  const time = new Date(Number(fields['time'])).toISOString().slice(11, 23)
  const level = (levelNames[Number(fields['level'])] ?? '?').padEnd(5)
  const message = typeof fields['msg'] === 'string' ? fields['msg'] : ''
  const rest = Object.entries(fields)
    .filter(([name]) => !framing.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  // a line break within a value would make one event look like two
  return `${[time, level, message, ...rest].join(' ').replaceAll(/[\r\n]+/g, ' ')}\n`
}

export function createLog(options: {
  readonly level: string
  readonly format: 'text' | 'json'
  readonly scrub: Scrub
  readonly write: (line: string) => void
}): Logger {
  const { level, format, scrub, write } = options
  return pino(
    // pid and host name are the scheduler's to add
    { level, base: null },
    { write: (line: string) => write(scrub(format === 'text' ? asText(line) : line)) },
  )
}
