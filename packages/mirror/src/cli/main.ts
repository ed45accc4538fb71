/** The `mirror` command: joins the command line to the process. */
import { createMirror } from '../engine/mirror.ts'
import { runCommandLine } from './program.ts'
import type { Terminal } from './progress.ts'

const controller = new AbortController()

// the first Ctrl-C or SIGTERM ends in order; a second one does not wait for it
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(1)
    controller.abort()
  })
}

// `mirror history | head` closes the pipe early: that is no error, and there is nobody left to tell
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})
// a log that nobody reads any more must not stop the mirror
process.stderr.on('error', () => undefined)

const terminal = (): Terminal | undefined => {
  const { stderr, env } = process
  if (!stderr.isTTY || env['TERM'] === 'dumb') return undefined
  // no-color.org: set to anything, it means no
  const color = (env['NO_COLOR'] ?? '') === '' && stderr.hasColors()
  // Node reads the size anew whenever the window changes it
  return { columns: () => stderr.columns || 80, color }
}

const found = terminal()
const exit = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  signal: controller.signal,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  ...(found === undefined ? {} : { terminal: found }),
  openMirror: createMirror,
})

// the last write's callback: a pipe may still hold part of a long document when the work is done
process.exitCode = exit
process.stdout.write('', () => process.stderr.write('', () => process.exit(exit)))
