import { Badge, Button, Empty, ErrorSummary, type FormError, LinkButton, Notice } from '@matricula/ui'
import type { Schedule, ScheduleEntry, Term } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { OwnPlace } from './join.tsx'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { Week } from './week-view.tsx'
import { count, creditWords, label } from './words.ts'

export interface ScheduleView {
  readonly schedule: Schedule
  readonly terms: readonly Term[]
  readonly request: string
  readonly errors: readonly FormError[]
}

/** Two steps without a script: the first opens, the second gives the seat away. */
const Drop = ({ entry, request }: { entry: ScheduleEntry; request: string }) => {
  const withdraws = entry.leaving.way === 'withdraw'
  return (
    <details class="drop">
      <summary class="text-stop w-fit text-sm font-medium underline">
        {withdraws ? 'Withdraw' : 'Drop'}
        <span class="sr-only"> {label(entry.section)}</span>
      </summary>
      <form method="post" action="/drop" class="bg-stop-soft mt-2 grid gap-3 rounded-control p-3">
        <input type="hidden" name="enrolment" value={entry.enrolmentId} />
        {/* one key for each entry, so that dropping one does not stand for dropping another */}
        <input type="hidden" name="request" value={`${request}-${entry.enrolmentId}`} />
        <p class="text-sm">
          {withdraws
            ? `The day to drop has passed. ${label(entry.section)} stays on your transcript with a W, which counts for no credit and no grade.`
            : `Your seat in ${label(entry.section)} is given up at once. If the section is full, you may not get it back.`}
        </p>
        <div>
          <Button kind="stop" small>
            Yes, {withdraws ? 'withdraw from' : 'drop'} {label(entry.section)}
          </Button>
        </div>
      </form>
    </details>
  )
}

const EntryItem = ({ entry, ctx, request }: { entry: ScheduleEntry; ctx: PageContext; request: string }) => {
  const { section } = entry
  return (
    <li class="border-line grid gap-2 border-b px-4 py-4 last:border-b-0">
      <div class="flex items-baseline justify-between gap-4">
        <a class="font-medium" href={`/sections/${section.id}`}>
          <span class="figures">{label(section)}</span> {section.title}
        </a>
        <span class="figures text-soft whitespace-nowrap text-sm">
          {creditWords(entry.credits, ctx.format)}
        </span>
      </div>
      <Meetings section={section} format={ctx.format} />
      {section.instructors.length > 0 && (
        <p class="text-soft text-sm">{ctx.format.list(section.instructors)}</p>
      )}
      {section.status === 'cancelled' && (
        <p>
          <Badge tone="stop">Cancelled</Badge>
        </p>
      )}
      {entry.grade !== null && (
        <p>
          Grade <strong class="font-semibold">{entry.grade}</strong>
        </p>
      )}
      {entry.leaving.way !== 'none' && <Drop entry={entry} request={request} />}
    </li>
  )
}

/** Places on waiting lists: no seats, and so not in the week. */
const Waiting = ({ ctx, view }: { ctx: PageContext; view: ScheduleView }) => {
  const { waiting, term } = view.schedule
  if (waiting.length === 0) return null
  return (
    <section class="grid content-start gap-3" aria-labelledby="waiting">
      <h2 id="waiting">Waiting lists</h2>
      {term.registration === 'closed' && (
        <p class="text-soft">Registration for {term.name} is closed: these lists do not move any more.</p>
      )}
      <ul class="card">
        {waiting.map((place) => (
          <li class="border-line grid gap-2 border-b px-4 py-4 last:border-b-0" key={place.entryId}>
            <a class="font-medium" href={`/sections/${place.section.id}`}>
              <span class="figures">{label(place.section)}</span> {place.section.title}
            </a>
            <Meetings section={place.section} format={ctx.format} />
            {place.section.status === 'cancelled' && (
              <p>
                <Badge tone="stop">Cancelled</Badge>
              </p>
            )}
            <OwnPlace ctx={ctx} place={place} request={view.request} />
          </li>
        ))}
      </ul>
    </section>
  )
}

const TermChoice = ({ terms, current }: { terms: readonly Term[]; current: Term }) => (
  <form method="get" action="/schedule" class="flex items-end gap-2">
    <label class="sr-only" for="term">
      Term
    </label>
    <select class="input" id="term" name="term">
      {terms.map(({ code, name }) => (
        <option key={code} value={code} selected={code === current.code}>
          {name}
        </option>
      ))}
    </select>
    <Button>Show</Button>
  </form>
)

const Conflicts = ({ conflicts }: { conflicts: Schedule['conflicts'] }) =>
  conflicts.length === 0 ? null : (
    <Notice tone="stop" title="Some of your sections meet at the same time">
      <ul class="list-disc pl-5">
        {conflicts.map(({ words }) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <p>Drop one of each pair, unless both instructors agreed.</p>
    </Notice>
  )

export const schedulePage = (ctx: PageContext, view: ScheduleView): string => {
  const { schedule, terms, request, errors } = view
  const { entries, term } = schedule
  return layout(ctx, {
    title: `Schedule, ${term.name}`,
    current: '/schedule',
    error: errors.length > 0,
    children: (
      <div class="grid gap-6">
        <ErrorSummary errors={errors} />
        <div class="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <div class="grid gap-1">
            <h1>Schedule, {term.name}</h1>
            <p class="text-soft figures">
              {count(entries.length, 'section', 'sections', ctx.format)},{' '}
              {creditWords(schedule.credits, ctx.format)}.{' '}
              <span class="no-print">
                <a href="/receipts">Receipts</a> · <a href="/history">History</a> ·{' '}
                <a href="/calendar">Calendar</a> ·{' '}
                <a href={`/schedule.ics?term=${term.code}`}>Download (.ics)</a>
              </span>
            </p>
          </div>
          <TermChoice terms={terms} current={term} />
        </div>
        <Conflicts conflicts={schedule.conflicts} />
        {entries.length === 0 && <Waiting ctx={ctx} view={view} />}
        {entries.length === 0 ? (
          <Empty title={`Nothing in ${term.name}`}>
            <p>You are not enrolled in any section of this term.</p>
            <LinkButton kind="primary" href="/catalogue">
              Search the catalogue
            </LinkButton>
          </Empty>
        ) : (
          <div class="wide:grid-cols-[22rem_minmax(0,1fr)] grid gap-x-8 gap-y-6">
            <div class="grid content-start gap-6">
              <section class="grid content-start gap-3" aria-labelledby="sections">
                <h2 id="sections">Your sections</h2>
                <ul class="card">
                  {entries.map((entry) => (
                    <EntryItem key={entry.enrolmentId} entry={entry} ctx={ctx} request={request} />
                  ))}
                </ul>
              </section>
              <Waiting ctx={ctx} view={view} />
            </div>
            {/* stays in sight beside a long list */}
            <div class="wide:sticky wide:top-4 wide:self-start">
              <Week
                ctx={ctx}
                title="Your week"
                held={entries.map(({ section }) => ({ section, planned: false }))}
              />
            </div>
          </div>
        )}
      </div>
    ),
  })
}
