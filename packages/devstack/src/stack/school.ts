/** The portal's schema and the sample university, made by the portal's own command. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeJson } from '../machine/files.ts'
import { repository } from '../machine/places.ts'
import { run } from '../machine/run.ts'
import type { Databases } from './databases.ts'

const sampleSchema = z.object({
  accounts: z.array(z.object({ role: z.string(), number: z.string(), password: z.string() })),
})

export type SampleAccount = z.infer<typeof sampleSchema>['accounts'][number]

/** Brings the schema up to date; fills an empty database with the sample. Returns the sample's accounts. */
export async function prepareSchool(
  databases: Databases,
  folder: string,
  tell: (line: string) => void,
): Promise<readonly SampleAccount[]> {
  await portal(databases.portalSource, ['migrate'])
  // kept beside the data, so that it goes when they go; beside a server that was given, the command decides each time
  const file = join(databases.sourceFolder ?? folder, 'sample.json')
  const kept = databases.sourceFolder === undefined ? undefined : sampleSchema.safeParse(readJson(file))
  if (kept?.success === true) return kept.data.accounts
  tell(existsSync(file) ? 'Looking at the sample university' : 'Filling the sample university')
  const made = sampleSchema.parse(JSON.parse(await portal(databases.portalSource, ['sample', '--json'])))
  writeJson(file, made)
  return made.accounts
}

async function portal(database: string, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run(
    process.execPath,
    ['--import', 'tsx', 'apps/portal/src/cli/main.ts', ...args],
    { cwd: repository, env: { ...process.env, PORTAL_DATABASE: database } },
  )
  if (status === 0) return stdout
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-12).join('\n')
  throw new Error(`portal ${args.join(' ')} ended with status ${status}:\n${said}`)
}
