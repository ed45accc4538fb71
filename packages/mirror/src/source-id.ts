/** The name of a source in the target: the schema that holds its tables. By default the database's own. */
import { MirrorError } from './errors.ts'
import { postgresName } from './names.ts'
import type { MirrorOptions } from './types.ts'

export const databaseOf = (sourceUrl: string): string =>
  decodeURIComponent(new URL(sourceUrl).pathname.slice(1))

/** Why a name cannot be a source's schema; undefined when it can. */
export const sourceIdProblem = (name: string): string | undefined => {
  if (name === '') return 'is empty'
  if (/[\p{Cc}]/u.test(name)) return 'holds a control character'
  if (Buffer.byteLength(name) > 63) return 'is longer than the 63 bytes of a name in PostgreSQL'
  if (name === 'mirror' || name === 'mirror_load') return `is the engine’s own schema in the target`
  if (name.startsWith('pg_') || name === 'information_schema') return 'is reserved by PostgreSQL'
  // everybody's objects stand there, and everybody's queries find what stands there
  if (name === 'public') return 'is the schema that all users of the target share'
  return undefined
}

/** Throws MIRROR_3022 for a name that cannot be one. */
export const sourceIdOf = (options: Pick<MirrorOptions, 'source' | 'sourceId'>): string => {
  const name = options.sourceId ?? postgresName(databaseOf(options.source))
  const problem = sourceIdProblem(name)
  if (problem !== undefined) throw new MirrorError('MIRROR_3022', { detail: `${name} ${problem}` })
  return name
}
