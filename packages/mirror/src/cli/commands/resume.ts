import type { StatusReport } from '../../types.ts'
import { CommandLineError } from '../codes.ts'
import type { CommandSpec } from '../command.ts'
import { didYouMean } from '../../suggest.ts'
import { parseList } from '../values.ts'
import { readFlag } from '../usage.ts'

const accepted = (flags: Readonly<Record<string, unknown>>): readonly string[] => {
  const given = flags['accept']
  if (!Array.isArray(given)) return []
  return readFlag('accept', '', () => parseList(given.map(String))) ?? []
}

/** Accepting is consent to lose something: it must name a brake that holds now, or a slip would pass for a decision. */
function refuseUnknown(accept: readonly string[], { brakes, tables }: StatusReport): void {
  const held = brakes.map(({ table }) => table ?? 'source')
  const unknown = accept.filter((name) => !held.includes(name))
  if (unknown.length === 0) return
  const sentences = unknown.map((name) => {
    const isTable = name in tables || name === 'source'
    return isTable ? `No brake holds ${name} now.` : `There is no table ${name}.${didYouMean(name, held)}`
  })
  const holds = held.length === 0 ? 'No brake holds at all.' : `Held: ${held.join(', ')}.`
  throw new CommandLineError('MIRROR_0002', `--accept: ${sentences.join(' ')} ${holds} Nothing was accepted.`)
}

export const resume: CommandSpec = {
  name: 'resume',
  summary: 'go on after a pause, or past a brake',
  flags: [
    {
      usage: '--accept <tables>',
      help: 'let what the brake stopped pass: a TABLE, or source for another server',
      repeatable: true,
    },
  ],
  tunable: false,
  prepare: accepted,
  async act({ mirror, flags }) {
    const accept = accepted(flags)
    if (accept.length > 0) refuseUnknown(accept, await mirror.status())
    await mirror.resume({ accept })
    const { state, cycle, snapshotAt, brakes } = await mirror.status()
    const what =
      accept.length === 0 ? 'Resumed.' : `Accepted: ${accept.join(', ')}. The next cycle applies it.`
    const rest =
      brakes.length === 0 ? '' : `\nStill held: ${brakes.map(({ table }) => table ?? 'source').join(', ')}.`
    return { json: { state, cycle, snapshotAt, accepted: accept, brakes }, text: what + rest, exit: 0 }
  },
}
