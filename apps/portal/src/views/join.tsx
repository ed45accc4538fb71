/** What can be done about a section that is not to be had just so: its waiting list, and a swap. */
import { Badge, Button } from '@matricula/ui'
import type { ScheduleEntry, SectionPlan, SectionRow, WaitEntry } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { Beside } from './section-plan.tsx'
import { label, reasonWords } from './words.ts'

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
    <p class="text-sm">
      You would be number {ctx.format.number(joinAs)} on the waiting list. When it is your turn the seat is
      given to you at once, and nobody goes before you.
    </p>
    <Beside plan={plan} ctx={ctx} of="join" />
    {/* what goes with it may be full as well; of those that are not taken the wish means nothing */}
    {plan.choices
      .flatMap(({ sections }) => sections)
      .slice(0, 15)
      .map(({ id }) => (
        <input type="hidden" name="waitlist" value={id} key={id} />
      ))}
    <div>
      <Button kind="primary">Join the waiting list</Button>
    </div>
  </form>
)

export const PassedOver = ({ place, ctx }: { place: WaitEntry; ctx: PageContext }) =>
  place.passed === null ? null : (
    <p class="text-sm">
      <strong class="text-attention font-medium">A seat went past you.</strong>{' '}
      {reasonWords(place.passed, ctx.format)} You keep your place; once nothing stands in the way, it counts
      again.
    </p>
  )

export const placeWords = (place: WaitEntry, ctx: PageContext): string =>
  `Number ${ctx.format.number(place.position)} of ${ctx.format.number(place.length)} on the waiting list`

/** Two steps without a script, as for a drop. */
export const LeaveList = ({ place, request }: { place: WaitEntry; request: string }) => (
  <details class="drop">
    <summary class="text-stop w-fit text-sm font-medium underline">
      Leave the list<span class="sr-only"> of {label(place.section)}</span>
    </summary>
    <form method="post" action="/leave" class="bg-stop-soft mt-2 grid gap-3 rounded-control p-3">
      <input type="hidden" name="entry" value={place.entryId} />
      <input type="hidden" name="request" value={`${request}-l${place.entryId}`} />
      <p class="text-sm">Your place is given up at once. If you join again, you stand at the end.</p>
      <div>
        <Button kind="stop" small>
          Yes, leave the list of {label(place.section)}
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
    {place.gives !== null && (
      <p class="text-sm">{place.gives} is dropped when the seat arrives, and not before.</p>
    )}
    <PassedOver place={place} ctx={ctx} />
    <LeaveList place={place} request={request} />
  </div>
)

/** One form for both cases: whether it is full is decided when the form arrives, not when the page was made. */
export const SwapForm = ({
  section,
  swappable,
  request,
}: {
  section: SectionRow
  swappable: readonly ScheduleEntry[]
  request: string
}) => {
  const { full } = section.seats
  return (
    <details class="disclosure">
      <summary>Take it in place of a section you have</summary>
      <form method="post" action="/swap" class="grid gap-3 pt-2">
        <input type="hidden" name="section" value={section.id} />
        <input type="hidden" name="request" value={`${request}-s`} />
        <div class="grid gap-1">
          <label class="label" for="give-up">
            Give up
          </label>
          <select class="input" id="give-up" name="enrolment">
            {swappable.map(({ enrolmentId, section: held }) => (
              <option key={enrolmentId} value={enrolmentId}>
                {label(held)} {held.title}
              </option>
            ))}
          </select>
        </div>
        <label class="check cursor-pointer py-1">
          <input class="tick" type="checkbox" name="waitlist" value="1" checked={full} />
          <span>
            If {label(section)} is full, join its waiting list and keep the other one until the seat arrives
          </span>
        </label>
        <p class="text-soft text-sm">You never lose the one before you have the other.</p>
        <div>
          <Button>Swap</Button>
        </div>
      </form>
    </details>
  )
}
