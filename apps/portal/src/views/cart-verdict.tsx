/** What the rules say of the sections of a cart: ready, or what is missing, and where to go on. */
import type { CartEntry } from '../catalogue/types.ts'
import type { Reason } from '../policy/reasons.ts'
import type { CartPart } from './cart.tsx'
import type { PageContext } from './context.ts'
import { ReasonLink } from './reason-link.tsx'
import { label, reasonWords, remedyWords } from './words.ts'

/** What stands in the way of each section of a term, and is said once, above them: a hold, a window. */
export const common = ({ entries }: CartPart): readonly Reason[] => {
  const [first, ...others] = entries
  return others.length === 0
    ? []
    : (first?.reasons ?? []).filter(({ words }) =>
        others.every(({ reasons }) => reasons.some((reason) => reason.words === words)),
      )
}

export const Why = ({
  reason,
  stops,
  sectionId,
  held,
  ctx,
}: {
  reason: Reason
  stops: boolean
  sectionId?: number
  held?: readonly string[]
  ctx: PageContext
}) => (
  <>
    <strong class={stops ? 'text-attention font-medium' : 'font-medium'}>{reasonWords(reason, ctx)}</strong>{' '}
    {remedyWords(reason, ctx)}{' '}
    <ReasonLink reason={reason} here="/cart" sectionId={sectionId} held={held} ctx={ctx} />
  </>
)

/** Ready, or all that is missing; the same words before registration opens and in the answer to it. */
export const Verdict = ({
  entry: { section, reasons, advice, ready, fallbackFor },
  part,
  ctx,
}: {
  entry: CartEntry
  part: CartPart
  ctx: PageContext
}) => {
  // above the table already
  const said = common(part)
  const held = part.schedule.entries.map((one) => label(one.section))
  const own = reasons.filter(({ words }) => said.every((other) => other.words !== words))
  return (
    <ul class="mt-1 grid gap-1 text-sm empty:hidden">
      {(reasons.length === 0 ? fallbackFor === null : ready) && (
        <li>
          <strong class="text-good font-medium">{ctx.t('plan.ready')}</strong>
        </li>
      )}
      {[...own, ...advice].map((reason, index) => (
        <li key={reason.words}>
          <Why
            reason={reason}
            stops={index < own.length && !ready}
            sectionId={section.id}
            held={held}
            ctx={ctx}
          />
        </li>
      ))}
    </ul>
  )
}
