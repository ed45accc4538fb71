/** A table that is loaded in pieces, a small one beside it, and those who write to it meanwhile. */
import { onSource, onTarget } from '../../packages/devstack/src/index.ts'
import { compareSides } from './compare.ts'
import { mirror, type RunningMirror } from './mirror.ts'
import { random } from './registrations.ts'
import { freshDatabase, freshTarget, type SourceFlavour } from './servers.ts'
import { until } from './until.ts'

export const ROWS = 60_000

/** A key of two parts, whose order is the server's own: é and e, a and A are the same to it. */
const columns = `name VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL, number INT NOT NULL,
  note VARCHAR(60) NULL, span TIME NULL, amount DECIMAL(10,2) NOT NULL, PRIMARY KEY (name, number), KEY (amount)`

export async function setUpLarge(flavour: SourceFlavour) {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} d`).join(' UNION ALL ')
  await onSource(database.url, async (connection) => {
    await connection.query('SET SESSION completion_type = 0, sql_select_limit = DEFAULT, autocommit = 1')
    await connection.query('CREATE TABLE small (id INT PRIMARY KEY, n INT) ENGINE=InnoDB')
    await connection.query('INSERT INTO small VALUES (1, 0)')
    await connection.query(`CREATE TABLE large (${columns}) ENGINE=InnoDB CHARSET=utf8mb4`)
    await connection.query(`INSERT INTO large SELECT CONCAT(ELT(1 + n % 5, 'é', 'E', 'a', 'B', 'zz'), n DIV 700), n,
        IF(n % 7 = 0, NULL, CONCAT('note ', n)), IF(n % 50000 = 0, '30:00:00', '10:00:00'), n * 0.01
      FROM (SELECT a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d + 100000*g.d AS n FROM (${digits}) a, (${digits}) b, (${digits}) c,
        (${digits}) e, (${digits}) f, (${digits}) g) numbers WHERE n < ${ROWS}`)
  })
  const sides = { source: database.mirrorUrl, target: target.url }
  const ask = async (sql: string): Promise<Record<string, unknown>[]> =>
    onTarget(target.adminUrl, async (client) => (await client.query(sql)).rows as Record<string, unknown>[])
  const load = async () =>
    (
      await ask(
        'SELECT phase, rows::int, table_id AS id, started_at::text AS started FROM mirror.load_state',
        // the first leader has not made the record yet
      ).catch(() => [])
    )[0] as { phase: string; rows: number; id: number; started: string } | undefined
  const isThere = async (name: string): Promise<boolean> =>
    (await ask(`SELECT to_regclass('"${database.name}"."${name}"') IS NOT NULL AS there`))[0]?.['there'] ===
    true
  const compare = async (more: { readonly schema?: string; readonly except?: readonly string[] } = {}) =>
    compareSides({ source: database.adminUrl, target: target.adminUrl, ...more })
  /** SIGKILL; resolves when its place is free: within a statement the server notices it after a second. */
  const kill = async (running: RunningMirror): Promise<void> => {
    await running.kill()
    await until('its place to be free', async () => (await mirror(sides, 'status')).json.leader === null)
  }
  return { database, target, sides, ask, load, isThere, compare, kill }
}

export interface Writing {
  readonly made: number
  stop(): Promise<void>
}

/** One step after the other, each told how many were made before it, until it is stopped. */
export function startWriting(
  url: string,
  step: (run: (sql: string) => Promise<unknown>, made: number) => Promise<void>,
): Writing {
  let made = 0
  const ending = new AbortController()
  const done = onSource(url, async (connection) => {
    await connection.query('SET SESSION completion_type = 0, sql_select_limit = DEFAULT, autocommit = 1')
    while (!ending.signal.aborted) {
      await step(async (sql) => connection.query(sql), made)
      made += 1
    }
  })
  return {
    get made() {
      return made
    },
    async stop() {
      ending.abort()
      await done
    },
  }
}

/** Changes rows all over the table, their keys too, without pause. */
export function startChanges(url: string, seed: number): Writing {
  const next = random(seed)
  return startWriting(url, async (run, made) => {
    const n = Math.floor(next() * ROWS)
    const statements = [
      `UPDATE large SET amount = amount + 1 WHERE amount = ${n / 100}`,
      `UPDATE large SET name = CONCAT(name, 'x') WHERE amount = ${n / 100} AND LENGTH(name) < 15`,
      `DELETE FROM large WHERE amount = ${n / 100} LIMIT 1`,
      `INSERT INTO large VALUES ('${'aEézq'[n % 5]}${n % 170}', ${ROWS + made}, 'new', '40:00:00', 0)`,
    ]
    await run(statements[made % statements.length] ?? '')
    // some hundred a second: the processes that are killed and started need the processors too
    await new Promise((resolve) => setTimeout(resolve, 3))
  })
}
