/** `mirror check`, the target's half. That version and encoding are good was asked when the connection was opened. */
import { namesInSchema } from '../apply/load.ts'
import type { PostgresConnection } from '../postgres.ts'
import { checkRecordVersion, foreignSchemas, hasRecord } from '../record/schema.ts'
import { readSource } from '../record/source.ts'
import { isLocal } from '../tls.ts'
import type { Problem } from '../types.ts'
import { type Capabilities, problem } from './problems.ts'

/** The mirror's own, a command beside it, and one for whoever looks after it. */
const placesWanted = 3

/** What is left of the server's places, the role's and the database's: −1 of a limit is none. */
const freePlaces = `
  least(
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    (SELECT CASE WHEN rolconnlimit < 0 THEN NULL ELSE rolconnlimit END FROM pg_roles WHERE rolname = current_user)
      - (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user),
    (SELECT CASE WHEN datconnlimit < 0 THEN NULL ELSE datconnlimit END FROM pg_database WHERE datname = current_database())
      - (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())
  )`

export const checkTarget = async (
  connection: PostgresConnection,
  url: string,
  sourceId: string,
  capabilities: Capabilities,
): Promise<Problem[]> => {
  const problems: Problem[] = []
  const [row] = await connection.rows(
    `SELECT current_setting('server_version'), has_database_privilege(current_database(), 'CREATE'),
            current_setting('server_encoding'), pg_is_in_recovery(),
            to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ${freePlaces}`,
  )
  const [version, mayCreate, encoding, inRecovery, clock, places] = row ?? []
  const [tls] = await connection.rows('SELECT cipher, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
  capabilities['target.version'] = version ?? null
  capabilities['target.encoding'] = encoding ?? null
  capabilities['target.clock'] = clock ?? null
  capabilities['target.mayCreate'] = mayCreate === 't'
  capabilities['target.freeConnections'] = places === null || places === undefined ? null : Number(places)
  const cipher = tls?.[0] ?? null
  capabilities['target.tlsCipher'] = cipher
  capabilities['target.tlsVersion'] = tls?.[1] ?? null
  capabilities['target.tls'] = cipher !== null
  capabilities['target.sourceId'] = sourceId
  if (cipher === null && !isLocal(new URL(url)))
    problems.push(problem('MIRROR_3023', 'warn', new URL(url).host))
  if (places !== null && places !== undefined && Number(places) < placesWanted)
    problems.push(problem('MIRROR_3024', 'warn', `${places} left`))
  if (inRecovery === 't') problems.push(problem('MIRROR_3009', 'block', 'it is in recovery'))
  const recorded = await hasRecord(connection)
  if (recorded) await checkRecordVersion(connection)
  else {
    for (const name of await foreignSchemas(connection)) {
      problems.push(problem('MIRROR_3003', 'block', `schema ${name}`))
    }
  }
  if (!recorded && mayCreate !== 't') problems.push(problem('MIRROR_3004', 'block', 'CREATE on the database'))
  const record = recorded ? await readSource(connection, sourceId) : undefined
  const names = await namesInSchema(connection, sourceId)
  if ((record === undefined || record.cycle === null) && names.length > 0) {
    problems.push(problem('MIRROR_3003', 'block', `schema ${sourceId}: ${names.slice(0, 5).join(', ')}`))
  }
  capabilities['target.mirrored'] = record !== undefined && record.cycle !== null
  return problems
}
