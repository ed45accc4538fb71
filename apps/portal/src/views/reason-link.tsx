/** The button of a reason: where its next step can be taken. */
import type { Reason } from '../policy/reasons.ts'
import type { PageContext } from './context.ts'

interface ReasonLinkProps {
  readonly reason: Reason
  /** the page on which it stands, to which it does not lead */
  readonly here: '/cart' | '/receipts' | '/sections'
  /** the section that was refused, for what is done on its own page; undefined: it stands there */
  readonly sectionId?: number | null | undefined
  /** labels of what the reader has, which alone can be swapped; undefined: it is not known, and its page tells */
  readonly held?: readonly string[] | undefined
  readonly ctx: PageContext
}

const pages = {
  '/cart': 'reason.see_cart',
  '/schedule': 'words.see_schedule',
  '/catalogue': 'words.search_catalogue',
} as const

/** What the section's own page has a form for. */
const onItsPage: Partial<Record<Reason['code'], 'reason.see_list' | 'reason.see_swap'>> = {
  full: 'reason.see_list',
  reserved: 'reason.see_list',
  overlaps: 'reason.see_swap',
  other_section: 'reason.see_swap',
}

export const ReasonLink = ({
  reason: { code, detail, action },
  here,
  sectionId,
  held,
  ctx,
}: ReasonLinkProps) => {
  const wanted = onItsPage[code]
  const none = wanted === 'reason.see_swap' && held?.every((label) => !detail.startsWith(label)) === true
  const own = none ? undefined : wanted
  if (own !== undefined && typeof sectionId === 'number')
    return (
      <a class="no-print" href={`/sections/${sectionId}`}>
        {ctx.t(own)}
      </a>
    )
  const known = Object.entries(pages).find(([href]) => href === action?.href)
  return known === undefined || known[0] === here ? null : (
    <a class="no-print" href={known[0]}>
      {ctx.t(known[1])}
    </a>
  )
}
