// `npm run bench -- NAME [--json]`, from a bare clone on: a measurement beside its yardstick, in one run. What there is
// to measure stands in bench/main.ts.
import { join } from 'node:path'
import { checkNode, installPackages, root, runVisibly } from './prepare.mjs'

checkNode()
await installPackages()
const program = join(root, 'bench/main.ts')
process.exitCode = await runVisibly(process.execPath, ['--import', 'tsx', program, ...process.argv.slice(2)])
