/** The digests that the mirror has recorded, read without its own code. */
import type { Client } from 'pg'

export interface RecordedDigest {
  readonly table: number
  readonly segment: number
  /** hexadecimal */
  readonly key: string
  /** 16 hexadecimal digits */
  readonly digest: string
}

interface Pack {
  readonly table: number
  readonly segment: number
  readonly entries: string
}

/** Of all tables; of those that are loaded, too, under the number below 0. */
export const readRecordedDigests = async (client: Client): Promise<readonly RecordedDigest[]> => {
  const { rows } = await client.query<Pack>(
    `SELECT table_id AS table, segment_id AS segment, encode(entries, 'hex') AS entries FROM mirror.row_pack ORDER BY part`,
  )
  const found = new Map<string, RecordedDigest>()
  for (const { table, segment, entries } of rows) {
    for (let at = 0; at < entries.length; ) {
      const head = Number.parseInt(entries.slice(at, at + 4), 16)
      const keyEnd = at + 4 + 2 * (head % 0x8000)
      const key = entries.slice(at + 4, keyEnd)
      const place = `${table} ${segment} ${key}`
      at = head >= 0x8000 ? keyEnd : keyEnd + 16
      if (head >= 0x8000) found.delete(place)
      else found.set(place, { table, segment, key, digest: entries.slice(keyEnd, at) })
    }
  }
  return [...found.values()]
}

/** Makes of the record what it was before digests were packed: its ninth version, a row a digest and a table for each that is mirrored or loaded. */
export const recordDigestsByRow = async (client: Client): Promise<void> => {
  const recorded = await readRecordedDigests(client)
  await client.query(`
    CREATE TABLE mirror.row_state (table_id integer NOT NULL, segment_id integer NOT NULL, key bytea NOT NULL, digest bigint NOT NULL,
      PRIMARY KEY (table_id, segment_id, key)) PARTITION BY LIST (table_id)`)
  for (const table of new Set(recorded.map((row) => row.table))) {
    const [id, place] = table < 0 ? [-table, 'mirror_load'] : [table, 'mirror']
    await client.query(
      table < 0
        ? `CREATE TABLE ${place}.row_state_${id} (LIKE mirror.row_state)`
        : `CREATE TABLE ${place}.row_state_${id} PARTITION OF mirror.row_state FOR VALUES IN (${id})`,
    )
    await client.query(
      `INSERT INTO ${place}.row_state_${id}
       SELECT $2, (r->>'segment')::int, decode(r->>'key', 'hex'), ('x' || (r->>'digest'))::bit(64)::bigint
         FROM jsonb_array_elements($1::jsonb) AS r`,
      [JSON.stringify(recorded.filter((row) => row.table === table)), id],
    )
  }
  await client.query('DROP TABLE mirror.row_pack; UPDATE mirror.meta SET version = 9')
}
