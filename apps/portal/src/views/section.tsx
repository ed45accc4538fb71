import { Badge, Button, Cell, Empty, LinkButton, Notice, Row, SeatMeter, Table } from '@matricula/ui'
import type { Meeting, SectionPage, SectionPlan, SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { type Joining, JoinList, OwnPlace, SwapForm } from './join.tsx'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { Beside, canRegister, Verdict } from './section-plan.tsx'
import { BeyondCapacity, Prerequisites } from './section-rules.tsx'
import {
  componentWords,
  count,
  credits,
  dayWords,
  label,
  modeWords,
  timeWords,
  windowWords,
} from './words.ts'

export interface SectionView extends Joining {
  readonly page: SectionPage
  readonly mine: 'enrolled' | 'cart' | undefined
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
        {dayWords(meeting, ctx.format) || (section.mode === 'online' ? 'Online' : 'Arranged')}
      </span>
    </Cell>
    <Cell>{timeWords(meeting, ctx.format) ?? <span class="text-soft">No fixed times</span>}</Cell>
    <Cell>
      {meeting.place ?? (
        <span class="text-soft">{section.mode === 'online' ? 'Online' : 'Room not set yet'}</span>
      )}
    </Cell>
    <Cell>{meeting.instructor ?? <span class="text-soft">To be announced</span>}</Cell>
    <Cell>
      <span class="whitespace-nowrap">{ctx.format.day(meeting.startsOn)}</span> to{' '}
      <span class="whitespace-nowrap">{ctx.format.day(meeting.endsOn)}</span>
    </Cell>
  </Row>
)

const meetingColumns = [
  { head: 'Days' },
  { head: 'Time' },
  { head: 'Place' },
  { head: 'Instructor' },
  { head: 'Dates' },
]

const otherColumns = [
  { head: 'Section' },
  { head: 'Days and times' },
  { head: 'Instructor' },
  { head: 'Seats' },
]

const Others = ({ others, ctx }: { others: readonly SectionRow[]; ctx: PageContext }) => (
  <section class="grid gap-3" aria-labelledby="others">
    <h2 id="others">Other sections of this course</h2>
    <div class="card">
      <Table caption="Other sections of this course" columns={otherColumns}>
        {others.map((other) => (
          <Row key={other.id}>
            <Cell>
              <a class="figures font-medium whitespace-nowrap" href={`/sections/${other.id}`}>
                {label(other)}
              </a>
              <span class="text-soft block text-sm">{componentWords[other.component]}</span>
            </Cell>
            <Cell>
              <Meetings section={other} format={ctx.format} />
            </Cell>
            <Cell>{ctx.format.list(other.instructors)}</Cell>
            <Cell>
              <SeatMeter {...other.seats} />
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
  if (section.status === 'cancelled') return <Badge tone="stop">Cancelled</Badge>
  if (ctx.person === null) {
    return (
      <LinkButton kind="primary" href={`/sign-in?next=/sections/${section.id}`}>
        Sign in to register
      </LinkButton>
    )
  }
  if (ctx.person.role === 'instructor') return <LinkButton href="/teaching">Your sections</LinkButton>
  if (ctx.person.role === 'registrar')
    return <LinkButton href={`/registrar/sections/${section.id}`}>Seats and ledger</LinkButton>
  if (view.mine === 'enrolled') {
    return (
      <>
        <Badge tone="good">You are enrolled</Badge>
        <LinkButton href="/schedule">See your schedule</LinkButton>
      </>
    )
  }
  if (view.place !== undefined) return <OwnPlace ctx={ctx} place={view.place} request={view.request} />
  const open = term.registration === 'open'
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
          {canRegister(view.plan) && <Button kind="primary">Register now</Button>}
          {view.mine === 'cart' ? (
            <LinkButton href="/cart">Go to your cart</LinkButton>
          ) : (
            <Button formaction="/cart">Add to cart</Button>
          )}
        </div>
      </form>
      {open && view.swappable.length > 0 && (
        <SwapForm section={section} swappable={view.swappable} request={view.request} />
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
    <Notice tone="attention" title="Meets at the same time">
      {enrolled.length > 0 && (
        <p>
          {ctx.format.list(enrolled)}, on your schedule. You can take this one in its place, or drop it first.
        </p>
      )}
      {cart.length > 0 && <p>{ctx.format.list(cart)}, in your cart. Only one of them can be had.</p>}
    </Notice>
  )
}

export const sectionPage = (ctx: PageContext, view: SectionView): string => {
  const { section, term, description, others, subjectName } = view.page
  return layout(ctx, {
    title: `${label(section)} ${section.title}`,
    current: '/catalogue',
    children: (
      <article class="wide:grid-cols-[minmax(0,1fr)_20rem] grid gap-x-10 gap-y-6">
        <header class="wide:col-span-2 grid gap-2">
          <p class="text-soft">
            <a href={`/catalogue?subject=${encodeURIComponent(section.subject)}`}>{subjectName}</a> ·{' '}
            {term.name}
          </p>
          <h1>
            <span class="figures">{label(section)}</span> {section.title}
          </h1>
          <p class="flex flex-wrap gap-2">
            <Badge>{componentWords[section.component]}</Badge>
            <Badge>{modeWords[section.mode]}</Badge>
            <Badge>{section.campus}</Badge>
          </p>
        </header>

        <aside
          aria-label="Seats and registration"
          class="card wide:sticky wide:top-4 wide:order-last grid gap-4 self-start p-5"
        >
          <SeatMeter {...section.seats} wide />
          <BeyondCapacity page={view.page} ctx={ctx} />
          {section.seats.waiting > 0 && (
            <p class="text-sm">
              {count(section.seats.waiting, 'student waits', 'students wait', ctx.format)} for the next seat.
            </p>
          )}
          <dl class="definition figures">
            <dt>Credits</dt>
            <dd>{credits(section, ctx.format)}</dd>
            <dt>CRN</dt>
            <dd>{section.crn}</dd>
          </dl>
          <NextStep ctx={ctx} view={view} />
          <p class="text-soft text-sm">{windowWords(term, ctx.format)}</p>
        </aside>

        <div class="grid content-start gap-8">
          <Clashes clashes={view.clashes} ctx={ctx} />
          {section.seats.full &&
            view.mine !== 'enrolled' &&
            view.place === undefined &&
            section.status === 'active' && (
              <Notice tone="attention" title="This section is full">
                <p>
                  A seat becomes free when someone drops, and goes to the waiting list in its order. Or take
                  another section of the course.
                </p>
              </Notice>
            )}
          <p class="prose">{description}</p>
          <Prerequisites page={view.page} ctx={ctx} />
          <section class="grid gap-3" aria-labelledby="meetings">
            <h2 id="meetings">Meetings</h2>
            {section.meetings.length === 0 ? (
              <Empty title="No fixed times">
                <p>
                  {section.mode === 'online'
                    ? 'This section is taught online, at your own pace.'
                    : 'Times are arranged with the instructor.'}
                </p>
              </Empty>
            ) : (
              <div class="card">
                <Table caption="Meetings" columns={meetingColumns}>
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
