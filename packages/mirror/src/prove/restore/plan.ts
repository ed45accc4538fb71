/** What is to be restored, and whether it may be: decided before anything is written. */
import { createHash } from 'node:crypto'
import { MirrorError } from '../../errors.ts'
import { quoteMysql } from '../../names.ts'
import type { KeptTable } from '../../record/definitions.ts'
import type { TableRecord } from '../../record/tables.ts'
import type { NotCovered } from '../../types.ts'
import type { Mirrored, MirroredTable } from './mirrored.ts'

export interface PlannedTable extends MirroredTable {
  readonly name: string
  readonly createTable: string
  readonly kept: KeptTable
}

/** Of the server that is restored to. */
export interface Landing {
  readonly flavour: string
  readonly version: string
  readonly mark: string
  readonly database: string
  /** @@lower_case_table_names */
  readonly folding: number
  readonly charset: string
  readonly collation: string
}

const unseen = 'an account with SELECT alone cannot see them: make them anew from where they are kept'

const whyNotHeld = (record: TableRecord): string => {
  if (record.state === 'refused') return record.refusal?.reason ?? 'refused by the mirror'
  if (record.state === 'vanished') return 'vanished from the source, which was accepted; the copy stays'
  return record.fingerprint === null ? 'not loaded yet' : 'left out by --tables or --exclude'
}

/** What no text of a JSON document holds (docs/decisions/0054). */
const scalarTypes =
  'the text of a JSON document does not hold the types of its scalars: by JSON_TYPE a DATE, TIME, DATETIME, BLOB or BIT comes back as STRING, a DECIMAL as DOUBLE, an UNSIGNED INTEGER as INTEGER'
const historyOf = 'of a system-versioned table the rows of now are restored, and not those that were'

/** What is lost of a table that is restored, by what its definition says. */
const lossesOf = (flavour: string, { name, createTable }: PlannedTable): readonly NotCovered[] => [
  ...(flavour === 'mysql'
    ? [...createTable.matchAll(/^ {2}`((?:[^`]|``)+)` json\b/gm)].map(
        ([, column = '']): NotCovered => ({
          kind: 'column',
          name: `${name}.${column.replaceAll('``', '`')}`,
          reason: scalarTypes,
        }),
      )
    : []),
  ...(/^\).*\bWITH SYSTEM VERSIONING\b/m.test(createTable)
    ? [{ kind: 'history', name, reason: historyOf } as const]
    : []),
]

/** A default that draws from a sequence: that of the source, wherever the definition is repeated on its server. */
const sequenceDefault = /\b(?:nextval|lastval|setval)\((?:`(?:[^`]|``)+`\.)?`(?:[^`]|``)+`/i

/** Why a table cannot be made at all; undefined when it can. It is told of the table, and the others are restored. */
export const whyNotMade = ({ createTable }: PlannedTable): string | undefined => {
  const draws = sequenceDefault.exec(createTable)?.[0]
  return draws === undefined
    ? undefined
    : `a default of it draws from a sequence, ${draws}), which is not mirrored: make both by hand`
}

export const planTables = (
  mirrored: Mirrored,
): { readonly tables: readonly PlannedTable[]; readonly notCovered: readonly NotCovered[] } => {
  const tables: PlannedTable[] = []
  const notCovered: NotCovered[] = mirrored.definitions.others.map(({ kind, name }) => ({
    kind: kind === 'view' ? 'view' : 'sequence',
    name,
    reason: `a ${kind} is not mirrored`,
  }))
  for (const table of mirrored.tables) {
    const { name } = table.record
    const kept = mirrored.definitions.tables.get(name)
    if (kept !== undefined && kept.createTable !== null) {
      const planned = { ...table, name, kept, createTable: kept.createTable }
      tables.push(planned)
      notCovered.push(...lossesOf(mirrored.definitions.flavour, planned))
    } else {
      const reason =
        kept?.unreadable ?? 'its definition was not read yet: mirror sync, while the source is there'
      notCovered.push({ kind: 'table', name, reason })
    }
  }
  for (const record of mirrored.others) {
    notCovered.push({ kind: 'table', name: record.name, reason: whyNotHeld(record) })
  }
  for (const kind of ['trigger', 'routine', 'event', 'user'] as const)
    notCovered.push({ kind, name: null, reason: unseen })
  return { tables, notCovered }
}

const numbersOf = (version: string): readonly number[] =>
  (/^(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number)

const compareVersions = (a: string, b: string): number => {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export const isSameVersion = (mirrored: Mirrored, landing: Landing): boolean =>
  mirrored.definitions.flavour === landing.flavour &&
  compareVersions(landing.version, mirrored.definitions.version) === 0

/** Why equality cannot be promised; empty when it can. */
export const reservations = ({ definitions }: Mirrored, landing: Landing): readonly string[] => {
  if (definitions.flavour !== landing.flavour) {
    return [
      `the source is ${definitions.flavour} ${definitions.version}, the server to restore to ${landing.flavour} ${landing.version}`,
    ]
  }
  return compareVersions(landing.version, definitions.version) < 0
    ? [`the source is of version ${definitions.version}, the server to restore to of ${landing.version}`]
    : []
}

/** Throws MIRROR_1105 when this is where the mirror copies from. */
export const refuseSource = (mirrored: Mirrored, landing: Landing, sourceDatabase: string): void => {
  const sameName =
    landing.folding === 0
      ? landing.database === sourceDatabase
      : landing.database.toLowerCase() === sourceDatabase.toLowerCase()
  if (sameName && mirrored.definitions.serverMark === landing.mark) {
    throw new MirrorError('MIRROR_1105', { detail: `${landing.database} on the same server` })
  }
}

/** Throws MIRROR_1107 when two names would fall together, or one would change. */
export const refuseFolding = (tables: readonly PlannedTable[], landing: Landing): void => {
  if (landing.folding === 0) return
  const met = new Map<string, string>()
  for (const { name } of tables) {
    const folded = name.toLowerCase()
    const twin = met.get(folded)
    if (twin !== undefined) throw new MirrorError('MIRROR_1107', { detail: `${twin} and ${name}` })
    if (landing.folding === 1 && folded !== name) {
      throw new MirrorError('MIRROR_1107', { detail: `${name} would become ${folded}` })
    }
    met.set(folded, name)
  }
}

/** The same for the same statement; kept in the marker. */
export const definitionMark = (createTable: string): string =>
  createHash('sha256').update(createTable).digest('hex')

/**
 * A definition as far as it says something: without the next number, which a row that comes and goes moves; and without
 * a character set before a collation of that set, which MySQL writes or not by how the statement was once worded.
 */
export const essenceOf = (createTable: string): string =>
  createTable
    .replace(/^(\) ENGINE=\w+) AUTO_INCREMENT=\d+/m, '$1')
    .replaceAll(/ CHARACTER SET (\w+) COLLATE (\1_\w+)/g, ' COLLATE $2')

export const databaseSql = (mirrored: Mirrored, landing: Landing): string | undefined => {
  const { charset, collation } = mirrored.definitions
  if (landing.charset === charset && landing.collation === collation) return undefined
  return `ALTER DATABASE ${quoteMysql(landing.database)} CHARACTER SET ${charset} COLLATE ${collation}`
}

const integerBits: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  bigint: 64n,
}

/** Beyond all that is known, by the gap: numbers that the source gave since are not given a second time. */
export const nextNumber = (
  column: { readonly dataType: string; readonly columnType: string },
  recorded: bigint | null,
  highest: bigint | null,
  gap: number,
): bigint | undefined => {
  const bits = integerBits[column.dataType]
  // FLOAT and DOUBLE may count, too; what they have is what the rows give them.
  if (bits === undefined) return undefined
  const most = /\bunsigned\b/.test(column.columnType) ? 2n ** bits - 1n : 2n ** (bits - 1n) - 1n
  const known = [recorded ?? 1n, (highest ?? 0n) + 1n].reduce((a, b) => (a > b ? a : b))
  const next = known + BigInt(gap)
  return next > most ? most : next
}

export const autoIncrementSql = (table: string, next: bigint): string =>
  `ALTER TABLE ${quoteMysql(table)} AUTO_INCREMENT = ${next}`
