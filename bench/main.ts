/** `npm run bench` as a process: what there is to measure stands in program.ts. */
import { runBench } from './program.ts'

process.exitCode = await runBench(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
