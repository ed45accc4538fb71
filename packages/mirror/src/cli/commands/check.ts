import type { CheckReport } from '../../types.ts'
import type { CommandSpec } from '../command.ts'
import { layOut, paragraphs, plural } from '../output.ts'

function asText({ ok, problems, capabilities }: CheckReport): string {
  const blocks = problems.filter(({ severity }) => severity === 'block').length
  const warnings = problems.length - blocks
  const also = warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`
  const verdict = ok ? `Ready to mirror${also}.` : `Not ready: ${plural(blocks, 'problem')}${also}.`
  const list = problems.map(
    (problem) =>
      `${problem.severity === 'block' ? 'STOP' : 'WARN'}  ${problem.code}  ${problem.table ?? '(server)'}\n` +
      `      ${problem.cause}\n      ${problem.remedy}`,
  )
  const facts = Object.entries(capabilities).map(([name, value]) => [name, value] as const)
  return paragraphs(verdict, ...list, layOut(['capability', 'value'], facts))
}

export const check: CommandSpec = {
  name: 'check',
  summary: 'preflight: every problem at once, each with its remedy',
  flags: [],
  tunable: true,
  async act({ mirror, scrub }) {
    const found = await mirror.check()
    // a cause may carry a driver's own words
    const problems = found.problems.map((problem) => ({ ...problem, cause: scrub(problem.cause) }))
    const report = { ...found, problems }
    return { json: report, text: asText(report), exit: report.ok ? 0 : 1 }
  },
}
