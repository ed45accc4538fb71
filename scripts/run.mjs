// `npm run -s mirror -- …` and `npm run -s portal -- …`: the program, built first when its sources have changed. Nothing
// is printed on standard output, which belongs to the program.
//
//   node scripts/run.mjs mirror|portal [ARGUMENTS]
import { checkNode, packagesAreInstalled } from './prepare.mjs'

checkNode()
if (!packagesAreInstalled()) {
  console.error(
    'The npm packages of this clone are missing, or not those of package-lock.json. `npm start` installs them and starts\n' +
      'a university to try; `npm install --no-save` installs them alone. Nothing was done.',
  )
  process.exit(1)
}
const { buildPrograms, mainOf } = await import('./programs.mjs')
await buildPrograms()
// it reads its arguments where it would find them if it had been started itself
const [name] = process.argv.splice(2, 1)
await import(mainOf(name))
