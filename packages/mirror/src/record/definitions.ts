/** The source's own statements for its tables, kept for `mirror restore`. */
import type { Target } from '../postgres.ts'
import { isoTime } from './source.ts'

/** A step of upgrades.ts. */
export const definitionsSchema = `
CREATE TABLE mirror.source_definition (
  source_id text PRIMARY KEY REFERENCES mirror.source,
  read_at timestamptz NOT NULL,
  -- of what a cycle sees of all definitions; when it moves they are read anew
  signature text NOT NULL,
  flavour text NOT NULL,
  version text NOT NULL,
  server_mark text NOT NULL,
  character_set text NOT NULL,
  collation_name text NOT NULL,
  -- views and sequences: [{kind, name}]
  others jsonb NOT NULL
);
CREATE TABLE mirror.table_definition (
  source_id text NOT NULL REFERENCES mirror.source,
  table_name text NOT NULL,
  -- null where the account may not read it; then \`unreadable\` holds the server's words
  create_table text,
  unreadable text,
  -- the next number that the source would give, as of the last cycle that wrote
  auto_increment numeric,
  PRIMARY KEY (source_id, table_name)
);
`

export interface KeptTable {
  readonly name: string
  readonly createTable: string | null
  readonly unreadable: string | null
  readonly autoIncrement: bigint | null
}

export interface KeptDefinitions {
  readonly readAt: string
  readonly flavour: string
  readonly version: string
  readonly serverMark: string
  readonly charset: string
  readonly collation: string
  readonly others: readonly { readonly kind: string; readonly name: string }[]
  readonly tables: ReadonlyMap<string, KeptTable>
}

/** When they were read, and the signature that they had then; undefined when never. */
export const definitionsAge = async (
  target: Target,
  sourceId: string,
): Promise<{ readonly readAt: string; readonly signature: string } | undefined> => {
  const [row] = await target.rows(
    `SELECT ${isoTime('read_at')}, signature FROM mirror.source_definition WHERE source_id = $1`,
    [sourceId],
  )
  return row === undefined ? undefined : { readAt: row[0] ?? '', signature: row[1] ?? '' }
}

/** The definitions of tables that are not among them stay: what the mirror still holds of them can be made anew. */
export const keepDefinitions = async (
  target: Target,
  sourceId: string,
  readAt: string,
  signature: string,
  definitions: Omit<KeptDefinitions, 'tables' | 'readAt'> & {
    readonly tables: readonly Omit<KeptTable, 'autoIncrement'>[]
  },
): Promise<void> => {
  await target.run(
    `INSERT INTO mirror.source_definition VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (source_id) DO UPDATE SET read_at = $2, signature = $3, flavour = $4, version = $5, server_mark = $6,
       character_set = $7, collation_name = $8, others = $9`,
    [
      sourceId,
      readAt,
      signature,
      definitions.flavour,
      definitions.version,
      definitions.serverMark,
      definitions.charset,
      definitions.collation,
      JSON.stringify(definitions.others),
    ],
  )
  await target.run(
    `INSERT INTO mirror.table_definition (source_id, table_name, create_table, unreadable)
     SELECT $1, t.name, t.create_table, t.unreadable FROM unnest($2::text[], $3::text[], $4::text[]) AS t(name, create_table, unreadable)
     ON CONFLICT (source_id, table_name) DO UPDATE SET create_table = EXCLUDED.create_table, unreadable = EXCLUDED.unreadable`,
    [
      sourceId,
      definitions.tables.map((table) => table.name),
      definitions.tables.map((table) => table.createTable),
      definitions.tables.map((table) => table.unreadable),
    ],
  )
}

/** The next numbers that the source would give. */
export const keepAutoIncrements = async (
  target: Target,
  sourceId: string,
  numbers: ReadonlyMap<string, string>,
): Promise<void> => {
  if (numbers.size === 0) return
  await target.run(
    `UPDATE mirror.table_definition d SET auto_increment = n.number
       FROM unnest($2::text[], $3::numeric[]) AS n(name, number)
      WHERE d.source_id = $1 AND d.table_name = n.name AND d.auto_increment IS DISTINCT FROM n.number`,
    [sourceId, [...numbers.keys()], [...numbers.values()]],
  )
}

export const readKeptDefinitions = async (
  target: Target,
  sourceId: string,
): Promise<KeptDefinitions | undefined> => {
  const [row] = await target.rows(
    `SELECT ${isoTime('read_at')}, flavour, version, server_mark, character_set, collation_name, others
       FROM mirror.source_definition WHERE source_id = $1`,
    [sourceId],
  )
  if (row === undefined) return undefined
  const tables = await target.rows(
    'SELECT table_name, create_table, unreadable, auto_increment FROM mirror.table_definition WHERE source_id = $1',
    [sourceId],
  )
  return {
    readAt: row[0] ?? '',
    flavour: row[1] ?? '',
    version: row[2] ?? '',
    serverMark: row[3] ?? '',
    charset: row[4] ?? '',
    collation: row[5] ?? '',
    others: JSON.parse(row[6] ?? '[]') as { kind: string; name: string }[],
    tables: new Map(
      tables.map(([name, createTable, unreadable, autoIncrement]) => [
        name ?? '',
        {
          name: name ?? '',
          createTable: createTable ?? null,
          unreadable: unreadable ?? null,
          autoIncrement: autoIncrement === null || autoIncrement === undefined ? null : BigInt(autoIncrement),
        },
      ]),
    ),
  }
}
