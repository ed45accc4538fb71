import { Badge, Button, Empty, ErrorSummary, type FormError, LinkButton, Notice } from '@matricula/ui'
import type { Schedule, ScheduleEntry, Term } from '../catalogue/types.ts'
import { isWithdrawn } from '../policy/grade.ts'
import type { PageContext } from './context.ts'
import { OwnPlace } from './join.tsx'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { Printed } from './printed.tsx'
import { Week } from './week-view.tsx'
import { creditWords, label, momentsIn } from './words.ts'

export interface ScheduleView {
  readonly schedule: Schedule
  readonly terms: readonly Term[]
  readonly request: string
  readonly errors: readonly FormError[]
}

/** Two steps without a script: the first opens, the second gives the seat away. */
const Drop = ({
  entry,
  request,
  ctx: { t, format },
}: {
  entry: ScheduleEntry
  request: string
  ctx: PageContext
}) => {
  const withdraws = entry.leaving.way === 'withdraw'
  const section = label(entry.section)
  return (
    <details class="drop">
      <summary class="text-stop w-fit text-sm font-medium underline">
        {t(withdraws ? 'schedule.withdraw' : 'schedule.drop', {
          section,
          hidden: (words) => <span class="sr-only">{words}</span>,
        })}
      </summary>
      <form method="post" action="/drop" class="bg-stop-soft mt-2 grid gap-3 rounded-control p-3">
        <input type="hidden" name="enrolment" value={entry.enrolmentId} />
        {/* what is said below to go with it: nothing else does */}
        <input type="hidden" name="along" value={entry.along.map(({ id }) => id).join(' ')} />
        {/* one key for each entry, so that dropping one does not stand for dropping another */}
        <input type="hidden" name="request" value={`${request}-${entry.enrolmentId}`} />
        <p class="text-sm">{t(withdraws ? 'schedule.withdraw_words' : 'schedule.drop_words', { section })}</p>
        {entry.along.length > 0 && (
          <p class="text-sm font-medium">
            {t('schedule.along', {
              section,
              others: format.list(entry.along.map(({ label: name }) => name)),
              count: entry.along.length,
            })}
          </p>
        )}
        <div>
          <Button kind="stop" small>
            {t(withdraws ? 'schedule.withdraw_sure' : 'schedule.drop_sure', { section })}
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
        <span class="figures text-soft whitespace-nowrap text-sm">{creditWords(entry.credits, ctx)}</span>
      </div>
      <Meetings section={section} ctx={ctx} />
      {section.instructors.length > 0 && (
        <p class="text-soft text-sm">{ctx.format.list(section.instructors)}</p>
      )}
      {section.status === 'cancelled' && (
        <p>
          <Badge tone="stop">{ctx.t('words.cancelled')}</Badge>
        </p>
      )}
      {entry.grade !== null && (
        <p class="flex flex-wrap items-baseline gap-x-3 gap-y-1">
          {isWithdrawn(entry.grade) && <Badge>{ctx.t('words.withdrawn')}</Badge>}
          {ctx.t('schedule.grade', {
            grade: entry.grade,
            strong: (words) => <strong class="font-semibold">{words}</strong>,
          })}
        </p>
      )}
      {entry.leaving.way !== 'none' && <Drop ctx={ctx} entry={entry} request={request} />}
    </li>
  )
}

/** Places on waiting lists: no seats, and so not in the week. */
const Waiting = ({ ctx, view }: { ctx: PageContext; view: ScheduleView }) => {
  const { waiting, term } = view.schedule
  if (waiting.length === 0) return null
  return (
    <section class="grid content-start gap-3" aria-labelledby="waiting">
      <h2 id="waiting">{ctx.t('schedule.waiting')}</h2>
      {term.registration === 'closed' && (
        <p class="text-soft">{ctx.t('schedule.waiting_closed', { term: term.name })}</p>
      )}
      <ul class="card">
        {waiting.map((place) => (
          <li class="border-line grid gap-2 border-b px-4 py-4 last:border-b-0" key={place.entryId}>
            <a class="font-medium" href={`/sections/${place.section.id}`}>
              <span class="figures">{label(place.section)}</span> {place.section.title}
            </a>
            <Meetings section={place.section} ctx={ctx} />
            {place.section.status === 'cancelled' && (
              <p>
                <Badge tone="stop">{ctx.t('words.cancelled')}</Badge>
              </p>
            )}
            <OwnPlace ctx={ctx} place={place} request={view.request} />
          </li>
        ))}
      </ul>
    </section>
  )
}

const TermChoice = ({
  terms,
  current,
  ctx: { t },
}: {
  terms: readonly Term[]
  current: Term
  ctx: PageContext
}) => (
  <form method="get" action="/schedule" class="flex items-end gap-2">
    <label class="sr-only" for="term">
      {t('schedule.term')}
    </label>
    <select class="input" id="term" name="term">
      {terms.map(({ code, name }) => (
        <option key={code} value={code} selected={code === current.code}>
          {name}
        </option>
      ))}
    </select>
    <Button>{t('schedule.show')}</Button>
  </form>
)

const Conflicts = ({ conflicts, ctx }: { conflicts: Schedule['conflicts']; ctx: PageContext }) =>
  conflicts.length === 0 ? null : (
    <Notice tone="stop" title={ctx.t('schedule.conflicts')}>
      <ul class="list-disc pl-5">
        {conflicts.map(({ section, other, times }) => (
          <li key={`${section} ${other}`}>
            {ctx.t('schedule.conflict', { section, other, times: momentsIn(times, ctx) })}
          </li>
        ))}
      </ul>
      <p>{ctx.t('schedule.conflicts_words')}</p>
    </Notice>
  )

export const schedulePage = (ctx: PageContext, view: ScheduleView): string => {
  const { schedule, terms, request, errors } = view
  const { entries, term } = schedule
  const taken = entries.filter(({ grade }) => !isWithdrawn(grade))
  return layout(ctx, {
    title: ctx.t('schedule.title', { term: term.name }),
    current: '/schedule',
    error: errors.length > 0,
    children: (
      <div class="grid gap-6">
        <ErrorSummary errors={errors} />
        <div class="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <div class="grid gap-1">
            <h1>{ctx.t('schedule.title', { term: term.name })}</h1>
            <p class="text-soft figures">
              {ctx.t('schedule.held', { count: taken.length, credits: schedule.credits })}{' '}
              <span class="no-print">
                <a href="/receipts">{ctx.t('schedule.receipts')}</a> ·{' '}
                <a href="/history">{ctx.t('schedule.history')}</a> ·{' '}
                <a href="/calendar">{ctx.t('schedule.calendar')}</a> ·{' '}
                <a href={`/schedule.ics?term=${term.code}`}>{ctx.t('schedule.download')}</a>
              </span>
            </p>
            <Printed ctx={ctx} />
          </div>
          <TermChoice ctx={ctx} terms={terms} current={term} />
        </div>
        <Conflicts ctx={ctx} conflicts={schedule.conflicts} />
        {entries.length === 0 && <Waiting ctx={ctx} view={view} />}
        {entries.length === 0 ? (
          <Empty title={ctx.t('schedule.nothing', { term: term.name })}>
            <p>{ctx.t('schedule.nothing_words')}</p>
            <LinkButton kind="primary" href="/catalogue">
              {ctx.t('words.search_catalogue')}
            </LinkButton>
          </Empty>
        ) : (
          <div class="wide:grid-cols-[22rem_minmax(0,1fr)] grid gap-x-8 gap-y-6">
            <div class="grid content-start gap-6">
              <section class="grid content-start gap-3" aria-labelledby="sections">
                <h2 id="sections">{ctx.t('schedule.sections')}</h2>
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
                title={ctx.t('schedule.week')}
                held={taken.map(({ section }) => ({ section, planned: false }))}
              />
            </div>
          </div>
        )}
      </div>
    ),
  })
}
