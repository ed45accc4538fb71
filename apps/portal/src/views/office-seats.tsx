/** The seats of a section at the registrar's office. Moments stand to the microsecond here: what was first is read off them. */
import {
  Badge,
  Button,
  Cell,
  Empty,
  ErrorSummary,
  errorOf,
  Field,
  type FormError,
  LinkButton,
  Notice,
  Row,
  SeatMeter,
  Table,
} from '@matricula/ui'
import type { SectionPage, SectionRow } from '../catalogue/types.ts'
import type { SeatEventRow, SeatHolder, SeatsAt } from '../catalogue/types-seats.ts'
import { writeLocalSeconds } from '../policy/zone.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { type FormState, Key } from './office-form.tsx'
import { deskCrumb, Done, headingOf, StudentLink } from './office-parts.tsx'
import { Reserves } from './office-reserves.tsx'
import { BeyondCapacity } from './section-rules.tsx'
import { label, reasonWords } from './words.ts'

interface SeatsView {
  readonly page: SectionPage
  readonly section: SectionRow
  /** the form for a new reserve */
  readonly reserve: FormState
  readonly seats: SeatsAt
  /** where counters, rows and ledger disagree */
  readonly faults: readonly string[]
  /** as it was typed */
  readonly asked: string
  readonly capacity: string
  readonly changed: boolean
  /** what the form before this page did */
  readonly done: string | undefined
  readonly errors: readonly FormError[]
}

/** '2026-11-22T14:03:07.123456Z' → date and time of the campus's clock, which may break between them */
const Instant = ({ at, ctx }: { at: string; ctx: PageContext }) => {
  const [day, clock] = writeLocalSeconds(at, ctx.timeZone)
  return (
    <span class="figures">
      <span class="whitespace-nowrap">{day}</span> <span class="whitespace-nowrap">{clock}</span>
    </span>
  )
}

const Event = ({ event, ctx, seats }: { event: SeatEventRow; ctx: PageContext; seats: string }) => (
  <Row>
    <Cell label={ctx.t('column.when')}>
      <a href={`${seats}?at=${event.at}`}>
        <Instant at={event.at} ctx={ctx} />
      </a>
    </Cell>
    <Cell>
      <span class="font-medium">{ctx.t(`seats.event_${event.event}`)}</span>
      {event.ticket !== null && (
        <span class="text-soft figures"> {ctx.t('seats.ticket', { ticket: String(event.ticket) })}</span>
      )}
      {event.reason !== null && <span class="text-soft block text-sm">{reasonWords(event.reason, ctx)}</span>}
    </Cell>
    <Cell label={ctx.t('seats.who_column')}>
      {event.student === null ? (
        <span class="text-soft">{ctx.t('seats.the_section')}</span>
      ) : (
        <StudentLink student={event.student} />
      )}
    </Cell>
    <Cell label={ctx.t('seats.by_column')}>
      {event.actor === 'staff'
        ? ctx.t('seats.by_staff', { number: event.staffNumber ?? '' })
        : ctx.t(`seats.by_${event.actor}`)}
      {event.receipt !== null && (
        <a class="figures block text-sm whitespace-nowrap" href={`/registrar/receipts/${event.receipt}`}>
          {event.receipt}
        </a>
      )}
    </Cell>
    <Cell label={ctx.t('seats.afterwards_column')}>
      {event.event === 'imported' ? (
        // what the counters were then, nobody wrote down
        <span class="text-soft">{ctx.t('seats.not_recorded')}</span>
      ) : (
        <span class="figures whitespace-nowrap">
          {ctx.t('seats.taken', { taken: event.enrolled + event.held, capacity: event.capacity })}
        </span>
      )}
      {event.waiting > 0 && (
        <span class="text-soft figures block text-sm">
          {ctx.t('seats.waiting', { waiting: event.waiting })}
        </span>
      )}
    </Cell>
  </Row>
)

const Person = ({
  who,
  ctx,
  place,
  heading,
}: {
  who: SeatHolder
  ctx: PageContext
  place: number
  /** of the first column */
  heading: string
}) => (
  <Row>
    <Cell kind="number" label={heading}>
      <span class="figures">{place}</span>
    </Cell>
    <Cell>
      <StudentLink student={who} /> {who.permitted && <Badge>{ctx.t('seats.permitted')}</Badge>}
      {who.passed !== null && (
        <span class="text-attention block text-sm">
          {ctx.t('seats.passed', { reason: reasonWords(who.passed, ctx) })}
        </span>
      )}
    </Cell>
    <Cell label={ctx.t('roster.since')}>
      <Instant at={who.since} ctx={ctx} />
    </Cell>
  </Row>
)

const people = (heading: string, { t }: PageContext) => [
  { head: heading, number: true },
  { head: t('roster.student') },
  { head: t('seats.since_column') },
]

const eventColumns = ({ t }: PageContext) => [
  { head: t('seats.when_column') },
  { head: t('column.what') },
  { head: t('seats.who_column') },
  { head: t('seats.by_column') },
  { head: t('seats.afterwards_column') },
]

const CapacityForm = ({ view, ctx: { t } }: { view: SeatsView; ctx: PageContext }) => (
  <form
    method="post"
    action={`/registrar/sections/${view.section.id}/capacity`}
    class="grid gap-3"
    novalidate
  >
    <Key form={view.reserve} of="capacity" />
    <Field
      name="capacity"
      label={t('seats.capacity')}
      hint={t('seats.capacity_hint')}
      value={view.capacity}
      error={errorOf(view.errors, 'capacity')}
      inputmode="numeric"
      autocomplete="off"
      maxlength={20}
    />
    <div>
      <Button>{t('seats.capacity_change')}</Button>
    </div>
  </form>
)

const MomentForm = ({ view, ctx: { t, timeZone } }: { view: SeatsView; ctx: PageContext }) => (
  <form method="get" action={`/registrar/sections/${view.section.id}`} class="grid gap-3">
    <Field
      name="at"
      label={t('seats.at')}
      hint={t('seats.at_hint', { zone: timeZone })}
      value={view.asked}
      error={errorOf(view.errors, 'at')}
      autocomplete="off"
      maxlength={64}
    />
    <div class="flex flex-wrap gap-3">
      <Button>{t('seats.at_show')}</Button>
    </div>
  </form>
)

const Agreement = ({ faults, ctx: { t } }: { faults: readonly string[]; ctx: PageContext }) =>
  faults.length === 0 ? (
    <p class="text-soft text-sm">{t('seats.agree')}</p>
  ) : (
    <Notice tone="stop" title={t('seats.disagree')}>
      <ul class="list-disc pl-5">
        {faults.map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <p>{t('seats.disagree_words')}</p>
    </Notice>
  )

export const seatsPage = (ctx: PageContext, view: SeatsView): string => {
  const { section, seats, faults } = view
  const { t } = ctx
  const when = seats.at === null ? 'now' : 'then'
  return layout(ctx, {
    title: t('seats.title', { section: label(section) }),
    current: '/registrar',
    crumbs: [deskCrumb(ctx)],
    error: view.errors.length > 0,
    children: (
      <div class="grid gap-6">
        <ErrorSummary errors={view.errors} />
        {view.changed && (
          <Notice tone="good" live>
            <p>{t('seats.changed', { capacity: section.seats.capacity })}</p>
          </Notice>
        )}
        <Done words={view.done} />
        {seats.at !== null && (
          <Notice
            tone="attention"
            title={t('seats.then', {
              moment: writeLocalSeconds(seats.at, ctx.timeZone).join(' '),
              zone: ctx.timeZone,
            })}
          >
            <p>
              <a href={`/registrar/sections/${section.id}`}>{t('seats.to_now')}</a>
            </p>
          </Notice>
        )}
        <header class="grid gap-1">
          <h1>{t('seats.heading', headingOf(section))}</h1>
          <p class="text-soft">
            {t('seats.about', { term: section.term.name, crn: section.crn })}{' '}
            <a href={`/sections/${section.id}`}>{t('seats.own_page')}</a>
          </p>
          {section.status === 'cancelled' ? (
            <p>
              <Badge tone="stop">{t('words.cancelled')}</Badge>
            </p>
          ) : (
            <p class="flex flex-wrap gap-3">
              <LinkButton small href={`/registrar/sections/${section.id}/change`}>
                {t('seats.change')}
              </LinkButton>
              <LinkButton small href={`/registrar/sections/${section.id}/links`}>
                {view.page.partners.length === 0
                  ? t('seats.link')
                  : t('seats.links', { count: view.page.partners.length })}
              </LinkButton>
              <LinkButton small href={`/registrar/sections/${section.id}/cancel`}>
                {t('seats.cancel')}
              </LinkButton>
            </p>
          )}
        </header>
        <div class="wide:grid-cols-[20rem_minmax(0,1fr)] grid gap-x-8 gap-y-6">
          <aside aria-label={t('seats.aside')} class="card grid content-start gap-6 self-start p-5">
            {seats.at === null && section.status === 'active' && <SeatMeter {...section.seats} wide />}
            <BeyondCapacity page={view.page} ctx={ctx} />
            <Agreement faults={faults} ctx={ctx} />
            <CapacityForm view={view} ctx={ctx} />
            <MomentForm view={view} ctx={ctx} />
          </aside>
          <div class="grid content-start gap-8">
            <section class="grid gap-3" aria-labelledby="holders">
              <h2 id="holders">{t('seats.held', { count: seats.holders.length, when })}</h2>
              {seats.holders.length === 0 ? (
                <Empty title={t('seats.nobody')}>
                  <p>{t('seats.nobody_words', { when })}</p>
                </Empty>
              ) : (
                <div class="card">
                  <Table
                    caption={t('seats.held_caption', { when })}
                    columns={people(t('roster.number'), ctx)}
                  >
                    {seats.holders.map((who, index) => (
                      <Person
                        key={who.number}
                        who={who}
                        ctx={ctx}
                        place={index + 1}
                        heading={t('roster.number')}
                      />
                    ))}
                  </Table>
                </div>
              )}
            </section>
            <Reserves page={view.page} form={view.reserve} ctx={ctx} />
            {seats.list.length > 0 && (
              <section class="grid gap-3" aria-labelledby="list">
                <h2 id="list">{t('seats.list', { when })}</h2>
                <div class="card">
                  <Table caption={t('seats.list', { when })} columns={people(t('seats.place_column'), ctx)}>
                    {seats.list.map((who, index) => (
                      <Person
                        key={who.number}
                        who={who}
                        ctx={ctx}
                        place={index + 1}
                        heading={t('seats.place_column')}
                      />
                    ))}
                  </Table>
                </div>
              </section>
            )}
            <section class="grid gap-3" aria-labelledby="ledger">
              <h2 id="ledger">{t('seats.ledger')}</h2>
              {seats.events.length > 0 && (
                <p class="text-soft">{t('seats.ledger_words', { zone: ctx.timeZone })}</p>
              )}
              {seats.more && (
                <p class="text-soft">{t('seats.ledger_more', { count: seats.events.length })}</p>
              )}
              {seats.events.length === 0 ? (
                <Empty title={t('seats.no_event')}>
                  <p>{t('seats.no_event_words', { when })}</p>
                </Empty>
              ) : (
                <div class="card">
                  <Table caption={t('seats.ledger_caption')} columns={eventColumns(ctx)}>
                    {seats.events.map((event) => (
                      <Event
                        key={event.id}
                        event={event}
                        ctx={ctx}
                        seats={`/registrar/sections/${section.id}`}
                      />
                    ))}
                  </Table>
                </div>
              )}
            </section>
          </div>
        </div>
      </div>
    ),
  })
}
