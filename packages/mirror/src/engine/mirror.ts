/** The library's front door: a Mirror over one source and one target. */
import { namesInSchema } from '../apply/load.ts'
import { MirrorError } from '../errors.ts'
import type { CanonicalKey } from '../model.ts'
import { tableSelector } from '../names.ts'
import { type PostgresConnection, sqlStateOf } from '../postgres.ts'
import { isWrong, toVerification, type VerifiedTable, verifyTables } from '../prove/verify.ts'
import { acknowledgeBreak } from '../record/chain.ts'
import { type Distrusted, distrustRows } from '../record/distrust.ts'
import { nothingExact } from '../record/exact-list.ts'
import { checkRecordVersion, hasRecord, requireCurrentRecord } from '../record/schema.ts'
import { acceptSource, currentLeader, readSource, setPaused } from '../record/source.ts'
import { acceptTable, readTables } from '../record/tables.ts'
import { readCatalogue } from '../source/tables.ts'
import type {
  EngineEvent,
  LedgerVerification,
  Mirror,
  MirrorOptions,
  Refusal,
  SyncReport,
  VerifyReport,
} from '../types.ts'
import { checkMirror } from './check.ts'
import { refusalsOf } from './standing.ts'
import { runLoop } from './loop.ts'
import { redactKey } from './images.ts'
import { readHistory, readStatus } from './report.ts'
import { isRetried, pause, retryDelayMs } from './retry.ts'
import { restoreMirror } from './restore.ts'
import { LeaderSession, openSource, openTarget } from './session.ts'
import { sourceIdOf } from '../source-id.ts'
import { targetTable } from './shape.ts'

/** For what passes by itself within a cycle or two: DDL under way, a lock, a lost connection. */
const syncAttempts = 5

/** `run` waits for these; who asked for one cycle is told: a side is away or refuses, another mirror leads, this one is paused. */
const toldAtOnce: ReadonlySet<string> = new Set([
  'MIRROR_1001',
  'MIRROR_1002',
  'MIRROR_1003',
  'MIRROR_1006',
  'MIRROR_1020',
  'MIRROR_1021',
  'MIRROR_3001',
  'MIRROR_3002',
  'MIRROR_3006',
  'MIRROR_3009',
  'MIRROR_3020',
  'MIRROR_3021',
  'MIRROR_4001',
  'MIRROR_4003',
])

/** How long a leader is given to take up a repair; it hears of it within a second. */
const repairPatienceMs = 60_000
const repairLookMs = 100

const tableNamed = (name: string): MirrorError =>
  new MirrorError('MIRROR_4005', { detail: `nothing named ${JSON.stringify(name)} is held by a brake` })

interface Compared {
  readonly verified: readonly VerifiedTable[]
  readonly ledger: LedgerVerification
  readonly refused: Readonly<Record<string, Refusal>>
  /** a table's keys as answers may show them */
  readonly shownKey: ReadonlyMap<string, (key: CanonicalKey) => CanonicalKey>
}

export const createMirror = (options: MirrorOptions): Mirror => {
  const sourceId = sourceIdOf(options)
  const listeners = new Set<(event: EngineEvent) => void>()
  const emit = (event: EngineEvent): void => {
    for (const listener of listeners) listener(event)
  }
  const session = new LeaderSession(
    options,
    (table, rows, total) => emit({ type: 'progress', table, rows, total }),
    (names) => emit({ type: 'unmatched', names }),
  )

  const withTarget = async <T>(
    purpose: string,
    work: (target: PostgresConnection) => Promise<T>,
  ): Promise<T> => {
    const target = await openTarget(options, purpose)
    try {
      return await work(target)
    } finally {
      await target.close()
    }
  }

  const withRecord = async <T>(
    purpose: string,
    work: (target: PostgresConnection) => Promise<T>,
  ): Promise<T> =>
    withTarget(purpose, async (target) => {
      if (!(await hasRecord(target))) throw new MirrorError('MIRROR_4005')
      await requireCurrentRecord(target)
      if ((await readSource(target, sourceId)) === undefined) throw new MirrorError('MIRROR_4005')
      return work(target)
    })

  const sync = async (signal: AbortSignal = new AbortController().signal): Promise<SyncReport> => {
    try {
      for (let attempt = 0; ; ) {
        try {
          await session.lead()
          if (await session.isPaused()) throw new MirrorError('MIRROR_4003')
          const { report, busyMs } = await session.cycle(true)
          emit({ type: 'cycle', report, busyMs })
          await session.noteFollowing()
          return report
        } catch (error) {
          // class 40: a deadlock of PostgreSQL's, of which the loser is to try again
          const isToldAtOnce =
            error instanceof MirrorError && toldAtOnce.has(error.code) && !sqlStateOf(error).startsWith('40')
          if (isToldAtOnce || !isRetried(error) || attempt + 1 >= syncAttempts || signal.aborted) throw error
          if (error instanceof MirrorError) await session.noteWaiting(error)
          await pause(retryDelayMs(error, attempt), signal)
          // a busy source is waited for as long as it takes: after a minute it is read all the same
          if (!(error instanceof MirrorError) || error.code !== 'MIRROR_1025') attempt += 1
        }
      }
    } finally {
      await session.close()
    }
  }

  const compare = async (limit: number): Promise<Compared> =>
    withRecord('verify', async (target) => {
      const source = await openSource(options)
      try {
        const catalogue = await readCatalogue(source, tableSelector(options.tables, options.exclude))
        const records = await readTables(target, sourceId)
        const record = await readSource(target, sourceId)
        const leads = (await currentLeader(target, sourceId)) !== null
        const present = new Set(await namesInSchema(target, sourceId))
        const tables = [...catalogue.tables.values()].flatMap((table) => {
          const known = records.get(table.name)
          if (known === undefined || known.fingerprint !== table.fingerprint) return []
          if (!present.has(known.targetName)) return []
          return [{ table, shape: targetTable(sourceId, table), followed: known.state === 'live' }]
        })
        const concurrent = leads && record?.paused === false && record.brake === null
        const found = await verifyTables({ source, target, sourceId, tables, concurrent }, limit)
        const verified = [...found.tables]
        const redaction = {
          key: record?.redactionKey ?? Buffer.alloc(0),
          columns: new Set(record?.redacted ?? []),
        }
        const shownKey = new Map(
          tables.map(({ table }) => [table.name, (key: CanonicalKey) => redactKey(table, key, redaction)]),
        )
        const compared = new Set(tables.map(({ table }) => table.name))
        // by name, and a table may be called `constructor`
        const refused = new Map<string, Refusal>([
          ...Object.entries(refusalsOf(records)),
          ...[...catalogue.refused.values()].map(
            ({ name, code, reason, remedy }) => [name, { code, reason, remedy }] as const,
          ),
          ...found.refused,
        ])
        // A table that one side lacks, or holds in another shape, differs as a whole: every row of it is missing.
        for (const table of catalogue.tables.values()) {
          if (compared.has(table.name)) continue
          const refusal = refused.get(table.name)
          // One that the target refused after it was loaded has a copy all the same, as wrong as it was, or none any more.
          const isHeld = refusal?.code.startsWith('MIRROR_3') && records.get(table.name)?.fingerprint !== null
          if (refusal !== undefined && !isHeld) continue
          verified.push({
            name: table.name,
            rows: table.estimatedRows,
            differences: [],
            beyond: Math.max(1, table.estimatedRows),
            shape: refusal === undefined ? [] : [refusal.reason],
            exact: nothingExact,
          })
        }
        for (const known of records.values()) {
          if (catalogue.createdAt.has(known.name) || known.state === 'vanished' || known.fingerprint === null)
            continue
          const beyond = Math.max(1, known.rows)
          verified.push({
            name: known.name,
            rows: 0,
            differences: [],
            beyond,
            shape: [],
            exact: nothingExact,
          })
        }
        return { verified, ledger: found.ledger, refused: Object.fromEntries(refused), shownKey }
      } finally {
        await source.close()
      }
    })

  const report = ({ verified, ledger, refused, shownKey }: Compared, limit: number): VerifyReport => {
    const tables = Object.fromEntries(
      verified.map((table) => [table.name, toVerification(table, limit, shownKey.get(table.name))]),
    )
    const different = !ledger.equal || Object.values(tables).some((table) => !table.equal)
    const equal = different ? false : Object.keys(refused).length > 0 ? null : true
    return { equal, tables, refused, ledger }
  }

  /** Until a cycle has been committed that began after the repair was asked for: by the leader, or by us. */
  const carryOut = async (): Promise<void> => {
    const isLed = await withRecord('repair', async (target) => {
      if ((await currentLeader(target, sourceId)) === null) return false
      const cycle = async (): Promise<number> => (await readSource(target, sourceId))?.cycle ?? 0
      const before = await cycle()
      const end = performance.now() + repairPatienceMs
      const never = new AbortController().signal
      // A cycle that had been planned before the repair was asked for cannot commit: the revision has moved.
      while ((await cycle()) <= before) {
        if (performance.now() > end) {
          throw new MirrorError('MIRROR_4001', {
            detail: 'the leader took up no repair within a minute; is it paused?',
          })
        }
        await pause(repairLookMs, never)
      }
      return true
    })
    if (!isLed) await sync()
  }

  const verify: Mirror['verify'] = async ({ repair, limit, acceptLedger = false }) => {
    if (acceptLedger) await withRecord('acknowledge', async (target) => acknowledgeBreak(target, sourceId))
    const first = await compare(limit)
    if (!repair) return report(first, limit)
    const wrongTables = first.verified.filter(isWrong)
    const repaired = wrongTables.reduce((sum, table) => sum + table.differences.length + table.beyond, 0)
    if (wrongTables.length === 0) return { ...report(first, limit), repaired }
    await withRecord('repair', async (target) => {
      const records = await readTables(target, sourceId)
      await distrustRows(
        target,
        sourceId,
        wrongTables.flatMap((table): Distrusted[] => {
          const record = records.get(table.name)
          // One that is being loaded is read from the source already: what it lacks comes, and what is wrong in its former copy goes.
          if (record === undefined || record.state === 'loading') return []
          // A table that is not there, or wrong beyond what was listed, is loaded anew as a whole.
          const reload = table.beyond + table.shape.length > 0 || record.definition.details?.key.length === 0
          const extra = table.differences.filter(({ kind, stray }) => kind === 'extra' && !stray)
          return [
            {
              tableId: record.id,
              table: table.name,
              wrong: table.differences.filter(({ kind }) => kind !== 'extra').map(({ id }) => id),
              extra: extra.map(({ id }) => id),
              strays: table.differences.flatMap(({ key, kind, stray }) =>
                kind === 'extra' && stray ? [key] : [],
              ),
              reload,
            },
          ]
        }),
      )
    })
    await carryOut()
    return { ...report(await compare(limit), limit), repaired }
  }

  return {
    check: async () => checkMirror(options),
    sync,
    verify,
    restore: async (given, onStep = () => undefined, signal = new AbortController().signal) =>
      restoreMirror(options, given, onStep, signal),
    run: async (signal) => {
      try {
        await runLoop(options, session, emit, signal)
      } finally {
        await session.close()
      }
    },
    status: async () =>
      withTarget('status', async (target) => {
        const recorded = await hasRecord(target)
        if (recorded) await checkRecordVersion(target)
        return readStatus(target, options, recorded)
      }),
    history: async (query) => withRecord('history', async (target) => readHistory(target, options, query)),
    pause: async () => withRecord('pause', async (target) => setPaused(target, sourceId, true)),
    resume: async ({ accept }) =>
      withRecord('resume', async (target) => {
        for (const name of accept) {
          // a table may be called `source`, too: it is meant where no brake holds the whole
          const done =
            (name === 'source' && (await acceptSource(target, sourceId))) ||
            (await acceptTable(target, sourceId, name))
          if (!done) throw tableNamed(name)
        }
        await setPaused(target, sourceId, false)
      }),
    on: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => session.close(),
  }
}
