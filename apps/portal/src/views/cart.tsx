import {
  Button,
  Cell,
  Empty,
  ErrorSummary,
  type FormError,
  LinkButton,
  Notice,
  Row,
  SeatMeter,
  Table,
} from '@matricula/ui'
import type { CartEntry, Schedule, Term } from '../catalogue/types.ts'
import { common, Verdict, Why } from './cart-verdict.tsx'
import { Back, Fallbacks, Mode } from './cart-wishes.tsx'
import { isWithdrawn } from '../policy/grade.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { AddBeside, AddForms } from './section-plan.tsx'
import { Week } from './week-view.tsx'
import { credits, label, named, windowWords } from './words.ts'

/** What of the cart belongs to one term, and what the student holds in it. */
export interface CartPart {
  readonly entries: readonly CartEntry[]
  readonly schedule: Schedule
}

export interface CartView {
  readonly parts: readonly CartPart[]
  /** the current term, for an empty cart */
  readonly term: Term
  readonly request: string
  /** what the last step did, said once */
  readonly notice: { readonly words: string; readonly tone: 'good' | 'neutral' } | undefined
  readonly errors: readonly FormError[]
  /** ids that were ticked in a form that was refused; undefined: all of them */
  readonly ticked: readonly string[] | undefined
  /** ids whose list was to be joined by a form that was refused; undefined: of each that is full */
  readonly listed: readonly string[] | undefined
  /** how the form that was refused was to be dealt with */
  readonly mode: 'most' | 'all'
  /** ids that were chosen before the student had to sign in, and wait to be added */
  readonly waiting: readonly string[]
  /** the search that the student came from */
  readonly back: string | undefined
}

const isOpen = ({ schedule }: CartPart): boolean => schedule.term.registration === 'open'

/** Whose answer can only be no is not offered: a section of a term whose registration is not open has no tick. */
const tickable = (view: CartView): readonly CartEntry[] =>
  view.parts.filter(isOpen).flatMap(({ entries }) => entries)

const columns = ({ t }: PageContext) => [
  { head: '', hidden: t('column.choose') },
  { head: t('column.section') },
  { head: t('column.times') },
  { head: t('column.credits'), number: true },
  { head: t('column.seats') },
  { head: '', hidden: t('cart.order_column') },
]

const EntryLine = ({
  entry,
  part,
  ctx,
  view,
}: {
  entry: CartEntry
  part: CartPart
  ctx: PageContext
  view: CartView
}) => {
  const { section } = entry
  const { t } = ctx
  const choices = tickable(view)
  const all = view.parts.flatMap(({ entries }) => entries)
  const first = all.find((other) => other.section.id === entry.fallbackFor)
  return (
    <Row>
      <Cell kind="tick">
        {choices.includes(entry) && (
          <label class="tick-target">
            <input
              class="tick"
              type="checkbox"
              name="section"
              // where the summary of errors leads
              id={entry === choices[0] ? 'section' : undefined}
              value={section.id}
              checked={view.ticked === undefined || view.ticked.includes(String(section.id))}
              aria-label={named(section, ctx)}
            />
          </label>
        )}
      </Cell>
      <Cell>
        <a class="font-medium" href={`/sections/${section.id}`}>
          <span class="figures">{label(section)}</span> {section.title}
        </a>
        {section.instructors.length > 0 && (
          <span class="text-soft block text-sm">{ctx.format.list(section.instructors)}</span>
        )}
        {first !== undefined && (
          <span class="figures block text-sm">{t('cart.only_if', { section: label(first.section) })}</span>
        )}
        {entry.half && <p class="text-sm">{t('cart.half')}</p>}
        {entry.listPosition !== null && !entry.half && choices.includes(entry) && (
          <label class="check cursor-pointer py-1 text-sm">
            <input
              class="tick"
              type="checkbox"
              name="waitlist"
              value={section.id}
              checked={view.listed === undefined || view.listed.includes(String(section.id))}
            />
            <span>
              {t('cart.wait', {
                section: label(section),
                place: entry.listPosition,
                strong: (words) => <strong class="text-attention font-medium">{words}</strong>,
              })}
            </span>
          </label>
        )}
        {entry.listPosition === null && <Verdict entry={entry} part={part} ctx={ctx} />}
        <AddBeside entry={entry} ctx={ctx} />
      </Cell>
      <Cell>
        <Meetings section={section} ctx={ctx} />
      </Cell>
      <Cell kind="number" label={t('column.credits')}>
        {credits(section, ctx)}
      </Cell>
      <Cell>{section.status === 'active' && <SeatMeter {...section.seats} />}</Cell>
      <Cell>
        <span class="flex flex-wrap gap-x-3">
          {[
            ...(entry === part.entries[0] ? [] : ['up' as const]),
            ...(entry === part.entries.at(-1) ? [] : ['down' as const]),
          ].map((name) => (
            <Button
              kind="plain"
              form="remove"
              name={name}
              value={String(section.id)}
              label={t(`cart.move_${name}`, { section: label(section) })}
              key={name}
            >
              {t(`cart.arrow_${name}`)}
            </Button>
          ))}
          <Button
            kind="plain"
            form="remove"
            name="remove"
            value={String(section.id)}
            label={t('cart.remove_named', { section: label(section) })}
          >
            {t('cart.remove')}
          </Button>
        </span>
      </Cell>
    </Row>
  )
}

const EmptyCart = ({ back = '/catalogue', ctx: { t } }: { back: string | undefined; ctx: PageContext }) => (
  <Empty title={t('cart.empty')}>
    <p>{t('cart.empty_words')}</p>
    <LinkButton kind="primary" href={back}>
      {t('words.search_catalogue')}
    </LinkButton>
  </Empty>
)

const planned = ({ entries }: CartPart): number =>
  entries.reduce((sum, { section }) => sum + Math.round(section.credits.min * 100), 0) / 100

const Part = ({ part, ctx, view }: { part: CartPart; ctx: PageContext; view: CartView }) => {
  const { term } = part.schedule
  const several = view.parts.length > 1
  const said = common(part)
  return (
    <section class="grid gap-3" aria-labelledby={`term-${term.code}`}>
      <div class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <h2 id={`term-${term.code}`}>{term.name}</h2>
        {several && <p class="text-soft text-sm">{windowWords(term, ctx)}</p>}
      </div>
      {said.length > 0 && (
        <Notice tone="attention" title={ctx.t('cart.common')}>
          {said.map((reason) => (
            <p key={reason.words}>
              <Why reason={reason} stops={false} ctx={ctx} />
            </p>
          ))}
        </Notice>
      )}
      <div class="card">
        <Table caption={ctx.t('cart.caption', { term: term.name })} columns={columns(ctx)}>
          {part.entries.map((entry) => (
            <EntryLine key={entry.section.id} entry={entry} part={part} ctx={ctx} view={view} />
          ))}
        </Table>
      </div>
    </section>
  )
}

const Entries = ({ ctx, view }: { ctx: PageContext; view: CartView }) => {
  const { parts, request, back } = view
  return (
    <>
      <form method="post" action="/register" class="grid gap-6" id="sections">
        <input type="hidden" name="request" value={request} />
        <Back back={back} />
        {parts.map((part) => (
          <Part key={part.schedule.term.id} part={part} ctx={ctx} view={view} />
        ))}
        {tickable(view).flatMap(({ section, fallbackFor }) =>
          fallbackFor === null
            ? []
            : [
                <input
                  type="hidden"
                  name="fallback"
                  value={`${section.id}:${fallbackFor}`}
                  key={section.id}
                />,
              ],
        )}
        {tickable(view).length > 1 && <Mode chosen={view.mode} ctx={ctx} />}
        {tickable(view).length > 0 && (
          <div class="action-bar">
            <Button kind="primary">{ctx.t('cart.register')}</Button>
            {parts.filter(isOpen).map((part) => (
              <p class="text-soft figures text-sm" key={part.schedule.term.id}>
                {parts.length > 1
                  ? ctx.t('cart.credits_of', {
                      term: part.schedule.term.name,
                      credits: planned(part),
                      held: part.schedule.credits,
                    })
                  : ctx.t('cart.credits', { credits: planned(part), held: part.schedule.credits })}
              </p>
            ))}
          </div>
        )}
      </form>
      {/* a form of its own, so that Enter in the one above registers and does not remove */}
      <form method="post" action="/cart" id="remove">
        <Back back={back} />
      </form>
      <AddForms entries={parts.flatMap(({ entries }) => entries)} back={back} />
      <Fallbacks all={tickable(view)} back={back} ctx={ctx} />
    </>
  )
}

const Weeks = ({ ctx, view }: { ctx: PageContext; view: CartView }) => (
  <>
    {view.parts.map(({ entries, schedule }) => (
      <Week
        key={schedule.term.id}
        ctx={ctx}
        id={`week-${schedule.term.code}`}
        title={
          view.parts.length > 1 ? ctx.t('cart.week_of', { term: schedule.term.name }) : ctx.t('cart.week')
        }
        held={[
          ...schedule.entries
            .filter(({ grade }) => !isWithdrawn(grade))
            .map(({ section }) => ({ section, planned: false })),
          // what is held already does not stand beside itself
          ...entries
            .filter((entry) => !schedule.entries.some(({ section }) => section.id === entry.section.id))
            .map(({ section }) => ({ section, planned: true })),
        ]}
      />
    ))}
  </>
)

/** What was chosen without a session is added by a button, since opening an address must change nothing. */
const Waiting = ({ ctx, ids }: { ctx: PageContext; ids: readonly string[] }) =>
  ids.length === 0 ? null : (
    <Notice tone="attention" title={ctx.t('cart.not_yet')}>
      <p>{ctx.t('cart.not_yet_words', { count: ids.length })}</p>
      <form method="post" action="/cart" class="pt-1">
        {ids.map((id) => (
          <input type="hidden" name="section" value={id} key={id} />
        ))}
        <Button>{ctx.t('words.add_to_cart')}</Button>
      </form>
    </Notice>
  )

export const cartPage = (ctx: PageContext, view: CartView): string => {
  const { parts, notice, errors, term, back } = view
  const sections = parts.reduce((sum, { entries }) => sum + entries.length, 0)
  const linkable = tickable(view).length > 0
  return layout(ctx, {
    title: ctx.t('cart.title'),
    current: '/cart',
    error: errors.length > 0,
    children: (
      <div class="grid gap-6">
        {/* the ticks are the only field that there is to mend */}
        <ErrorSummary
          errors={errors.map((error) => ({
            ...error,
            field: error.field === 'section' && linkable ? 'section' : undefined,
          }))}
        />
        {notice && (
          <Notice tone={notice.tone} live>
            <p>{notice.words}</p>
          </Notice>
        )}
        <Waiting ctx={ctx} ids={view.waiting} />
        <div class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
          <h1>{ctx.t('cart.title')}</h1>
          {parts.length < 2 && (
            <p class="text-soft text-sm">{windowWords(parts[0]?.schedule.term ?? term, ctx)}</p>
          )}
        </div>
        {sections === 0 ? (
          <EmptyCart back={back} ctx={ctx} />
        ) : (
          <>
            <p class="prose">
              {ctx.t(linkable ? 'cart.order' : 'cart.closed', { count: sections })}{' '}
              <a class="no-print whitespace-nowrap" href={back ?? '/catalogue'}>
                {ctx.t('cart.add_more')}
              </a>
            </p>
            <Entries ctx={ctx} view={view} />
            <Weeks ctx={ctx} view={view} />
          </>
        )}
      </div>
    ),
  })
}
