/** `mirror check`, the source's half. */
import { tableSelector } from '../names.ts'
import type { SourceConnection } from '../source/connection.ts'
import { readIdentity } from '../source/identity.ts'
import { redoPrefix } from '../source/token.ts'
import { peekToken } from '../source/peek.ts'
import { openSnapshot } from '../source/snapshot.ts'
import { mayOnlyRead, readGrants, readReplication, statusOf, valueOf } from '../source/standing.ts'
import { readDefinitions } from '../source/definitions.ts'
import { readCatalogue } from '../source/tables.ts'
import { isLocal } from '../tls.ts'
import type { CheckedTable, MirrorOptions, Problem } from '../types.ts'
import { checkTables, findWideRows, intervalOf } from './check-tables.ts'
import { type Capabilities, problem } from './problems.ts'
import { unmatchedNames } from './unmatched.ts'

export interface SourceFindings {
  readonly problems: readonly Problem[]
  readonly tables: Readonly<Record<string, CheckedTable>>
  readonly grants: readonly string[]
}

/** A replica that keeps up is a second behind at times. */
const behindTolerance = 2

const checkReplication = async (
  connection: SourceConnection,
  capabilities: Capabilities,
): Promise<Problem[]> => {
  const { replica, behindSeconds, stopped } = await readReplication(connection)
  const readOnly = (await valueOf(connection, '@@GLOBAL.read_only')) !== '0'
  capabilities['source.replica'] = replica
  capabilities['source.replicaBehindSeconds'] = behindSeconds
  capabilities['source.readOnly'] = readOnly
  if (stopped !== null) return [problem('MIRROR_1023', 'warn', `its replication does not run: ${stopped}`)]
  if ((behindSeconds ?? 0) > behindTolerance)
    return [problem('MIRROR_1023', 'warn', `${behindSeconds} s behind`)]
  if (replica === true && behindSeconds === null)
    return [problem('MIRROR_1023', 'warn', 'it replicates; how far behind, this account may not see')]
  // who takes writes of its own is seldom a replica, and who takes none seldom anything else
  if (replica === null && readOnly)
    return [
      problem('MIRROR_1023', 'warn', 'it takes no writes; whether it replicates, this account may not see'),
    ]
  return []
}

const checkServer = async (connection: SourceConnection, capabilities: Capabilities): Promise<boolean> => {
  const { flavour } = connection
  const identity = await readIdentity(connection, null)
  const { token } = await peekToken(connection)
  capabilities['source.flavour'] = flavour.name
  capabilities['source.version'] = flavour.version
  capabilities['source.identity'] = identity.server
  // the session's was set and read back when the connection was opened
  capabilities['source.isolation'] = await valueOf(connection, `@@SESSION.${flavour.isolationVariable}`)
  capabilities['source.isolationDefault'] = await valueOf(connection, `@@GLOBAL.${flavour.isolationVariable}`)
  const logs = (await valueOf(connection, '@@GLOBAL.log_bin')) === '1'
  capabilities['source.binaryLog'] = logs
  capabilities['source.binaryLogFormat'] = logs ? await valueOf(connection, '@@GLOBAL.binlog_format') : null
  capabilities['source.gtidMode'] =
    flavour.name === 'mysql' ? await valueOf(connection, '@@GLOBAL.gtid_mode') : null
  capabilities['source.position'] = identity.position
  capabilities['source.changeToken'] = token !== undefined
  capabilities['source.redoLog'] = token?.startsWith(redoPrefix) ?? false
  capabilities['source.maxAllowedPacket'] = Number(await valueOf(connection, '@@GLOBAL.max_allowed_packet'))
  const used = (await connection.rows("SHOW GLOBAL STATUS LIKE 'Threads_connected'"))[0]?.[1]
  capabilities['source.freeConnections'] =
    Number(await valueOf(connection, '@@GLOBAL.max_connections')) - Number(used?.toString('latin1') ?? '0')
  capabilities['source.tlsCipher'] = await statusOf(connection, 'Ssl_cipher')
  capabilities['source.tlsVersion'] = await statusOf(connection, 'Ssl_version')
  capabilities['source.tls'] = capabilities['source.tlsCipher'] !== null
  return token !== undefined
}

/**
 * MySQL gives a number to the transaction in which it fetches the statistics of a table that it opens, and notes the numbers in its redo log: a
 * connection that opens the same tables again and again never lets it stand still (0052).
 */
const checkOpenTables = async (
  connection: SourceConnection,
  capabilities: Capabilities,
  tables: number,
): Promise<Problem[]> => {
  if (connection.flavour.name !== 'mysql' || capabilities['source.redoLog'] !== true) return []
  const keeps = Number(
    await valueOf(connection, '@@GLOBAL.table_open_cache DIV @@GLOBAL.table_open_cache_instances'),
  )
  capabilities['source.openTables'] = keeps
  return tables > keeps
    ? [problem('MIRROR_1027', 'warn', `${tables} tables, of which ${keeps} stay open for one connection`)]
    : []
}

/** Of a table without a key: what it costs to follow. */
const costOf = (table: CheckedTable | undefined): string => {
  if (table === undefined || table.scanMs === null) return 'how long it takes to read was not measured'
  return `about ${table.estimatedRows} rows, read in ${table.scanMs} ms: once a look, and two to three times more when they changed`
}

export const checkSource = async (
  connection: SourceConnection,
  options: MirrorOptions,
  capabilities: Capabilities,
  /** called when the source's clock has been read */
  clockRead: () => void,
): Promise<SourceFindings> => {
  const problems: Problem[] = []
  const hasToken = await checkServer(connection, capabilities)
  if (capabilities['source.tls'] !== true && !isLocal(new URL(options.source)))
    problems.push(problem('MIRROR_1022', 'warn', connection.address))
  const grants = await readGrants(connection)
  const excess = grants.filter((grant) => !mayOnlyRead(grant))
  capabilities['source.readOnlyAccount'] = excess.length === 0
  if (excess.length > 0) problems.push(problem('MIRROR_1009', 'warn', excess.join('; ').slice(0, 200)))
  problems.push(...(await checkReplication(connection, capabilities)))

  const catalogue = await readCatalogue(connection, tableSelector(options.tables, options.exclude))
  const snapshot = await openSnapshot(connection)
  clockRead()
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
  for (const table of catalogue.tables.values()) {
    if (table.consistency === 'table')
      problems.push(problem('MIRROR_2006', 'warn', 'consistency table', table.name))
  }
  const { tables: definitions } = await readDefinitions(connection, [...catalogue.tables.keys()])
  for (const { name, unreadable } of definitions) {
    if (unreadable !== null) problems.push(problem('MIRROR_2008', 'warn', unreadable, name))
  }
  for (const name of catalogue.others) problems.push(problem('MIRROR_2005', 'warn', 'not a base table', name))
  const unmatched = unmatchedNames(options, catalogue)
  if (unmatched.length > 0) problems.push(problem('MIRROR_2009', 'warn', unmatched.join(', ')))
  if (catalogue.tables.size + catalogue.refused.size === 0) {
    problems.push(
      problem('MIRROR_1006', 'warn', `no table of ${connection.database} is visible, or selected`),
    )
  }
  problems.push(...(await checkOpenTables(connection, capabilities, catalogue.tables.size)))
  const tables = await checkTables(connection, catalogue, hasToken)
  for (const { name, key } of catalogue.tables.values()) {
    if (key.length === 0) problems.push(problem('MIRROR_2001', 'warn', costOf(tables[name]), name))
  }
  for (const [name, detail] of await findWideRows(connection, catalogue))
    problems.push(problem('MIRROR_2013', 'warn', detail, name))
  const interval = intervalOf(tables, options)
  capabilities['source.tables'] = catalogue.tables.size
  capabilities['source.refusedTables'] = catalogue.refused.size
  capabilities['source.estimatedRows'] = [...catalogue.tables.values()].reduce(
    (sum, table) => sum + table.estimatedRows,
    0,
  )
  capabilities['source.scanMs'] = interval?.scanMs ?? null
  capabilities['source.intervalMs'] = interval?.intervalMs ?? null
  capabilities['source.clock'] = snapshot.at
  return { problems, tables, grants }
}
