/**
 * The chain of hashes over cycles and ledger: what was recorded cannot be edited, taken away or added to unnoticed.
 *
 *   chain = SHA-256 ( previous ‖ the cycle's own fields ‖ SHA-256 of the SHA-256s of its ledger rows, in their order )
 *
 * computed by PostgreSQL over the rows as stored, within the cycle's transaction. `previous` is the link
 * before; mirror.source keeps the newest, so that a cycle cut off from the end is missed, too. Every field of a cycle
 * enters. Cycles that found nothing share the newest row: it is linked anew each time, to the same `previous`, and only
 * as long as it is what was linked last; else a new row begins and the edited one stays as evidence.
 *
 * It holds against slips and repairs by hand, not against somebody who computes the whole chain anew: for that keep a copy of
 * `mirror.source.chain` elsewhere. Rows from before the chain have no link; it begins after them.
 */
import { inTransaction, type Target } from '../postgres.ts'

const microseconds = (column: string): string => `(extract(epoch FROM ${column}) * 1000000)::bigint`

/**
 * Of the ledger rows of cycle `y`, and then of its changes of the schema and its conflicts: how many, and their digest. A row's text as PostgreSQL
 * quotes it is one to one.
 */
const entries = `SELECT count(*) AS rows, sha256(coalesce(string_agg(r.hash, ''::bytea ORDER BY r.part, r.id), ''::bytea)) AS digest
  FROM (
    SELECT 1 AS part, c.id, sha256(convert_to(ROW(c.id, c.table_name, c.key, c.op, c.before, c.after)::text, 'UTF8')) AS hash
      FROM mirror.change c WHERE c.cycle = y.id AND c.source_id = y.source_id
    UNION ALL
    SELECT 2, s.id, sha256(convert_to(ROW('schema', s.id, s.table_name, s.kind, s.before, s.after, s.how)::text, 'UTF8'))
      FROM mirror.schema_change s WHERE s.cycle = y.id AND s.source_id = y.source_id
    UNION ALL
    SELECT 3, f.id, sha256(convert_to(ROW('conflict', f.id, f.table_name, f.key, f.kind, f.expected, f.found, f.outcome)::text, 'UTF8'))
      FROM mirror.conflict f WHERE f.cycle = y.id AND f.source_id = y.source_id
  ) AS r`

/** What of a cycle moves when others that found nothing share its row. */
interface Moving {
  readonly id: string
  readonly snapshotAt: string
  readonly committedAt: string
  readonly proof: string
  readonly quietCycles: string
}

const stored: Moving = {
  id: 'y.id',
  snapshotAt: 'y.snapshot_at',
  committedAt: 'y.committed_at',
  proof: 'y.proof',
  quietCycles: 'y.quiet_cycles',
}

const fields = ({ id, snapshotAt, committedAt, proof, quietCycles }: Moving): string =>
  `ROW(y.source_id, ${id}, ${microseconds(snapshotAt)}, ${microseconds(committedAt)}, ${proof},
  y.changes, ${quietCycles}, ${microseconds('y.quiet_since')})`

const link = (digest: string, moving = stored): string =>
  `sha256(coalesce(y.previous, ''::bytea) || convert_to(${fields(moving)}::text, 'UTF8') || ${digest})`

/** Of a cycle that found nothing, and so has no entries: its link after these have moved. */
export const quietLink = (moving: Moving): string => link("sha256(''::bytea)", moving)

/** A condition over `mirror.cycle y`: the row is what was linked. */
export const isLinked = `y.chain = ${link(`(SELECT e.digest FROM (${entries}) AS e)`)}`

/** Last statements that touch a new cycle's own rows: hang it on the chain. */
export const linkCycle = async (target: Target, cycle: number): Promise<void> => {
  await target.run(
    `UPDATE mirror.cycle y SET previous = s.chain FROM mirror.source s WHERE y.id = $1 AND s.source_id = y.source_id`,
    [cycle],
  )
  await target.run(
    `WITH linked AS (
       UPDATE mirror.cycle y SET chain = ${link(`(SELECT e.digest FROM (${entries}) AS e)`)} WHERE y.id = $1
       RETURNING y.source_id, y.chain)
     UPDATE mirror.source s SET chain = linked.chain FROM linked WHERE s.source_id = linked.source_id`,
    [cycle],
  )
}

export interface LedgerCheck {
  readonly equal: boolean
  /** the first cycle whose link does not hold */
  readonly firstBroken: number | null
  /** rows of mirror.cycle that were checked */
  readonly cycles: number
}

interface Link {
  readonly cycle: number
  readonly previous: string | null
  readonly chain: string | null
  readonly expected: string | null
}

const sameLink = (a: Link, b: Link): boolean =>
  a.cycle === b.cycle && a.previous === b.previous && a.chain === b.chain && a.expected === b.expected

const linkOf = (row: readonly (string | null)[]): Link => ({
  cycle: Number(row[0]),
  previous: row[1] ?? null,
  chain: row[2] ?? null,
  expected: row[3] ?? null,
})

/** Cycles looked at in one statement: each of them ends well within the deadline, whatever the ledger's length. */
const piece = 50

/**
 * Follows the chain from its beginning, in the view that is open on the connection: memory holds one piece of it.
 * `broken` hears of each link that does not hold and was not acknowledged as it stands.
 */
const followChain = async (
  target: Target,
  sourceId: string,
  broken: (link: Link) => void,
): Promise<{ readonly cycles: number; readonly rows: number }> => {
  const acknowledged = (
    await target.rows(
      'SELECT cycle, previous, chain, expected FROM mirror.acknowledged_break WHERE source_id = $1',
      [sourceId],
    )
  ).map(linkOf)
  const judge = (holds: boolean, link: Link): void => {
    if (!holds && !acknowledged.some((known) => sameLink(known, link))) broken(link)
  }
  let begun = false
  let last: string | null = null
  // below any number that a hand may have put in
  let after = '-9223372036854775808'
  let cycles = 0
  let rows = 0
  for (;;) {
    const read = await target.rows(
      `SELECT y.id, y.previous, y.chain, ${link('e.digest')}, e.rows
         FROM mirror.cycle y CROSS JOIN LATERAL (${entries}) AS e
        WHERE y.source_id = $1 AND y.id > $2 ORDER BY y.id LIMIT ${piece}`,
      [sourceId, after],
    )
    for (const row of read) {
      const found = linkOf(row)
      const isOlder = !begun && found.chain === null && found.previous === null
      if (!isOlder) {
        judge(found.previous === last && found.chain !== null && found.chain === found.expected, found)
        begun = true
        last = found.chain
      }
      after = row[0] ?? after
      cycles += 1
      rows += Number(row[4])
    }
    if (read.length < piece) break
  }
  const [head] = await target.rows(
    'SELECT cycle, NULL, chain, NULL FROM mirror.source WHERE source_id = $1',
    [sourceId],
  )
  if (head !== undefined) judge(linkOf(head).chain === last, linkOf(head))
  return { cycles, rows }
}

/** All rows that some cycle must own. */
const covered =
  'SELECT source_id, cycle FROM mirror.change UNION ALL SELECT source_id, cycle FROM mirror.schema_change UNION ALL SELECT source_id, cycle FROM mirror.conflict'

/** Ledger rows of no cycle: put in by hand, or left behind where their cycle was taken away. */
const firstStray = async (target: Target, sourceId: string): Promise<number | null> => {
  const [row] = await target.rows(
    `SELECT min(c.cycle) FROM (${covered}) AS c WHERE c.source_id = $1
        AND NOT EXISTS (SELECT 1 FROM mirror.cycle y WHERE y.id = c.cycle AND y.source_id = c.source_id)`,
    [sourceId],
  )
  return row?.[0] === null || row?.[0] === undefined ? null : Number(row[0])
}

export const checkLedger = async (target: Target, sourceId: string): Promise<LedgerCheck> => {
  let firstBroken: number | null = null
  const { cycles, rows } = await followChain(target, sourceId, (found) => {
    firstBroken ??= found.cycle
  })
  const [count] = await target.rows(`SELECT count(*) FROM (${covered}) AS c WHERE c.source_id = $1`, [
    sourceId,
  ])
  const stray = Number(count?.[0]) === rows ? null : await firstStray(target, sourceId)
  const first = [firstBroken, stray].filter((cycle) => cycle !== null)
  return {
    equal: first.length === 0,
    firstBroken: first.length === 0 ? null : Math.min(...first),
    cycles,
  }
}

/**
 * Takes the first broken link as it stands: after old cycles were taken away on purpose, the first of those that are
 * left. Should it change again, it is broken again.
 */
export const acknowledgeBreak = async (target: Target, sourceId: string): Promise<void> => {
  await inTransaction(target, async () => {
    // One view: a cycle that is committed meanwhile must not look like a break.
    await target.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    const links: Link[] = []
    await followChain(target, sourceId, (found) => {
      if (links.length === 0) links.push(found)
    })
    for (const { cycle, previous, chain, expected } of links) {
      await target.run(
        `INSERT INTO mirror.acknowledged_break (source_id, cycle, previous, chain, expected) VALUES ($1, $2, $3, $4, $5)`,
        [sourceId, cycle, previous, chain, expected],
      )
    }
  })
}
