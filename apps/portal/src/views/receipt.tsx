import { Badge, LinkButton, type Tone } from '@matricula/ui'
import type { Receipt, ReceiptLine, StandbyCopy } from '../catalogue/types.ts'
import { CopyPanel } from './copy-panel.tsx'
import { copyWords } from './copy-words.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Printed } from './printed.tsx'
import { deskCrumb } from './office-parts.tsx'
import { ReasonLink } from './reason-link.tsx'
import { headline } from './receipt-words.ts'
import { creditWords, reasonWords, remedyWords } from './words.ts'

export interface ReceiptView {
  readonly receipt: Receipt
  readonly copy: StandbyCopy
  /** looked up by staff: it tells of somebody else */
  readonly staff?: boolean
}

/** Refusals that leave the student with what was asked for. */
const harmless: ReadonlySet<string> = new Set(['already_enrolled', 'already_waiting', 'duplicate'])

const refusedBadge = (receipt: Receipt, position: number) =>
  receipt.kind === 'drop' || (receipt.kind === 'swap' && position === 2)
    ? 'receipt.not_dropped'
    : 'receipt.not_enrolled'

const tones: Partial<Record<ReceiptLine['result'], Tone>> = { enrolled: 'good', waiting: 'attention' }

const ResultBadge = ({ receipt, line, ctx }: { receipt: Receipt; line: ReceiptLine; ctx: PageContext }) => {
  const { result, reasons, position } = line
  if (result !== 'refused')
    return <Badge tone={tones[result] ?? 'neutral'}>{ctx.t(`receipt.result_${result}`)}</Badge>
  return reasons.every(({ code }) => harmless.has(code)) ? (
    <Badge>{ctx.t('receipt.no_change')}</Badge>
  ) : (
    <Badge tone="stop">{ctx.t(refusedBadge(receipt, position))}</Badge>
  )
}

/** What a line means beside its badge. */
const explained = (receipt: Receipt, { result, listPosition, reasons }: ReceiptLine, { t }: PageContext) => {
  const waits = receipt.lines.filter((line) => line.result === 'waiting').length
  const isChoice = receipt.kind === 'swap' && waits > 1
  if (result === 'waiting')
    return t(
      reasons.length > 0
        ? 'receipt.waiting_half'
        : isChoice
          ? 'receipt.waiting_together'
          : 'receipt.waiting_words',
      { place: listPosition ?? 1 },
    )
  if (result === 'kept' && waits > 0) return t(waits > 1 ? 'receipt.kept_whole' : 'receipt.kept_words')
  return result === 'withdrawn' ? t('receipt.withdrawn_words') : undefined
}

const Line = ({
  line,
  ctx,
  receipt,
  staff,
}: {
  line: ReceiptLine
  ctx: PageContext
  receipt: Receipt
  staff: boolean
}) => {
  const explanation = explained(receipt, line, ctx)
  return (
    <li class="border-line grid gap-x-6 gap-y-2 border-b px-4 py-4 last:border-b-0 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <div>
        <ResultBadge receipt={receipt} line={line} ctx={ctx} />
      </div>
      <div class="grid gap-1">
        <p class="flex flex-wrap items-baseline justify-between gap-x-4">
          {line.label === null ? (
            <span class="font-medium">{ctx.t('receipt.asked', { asked: line.asked })}</span>
          ) : (
            <a class="font-medium" href={`${staff ? '/registrar' : ''}/sections/${line.sectionId}`}>
              <span class="figures">{line.label}</span> {line.title}
            </a>
          )}
          {line.credits !== null && (line.result === 'enrolled' || line.result === 'dropped') && (
            <span class="text-soft figures text-sm">{creditWords(line.credits, ctx)}</span>
          )}
        </p>
        {explanation && <p>{explanation}</p>}
        {line.reasons.map((reason) => (
          <p key={reason.words}>
            {reasonWords(reason, ctx)} <span class="text-soft">{remedyWords(reason, ctx)}</span>{' '}
            {!staff && line.result === 'refused' && (
              <ReasonLink reason={reason} here="/receipts" sectionId={line.sectionId} ctx={ctx} />
            )}
          </p>
        ))}
      </div>
    </li>
  )
}

const Standby = ({ ctx, view }: { ctx: PageContext; view: ReceiptView }) => {
  const { receipt, copy } = view
  if (copy.state === 'off') {
    return <p class="text-soft">{ctx.t('receipt.standby_off')}</p>
  }
  const address = `/receipts/${receipt.number}`
  const words = copyWords(copy, receipt.createdAt, ctx)
  return (
    <>
      <div
        id="standby-copy"
        data-copy-address={`${address}/copy`}
        data-unknown={JSON.stringify(copyWords({ state: 'unknown' }, receipt.createdAt, ctx))}
      >
        {words && <CopyPanel words={words} />}
      </div>
      <p class="flex flex-wrap gap-x-6 gap-y-1">
        {copy.state !== 'copied' && (
          <a id="check-again" href={address}>
            {ctx.t('receipt.check_again')}
          </a>
        )}
        {ctx.console && (
          <a class="no-print" href={ctx.console}>
            {ctx.t('receipt.mirror')}
          </a>
        )}
      </p>
    </>
  )
}

export const receiptPage = (ctx: PageContext, view: ReceiptView): string => {
  const { receipt, copy, staff = false } = view
  const title = staff ? ctx.t('receipt.title', { number: receipt.number }) : headline(receipt, ctx)
  const moment = ctx.format.moment(receipt.createdAt)
  const refused = receipt.lines.some(({ result }) => result === 'refused')
  return layout(ctx, {
    title,
    current: staff ? '/registrar' : '/schedule',
    crumbs: staff
      ? [deskCrumb(ctx)]
      : [
          { href: '/schedule', words: ctx.t('layout.schedule') },
          { href: '/receipts', words: ctx.t('receipts.title') },
        ],
    // a copy that is there needs no script
    islands: staff || copy.state === 'copied' || copy.state === 'off' ? [] : ['receipt'],
    children: (
      <div class="wide:grid-cols-[minmax(0,1fr)_24rem] wide:grid-rows-[auto_auto_1fr] grid gap-x-10 gap-y-6">
        <header class="wide:col-span-2 grid gap-1">
          <h1>{title}</h1>
          <p class="text-soft figures">
            {staff
              ? ctx.t('receipt.of', {
                  name: receipt.student.name,
                  student: receipt.student.number,
                  kind: ctx.t(`receipt.kind_${receipt.kind}`),
                  moment,
                  link: (words) => (
                    <a href={`/registrar/students/${encodeURIComponent(receipt.student.number)}`}>{words}</a>
                  ),
                })
              : ctx.t('receipt.at', { number: receipt.number, moment })}
          </p>
          {!staff && <Printed ctx={ctx} />}
        </header>
        <section class="grid content-start gap-4" aria-labelledby="results">
          <h2 id="results" class="sr-only">
            {ctx.t('receipt.results')}
          </h2>
          <ul class="card">
            {receipt.lines.map((line) => (
              <Line key={line.position} line={line} ctx={ctx} receipt={receipt} staff={staff} />
            ))}
          </ul>
        </section>
        {!staff && (
          <section
            class="card wide:row-span-2 grid content-start gap-4 self-start p-5"
            aria-labelledby="standby"
          >
            <h2 id="standby">{ctx.t('receipt.standby')}</h2>
            <Standby ctx={ctx} view={view} />
          </section>
        )}
        {staff ? (
          <div>
            <LinkButton href="/registrar">{ctx.t('receipt.desk')}</LinkButton>
          </div>
        ) : (
          <div class="flex flex-wrap items-start gap-3">
            <LinkButton kind="primary" href="/schedule">
              {ctx.t('words.see_schedule')}
            </LinkButton>
            {refused && receipt.kind === 'register' && (
              <LinkButton href="/cart">{ctx.t('receipt.cart')}</LinkButton>
            )}
            <LinkButton href="/catalogue">{ctx.t('receipt.catalogue')}</LinkButton>
            <LinkButton href="/receipts">{ctx.t('receipt.all')}</LinkButton>
          </div>
        )}
      </div>
    ),
  })
}
