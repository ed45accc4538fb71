/** What the source was asked, by its own account: counters for bytes, the general log for the statements themselves. */
import type mysql from 'mysql2/promise'
import { onSource } from '../../packages/devstack/src/index.ts'

export interface Asked {
  readonly statements: readonly string[]
  /** bytes that the server received and sent */
  readonly bytes: number
}

const bytesSoFar = async (admin: mysql.Connection): Promise<number> => {
  const [rows] = await admin.query(
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Bytes_received', 'Bytes_sent')",
  )
  return (rows as { Value: string }[]).reduce((sum, { Value }) => sum + Number(Value), 0)
}

/** Nobody else may ask the server meanwhile. `user`: whose statements are counted. */
export const countAsked = async (
  adminUrl: string,
  user: string,
  work: () => Promise<unknown>,
): Promise<Asked> =>
  onSource(adminUrl, async (admin) => {
    // what asking itself costs is taken off again
    const first = await bytesSoFar(admin)
    const second = await bytesSoFar(admin)
    await work()
    const bytes = (await bytesSoFar(admin)) - second - (second - first)
    // nothing of this may stand in the binary log, which the poll asks
    await admin.query('SET SESSION sql_log_bin = 0')
    await admin.query("SET GLOBAL log_output = 'TABLE'")
    await admin.query('TRUNCATE TABLE mysql.general_log')
    await admin.query('SET GLOBAL general_log = 1')
    try {
      await work()
    } finally {
      await admin.query('SET GLOBAL general_log = 0')
    }
    const [rows] = await admin.query(
      "SELECT CONVERT(argument USING utf8mb4) AS said FROM mysql.general_log WHERE command_type = 'Query' AND user_host LIKE ?",
      [`%${user}%`],
    )
    return { statements: (rows as { said: string }[]).map(({ said }) => said), bytes: Math.max(0, bytes) }
  })
