import { Button, LinkButton, Notice } from '@matricula/ui'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'

interface CalendarView {
  readonly feed: { readonly createdAt: string } | null
  /** made just now; undefined: it is not known any more, or there is none */
  readonly address: string | undefined
  readonly revoked: boolean
}

const Feed = ({ ctx, view }: { ctx: PageContext; view: CalendarView }) => {
  const { feed, address } = view
  return (
    <section class="card grid gap-4 p-5" aria-labelledby="feed">
      <h2 id="feed">Keep your own calendar up to date</h2>
      <p class="prose">
        A private address shows your schedule to whoever has it, without signing in. Give it to your calendar
        as a subscription and to nobody else. It follows what you register for and drop.
      </p>
      {address !== undefined && (
        <div class="grid gap-1">
          <label class="label" for="address">
            Your private address
          </label>
          <input class="input figures" id="address" type="text" readonly value={address} />
          <p class="text-soft text-sm">Copy it now: it is shown this once, as we keep no copy of it.</p>
        </div>
      )}
      {feed !== null && address === undefined && (
        <p>
          You made an address on <span class="figures">{ctx.format.moment(feed.createdAt)}</span>. It works
          until you make another one or revoke it.
        </p>
      )}
      <div class="flex flex-wrap gap-3">
        <form method="post" action="/calendar">
          <Button name="action" value="renew" kind={feed === null ? 'primary' : 'secondary'}>
            {feed === null ? 'Make a private address' : 'Make another address'}
          </Button>
        </form>
        {feed !== null && (
          <form method="post" action="/calendar">
            <Button name="action" value="revoke" kind="stop">
              Revoke the address
            </Button>
          </form>
        )}
      </div>
    </section>
  )
}

export const calendarPage = (ctx: PageContext, view: CalendarView): string =>
  layout(ctx, {
    title: 'Calendar',
    current: '/schedule',
    children: (
      <div class="grid max-w-3xl gap-6">
        {view.revoked && (
          <Notice tone="good" live>
            <p>The private address is revoked. Whoever uses it is told that there is no such page.</p>
          </Notice>
        )}
        {view.address !== undefined && (
          <Notice tone="good" live>
            <p>The address below is made. An earlier one, if there was one, has ended.</p>
          </Notice>
        )}
        <h1>Calendar</h1>
        <Feed ctx={ctx} view={view} />
        <section class="card grid gap-4 p-5" aria-labelledby="file">
          <h2 id="file">Once, as a file</h2>
          <p class="prose">What you hold this term, as it is now. Later changes are not in it.</p>
          <div>
            <LinkButton href="/schedule.ics">Download the schedule (.ics)</LinkButton>
          </div>
        </section>
      </div>
    ),
  })
