/** `mirror check`: every problem at once, each with its remedy. It asks both servers and changes nothing. */
import { sourceIdOf } from '../source-id.ts'
import type { CheckReport, MirrorOptions, Problem } from '../types.ts'
import { checkSource, type SourceFindings } from './check-source.ts'
import { checkTarget } from './check-target.ts'
import { type Capabilities, problem, problemOf } from './problems.ts'
import { openSource, openTarget } from './session.ts'

/** Two clocks further apart than this make every stated lag meaningless. */
const clockToleranceMs = 2_000

const checkClocks = (capabilities: Capabilities, askedApartMs: number): Problem[] => {
  const [source = Number.NaN, target = Number.NaN] = [
    capabilities['source.clock'],
    capabilities['target.clock'],
  ].map((clock) => Date.parse(String(clock)))
  // the one was asked before the other, and the samples of the tables came between
  const difference = source - target + askedApartMs
  capabilities['clockDifferenceMs'] = Number.isNaN(difference) ? null : Math.round(difference)
  if (!(Math.abs(difference) > clockToleranceMs)) return []
  return [problem('MIRROR_1024', 'warn', `by ${(difference / 1000).toFixed(1)} s`)]
}

export const checkMirror = async (options: MirrorOptions): Promise<CheckReport> => {
  const problems: Problem[] = []
  const capabilities: Capabilities = {}
  let found: SourceFindings = { problems: [], tables: {}, grants: [] }
  let sourceAsked = Number.NaN
  let targetAsked = Number.NaN
  // Both sides are asked whatever the other says: one run names everything.
  try {
    const source = await openSource(options)
    try {
      found = await checkSource(source, options, capabilities, () => {
        sourceAsked = performance.now()
      })
      problems.push(...found.problems)
    } finally {
      await source.close()
    }
  } catch (error) {
    problems.push(problemOf(error))
  }
  try {
    const sourceId = sourceIdOf(options)
    const target = await openTarget(options, 'check')
    try {
      targetAsked = performance.now()
      problems.push(...(await checkTarget(target, options.target, sourceId, capabilities)))
    } finally {
      await target.close()
    }
  } catch (error) {
    problems.push(problemOf(error))
  }
  problems.push(...checkClocks(capabilities, targetAsked - sourceAsked))
  return {
    ok: problems.every((entry) => entry.severity !== 'block'),
    problems,
    capabilities,
    tables: found.tables,
    grants: found.grants,
  }
}
