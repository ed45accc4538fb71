/** What a cycle does about changes of the source's schema, within its transaction, before rows are written. */
import { addIndex, dropIndex, dropTable, renameColumn, renameTable, retypeColumn } from '../apply/alter.ts'
import { giveRights, readRights, type Rights } from '../apply/rights.ts'
import { type Alteration, compareDefinitions, type DefinitionDifference } from '../detect/definition.ts'
import { postgresColumnName, postgresName } from '../names.ts'
import type { Target } from '../postgres.ts'
import { renameExactColumn } from '../record/exact-row.ts'
import { forgetRecord, renameRecord } from '../record/rename.ts'
import { recordSchemaChanges, type RecordedSchemaChange } from '../record/schema-change.ts'
import { defineTable, type TableRecord } from '../record/tables.ts'
import type { SourceTable } from '../source/tables.ts'
import { keptDefinition } from './kept-definition.ts'
import type { Renamings } from './renames.ts'
import { targetTable } from './shape.ts'

export interface AlterContext {
  readonly target: Target
  readonly sourceId: string
  readonly cycle: number
}

/** In one transaction two tables may take each other's names: each goes by one that is nobody's. */
const between = (tableId: number): string => `renaming ${tableId}`

export const applyRenames = async (
  { target, sourceId, cycle }: AlterContext,
  { renamed, replaced }: Renamings,
): Promise<void> => {
  const place = (name: string) => ({ schema: sourceId, name })
  // Of a ghost table that takes the name nobody has said anything.
  const rights = new Map<string, Rights>()
  for (const { table } of renamed) {
    const name = postgresName(table.name)
    const standing = await readRights(target, place(name))
    if (standing !== undefined) rights.set(name, standing)
  }
  for (const record of replaced) {
    await dropTable(target, place(record.targetName))
    await forgetRecord(target, sourceId, record.id, record.name)
  }
  for (const { record } of renamed) {
    const name = between(record.id)
    await renameTable(target, place(record.targetName), name)
    await renameRecord(target, sourceId, record.name, name, name)
  }
  for (const { record, table } of renamed) {
    const name = postgresName(table.name)
    await renameTable(target, place(between(record.id)), name)
    await renameRecord(target, sourceId, between(record.id), table.name, name)
    const said = rights.get(name)
    if (said !== undefined) await giveRights(target, place(name), said)
  }
  await recordSchemaChanges(target, sourceId, cycle, [
    ...renamed.map(
      ({ record, table }): RecordedSchemaChange => ({
        table: table.name,
        kind: 'table renamed',
        before: { table: record.name },
        after: { table: table.name },
        how: 'in place',
      }),
    ),
    ...replaced.map(
      ({ name, columns }): RecordedSchemaChange => ({
        table: name,
        kind: 'table replaced',
        before: { table: name, columns },
        after: { table: renamed.find(({ table }) => table.name === name)?.record.name ?? '' },
        how: 'in place',
      }),
    ),
  ])
}

const alter = async (
  { target, sourceId }: AlterContext,
  table: SourceTable,
  alteration: Alteration,
): Promise<void> => {
  const place = targetTable(sourceId, table)
  for (const { from, to } of alteration.renames) {
    await renameColumn(target, place, postgresColumnName(from), postgresColumnName(to))
    await renameExactColumn(target, sourceId, table.name, from, to)
  }
  for (const { column, type } of alteration.retypes)
    await retypeColumn(target, place, postgresColumnName(column), type)
  for (const { columns } of alteration.droppedIndexes)
    await dropIndex(target, place, columns.map(postgresColumnName))
  for (const { columns } of alteration.addedIndexes)
    await addIndex(target, place, columns.map(postgresColumnName))
}

export const nothingChanged: DefinitionDifference = { changes: [], inPlace: null }

/** Of a table that was loaded: what is new about it. */
export const reloadOf = (record: TableRecord | undefined, table: SourceTable): DefinitionDifference => {
  const now = keptDefinition(table)
  if (record !== undefined && record.fingerprint !== null)
    return { ...compareDefinitions(record.definition, now), inPlace: null }
  const after = { table: table.name, columns: now.columns }
  return { changes: [{ kind: 'table added', before: null, after }], inPlace: null }
}

/** The copy takes the table's new definition, and the record says so. */
export const applyAlteration = async (
  context: AlterContext,
  table: SourceTable,
  tableId: number,
  { changes, inPlace }: DefinitionDifference,
): Promise<void> => {
  if (inPlace !== null) await alter(context, table, inPlace)
  await defineTable(context.target, tableId, keptDefinition(table), table.fingerprint, table.consistency)
  await recordSchemaChanges(
    context.target,
    context.sourceId,
    context.cycle,
    changes.map((change) => ({
      ...change,
      table: table.name,
      how: inPlace === null ? 'reload' : 'in place',
    })),
  )
}
