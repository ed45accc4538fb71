/** `mirror check`: every problem at once, each with its remedy. It asks both servers and changes nothing. */
import { namesInSchema } from '../apply/load.ts'
import { type ErrorCode, errorTable, MirrorError } from '../errors.ts'
import { tableSelector } from '../names.ts'
import type { PostgresConnection } from '../postgres.ts'
import { checkRecordVersion, foreignSchemas, hasRecord } from '../record/schema.ts'
import { readSource } from '../record/source.ts'
import type { SourceConnection } from '../source/connection.ts'
import { readIdentity } from '../source/identity.ts'
import { openSnapshot, peekToken } from '../source/snapshot.ts'
import { readDefinitions } from '../source/definitions.ts'
import { readCatalogue } from '../source/tables.ts'
import type { CheckReport, MirrorOptions, Problem } from '../types.ts'
import { openSource, openTarget } from './session.ts'
import { sourceIdOf } from '../source-id.ts'

type Capabilities = Record<string, string | number | boolean | null>

const oldestPostgres = 140_000
/** Two clocks further apart than this make every stated lag meaningless. */
const clockToleranceMs = 2_000

const problem = (
  code: ErrorCode,
  severity: Problem['severity'],
  detail: string,
  table: string | null = null,
): Problem => ({
  code,
  table,
  severity,
  cause: `${errorTable[code].cause} (${detail})`,
  remedy: errorTable[code].remedy,
})

const problemOf = (error: unknown): Problem => {
  if (!(error instanceof MirrorError)) throw error
  return {
    code: error.code,
    table: error.table ?? null,
    severity: 'block',
    cause: error.message,
    remedy: error.remedy,
  }
}

const text = async (connection: SourceConnection, expression: string): Promise<string | null> => {
  const [row] = await connection.rows(`SELECT ${expression}`)
  return row?.[0]?.toString('utf8') ?? null
}

const checkSource = async (
  connection: SourceConnection,
  options: MirrorOptions,
  capabilities: Capabilities,
): Promise<Problem[]> => {
  const problems: Problem[] = []
  const identity = await readIdentity(connection)
  const { token } = await peekToken(connection)
  const grants = await connection.rows('SHOW GRANTS FOR CURRENT_USER()')
  const excess = grants
    .map((row) => row[0]?.toString('utf8').replace(/ IDENTIFIED .*$/, '') ?? '')
    .filter((grant) => !/^GRANT (USAGE|SELECT(\s*\([^)]*\))?|SHOW VIEW|, )+ ON /i.test(grant))
  capabilities['source.flavour'] = connection.flavour.name
  capabilities['source.version'] = connection.flavour.version
  capabilities['source.identity'] = identity.server
  capabilities['source.binaryLog'] = (await text(connection, '@@GLOBAL.log_bin')) === '1'
  capabilities['source.changeToken'] = token !== undefined
  capabilities['source.readOnlyAccount'] = excess.length === 0
  if (excess.length > 0) problems.push(problem('MIRROR_1009', 'warn', excess.join('; ').slice(0, 200)))
  capabilities['source.maxAllowedPacket'] = Number(await text(connection, '@@GLOBAL.max_allowed_packet'))
  const [cipher] = await connection.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
  capabilities['source.tlsCipher'] = cipher?.[1]?.toString('latin1') || null
  capabilities['source.tls'] = capabilities['source.tlsCipher'] !== null

  const catalogue = await readCatalogue(connection, tableSelector(options.tables, options.exclude))
  const snapshot = await openSnapshot(connection)
  await snapshot.close()
  for (const refused of catalogue.refused.values()) {
    problems.push({
      code: refused.code,
      table: refused.name,
      severity: 'warn',
      cause: refused.reason,
      remedy: refused.remedy,
    })
  }
  const { tables: definitions } = await readDefinitions(connection, [...catalogue.tables.keys()])
  for (const { name, unreadable } of definitions) {
    if (unreadable !== null) problems.push(problem('MIRROR_2008', 'warn', unreadable, name))
  }
  if (catalogue.tables.size + catalogue.refused.size === 0) {
    problems.push(
      problem('MIRROR_1006', 'warn', `no table of ${connection.database} is visible, or selected`),
    )
  }
  capabilities['source.tables'] = catalogue.tables.size
  capabilities['source.refusedTables'] = catalogue.refused.size
  capabilities['source.estimatedRows'] = [...catalogue.tables.values()].reduce(
    (sum, table) => sum + table.estimatedRows,
    0,
  )
  capabilities['source.clock'] = snapshot.at
  return problems
}

const checkTarget = async (
  connection: PostgresConnection,
  sourceId: string,
  capabilities: Capabilities,
): Promise<Problem[]> => {
  const problems: Problem[] = []
  const [row] = await connection.rows(
    `SELECT current_setting('server_version'), current_setting('server_version_num'),
            has_database_privilege(current_database(), 'CREATE'), current_setting('server_encoding'),
            pg_is_in_recovery(), to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  )
  const [version, number, mayCreate, encoding, inRecovery, clock] = row ?? []
  capabilities['target.version'] = version ?? null
  const [tls] = await connection.rows('SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
  capabilities['target.tlsCipher'] = tls?.[0] ?? null
  capabilities['target.tls'] = capabilities['target.tlsCipher'] !== null
  capabilities['target.encoding'] = encoding ?? null
  capabilities['target.clock'] = clock ?? null
  if (Number(number) < oldestPostgres) problems.push(problem('MIRROR_3007', 'block', `version ${version}`))
  if (encoding !== 'UTF8')
    problems.push(problem('MIRROR_3006', 'block', `the database's encoding is ${encoding}, not UTF8`))
  if (inRecovery === 't')
    problems.push(problem('MIRROR_3006', 'block', 'the server is a replica, and takes no writes'))
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

export const checkMirror = async (options: MirrorOptions): Promise<CheckReport> => {
  const problems: Problem[] = []
  const capabilities: Capabilities = {}
  // Both sides are asked whatever the other says: one run names everything.
  try {
    const source = await openSource(options)
    try {
      problems.push(...(await checkSource(source, options, capabilities)))
    } finally {
      await source.close()
    }
  } catch (error) {
    problems.push(problemOf(error))
  }
  try {
    const target = await openTarget(options, 'check')
    try {
      problems.push(...(await checkTarget(target, sourceIdOf(options), capabilities)))
    } finally {
      await target.close()
    }
  } catch (error) {
    problems.push(problemOf(error))
  }
  const clocks = [capabilities['source.clock'], capabilities['target.clock']].map((clock) =>
    Date.parse(String(clock)),
  )
  const [source = Number.NaN, target = Number.NaN] = clocks
  if (Math.abs(source - target) > clockToleranceMs) {
    const seconds = ((source - target) / 1000).toFixed(1)
    problems.push(
      problem(
        'MIRROR_1008',
        'warn',
        `the clocks of source and target differ by ${seconds} s: stated lags are wrong by as much`,
      ),
    )
  }
  return { ok: problems.every((entry) => entry.severity !== 'block'), problems, capabilities }
}
