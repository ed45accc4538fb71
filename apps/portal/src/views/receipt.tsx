import { Badge, LinkButton, type Tone } from '@matricula/ui'
import type { Receipt, ReceiptLine, StandbyCopy } from '../catalogue/types.ts'
import { CopyPanel } from './copy-panel.tsx'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { headline } from './receipt-words.ts'
import { creditWords, reasonWords, remedyWords } from './words.ts'

export interface ReceiptView {
  readonly receipt: Receipt
  readonly copy: StandbyCopy
  /** looked up by staff: it tells of somebody else */
  readonly staff?: boolean
}

const kindWords: Readonly<Record<Receipt['kind'], string>> = {
  register: 'registration',
  drop: 'drop',
  swap: 'swap',
  leave: 'left a waiting list',
  promotion: 'seat from the waiting list',
  cancellation: 'section cancelled',
}

/** Refusals that leave the student with what was asked for. */
const harmless: ReadonlySet<string> = new Set(['already_enrolled', 'already_waiting', 'duplicate'])

const refusedWords = (receipt: Receipt, position: number): string =>
  receipt.kind === 'drop' || (receipt.kind === 'swap' && position === 2) ? 'Not dropped' : 'Not enrolled'

const resultBadge = (
  receipt: Receipt,
  { result, reasons, position }: ReceiptLine,
): { tone: Tone; words: string } => {
  switch (result) {
    case 'enrolled':
      return { tone: 'good', words: 'Enrolled' }
    case 'dropped':
      return { tone: 'neutral', words: 'Dropped' }
    case 'refused':
      if (reasons.every(({ code }) => harmless.has(code))) return { tone: 'neutral', words: 'No change' }
      return { tone: 'stop', words: refusedWords(receipt, position) }
    case 'waiting':
      return { tone: 'attention', words: 'Waiting list' }
    case 'left':
      return { tone: 'neutral', words: 'Left the list' }
    case 'kept':
      return { tone: 'neutral', words: 'Kept' }
    case 'spare':
      return { tone: 'neutral', words: 'Not needed' }
    case 'withdrawn':
      return { tone: 'neutral', words: 'Withdrawn' }
    default:
      return result satisfies never
  }
}

/** What a line means beside its badge. */
const explained = (receipt: Receipt, { result, listPosition }: ReceiptLine, ctx: PageContext) => {
  if (result === 'waiting')
    return `Number ${ctx.format.number(listPosition ?? 1)} on the list at that moment. The seat is given to you as soon as it is your turn; you do not have to do anything.`
  if (result === 'kept' && receipt.lines[0]?.result === 'waiting')
    return 'You keep it until the seat arrives; it is dropped in that moment, and not before.'
  if (result === 'withdrawn')
    return 'It stays on your transcript with a W, which counts for no credit and no grade.'
  return undefined
}

const Line = ({ line, ctx, receipt }: { line: ReceiptLine; ctx: PageContext; receipt: Receipt }) => {
  const badge = resultBadge(receipt, line)
  const explanation = explained(receipt, line, ctx)
  return (
    <li class="border-line grid gap-x-6 gap-y-2 border-b px-4 py-4 last:border-b-0 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <div>
        <Badge tone={badge.tone}>{badge.words}</Badge>
      </div>
      <div class="grid gap-1">
        <p class="flex flex-wrap justify-between gap-x-4">
          {line.label === null ? (
            <span class="font-medium">“{line.asked}”</span>
          ) : (
            <a class="font-medium" href={`/sections/${line.sectionId}`}>
              <span class="figures">{line.label}</span> {line.title}
            </a>
          )}
          {line.credits !== null && (line.result === 'enrolled' || line.result === 'dropped') && (
            <span class="text-soft figures text-sm">{creditWords(line.credits, ctx.format)}</span>
          )}
        </p>
        {explanation && <p>{explanation}</p>}
        {line.reasons.map((reason) => (
          <p key={reason.words}>
            {reasonWords(reason, ctx.format)} <span class="text-soft">{remedyWords(reason, ctx.format)}</span>
          </p>
        ))}
      </div>
    </li>
  )
}

const Standby = ({ ctx, view }: { ctx: PageContext; view: ReceiptView }) => {
  const { receipt, copy } = view
  if (copy.state === 'off') {
    return (
      <p class="text-soft">No standby copy is set up for this portal, so there is nothing to follow here.</p>
    )
  }
  const address = `/receipts/${receipt.number}`
  return (
    <>
      <div
        id="standby-copy"
        data-copy-address={`${address}/copy`}
        data-at={receipt.createdAt}
        data-locale={ctx.format.locale}
        data-zone={ctx.timeZone}
      >
        <CopyPanel copy={copy} at={receipt.createdAt} format={ctx.format} />
      </div>
      <p class="flex flex-wrap gap-x-6 gap-y-1">
        {copy.state !== 'copied' && (
          <a id="check-again" href={address}>
            Check again
          </a>
        )}
        {ctx.console && <a href={ctx.console}>See the mirror’s status</a>}
      </p>
    </>
  )
}

export const receiptPage = (ctx: PageContext, view: ReceiptView): string => {
  const { receipt, copy, staff = false } = view
  const title = staff ? `Receipt ${receipt.number}` : headline(receipt, ctx)
  const refused = receipt.lines.some(({ result }) => result === 'refused')
  return layout(ctx, {
    title,
    current: staff ? '/registrar' : receipt.kind === 'register' && refused ? '/cart' : '/schedule',
    // a copy that is there needs no script
    islands: staff || copy.state === 'copied' || copy.state === 'off' ? [] : ['receipt'],
    children: (
      <div class="wide:grid-cols-[minmax(0,1fr)_24rem] wide:grid-rows-[auto_auto_1fr] grid gap-x-10 gap-y-6">
        <header class="wide:col-span-2 grid gap-1">
          <h1>{title}</h1>
          <p class="text-soft figures">
            {staff
              ? `${receipt.student.name} (${receipt.student.number}): ${kindWords[receipt.kind]}, `
              : `Receipt ${receipt.number}, `}
            {ctx.format.moment(receipt.createdAt)}
          </p>
        </header>
        <section class="grid content-start gap-4" aria-labelledby="results">
          <h2 id="results" class="sr-only">
            Results
          </h2>
          <ul class="card">
            {receipt.lines.map((line) => (
              <Line key={line.position} line={line} ctx={ctx} receipt={receipt} />
            ))}
          </ul>
        </section>
        {!staff && (
          <section
            class="card wide:row-span-2 grid content-start gap-4 self-start p-5"
            aria-labelledby="standby"
          >
            <h2 id="standby">The standby copy</h2>
            <Standby ctx={ctx} view={view} />
          </section>
        )}
        {staff ? (
          <div>
            <LinkButton href="/registrar">Back to the registrar’s desk</LinkButton>
          </div>
        ) : (
          <div class="flex flex-wrap items-start gap-3">
            <LinkButton kind="primary" href="/schedule">
              See your schedule
            </LinkButton>
            {refused && receipt.kind === 'register' && <LinkButton href="/cart">Back to the cart</LinkButton>}
            <LinkButton href="/catalogue">Go on in the catalogue</LinkButton>
            <LinkButton href="/receipts">All your receipts</LinkButton>
          </div>
        )}
      </div>
    ),
  })
}
