/** The registrar's desk. Moments stand in UTC to the microsecond here: what was first is read off them. */
import {
  Badge,
  Button,
  Cell,
  Empty,
  ErrorSummary,
  Field,
  type FormError,
  LinkButton,
  Notice,
  Row,
  SeatMeter,
  Table,
} from '@matricula/ui'
import type { SeatEventRow, SeatHolder, SeatsAt, SectionPage, SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Done, type FormState } from './office-parts.tsx'
import { Reserves } from './office-reserves.tsx'
import { BeyondCapacity } from './section-rules.tsx'
import { count, label, reasonWords } from './words.ts'

interface DeskView {
  readonly receipt: string
  readonly crn: string
  /** several terms may have the same CRN */
  readonly sections: readonly SectionPage[]
  readonly errors: readonly FormError[]
}

const errorOf = (errors: readonly FormError[], field: string) =>
  errors.find((error) => error.field === field)?.message

export const registrarPage = (ctx: PageContext, { receipt, crn, sections, errors }: DeskView): string =>
  layout(ctx, {
    title: 'Registrar’s desk',
    current: '/registrar',
    error: errors.length > 0,
    children: (
      <div class="grid max-w-2xl gap-6">
        <ErrorSummary errors={errors} />
        <h1>Registrar’s desk</h1>
        <ul class="flex flex-wrap gap-x-6 gap-y-2">
          <li>
            <a href="/registrar/students">Students: holds, permissions, records</a>
          </li>
          <li>
            <a href="/registrar/terms">Terms: days, limits, windows</a>
          </li>
          <li>
            <a href="/registrar/trail">Trail of the office</a>
          </li>
        </ul>
        <form method="get" action="/registrar" class="card grid gap-4 p-5">
          <h2>Look up a receipt</h2>
          <Field
            name="receipt"
            label="Receipt number"
            hint="Twelve signs, such as R7KQ-2MXD-9TPA. Anybody’s receipt is found."
            value={receipt}
            error={errorOf(errors, 'receipt')}
            autocomplete="off"
            maxlength={64}
          />
          <div>
            <Button kind="primary">Find the receipt</Button>
          </div>
        </form>
        <form method="get" action="/registrar" class="card grid gap-4 p-5">
          <h2>Seats of a section</h2>
          <Field
            name="crn"
            label="CRN"
            hint="Who holds its seats and who waits, now or at any moment before; its history and its capacity."
            value={crn}
            error={errorOf(errors, 'crn')}
            autocomplete="off"
            maxlength={64}
          />
          <div>
            <Button kind="primary">Show the seats</Button>
          </div>
          {sections.length > 0 && (
            <ul class="grid gap-2">
              {sections.map(({ section, term }) => (
                <li key={section.id}>
                  <a href={`/registrar/sections/${section.id}`}>
                    <span class="figures">{label(section)}</span> {section.title}, {term.name}
                  </a>
                </li>
              ))}
            </ul>
          )}
        </form>
      </div>
    ),
  })

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

const eventWords: Readonly<Record<SeatEventRow['event'], string>> = {
  enrolled: 'Enrolled',
  dropped: 'Dropped',
  wait_listed: 'Joined the waiting list',
  left_list: 'Left the waiting list',
  promoted: 'Got a seat from the waiting list',
  skipped: 'Seat went past',
  reinstated: 'Back in force on the list',
  swapped_in: 'Swapped in',
  swapped_out: 'Swapped out',
  capacity_changed: 'Capacity changed',
  imported: 'Enrolled before the ledger began',
}

/** '2026-11-22T14:03:07.123456Z' → date and time, which may break between them */
const Instant = ({ at }: { at: string }) => (
  <span class="figures">
    <span class="whitespace-nowrap">{at.slice(0, 10)}</span>{' '}
    <span class="whitespace-nowrap">{at.slice(11, 26)}</span>
  </span>
)

const Event = ({ event, ctx }: { event: SeatEventRow; ctx: PageContext }) => (
  <Row>
    <Cell label="When">
      <Instant at={event.at} />
    </Cell>
    <Cell>
      <span class="font-medium">{eventWords[event.event]}</span>
      {event.ticket !== null && <span class="text-soft figures"> (ticket {event.ticket})</span>}
      {event.reason !== null && (
        <span class="text-soft block text-sm">{reasonWords(event.reason, ctx.format)}</span>
      )}
    </Cell>
    <Cell label="Who">
      {event.student === null ? (
        <span class="text-soft">The section</span>
      ) : (
        <>
          {event.student.name} <span class="text-soft figures">{event.student.number}</span>
        </>
      )}
    </Cell>
    <Cell label="By">
      {event.actor === 'staff'
        ? `Staff ${event.staffNumber ?? ''}`
        : event.actor === 'student'
          ? 'Student'
          : 'System'}
      {event.receipt !== null && (
        <a class="figures block text-sm whitespace-nowrap" href={`/registrar/receipts/${event.receipt}`}>
          {event.receipt}
        </a>
      )}
    </Cell>
    <Cell label="Afterwards">
      {event.event === 'imported' ? (
        // what the counters were then, nobody wrote down
        <span class="text-soft">not recorded</span>
      ) : (
        <span class="figures whitespace-nowrap">
          {event.enrolled + event.held} of {event.capacity}
        </span>
      )}
      {event.waiting > 0 && <span class="text-soft figures block text-sm">{event.waiting} waiting</span>}
    </Cell>
  </Row>
)

const Person = ({ who, ctx, place }: { who: SeatHolder; ctx: PageContext; place?: number }) => (
  <Row>
    <Cell kind="number" label={place === undefined ? 'Ticket' : 'Place'}>
      <span class="figures">{place ?? ''}</span>
    </Cell>
    <Cell>
      {who.name} <span class="text-soft figures">{who.number}</span>{' '}
      {who.permitted && <Badge>By permission</Badge>}
      {who.passed !== null && (
        <span class="text-attention block text-sm">
          A seat went past: {reasonWords(who.passed, ctx.format)}
        </span>
      )}
    </Cell>
    <Cell label="Since">
      <Instant at={who.since} />
    </Cell>
  </Row>
)

const people = (heading: string) => [
  { head: heading, number: true },
  { head: 'Student' },
  { head: 'Since (UTC)' },
]

const eventColumns = [
  { head: 'When (UTC)' },
  { head: 'What' },
  { head: 'Who' },
  { head: 'By' },
  { head: 'Afterwards' },
]

const CapacityForm = ({ view }: { view: SeatsView }) => (
  <form
    method="post"
    action={`/registrar/sections/${view.section.id}/capacity`}
    class="grid gap-3"
    novalidate
  >
    <Field
      name="capacity"
      label="Capacity"
      hint="More seats go to the waiting list at once. Fewer take nobody’s seat away."
      value={view.capacity}
      error={errorOf(view.errors, 'capacity')}
      inputmode="numeric"
      autocomplete="off"
      maxlength={20}
    />
    <div>
      <Button>Change the capacity</Button>
    </div>
  </form>
)

const MomentForm = ({ view }: { view: SeatsView }) => (
  <form method="get" action={`/registrar/sections/${view.section.id}`} class="grid gap-3">
    <Field
      name="at"
      label="As it was at (UTC)"
      hint="Such as 2026-11-22T08:00:03; fractions of a second may follow. Empty: now."
      value={view.asked}
      error={errorOf(view.errors, 'at')}
      autocomplete="off"
      maxlength={64}
    />
    <div class="flex flex-wrap gap-3">
      <Button>Show that moment</Button>
      {view.seats.at !== null && <LinkButton href={`/registrar/sections/${view.section.id}`}>Now</LinkButton>}
    </div>
  </form>
)

const Agreement = ({ faults }: { faults: readonly string[] }) =>
  faults.length === 0 ? (
    <p class="text-soft text-sm">Counters, rows and ledger agree.</p>
  ) : (
    <Notice tone="stop" title="Counters, rows and ledger do not agree">
      <ul class="list-disc pl-5">
        {faults.map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <p>Somebody wrote to the database past the portal. Compare the receipts before mending it.</p>
    </Notice>
  )

export const seatsPage = (ctx: PageContext, view: SeatsView): string => {
  const { section, seats, faults } = view
  const when = seats.at === null ? 'now' : 'at that moment'
  return layout(ctx, {
    title: `Seats of ${label(section)}`,
    current: '/registrar',
    error: view.errors.length > 0,
    children: (
      <div class="grid gap-6">
        <ErrorSummary errors={view.errors} />
        {view.changed && (
          <Notice tone="good" live>
            <p>
              The capacity is {ctx.format.number(section.seats.capacity)}. New seats go to the waiting list
              within a second.
            </p>
          </Notice>
        )}
        <Done words={view.done} />
        <header class="grid gap-1">
          <h1>
            Seats of <span class="figures">{label(section)}</span> {section.title}
          </h1>
          <p class="text-soft">
            {section.term.name}, CRN <span class="figures">{section.crn}</span>.{' '}
            <a href={`/sections/${section.id}`}>The section’s own page</a>
          </p>
          {section.status === 'cancelled' ? (
            <p>
              <Badge tone="stop">Cancelled</Badge>
            </p>
          ) : (
            <p class="flex flex-wrap gap-3">
              <LinkButton small href={`/registrar/sections/${section.id}/change`}>
                Change its meetings
              </LinkButton>
              <LinkButton small href={`/registrar/sections/${section.id}/links`}>
                {view.page.partners.length === 0
                  ? 'Link it to other sections'
                  : `Links (${ctx.format.number(view.page.partners.length)})`}
              </LinkButton>
              <LinkButton small href={`/registrar/sections/${section.id}/cancel`}>
                Cancel the section
              </LinkButton>
            </p>
          )}
        </header>
        <div class="wide:grid-cols-[20rem_minmax(0,1fr)] grid gap-x-8 gap-y-6">
          <aside aria-label="Capacity and moment" class="card grid content-start gap-6 self-start p-5">
            <SeatMeter {...section.seats} wide />
            <BeyondCapacity page={view.page} ctx={ctx} />
            <Agreement faults={faults} />
            <CapacityForm view={view} />
            <MomentForm view={view} />
          </aside>
          <div class="grid content-start gap-8">
            <section class="grid gap-3" aria-labelledby="holders">
              <h2 id="holders">
                {count(seats.holders.length, 'seat', 'seats', ctx.format)} held {when}
              </h2>
              {seats.holders.length === 0 ? (
                <Empty title="Nobody holds a seat">
                  <p>The ledger knows of no student in this section {when}.</p>
                </Empty>
              ) : (
                <div class="card">
                  <Table caption={`Seats held ${when}`} columns={people('No.')}>
                    {seats.holders.map((who, index) => (
                      <Person key={who.number} who={who} ctx={ctx} place={index + 1} />
                    ))}
                  </Table>
                </div>
              )}
            </section>
            <Reserves page={view.page} form={view.reserve} ctx={ctx} />
            {seats.list.length > 0 && (
              <section class="grid gap-3" aria-labelledby="list">
                <h2 id="list">Waiting list {when}</h2>
                <div class="card">
                  <Table caption={`Waiting list ${when}`} columns={people('Place')}>
                    {seats.list.map((who, index) => (
                      <Person key={who.number} who={who} ctx={ctx} place={index + 1} />
                    ))}
                  </Table>
                </div>
              </section>
            )}
            <section class="grid gap-3" aria-labelledby="ledger">
              <h2 id="ledger">Ledger, newest first</h2>
              {seats.more && (
                <p class="text-soft">
                  The newest {ctx.format.number(seats.events.length)} events. Ask for an earlier moment to see
                  those before.
                </p>
              )}
              {seats.events.length === 0 ? (
                <Empty title="No event yet">
                  <p>Nothing has happened to the seats of this section {when}.</p>
                </Empty>
              ) : (
                <div class="card">
                  <Table caption="Events of the section’s seats" columns={eventColumns}>
                    {seats.events.map((event) => (
                      <Event key={event.id} event={event} ctx={ctx} />
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
