/**
 * Mistakes on the command line, in our own words. Commander echoes what was typed, and a mistyped flag may hold an
 * address with its password: only the part that looks like a word is shown.
 */
import type { CommanderError } from 'commander'
import { CommandLineError } from './codes.ts'
import { didYouMean } from '../suggest.ts'

export function usageError(
  error: CommanderError,
  known: { readonly flags: readonly string[]; readonly commands: readonly string[] },
): CommandLineError {
  const wrong = (message: string) => new CommandLineError('MIRROR_0001', message)
  const typed = /'([^'\s]*)/.exec(error.message)?.[1] ?? ''
  const word = /^[\w-]{1,40}(?![^=])/.exec(typed)?.[0]
  switch (error.code) {
    case 'commander.unknownOption':
      // `--quiet=no`: commander takes flag and value for one word
      if (word !== undefined && known.flags.includes(word)) return wrong(`${word} takes no value.`)
      return wrong(
        word === undefined
          ? 'There is a flag that is none.'
          : `There is no flag ${word}.${didYouMean(word, known.flags)}`,
      )
    case 'commander.unknownCommand':
      return wrong(
        word === undefined
          ? 'The first word is no command.'
          : `There is no command ${word}.${didYouMean(word, known.commands)}`,
      )
    case 'commander.optionMissingArgument':
      return wrong(`${/--[\w-]+/.exec(error.message)?.[0] ?? 'A flag'} needs a value.`)
    case 'commander.excessArguments':
      return wrong('There is a word too many: all but the command is given by flags.')
    default:
      return wrong(`${error.message.replace(/^error: /, '')}.`)
  }
}

/** Runs `parse` on a flag's text; its complaint becomes `--flag …`. */
export function readFlag<T>(flag: string, text: unknown, parse: (text: string) => T): T | undefined {
  // commander gives texts; true would be a flag without a value
  if (typeof text !== 'string') return undefined
  try {
    return parse(text)
  } catch (error) {
    throw new CommandLineError(
      'MIRROR_0001',
      `--${flag} ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
}
