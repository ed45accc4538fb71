/** What is kept out of ledger and answers stays so under the name that its table, or its column, bears from now on. Pure. */
import type { TableRecord } from '../record/tables.ts'
import { reloadOf } from './alter.ts'
import type { Decisions } from './decide.ts'

const lower = (name: string): string => name.toLowerCase()

/** `redacted`: TABLE.COLUMN in lower case; returns those that are to be added to it. */
export const secretsByNewNames = (
  redacted: readonly string[],
  { renames, plans, loads, finishes }: Pick<Decisions, 'renames' | 'plans' | 'loads' | 'finishes'>,
  records: ReadonlyMap<string, TableRecord>,
): readonly string[] => {
  const known = new Set(redacted)
  // A new table of the very same definition is a copy, or the same one with many changes.
  const copies = [...loads, ...finishes.map(({ plan }) => plan)].flatMap(({ table }) =>
    [...records.values()]
      .filter(({ name, fingerprint }) => name !== table.name && fingerprint === table.fingerprint)
      .map((record) => ({ record, table })),
  )
  const tables = [...renames.renamed, ...copies].flatMap(({ record, table }) => {
    const before = `${lower(record.name)}.`
    return redacted
      .filter((name) => name.startsWith(before))
      .map((name) => `${lower(table.name)}.${name.slice(before.length)}`)
  })
  const altered = [
    ...plans.flatMap(({ table, altered: difference }) => (difference ? [{ table, difference }] : [])),
    ...[...loads, ...finishes.map(({ plan }) => plan)].map(({ table, record }) => ({
      table,
      difference: reloadOf(record, table),
    })),
  ]
  const columns = altered.flatMap(({ table, difference }) =>
    difference.changes.flatMap(({ kind, before, after }) => {
      const [from, to] = [before, after].map((words) => lower(`${table.name}.${String(words?.['column'])}`))
      return kind === 'column renamed' && from !== undefined && to !== undefined && known.has(from)
        ? [to]
        : []
    }),
  )
  return [...new Set([...tables, ...columns])].filter((name) => !known.has(name))
}
