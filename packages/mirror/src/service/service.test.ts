/** The HTTP service over a stand-in for the mirror: what it says in each state. The real one stands in tests/. */
import { request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { MirrorError } from '../errors.ts'
import { createScrub } from '../secrets.ts'
import type { EngineEvent, HistoryReport, Mirror, StatusReport, SyncReport } from '../types.ts'
import { type Service, startService } from './server.ts'

const PASSWORD = 'p@ss#word'
const at = new Date().toISOString()

const table = {
  state: 'live',
  rows: 1_234,
  provedAt: at,
  proof: 'single',
  consistency: 'cycle',
  exactValues: 2,
  conflicts: 0,
  kept: 0,
  intervalMs: 1_000,
  progress: null,
} as const
const live: StatusReport = {
  state: 'live',
  cycle: 7,
  snapshotAt: at,
  leader: { name: 'host:42', epoch: 3 },
  tables: { course: table, '<img src=x onerror=alert(1)>': { ...table, state: 'braked' } },
  refused: { log: { code: 'MIRROR_2001', reason: 'no primary key', remedy: 'Add one.' } },
  brakes: [
    {
      table: 'course',
      code: 'MIRROR_4101',
      reason: 'would delete 1,500 of 2,000 rows',
      remedy: 'mirror resume --accept course',
      since: at,
    },
  ],
  waiting: { code: 'MIRROR_1025', reason: 'The source is busy.', remedy: 'Wait.', since: at },
  limits: {
    share: { limit: 0.1, measured: 0.02, reached: 3 },
    statementMs: { limit: 10_000, measured: 250, reached: 0 },
    snapshotAgeMs: { limit: 30_000, measured: 1_500, reached: 1 },
    threadsRunning: { limit: 25, measured: null, reached: 0 },
    measuredAt: at,
  },
}
const changes: HistoryReport = {
  cycles: [{ cycle: 7, snapshotAt: at, committedAt: at, proof: 'single', changes: 1 }],
  changes: [
    {
      cycle: 7,
      at,
      table: 'course',
      key: ['12'],
      op: 'update',
      before: { id: '12', title: 'A' },
      after: { id: '12', title: '<b>B</b>' },
    },
  ],
  schemaChanges: [],
  conflicts: [],
  waits: [],
  next: null,
}
const report: SyncReport = {
  cycle: 7,
  snapshot: { at, proof: 'single' },
  tables: {
    course: {
      inserted: 1,
      updated: 2,
      deleted: 3,
      rowsRead: 9,
      exactValues: 0,
      consistency: 'cycle',
      how: 'digest',
    },
  },
  refused: {},
  brakes: [],
  ms: 120,
}

function standIn() {
  const listeners = new Set<(event: EngineEvent) => void>()
  let away: Error | null = null
  const answer = async <T>(value: T): Promise<T> => {
    if (away !== null) throw away
    return value
  }
  const never = () => Promise.reject(new Error('the service must not call this'))
  const mirror: Mirror = {
    check: never,
    sync: never,
    run: never,
    verify: never,
    restore: never,
    pause: never,
    resume: never,
    close: never,
    status: () => answer(live),
    history: () => answer(changes),
    on(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return {
    mirror,
    emit: (event: EngineEvent) => listeners.forEach((listener) => listener(event)),
    goAway: (error: Error | null) => {
      away = error
    },
  }
}

let service: Service | undefined
afterEach(async () => {
  await service?.close()
  service = undefined
})

async function serve() {
  const stand = standIn()
  service = await startService({
    mirror: stand.mirror,
    host: '127.0.0.1',
    port: 0,
    pollMs: 1_000,
    scrub: createScrub([PASSWORD]),
  })
  const { url } = service
  const get = async (path: string) => {
    const response = await fetch(url + path)
    const text = await response.text()
    expect(text).not.toContain(PASSWORD)
    expect(text).not.toContain(encodeURIComponent(PASSWORD))
    return { status: response.status, headers: response.headers, text, json: (): unknown => JSON.parse(text) }
  }
  return { ...stand, url, get }
}

/** fetch does not let the Host header be chosen. */
const withHost = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })

const cycle: EngineEvent = { type: 'cycle', report, busyMs: 60 }
const waiting: EngineEvent = {
  type: 'waiting',
  error: new MirrorError('MIRROR_1001', { detail: `connect mysql://u:${PASSWORD}@db:3306/school` }),
  attempt: 3,
  delayMs: 1_800,
}

describe('readiness', () => {
  test('healthz tells of the process, readyz of the work', async () => {
    const { get, emit } = await serve()
    expect((await get('/healthz')).status).toBe(200)
    const before = await get('/readyz')
    expect(before.status).toBe(503)
    expect(before.json()).toMatchObject({
      ready: false,
      role: 'starting',
      reasons: ['the first cycle has not begun'],
    })
    emit({ type: 'leading', epoch: 1 })
    expect((await get('/readyz')).status).toBe(503)
    emit({ type: 'progress', table: 'course', rows: 10, total: 40 })
    expect((await get('/readyz')).json()).toMatchObject({ reasons: ['loading course: 10 of 40 rows'] })
    emit(cycle)
    expect((await get('/readyz')).json()).toMatchObject({ ready: true, role: 'leading', reasons: [] })
    // a table that is held leaves the others live; the whole does not
    const brake = { code: 'MIRROR_4104', reason: 'another server', since: at, remedy: 'accept it' } as const
    const held = (table: string | null): EngineEvent => ({
      ...cycle,
      report: { ...report, brakes: [{ ...brake, table }] },
    })
    emit(held('course'))
    expect((await get('/readyz')).status).toBe(200)
    emit(held(null))
    expect((await get('/readyz')).json()).toMatchObject({
      ready: false,
      reasons: ['stopped by a brake that waits for a decision'],
    })
    emit(cycle)
    expect((await get('/readyz')).status).toBe(200)
    emit(waiting)
    const lost = await get('/readyz')
    expect(lost.status).toBe(503)
    expect(lost.text).toContain('waiting for the source: The source server cannot be reached.')
    emit(cycle)
    expect((await get('/readyz')).status).toBe(200)
    emit({ type: 'paused' })
    expect((await get('/readyz')).json()).toMatchObject({ ready: false, reasons: ['paused by an operator'] })
    emit({ type: 'standby', leader: 'other:1' })
    expect((await get('/readyz')).status).toBe(200)
    expect((await get('/healthz')).status).toBe(200)
  })
})

describe('status page', () => {
  test('first line is the sentence; values are escaped; brakes carry their remedy', async () => {
    const { get } = await serve()
    const { text, headers } = await get('/')
    expect(headers.get('content-type')).toContain('text/html')
    expect(text).toMatch(
      /<h1>Equal to the source as of <time datetime="[^"]*Z">\d\d:\d\d:\d\d UTC<\/time>, proved/,
    )
    expect(text).toContain('1 row followed in the last minute')
    expect(text).not.toContain('<img')
    expect(text).not.toContain('<b>B</b>')
    expect(text).toContain('title A → &lt;b&gt;B&lt;/b&gt;')
    expect(text).toContain('mirror resume --accept course')
    expect(text).toContain('1,234')
  })

  test('when the target is away, the page says so and shows the last known state', async () => {
    const { get, goAway } = await serve()
    expect((await get('/')).text).not.toContain('does not answer')
    goAway(
      new MirrorError('MIRROR_3001', { detail: `postgres://u:${encodeURIComponent(PASSWORD)}@db/standby` }),
    )
    // the answer before is fresh for a moment: look until it is not
    await expect.poll(async () => (await get('/')).text).toContain('The standby does not answer')
    const { text } = await get('/')
    expect(text).toContain('The standby does not answer; last known: equal to the source as of')
    expect(text).toContain('What stands below was true')
    expect(text).toContain('1,234')
    const api = await get('/api/status')
    expect(api.status).toBe(503)
    expect(api.json()).toMatchObject({
      version: 1,
      error: { code: 'MIRROR_3001', retried: true },
      lastKnown: { cycle: 7 },
    })
    goAway(null)
    expect((await get('/api/status')).status).toBe(200)
  })

  test('when it has never answered, the page says that', async () => {
    const { get, goAway, emit } = await serve()
    goAway(new MirrorError('MIRROR_3001'))
    emit(waiting)
    const { status, text } = await get('/')
    expect(status).toBe(200)
    expect(text).toContain('The state of the standby is not known.')
    expect(text).toContain('Attempt 3, again in 1.8 s')
  })
})

describe('API', () => {
  test('status and history carry their version; wrong questions are refused', async () => {
    const { get } = await serve()
    expect((await get('/api/status')).text.startsWith('{"version":1,')).toBe(true)
    expect(
      (await get('/api/history?table=course&key=12&limit=5&since=2026-01-01T00:00:00Z')).json(),
    ).toMatchObject({ version: 1, next: null })
    for (const query of [
      'key=1',
      'limit=0',
      'limit=ten',
      'since=later',
      'tabel=x',
      'table=a&table=b',
      'table=a&key=[',
      'after=x',
    ]) {
      const bad = await get(`/api/history?${query}`)
      expect(bad.status, query).toBe(400)
      expect(bad.json()).toMatchObject({ version: 1, error: { code: 'MIRROR_0001' } })
    }
    expect((await get('/nothing')).status).toBe(404)
  })

  test('it cannot be written to', async () => {
    const { url } = await serve()
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await fetch(`${url}/api/status`, { method })).status).toBe(404)
  })

  test('a foreign host name is refused: DNS rebinding', async () => {
    const { url } = await serve()
    expect(await withHost(url, 'attacker.example:9300')).toBe(421)
    expect(await withHost(url, 'localhost.attacker.example')).toBe(421)
    expect(await withHost(`${url}/api/history`, 'attacker.example')).toBe(421)
    for (const host of ['localhost:9300', '127.0.0.1', '[::1]:1', 'LOCALHOST'])
      expect(await withHost(`${url}/healthz`, host), host).toBe(200)
  })

  test('every answer binds the browser, and allows no other origin', async () => {
    const { get } = await serve()
    for (const path of ['/', '/api/status', '/metrics', '/nothing']) {
      const { headers } = await get(path)
      expect(headers.get('content-security-policy'), path).toContain("default-src 'none'")
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('access-control-allow-origin'), path).toBeNull()
    }
  })
})

test('metrics follow the events and the state', async () => {
  const { get, emit } = await serve()
  emit(cycle)
  emit(waiting)
  const { text } = await get('/metrics')
  const value = (series: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1],
    )
  expect(value('mirror_rows_total{op="insert"}')).toBe(1)
  expect(value('mirror_rows_total{op="delete"}')).toBe(3)
  expect(value('mirror_cycles_total{result="done"}')).toBe(1)
  expect(value('mirror_cycles_total{result="failed"}')).toBe(1)
  expect(value('mirror_retries_total{code="MIRROR_1001"}')).toBe(1)
  expect(value('mirror_cycle_duration_seconds_count')).toBe(1)
  expect(value('mirror_table_equal{table="course"}')).toBe(1)
  expect(value('mirror_table_equal{table="log"}')).toBe(0)
  expect(value('mirror_brakes')).toBe(1)
  expect(value('mirror_waiting{code="MIRROR_1025"}')).toBe(1)
  expect(value('mirror_limit{limit="snapshot_age_seconds"}')).toBe(30)
  expect(value('mirror_limit_measured{limit="snapshot_age_seconds"}')).toBe(1.5)
  expect(value('mirror_limit_reached{limit="share"}')).toBe(3)
  // nothing was measured: no number stands for it
  expect(value('mirror_limit_measured{limit="threads_running"}')).toBeNaN()
  expect(value('mirror_leader')).toBe(0)
  expect(value('mirror_lag_seconds')).toBeGreaterThanOrEqual(0)
  expect(value('mirror_source_busy_ratio')).toBeGreaterThan(0)
  expect(text).toContain('process_cpu_seconds_total')
})

test('a port that is taken is an error, not a hang', async () => {
  const { mirror, url } = await serve()
  const port = Number(new URL(url).port)
  await expect(
    startService({ mirror, host: '127.0.0.1', port, pollMs: 1_000, scrub: createScrub() }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
