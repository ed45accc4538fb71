import type { Mirror, StatusReport } from '../../types.ts'
import { intervalSentence, loadHeading, loadRows } from '../../service/load-words.ts'
import { type Followed, followedOf, statusSentence } from '../../service/sentence.ts'
import type { CommandSpec } from '../command.ts'
import { layOut, paragraphs } from '../output.ts'
import { brakesText, localTime, refusedText } from '../words.ts'

/** One page is enough to count a quiet minute; of a busier one "more than 10,000" is told. */
const COUNTED = 10_000
const MINUTE_MS = 60_000

async function followedIn(mirror: Mirror, report: StatusReport, now: number): Promise<Followed | null> {
  if (report.cycle === null || report.leader === null) return null
  return followedOf(await mirror.history({ since: new Date(now - MINUTE_MS), limit: COUNTED }))
}

function waitingText({ waiting }: StatusReport): string {
  if (waiting === null) return ''
  return `WAITS  ${waiting.code}  since ${localTime(waiting.since)}\n       ${waiting.reason}\n       ${waiting.remedy}`
}

function asText(report: StatusReport, followed: Followed | null, now: number): string {
  const sentence = statusSentence(report, { followed, now, time: (iso) => localTime(iso, new Date(now)) })
  const leader = report.leader === null ? '' : `Leader: ${report.leader.name}, epoch ${report.leader.epoch}.`
  const table = layOut(
    ['table', 'state', 'rows', 'proved at', 'exact', 'kept', 'loaded'],
    Object.entries(report.tables).map(([name, t]) => [
      name,
      t.consistency === 'table' ? `${t.state} (by itself)` : t.state,
      t.rows,
      t.provedAt === null ? null : localTime(t.provedAt, new Date(now)),
      t.exactValues,
      t.kept,
      t.progress === null ? '' : `${Math.floor(t.progress * 100)}%`,
    ]),
  )
  return paragraphs(
    sentence,
    brakesText(report.brakes),
    waitingText(report),
    leader,
    layOut(loadHeading, loadRows(report)),
    intervalSentence(report),
    table,
    refusedText(report.refused),
  )
}

export const status: CommandSpec = {
  name: 'status',
  summary: 'each table’s state, how old, how proved',
  flags: [],
  tunable: false,
  async act({ mirror }) {
    const report = await mirror.status()
    const now = Date.now()
    const followed = await followedIn(mirror, report, now)
    return { json: report, text: asText(report, followed, now), exit: 0 }
  },
}
