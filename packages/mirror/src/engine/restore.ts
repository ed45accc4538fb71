/** `mirror restore`: opens the target and the server to restore to. The source is never asked: it may be gone. */
import { MirrorError } from '../errors.ts'
import { tableSelector } from '../names.ts'
import { PostgresConnection } from '../postgres.ts'
import { Destination } from '../prove/restore/destination.ts'
import { withMirrored } from '../prove/restore/mirrored.ts'
import { restoreTo } from '../prove/restore/restore.ts'
import { requireCurrentRecord, hasRecord } from '../record/schema.ts'
import type { MirrorOptions, RestoreOptions, RestoreReport, RestoreStep } from '../types.ts'
import { redactKey } from './images.ts'
import { databaseOf, sourceIdOf } from '../source-id.ts'
import { isLocal } from '../tls.ts'

/** A look at all rows of a table in key order may have to sort them first. */
const targetDeadlineMs = 3_600_000

/** Host, port and database: what an address says of the server, whatever it says of the account. */
const placeOf = (address: string): string => {
  const url = new URL(address)
  const host = url.hostname.toLowerCase()
  const socket = url.searchParams.get('socket')
  const server = socket ?? `${isLocal(url) ? 'localhost' : host}:${url.port === '' ? '3306' : url.port}`
  return JSON.stringify([server, databaseOf(address)])
}

export const restoreMirror = async (
  mirror: MirrorOptions,
  options: RestoreOptions,
  onStep: (step: RestoreStep) => void,
  signal: AbortSignal,
): Promise<RestoreReport> => {
  if (placeOf(mirror.source) === placeOf(options.to)) {
    throw new MirrorError('MIRROR_1105', { detail: 'it has the address of --source' })
  }
  const sourceId = sourceIdOf(mirror)
  const target = await PostgresConnection.open({
    url: mirror.target,
    deadlineMs: targetDeadlineMs,
    applicationName: 'matricula mirror: restore',
  })
  try {
    if (!(await hasRecord(target))) throw new MirrorError('MIRROR_4005')
    await requireCurrentRecord(target)
    return await withMirrored(
      target,
      sourceId,
      tableSelector(mirror.tables, mirror.exclude),
      async (mirrored) => {
        const destination = await Destination.open(options.to)
        const redaction = {
          key: mirrored.source.redactionKey,
          columns: new Set(mirrored.source.redacted),
        }
        try {
          return await restoreTo({
            mirrored,
            destination,
            sourceId,
            sourceDatabase: databaseOf(mirror.source),
            options,
            signal,
            onStep,
            shownKey: (table, key) => redactKey(table, key, redaction),
          })
        } finally {
          await destination.close()
        }
      },
    )
  } finally {
    await target.close()
  }
}
