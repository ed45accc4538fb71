import { Badge, Button, Cell, Empty, LinkButton, Notice, Row, SeatMeter, Table } from '@matricula/ui'
import type { Meeting, SectionPage, SectionPlan, SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { type Joining, JoinList, OwnPlace, SwapForm } from './join.tsx'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { searchAddress } from './search-address.ts'
import { Beside, canRegister, Verdict } from './section-plan.tsx'
import { BeyondCapacity, Prerequisites } from './section-rules.tsx'
import {
  componentWords,
  credits,
  dayWords,
  label,
  modeWords,
  named,
  timeWords,
  windowWords,
} from './words.ts'

export interface SectionView extends Joining {
  readonly page: SectionPage
  readonly mine: 'enrolled' | 'withdrawn' | 'cart' | undefined
  /** what the rules would say now; null: it is nothing that the reader could take */
  readonly plan: SectionPlan | null
  /** labels of the reader's sections that meet at the same time, with whether they are enrolled or in the cart */
  readonly clashes: readonly { readonly label: string; readonly where: 'enrolled' | 'cart' }[]
  /** the form's own key: sent twice, it has one effect */
  readonly request: string
}

const MeetingLine = ({
  meeting,
  ctx,
  section,
}: {
  meeting: Meeting
  ctx: PageContext
  section: SectionRow
}) => (
  <Row>
    <Cell>
      <span class="figures font-medium">
        {dayWords(meeting, ctx) || ctx.t(section.mode === 'online' ? 'mode.online' : 'section.arranged')}
      </span>
    </Cell>
    <Cell>{timeWords(meeting, ctx) ?? <span class="text-soft">{ctx.t('words.no_times')}</span>}</Cell>
    <Cell>
      {meeting.place ?? (
        <span class="text-soft">
          {ctx.t(section.mode === 'online' ? 'mode.online' : 'section.room_open')}
        </span>
      )}
    </Cell>
    <Cell>{meeting.instructor ?? <span class="text-soft">{ctx.t('section.announced')}</span>}</Cell>
    <Cell>
      {ctx.t('section.dates', {
        from: ctx.format.day(meeting.startsOn),
        to: ctx.format.day(meeting.endsOn),
        day: (words) => <span class="whitespace-nowrap">{words}</span>,
      })}
    </Cell>
  </Row>
)

const meetingColumns = ({ t }: PageContext) => [
  { head: t('column.days') },
  { head: t('column.time') },
  { head: t('column.place') },
  { head: t('column.instructor') },
  { head: t('column.dates') },
]

const otherColumns = ({ t }: PageContext) => [
  { head: t('column.section') },
  { head: t('column.times') },
  { head: t('column.instructor') },
  { head: t('column.seats') },
]

const Others = ({ others, ctx }: { others: readonly SectionRow[]; ctx: PageContext }) => (
  <section class="grid gap-3" aria-labelledby="others">
    <h2 id="others">{ctx.t('section.others')}</h2>
    <div class="card">
      <Table caption={ctx.t('section.others')} columns={otherColumns(ctx)}>
        {others.map((other) => (
          <Row key={other.id}>
            <Cell>
              <a class="figures font-medium whitespace-nowrap" href={`/sections/${other.id}`}>
                {label(other)}
              </a>
              <span class="text-soft block text-sm">{componentWords(other.component, ctx)}</span>
            </Cell>
            <Cell>
              <Meetings section={other} ctx={ctx} />
            </Cell>
            <Cell>{ctx.format.list(other.instructors)}</Cell>
            <Cell>
              {other.status === 'active' ? (
                <SeatMeter {...other.seats} />
              ) : (
                <Badge tone="stop">{ctx.t('words.cancelled')}</Badge>
              )}
            </Cell>
          </Row>
        ))}
      </Table>
    </div>
  </section>
)

/** The way on, for who may take it: what can be done now, or why not. */
const NextStep = ({ ctx, view }: { ctx: PageContext; view: SectionView }) => {
  const { section, term } = view.page
  const { t } = ctx
  if (section.status === 'cancelled') return <Badge tone="stop">{t('words.cancelled')}</Badge>
  if (ctx.person === null) {
    // signing in would lead to a refusal
    return term.registration === 'closed' ? null : (
      <LinkButton kind="primary" href={`/sign-in?next=/sections/${section.id}`}>
        {t('section.sign_in')}
      </LinkButton>
    )
  }
  if (ctx.person.role === 'instructor')
    return <LinkButton href="/teaching">{t('section.teaching')}</LinkButton>
  if (ctx.person.role === 'registrar')
    return <LinkButton href={`/registrar/sections/${section.id}`}>{t('section.ledger')}</LinkButton>
  if (view.mine === 'enrolled') {
    return (
      <>
        <Badge tone="good">{t('section.enrolled')}</Badge>
        <LinkButton href="/schedule">{t('words.see_schedule')}</LinkButton>
      </>
    )
  }
  if (view.mine === 'withdrawn') {
    return (
      <>
        {view.plan !== null && <Verdict plan={view.plan} ctx={ctx} />}
        <LinkButton href="/schedule">{t('words.see_schedule')}</LinkButton>
      </>
    )
  }
  const open = term.registration === 'open'
  if (view.place !== undefined) {
    const { place, request, swappable } = view
    const isAlone = place.gives === null && place.together.length === 0
    return (
      <>
        <OwnPlace ctx={ctx} place={place} request={request} />
        {open && isAlone && swappable.length > 0 && (
          <SwapForm ctx={ctx} section={section} swappable={swappable} request={request} plan={null} own />
        )}
      </>
    )
  }
  const [own] = view.plan?.lines ?? []
  return (
    <>
      {view.plan !== null && <Verdict plan={view.plan} ctx={ctx} />}
      {open && view.plan !== null && own?.outcome === 'wait' && view.joinAs !== null && (
        <JoinList ctx={ctx} section={section} joinAs={view.joinAs} request={view.request} plan={view.plan} />
      )}
      <form method="post" action="/register" class="grid gap-3">
        <input type="hidden" name="section" value={section.id} />
        <input type="hidden" name="request" value={view.request} />
        {view.plan !== null && <Beside plan={view.plan} ctx={ctx} />}
        <div class="flex flex-wrap gap-2">
          {canRegister(view.plan) && <Button kind="primary">{t('section.register')}</Button>}
          {view.mine === 'cart' ? (
            <LinkButton href="/cart">{t('section.to_cart')}</LinkButton>
          ) : (
            <Button formaction="/cart">{t('words.add_to_cart')}</Button>
          )}
        </div>
      </form>
      {open && view.swappable.length > 0 && (
        <SwapForm
          ctx={ctx}
          section={section}
          swappable={view.swappable}
          request={view.request}
          plan={view.plan}
        />
      )}
    </>
  )
}

const Clashes = ({ clashes, ctx }: { clashes: SectionView['clashes']; ctx: PageContext }) => {
  if (clashes.length === 0) return null
  const named = (where: 'enrolled' | 'cart') =>
    clashes.filter((clash) => clash.where === where).map((clash) => clash.label)
  const enrolled = named('enrolled')
  const cart = named('cart')
  return (
    <Notice tone="attention" title={ctx.t('section.clash')}>
      {enrolled.length > 0 && (
        <p>{ctx.t('section.clash_enrolled', { sections: ctx.format.list(enrolled) })}</p>
      )}
      {cart.length > 0 && <p>{ctx.t('section.clash_cart', { sections: ctx.format.list(cart) })}</p>}
    </Notice>
  )
}

export const sectionPage = (ctx: PageContext, view: SectionView): string => {
  const { section, term, description, others, subjectName } = view.page
  return layout(ctx, {
    title: named(section, ctx),
    current: '/catalogue',
    children: (
      <article class="wide:grid-cols-[minmax(0,1fr)_20rem] grid gap-x-10 gap-y-6">
        <header class="wide:col-span-2 grid gap-2">
          <p class="text-soft">
            <a href={searchAddress({ subject: section.subject, term: term.code })}>{subjectName}</a> ·{' '}
            {term.name}
          </p>
          <h1>
            <span class="figures whitespace-nowrap">{label(section)}</span> {section.title}
          </h1>
          <p class="flex flex-wrap gap-2">
            <Badge>{componentWords(section.component, ctx)}</Badge>
            <Badge>{modeWords(section.mode, ctx)}</Badge>
            <Badge>{section.campus}</Badge>
          </p>
        </header>

        <aside
          aria-label={ctx.t('section.aside')}
          class="card wide:sticky wide:top-4 wide:order-last grid gap-4 self-start p-5"
        >
          {section.status === 'active' && <SeatMeter {...section.seats} wide />}
          <BeyondCapacity page={view.page} ctx={ctx} />
          {section.seats.waiting > 0 && (
            <p class="text-sm">{ctx.t('section.waiting', { count: section.seats.waiting })}</p>
          )}
          <dl class="definition figures">
            <dt>{ctx.t('column.credits')}</dt>
            <dd>{credits(section, ctx)}</dd>
            <dt>{ctx.t('catalogue.crn')}</dt>
            <dd>{section.crn}</dd>
          </dl>
          <NextStep ctx={ctx} view={view} />
          <p class="text-soft text-sm">{windowWords(term, ctx)}</p>
        </aside>

        <div class="grid content-start gap-8">
          {section.status === 'cancelled' && (
            <Notice tone="stop" title={ctx.t('reason.cancelled')}>
              <p>{ctx.t(others.length > 0 ? 'section.cancelled_others' : 'section.cancelled_alone')}</p>
            </Notice>
          )}
          <Clashes clashes={view.clashes} ctx={ctx} />
          {section.seats.full &&
            view.mine !== 'enrolled' &&
            view.place === undefined &&
            section.status === 'active' && (
              <Notice tone="attention" title={ctx.t('section.full')}>
                <p>{ctx.t('section.full_words')}</p>
              </Notice>
            )}
          <p class="prose">{description}</p>
          <Prerequisites page={view.page} ctx={ctx} />
          <section class="grid gap-3" aria-labelledby="meetings">
            <h2 id="meetings">{ctx.t('section.meetings')}</h2>
            {section.meetings.length === 0 ? (
              <Empty title={ctx.t('words.no_times')}>
                <p>{ctx.t(section.mode === 'online' ? 'section.online_words' : 'section.arranged_words')}</p>
              </Empty>
            ) : (
              <div class="card">
                <Table caption={ctx.t('section.meetings')} columns={meetingColumns(ctx)}>
                  {section.meetings.map((meeting) => (
                    <MeetingLine
                      key={`${meeting.days.join('')} ${meeting.startsAt} ${meeting.startsOn}`}
                      meeting={meeting}
                      ctx={ctx}
                      section={section}
                    />
                  ))}
                </Table>
              </div>
            )}
          </section>
          {others.length > 0 && <Others others={others} ctx={ctx} />}
        </div>
      </article>
    ),
  })
}
