/** What can be done about a section that is not to be had just so: its waiting list, and a swap. */
import { Badge, Button } from '@matricula/ui'
import type { ScheduleEntry, SectionPlan, SectionRow, WaitEntry } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { Beside } from './section-plan.tsx'
import { label, named, reasonsWords, reasonWords } from './words.ts'

export interface Joining {
  /** the reader's own place in the list */
  readonly place: WaitEntry | undefined
  /** the place that joining now would give; null: there are seats, or the reader is on the list */
  readonly joinAs: number | null
  /** what the reader could give up for it; first what stands in its way */
  readonly swappable: readonly ScheduleEntry[]
}

/** The list is joined by registering with its wish: a seat that came free meanwhile is taken at once. */
export const JoinList = ({
  ctx,
  section,
  joinAs,
  request,
  plan,
}: {
  ctx: PageContext
  section: SectionRow
  joinAs: number
  request: string
  plan: SectionPlan
}) => (
  <form method="post" action="/register" class="grid gap-2">
    <input type="hidden" name="section" value={section.id} />
    <input type="hidden" name="waitlist" value={section.id} />
    <input type="hidden" name="request" value={`${request}-w`} />
    <p class="text-sm">{ctx.t('join.would_be', { place: joinAs })}</p>
    <Beside plan={plan} ctx={ctx} of="join" />
    {/* what goes with it may be full as well; of those that are not taken the wish means nothing */}
    {plan.choices
      .flatMap(({ sections }) => sections)
      .slice(0, 15)
      .map(({ id }) => (
        <input type="hidden" name="waitlist" value={id} key={id} />
      ))}
    <div>
      <Button kind="primary">{ctx.t('join.join')}</Button>
    </div>
  </form>
)

export const PassedOver = ({ place, ctx }: { place: WaitEntry; ctx: PageContext }) =>
  place.passed === null ? null : place.passed.code === 'half_waits' ? (
    <p class="text-sm">{ctx.t('join.half', { reason: reasonWords(place.passed, ctx) })}</p>
  ) : (
    <p class="text-sm">
      {ctx.t('join.passed', {
        reason: reasonsWords([place.passed, ...place.morePassed], ctx),
        strong: (words) => <strong class="text-attention font-medium">{words}</strong>,
      })}
    </p>
  )

export const placeWords = (place: WaitEntry, ctx: PageContext): string =>
  ctx.t('join.place', { place: place.position, length: place.length })

/** Two steps without a script, as for a drop. */
export const LeaveList = ({
  place,
  request,
  ctx,
}: {
  place: WaitEntry
  request: string
  ctx: PageContext
}) => (
  <details class="drop">
    <summary class="text-stop w-fit text-sm font-medium underline">
      {ctx.t('join.leave', {
        section: label(place.section),
        hidden: (words) => <span class="sr-only">{words}</span>,
      })}
    </summary>
    <form method="post" action="/leave" class="bg-stop-soft mt-2 grid gap-3 rounded-control p-3">
      <input type="hidden" name="entry" value={place.entryId} />
      <input type="hidden" name="request" value={`${request}-l${place.entryId}`} />
      <p class="text-sm">
        {ctx.t('join.leave_words')}{' '}
        {place.together.length > 0 &&
          ctx.t('join.leave_together', {
            sections: ctx.format.list(place.together),
            count: place.together.length,
          })}
      </p>
      <div>
        <Button kind="stop" small>
          {ctx.t('join.leave_sure', { section: label(place.section) })}
        </Button>
      </div>
    </form>
  </details>
)

export const OwnPlace = ({
  ctx,
  place,
  request,
}: {
  ctx: PageContext
  place: WaitEntry
  request: string
}) => (
  <div class="grid gap-2">
    <div>
      <Badge tone="attention">{placeWords(place, ctx)}</Badge>
    </div>
    {place.together.length > 0 && (
      <p class="text-sm">{ctx.t('join.together', { sections: ctx.format.list(place.together) })}</p>
    )}
    {place.gives !== null && (
      <p class="text-sm">
        {ctx.t('join.gives', {
          sections: ctx.format.list([place.gives, ...place.along]),
          count: place.along.length + 1,
          seats: place.together.length + 1,
        })}
      </p>
    )}
    <PassedOver place={place} ctx={ctx} />
    <LeaveList ctx={ctx} place={place} request={request} />
  </div>
)

/** One form for both cases: whether it is full is decided when the form arrives, not when the page was made. */
export const SwapForm = ({
  ctx,
  section,
  swappable,
  request,
  plan,
  own = false,
}: {
  ctx: PageContext
  section: SectionRow
  swappable: readonly ScheduleEntry[]
  request: string
  plan: SectionPlan | null
  /** the reader waits for it by itself already: what is to be given up can still be said */
  own?: boolean
}) => {
  const { full } = section.seats
  return (
    <details class="disclosure">
      <summary>{ctx.t(own ? 'join.swap_own' : 'join.swap')}</summary>
      <form method="post" action="/swap" class="grid gap-3 pt-2">
        <input type="hidden" name="section" value={section.id} />
        <input type="hidden" name="request" value={`${request}-s`} />
        <div class="grid gap-1">
          <label class="label" for="give-up">
            {ctx.t('join.give_up')}
          </label>
          <select class="input" id="give-up" name="enrolment">
            {swappable.map(({ enrolmentId, section: held, along }) => (
              <option key={enrolmentId} value={enrolmentId}>
                {along.length === 0
                  ? named(held, ctx)
                  : ctx.t('join.give_up_with', {
                      section: label(held),
                      others: ctx.format.list(along.map((other) => other.label)),
                      title: held.title,
                    })}
              </option>
            ))}
          </select>
        </div>
        {plan !== null && <Beside plan={plan} ctx={ctx} of="swap" />}
        {plan !== null && plan.waited.length > 0 && (
          <p class="text-sm">{ctx.t('join.swap_waited', { sections: ctx.format.list(plan.waited) })}</p>
        )}
        <label class="check cursor-pointer py-1">
          <input
            class="tick"
            type="checkbox"
            name="waitlist"
            value="1"
            checked={full || own || (plan?.waited.length ?? 0) > 0}
          />
          <span>{ctx.t('join.swap_waiting', { section: label(section) })}</span>
        </label>
        <p class="text-soft text-sm">
          {ctx.t('join.swap_safe')}{' '}
          {(plan?.choices.length ?? 0) + swappable.flatMap(({ along }) => along).length > 0 &&
            ctx.t('join.swap_whole')}
        </p>
        <div>
          <Button>{ctx.t('join.swap_button')}</Button>
        </div>
      </form>
    </details>
  )
}
