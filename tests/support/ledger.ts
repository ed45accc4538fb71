/**
 * Does the ledger hold each change once? For each row its changes must follow from each other: what one left behind is
 * what the next one found; nothing is inserted twice or deleted twice; and the last one left what stands in the
 * mirror now. A change that was lost or applied twice breaks the chain.
 */
import { onTarget } from '../../packages/devstack/src/index.ts'

interface Entry {
  readonly op: string
  readonly before: unknown
  readonly after: unknown
}

export interface LedgerCheck {
  readonly changes: number
  readonly faults: readonly string[]
}

const quotes = (name: string): string => `"${name.replaceAll('"', '""')}"`
const text = (value: unknown): string => JSON.stringify(value ?? null)

/** What is wrong within the changes of one row, `exists`: does it stand in the mirror now? */
function faultsOf(entries: readonly Entry[], exists: boolean): readonly string[] {
  const faults: string[] = []
  let last: Entry | undefined
  for (const entry of entries) {
    const isThere = last === undefined ? entry.op !== 'insert' : last.op !== 'delete'
    if (entry.op === 'insert' && isThere) faults.push('inserted while it is there')
    if (entry.op !== 'insert' && !isThere) faults.push(`${entry.op} while it is not there`)
    if (last !== undefined && text(last.after) !== text(entry.before)) {
      faults.push(`${entry.op} found ${text(entry.before)}, the change before left ${text(last.after)}`)
    }
    if (entry.op === 'update' && text(entry.before) === text(entry.after))
      faults.push('an update that changes nothing')
    last = entry
  }
  if (last !== undefined && (last.op !== 'delete') !== exists)
    faults.push(`last ${last.op}, but it ${exists ? 'stands' : 'does not stand'} in the mirror`)
  return faults
}

/** `tables`: table → key columns, in key order; their PostgreSQL text must be their canonical text (integers). */
export async function checkLedger(
  target: string,
  schema: string,
  tables: Readonly<Record<string, readonly string[]>>,
): Promise<LedgerCheck> {
  return onTarget(target, async (client) => {
    const faults: string[] = []
    let changes = 0
    for (const [table, key] of Object.entries(tables)) {
      const present = await client.query<{ id: string }>(
        `SELECT to_json(ARRAY[${key.map((column) => `${quotes(column)}::text`).join(', ')}])::text AS id FROM ${quotes(schema)}.${quotes(table)}`,
      )
      const standing = new Set(present.rows.map(({ id }) => text(JSON.parse(id))))
      const listed = await client.query<Entry & { key: readonly string[] }>(
        `SELECT key, op, before, after FROM mirror.change
          WHERE source_id = $1 AND table_name = $2 AND op <> 'load' ORDER BY cycle, id`,
        [schema, table],
      )
      const byKey = new Map<string, Entry[]>()
      for (const { key: parts, ...entry } of listed.rows)
        byKey.set(text(parts), [...(byKey.get(text(parts)) ?? []), entry])
      changes += listed.rows.length
      for (const [id, entries] of byKey) {
        faults.push(...faultsOf(entries, standing.has(id)).map((fault) => `${table} ${id}: ${fault}`))
      }
      const twice = await client.query<{ key: readonly string[]; cycle: string }>(
        'SELECT key, cycle FROM mirror.change WHERE source_id = $1 AND table_name = $2 GROUP BY key, cycle HAVING count(*) > 1',
        [schema, table],
      )
      faults.push(
        ...twice.rows.map((row) => `${table} ${text(row.key)}: more than one entry in cycle ${row.cycle}`),
      )
    }
    return { changes, faults }
  })
}
