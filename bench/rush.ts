/**
 * Registration morning over real HTTP: everybody signs in, searches, fills a cart of four with what many want, and submits it.
 * Beside it, in the same run: argon2 alone, and the same writes straight from the driver on a database of their own.
 * At the end counters, rows and ledger must agree, on the source and on the mirror.
 *
 * Aims (issue 5): half of the driver's rate or better, no 5xx, p99 below 1 s, nothing oversold. Sign-ins that are told to
 * come back in a few seconds do so, and are counted apart: that answer is the bound on hashes under way.
 *
 * Portals, database and client share the machine, so that a rate is what the processors do over what a submission costs all of them:
 * that is measured for each, beside the driver's.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { verifyPassword } from '../apps/portal/src/account/password.ts'
import { checkSeats } from '../apps/portal/src/catalogue/ledger.ts'
import { createRandom } from '../apps/portal/src/intake/random.ts'
import { createSourceDatabase, onTarget, type SourceServer } from '../packages/devstack/src/index.ts'
import { mainOf } from '../scripts/programs.mjs'
import { bareCarts } from './support/bare-carts.ts'
import { ask, inTurn, percentile, type Reply, signIn, withPortals } from './support/portals.ts'
import { costOf } from './support/processor-time.ts'
import type { Bench, Cell } from './support/report.ts'
import { makeSchool } from './support/school.ts'
import { makeTargetDatabase, withSource, withTarget } from './support/servers.ts'

const run = promisify(execFile)

/** Four different sections, of which the first ones are wanted most (Zipf's law with the exponent 0.8). */
const chooser = (sections: readonly number[], seed: string) => {
  const random = createRandom(seed)
  const weights = sections.map((_, index) => 1 / (index + 1) ** 0.8)
  const sums: number[] = []
  for (const weight of weights) sums.push((sums.at(-1) ?? 0) + weight)
  const total = sums.at(-1) ?? 0
  // popularity has nothing to do with the order of the catalogue
  const shuffled = sections.toSorted((a, b) => ((a * 7_919) % 10_007) - ((b * 7_919) % 10_007))
  return (): readonly number[] => {
    const chosen = new Set<number>()
    while (chosen.size < Math.min(4, sections.length)) {
      const at = (random.int(0, 1_000_000_000) / 1_000_000_000) * total
      const index = sums.findIndex((sum) => sum >= at)
      chosen.add(shuffled[Math.max(0, index)] ?? 0)
    }
    return [...chosen]
  }
}

/** How many of a password's hashes this machine makes with nothing else to do. */
const hashesASecond = async (stored: string, password: string, seconds: number): Promise<number> => {
  const began = performance.now()
  let made = 0
  const worker = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1_000) {
      await verifyPassword(stored, password)
      made += 1
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
  return made / ((performance.now() - began) / 1_000)
}

const mirrored = async (source: SourceServer, readerUrl: string, say: (line: string) => void) =>
  withTarget(say, async (server) => {
    const target = await makeTargetDatabase(server, 'copy')
    const flags = ['--source', readerUrl, '--target', target, '--json']
    await run(process.execPath, [mainOf('mirror'), 'sync', ...flags], { maxBuffer: 2 ** 26 })
    const { stdout } = await run(process.execPath, [mainOf('mirror'), 'verify', ...flags], {
      maxBuffer: 2 ** 26,
    })
    const { equal } = JSON.parse(stdout) as { equal: boolean | null }
    const wrong = await onTarget(target, async (client) => {
      const { rows } = await client.query<{ wrong: string }>(
        `SELECT count(*)::text AS wrong FROM bench.section s
          WHERE s.enrolled <> (SELECT count(*) FROM bench.enrolment e WHERE e.section_id = s.id)
             OR s.enrolled + s.held > s.capacity + s.overfull`,
      )
      return Number(rows[0]?.wrong)
    })
    return { equal, wrong, version: server.version, source: source.version }
  })

const row = (what: string, rate: number, times: readonly number[], errors: Cell): Cell[] => [
  what,
  rate,
  percentile(times, 0.5),
  percentile(times, 0.95),
  percentile(times, 0.99),
  errors,
]

export const rush: Bench = {
  summary: 'registration morning over HTTP, beside argon2 alone and the same writes straight from the driver',
  of: 'portal',
  run: async ({ students: count, processes, concurrency, seconds, flavours, catalogue, say }) => {
    const [flavour = 'mariadb'] = flavours
    return withSource(flavour, say, async ({ server, adminUrl, readerUrl }) => {
      const size = { students: count, catalogue }
      say('making the university, twice: once for the portal, once for the driver')
      const school = await makeSchool(adminUrl, size)
      const password = 'x'.repeat(20)
      const account = (user: string) => ({ user, password })
      const bare = { name: 'bare', owner: account('bare_owner'), reader: account('bare_reader') }
      await createSourceDatabase(server.adminUrl, bare)
      const bareUrl = server.url('bare_owner', password, 'bare')
      // as warm as the portals are when they are measured
      const warmUp = Math.min(500, count)
      const twin = await makeSchool(bareUrl, { ...size, students: count + warmUp })

      const { password_hash: stored } = await school.db
        .selectFrom('account')
        .select('password_hash')
        .where('number', '=', school.students[0]?.number ?? '')
        .executeTakeFirstOrThrow()
      const hashes = await hashesASecond(stored ?? '', school.password, Math.min(3, seconds))
      say(`${hashes.toFixed(0)} hashes/s`)
      const database = [server.pid ?? 0]
      const client = [process.pid]
      const bareStudents = twin.students.map(({ id }) => id)
      const bareChoose = chooser(twin.sections, 'rush')
      const drive = (from: number, to: number) =>
        costOf({ database, client }, () => bareCarts(bareUrl, bareStudents.slice(from, to), bareChoose))
      await twin.db.destroy()
      await drive(0, warmUp)
      // one half before the morning and one after it: whatever else the machine does meets both sides
      const middle = warmUp + Math.ceil(count / 2)
      const first = await drive(warmUp, middle)
      say(`${(Math.ceil(count / 2) / first.result).toFixed(0)} carts/s straight from the driver`)

      const lines: Cell[][] = []
      const fivehundreds = { signIns: 0, later: 0, told: 0 }
      const refused = { lines: 0, enrolled: 0 }
      const why = new Map<string, number>()
      const submitTimes: number[] = []
      let submissions = 0
      const { alone, driver, share } = await withPortals(adminUrl, processes, async (urls, portals) => {
        const at = (index: number) => urls[index % urls.length] ?? ''
        const cookies = new Map<number, string>()
        const times: Record<'sign in' | 'search' | 'cart', number[]> = { 'sign in': [], search: [], cart: [] }
        const noted = (reply: Reply, list: number[]): Reply => {
          list.push(reply.ms)
          if (reply.status >= 500) fivehundreds.later += 1
          return reply
        }
        say('signing in')
        const signed = await inTurn(school.students, concurrency, async ({ id, number }, index) => {
          const { reply, told } = await signIn(at(index), number, school.password)
          fivehundreds.told += told
          if (reply.status >= 500) fivehundreds.signIns += 1
          times['sign in'].push(reply.ms)
          if (reply.cookie !== undefined) cookies.set(id, reply.cookie)
        })
        lines.push(row('sign in', school.students.length / signed, times['sign in'], fivehundreds.signIns))
        say('searching, filling carts, submitting')
        const choose = chooser(school.sections, 'rush')
        const words = ['intro', 'physics', 'design', 'systems', 'data', 'history', 'analysis', 'lab']
        const took = await inTurn(school.students, concurrency, async ({ id }, index) => {
          const cookie = cookies.get(id)
          const base = at(index)
          const q = words[index % words.length] ?? ''
          noted(await ask(`${base}/catalogue?q=${q}`, { cookie, html: true }), times.search)
          const sections = choose().map(String)
          const form = new URLSearchParams(sections.map((section) => ['section', section]))
          noted(await ask(`${base}/cart`, { cookie, form, html: true }), times.cart)
          form.set('request', `rush-${id}-once`)
          const reply = noted(await ask(`${base}/register`, { cookie, form }), submitTimes)
          if (reply.status !== 200) return
          submissions += 1
          const { results } = JSON.parse(reply.text) as {
            results: readonly { result: string; reasons: readonly { code: string }[] }[]
          }
          for (const { reasons } of results)
            for (const { code } of reasons) why.set(code, (why.get(code) ?? 0) + 1)
          refused.lines += results.filter(({ result }) => result === 'refused').length
          refused.enrolled += results.filter(({ result }) => result === 'enrolled').length
        })
        lines.push(
          row('search', school.students.length / took, times.search, ''),
          row('cart', school.students.length / took, times.cart, ''),
          row('submit', submissions / took, submitTimes, fivehundreds.later),
        )
        // submissions alone, without the pages before them: what the driver's rate is compared with
        const { result: again, ms: cost } = await costOf({ portals, database, client }, () =>
          inTurn(school.students, concurrency, async ({ id }, index) => {
            const form = new URLSearchParams(choose().map((section) => ['section', String(section)]))
            const reply = noted(
              await ask(`${at(index)}/register`, { cookie: cookies.get(id), form }),
              submitTimes,
            )
            if (reply.status === 200) submissions += 1
          }),
        )
        const each = (ms: number | null): Cell => (ms === null ? '' : ms / count)
        const last = await drive(middle, bareStudents.length)
        const driver = count / (first.result + last.result)
        const sum = (one: number | null, other: number | null) =>
          one === null || other === null ? null : one + other
        const driverCost = {
          database: sum(first.ms.database, last.ms.database),
          client: sum(first.ms.client, last.ms.client),
        }
        const submitted: Cell[] = ['submit, nothing else', count / again, '', '', '', fivehundreds.later]
        const bare: Cell[] = ['yardstick: the driver', driver, '', '', '', '', '']
        lines.push(
          submitted.concat([cost.portals, cost.database, cost.client].map(each)),
          ['yardstick: argon2 alone', hashes],
          bare.concat([driverCost.database, driverCost.client].map(each)),
        )
        const total = (costs: readonly (number | null)[]): number =>
          costs.reduce<number>((a, b) => a + (b ?? 0), 0)
        return {
          alone: count / again,
          driver,
          share: total(Object.values(driverCost)) / total(Object.values(cost)),
        }
      })
      say('comparing counters, rows and ledger')
      const faults = await checkSeats(school.db)
      await school.db.destroy()
      const copy = await mirrored(server, readerUrl, say)
      // not every system tells
      const byProcessor = Number.isFinite(share) ? `; by processor time it would be ${share.toFixed(2)}` : ''
      const p99 = percentile(submitTimes, 0.99)
      const reasons = [...why].map(([code, times]) => `${code} ${times}`).join(', ') || 'none'
      const errors = fivehundreds.later + fivehundreds.signIns
      return {
        title: `${count} students, ${school.sections.length} sections, ${concurrency} at once, ${processes} portals on ${flavour}; ${refused.enrolled} seats given and ${refused.lines} refused in the rush (${reasons}); ${fivehundreds.told} sign-ins were told to come back`,
        // the last three: ms of processor time, each
        columns: ['what', 'a second', 'p50 ms', 'p95 ms', 'p99 ms', '5xx', 'portals', 'database', 'client'],
        rows: lines,
        aims: [
          {
            text: `submissions at ${(alone / driver).toFixed(2)} of the driver's rate; aim 0.5${byProcessor}`,
            met: alone / driver >= 0.5,
          },
          // else it was no rush for seats
          { text: `${refused.enrolled} seats were given; aim one a student`, met: refused.enrolled >= count },
          { text: `${errors} answers of 5xx; aim 0`, met: errors === 0 },
          { text: `p99 of a submission ${p99.toFixed(0)} ms; aim 1,000`, met: p99 < 1_000 },
          {
            text: `counters, rows and ledger: ${faults.length} faults on the source`,
            met: faults.length === 0,
          },
          {
            text: `the mirror is ${copy.equal === true ? '' : 'not '}equal, with ${copy.wrong} wrong or oversold sections`,
            met: copy.equal === true && copy.wrong === 0,
          },
        ],
        versions: { [flavour]: copy.source, postgres: copy.version },
      }
    })
  },
}
