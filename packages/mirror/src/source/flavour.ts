/** What differs between MySQL and MariaDB, in one table. Capabilities are probed; only names follow the flavour. */
export interface Flavour {
  readonly name: 'mysql' | 'mariadb'
  readonly version: string
  /** [major, minor] */
  readonly numbers: readonly [number, number]
  readonly isolationVariable: string
  readonly statementLimit: (ms: number) => readonly (readonly [name: string, sql: string, readBack: string])[]
  /** the same SELECT, with a limit of its own */
  readonly limited: (sql: string, ms: number) => string
  readonly extraSettings: readonly (readonly [name: string, sql: string, readBack: string])[]
  /** an expression for the server's identity, or undefined where it has none */
  readonly identity: string | undefined
  /** an expression over information_schema.STATISTICS: YES for an index that a statement may name */
  readonly indexIsVisible: string
}

export const identifyFlavour = (version: string): Flavour => {
  const [, major = '0', minor = '0'] = /^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? []
  const numbers = [Number(major), Number(minor)] as const
  if (/mariadb/i.test(version)) {
    return {
      name: 'mariadb',
      version,
      numbers,
      isolationVariable: numbers[0] >= 11 ? 'transaction_isolation' : 'tx_isolation',
      // seconds, with decimals; read back with six of them
      statementLimit: (ms) => [['max_statement_time', String(ms / 1000), (ms / 1000).toFixed(6)]],
      limited: (sql, ms) => `SET STATEMENT max_statement_time = ${ms / 1000} FOR ${sql}`,
      extraSettings: [
        // as wait_timeout (connection.ts), but within a transaction; 0: that one decides
        ['idle_transaction_timeout', '0', '0'],
        ['idle_readonly_transaction_timeout', '0', '0'],
        // a day in the past, and tables WITH SYSTEM VERSIONING would be read as they were then
        ['system_versioning_asof', 'DEFAULT', 'DEFAULT'],
      ],
      identity: undefined,
      indexIsVisible: "IF(IGNORED = 'YES', 'NO', 'YES')",
    }
  }
  return {
    name: 'mysql',
    version,
    numbers,
    isolationVariable: 'transaction_isolation',
    statementLimit: (ms) => [['max_execution_time', String(ms), String(ms)]],
    limited: (sql, ms) => sql.replace(/^\s*SELECT /i, `SELECT /*+ MAX_EXECUTION_TIME(${ms}) */ `),
    // MySQL serves table statistics from a cache that may be a day old.
    extraSettings: [['information_schema_stats_expiry', '0', '0']],
    identity: '@@GLOBAL.server_uuid',
    indexIsVisible: 'IS_VISIBLE',
  }
}

/** MySQL 8.0+ and MariaDB 10.6+: older ones have other defaults in too many places to promise anything. */
export const isSupported = (flavour: Flavour): boolean => {
  const [major, minor] = flavour.numbers
  return flavour.name === 'mysql' ? major >= 8 : major > 10 || (major === 10 && minor >= 6)
}
