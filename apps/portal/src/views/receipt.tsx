import { Badge, LinkButton, type Tone } from '@matricula/ui'
import type { Receipt, ReceiptLine, StandbyCopy } from '../catalogue/types.ts'
import { CopyPanel } from './copy-panel.tsx'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { count, creditWords, reasonWords } from './words.ts'

export interface ReceiptView {
  readonly receipt: Receipt
  readonly copy: StandbyCopy
}

/** Refusals that leave the student with what was asked for. */
const harmless: ReadonlySet<string> = new Set(['already_enrolled', 'duplicate'])

const resultBadge = (receipt: Receipt, { result, reasons }: ReceiptLine): { tone: Tone; words: string } => {
  switch (result) {
    case 'enrolled':
      return { tone: 'good', words: 'Enrolled' }
    case 'dropped':
      return { tone: 'neutral', words: 'Dropped' }
    case 'refused':
      if (reasons.every(({ code }) => harmless.has(code))) return { tone: 'neutral', words: 'No change' }
      return { tone: 'stop', words: receipt.kind === 'drop' ? 'Not dropped' : 'Not enrolled' }
    default:
      return result satisfies never
  }
}

const Line = ({ line, ctx, receipt }: { line: ReceiptLine; ctx: PageContext; receipt: Receipt }) => {
  const badge = resultBadge(receipt, line)
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
          {line.credits !== null && line.result !== 'refused' && (
            <span class="text-soft figures text-sm">{creditWords(line.credits, ctx.format)}</span>
          )}
        </p>
        {line.reasons.map((reason) => (
          <p key={reason.words}>
            {reasonWords(reason, ctx.format)} <span class="text-soft">{reason.remedy}</span>
          </p>
        ))}
      </div>
    </li>
  )
}

/** The answer in one sentence, before the details. */
const headline = (receipt: Receipt, ctx: PageContext): string => {
  const done = receipt.lines.filter(({ result }) => result !== 'refused').length
  const all = receipt.lines.length
  if (receipt.kind === 'drop') {
    const dropped = receipt.lines[0]?.label ?? 'the section'
    return done > 0 ? `You have dropped ${dropped}` : `${dropped} was not dropped`
  }
  if (done === 0) return 'You were not enrolled'
  if (done === all) return `You are enrolled in ${count(done, 'section', 'sections', ctx.format)}`
  return `You are enrolled in ${ctx.format.number(done)} of ${ctx.format.number(all)} sections`
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
  const { receipt, copy } = view
  const refused = receipt.lines.some(({ result }) => result === 'refused')
  return layout(ctx, {
    title: headline(receipt, ctx),
    current: receipt.kind === 'register' && refused ? '/cart' : '/schedule',
    // a copy that is there needs no script
    islands: copy.state === 'copied' || copy.state === 'off' ? [] : ['receipt'],
    children: (
      <div class="wide:grid-cols-[minmax(0,1fr)_24rem] wide:grid-rows-[auto_auto_1fr] grid gap-x-10 gap-y-6">
        <header class="wide:col-span-2 grid gap-1">
          <h1>{headline(receipt, ctx)}</h1>
          <p class="text-soft figures">
            Receipt {receipt.number}, {ctx.format.moment(receipt.createdAt)}
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
        <section
          class="card wide:row-span-2 grid content-start gap-4 self-start p-5"
          aria-labelledby="standby"
        >
          <h2 id="standby">The standby copy</h2>
          <Standby ctx={ctx} view={view} />
        </section>
        <div class="flex flex-wrap items-start gap-3">
          <LinkButton kind="primary" href="/schedule">
            See your schedule
          </LinkButton>
          {refused && receipt.kind === 'register' && <LinkButton href="/cart">Back to the cart</LinkButton>}
          <LinkButton href="/catalogue">Go on in the catalogue</LinkButton>
        </div>
      </div>
    ),
  })
}
