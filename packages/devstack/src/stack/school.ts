/** The portal's schema and the sample university, made by the portal's own command. */
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

/** Kept beside the data, so that it goes when they go; undefined beside a server that was given. */
const sampleFile = ({ sourceFolder }: Databases): string | undefined =>
  sourceFolder === undefined ? undefined : join(sourceFolder, 'sample.json')

/** An earlier start made schema and sample, and told the accounts. */
export function isPrepared(databases: Databases): boolean {
  return keptAccounts(databases) !== undefined
}

function keptAccounts(databases: Databases): readonly SampleAccount[] | undefined {
  const file = sampleFile(databases)
  return file === undefined ? undefined : sampleSchema.safeParse(readJson(file)).data?.accounts
}

/** Brings the schema up to date; fills an empty database with the sample. Returns the sample's accounts. */
export async function prepareSchool(
  databases: Databases,
  tell: (line: string) => void,
): Promise<readonly SampleAccount[]> {
  await portal(databases.portalSource, ['migrate'])
  const kept = keptAccounts(databases)
  if (kept !== undefined) return kept
  tell('Filling the sample university')
  const made = sampleSchema.parse(JSON.parse(await portal(databases.portalSource, ['sample', '--json'])))
  const file = sampleFile(databases)
  if (file !== undefined) writeJson(file, made)
  return made.accounts
}

async function portal(database: string, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run(process.execPath, ['apps/portal/dist/cli/main.js', ...args], {
    cwd: repository,
    env: { ...process.env, PORTAL_DATABASE: database },
  })
  if (status === 0) return stdout
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-12).join('\n')
  throw new Error(`portal ${args.join(' ')} ended with status ${status}:\n${said}`)
}
