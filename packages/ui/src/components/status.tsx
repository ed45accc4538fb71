import type { ComponentChildren } from 'preact'

/** The three states, and none. A tone never stands without words. */
export type Tone = 'neutral' | 'good' | 'attention' | 'stop'

export const Badge = ({
  tone = 'neutral',
  children,
}: {
  tone?: Tone | 'accent'
  children: ComponentChildren
}) => <span class={tone === 'neutral' ? 'badge' : `badge badge-${tone}`}>{children}</span>

export const Notice = ({
  tone = 'neutral',
  title,
  children,
  live = false,
}: {
  tone?: Tone
  title?: string
  children?: ComponentChildren
  /** announced when the page opens */
  live?: boolean
}) => (
  <div class={tone === 'neutral' ? 'notice' : `notice notice-${tone}`} role={live ? 'status' : undefined}>
    <div class="prose grid gap-1">
      {title && <p class="font-semibold">{title}</p>}
      {children}
    </div>
  </div>
)

/** Nothing to list: says why, and offers the way on. */
export const Empty = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <div class="card grid justify-items-start gap-3 px-6 py-10">
    <h2>{title}</h2>
    <div class="prose grid justify-items-start gap-3">{children}</div>
  </div>
)

/**
 * Seats as words, with a bar that says the same. An SVG, since its lengths are attributes: the page's security policy
 * allows no style attribute.
 */
export const SeatMeter = ({ capacity, taken, left, full, wide = false }: SeatCount & { wide?: boolean }) => {
  const share = capacity === 0 ? 100 : Math.min(100, Math.round((taken / capacity) * 100))
  // few: three, or the last tenth up to five; from here on someone else may be quicker
  const few = !full && left <= Math.max(3, Math.min(5, Math.floor(capacity / 10)))
  const tone = full ? 'text-stop' : few ? 'text-attention' : 'text-good'
  return (
    <span class={`figures inline-grid max-w-full gap-1 ${wide ? 'w-full text-lg' : 'w-32'}`}>
      <span class="flex items-baseline justify-between whitespace-nowrap gap-x-1.5">
        <span class={`font-medium ${tone}`}>{full ? 'Full' : few ? `${left} left` : `${left} open`}</span>
        <span class="text-soft text-sm">
          {full ? (taken > capacity ? `${taken} of ${capacity}` : `${capacity} seats`) : `of ${capacity}`}
        </span>
      </span>
      <svg class={`h-1 w-full ${tone}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="fill-line" width="100" height="4" rx="1" />
        <rect fill="currentColor" width={share} height="4" rx="1" />
      </svg>
    </span>
  )
}

export interface SeatCount {
  readonly capacity: number
  readonly taken: number
  readonly left: number
  readonly full: boolean
}
