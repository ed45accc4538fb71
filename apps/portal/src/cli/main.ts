/** The `portal` command as a process: its command line stands in program.ts. */
import { runCommandLine } from './program.ts'

// `portal sign-ins | head` closes the pipe early: that is no error, and there is nobody left to tell
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
