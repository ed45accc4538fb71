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
import type { Cart, CartEntry, Schedule } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { Week } from './week-view.tsx'
import { count, creditWords, credits, label, reasonWords, windowWords } from './words.ts'

export interface CartView {
  readonly cart: Cart
  readonly schedule: Schedule
  readonly request: string
  /** what the last step did, said once */
  readonly notice: string | undefined
  readonly errors: readonly FormError[]
}

const columns = [
  { head: '', hidden: 'Choose' },
  { head: 'Section' },
  { head: 'Days and times' },
  { head: 'Credits', number: true },
  { head: 'Seats' },
  { head: '', hidden: 'Remove' },
]

const EntryLine = ({ entry, ctx }: { entry: CartEntry; ctx: PageContext }) => {
  const { section, reasons } = entry
  return (
    <Row>
      <Cell kind="tick">
        <label class="tick-target">
          <input
            class="tick"
            type="checkbox"
            name="section"
            value={section.id}
            checked
            aria-label={`${label(section)} ${section.title}`}
          />
        </label>
      </Cell>
      <Cell>
        <a class="font-medium" href={`/sections/${section.id}`}>
          <span class="figures">{label(section)}</span> {section.title}
        </a>
        {section.instructors.length > 0 && (
          <span class="text-soft block text-sm">{ctx.format.list(section.instructors)}</span>
        )}
        {reasons.length > 0 && (
          <ul class="mt-1 grid gap-1 text-sm">
            {reasons.map((reason) => (
              <li key={reason.words}>
                <strong class="text-attention font-medium">{reasonWords(reason, ctx.format)}</strong>{' '}
                {reason.remedy}
              </li>
            ))}
          </ul>
        )}
      </Cell>
      <Cell>
        <Meetings section={section} format={ctx.format} />
      </Cell>
      <Cell kind="number" label="Credits">
        {credits(section, ctx.format)}
      </Cell>
      <Cell>
        <SeatMeter {...section.seats} />
      </Cell>
      <Cell>
        <Button
          kind="plain"
          form="remove"
          name="remove"
          value={String(section.id)}
          label={`Remove ${label(section)}`}
        >
          Remove
        </Button>
      </Cell>
    </Row>
  )
}

const EmptyCart = () => (
  <Empty title="Your cart is empty">
    <p>
      Find sections in the catalogue, tick them and add them here. Nothing is reserved until you register.
    </p>
    <LinkButton kind="primary" href="/catalogue">
      Search the catalogue
    </LinkButton>
  </Empty>
)

const Entries = ({ ctx, view }: { ctx: PageContext; view: CartView }) => {
  const { cart, schedule, request } = view
  const open = schedule.term.registration === 'open'
  return (
    <>
      <form method="post" action="/register" class="grid gap-4" id="sections">
        <input type="hidden" name="request" value={request} />
        <div class="card">
          <Table caption="Sections in your cart" columns={columns}>
            {cart.entries.map((entry) => (
              <EntryLine key={entry.section.id} entry={entry} ctx={ctx} />
            ))}
          </Table>
        </div>
        <div class="action-bar">
          <Button kind="primary">{open ? 'Register' : 'Try to register'}</Button>
          <p class="text-soft figures text-sm">
            {creditWords(cart.credits, ctx.format)} in the cart, {ctx.format.number(schedule.credits)} on your
            schedule
          </p>
        </div>
      </form>
      {/* a form of its own, so that Enter in the one above registers and does not remove */}
      <form method="post" action="/cart" id="remove" />
    </>
  )
}

export const cartPage = (ctx: PageContext, view: CartView): string => {
  const { cart, schedule, notice, errors } = view
  const term = schedule.term
  return layout(ctx, {
    title: 'Cart',
    current: '/cart',
    error: errors.length > 0,
    children: (
      <div class="grid gap-6">
        <ErrorSummary errors={errors} />
        {notice && (
          <Notice tone="good" live>
            <p>{notice}</p>
          </Notice>
        )}
        <div class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
          <h1>Cart</h1>
          <p class="text-soft text-sm">{windowWords(term, ctx.format)}</p>
        </div>
        {cart.entries.length === 0 ? (
          <EmptyCart />
        ) : (
          <>
            <p class="prose">
              {count(cart.entries.length, 'section', 'sections', ctx.format)}. You get as many of the ticked
              ones as can be had, and an answer for each. A cart holds no seats.{' '}
              <a href="/catalogue">Add more</a>
            </p>
            <Entries ctx={ctx} view={view} />
            <Week
              ctx={ctx}
              title="Your week with this cart"
              held={[
                ...schedule.entries.map(({ section }) => ({ section, planned: false })),
                ...cart.entries.map(({ section }) => ({ section, planned: true })),
              ]}
            />
          </>
        )}
      </div>
    ),
  })
}
