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
  const { t } = ctx
  return (
    <section class="card grid gap-4 p-5" aria-labelledby="feed">
      <h2 id="feed">{t('calendar.feed')}</h2>
      <p class="prose">{t('calendar.feed_words')}</p>
      {address !== undefined && (
        <div class="grid gap-1">
          <label class="label" for="address">
            {t('calendar.address')}
          </label>
          <input class="input figures" id="address" type="text" readonly value={address} />
          <p class="text-soft text-sm">{t('calendar.copy_now')}</p>
          {/* the scheme by which calendars of phones and computers know a subscription */}
          <p>
            <a href={address.replace(/^https?:/, 'webcal:')}>{t('calendar.open')}</a>
          </p>
        </div>
      )}
      {feed !== null && address === undefined && (
        <p class="figures">{t('calendar.made_on', { moment: ctx.format.moment(feed.createdAt) })}</p>
      )}
      <div class="flex flex-wrap gap-3">
        <form method="post" action="/calendar">
          <Button name="action" value="renew" kind={feed === null ? 'primary' : 'secondary'}>
            {t(feed === null ? 'calendar.make' : 'calendar.make_another')}
          </Button>
        </form>
        {feed !== null && (
          <form method="post" action="/calendar">
            <Button name="action" value="revoke" kind="stop">
              {t('calendar.revoke')}
            </Button>
          </form>
        )}
      </div>
    </section>
  )
}

export const calendarPage = (ctx: PageContext, view: CalendarView): string =>
  layout(ctx, {
    title: ctx.t('calendar.title'),
    current: '/schedule',
    crumbs: [{ href: '/schedule', words: ctx.t('layout.schedule') }],
    children: (
      <div class="grid max-w-3xl gap-6">
        {view.revoked && (
          <Notice tone="good" live>
            <p>{ctx.t('calendar.revoked')}</p>
          </Notice>
        )}
        {view.address !== undefined && (
          <Notice tone="good" live>
            <p>{ctx.t('calendar.made')}</p>
          </Notice>
        )}
        <h1>{ctx.t('calendar.title')}</h1>
        <Feed ctx={ctx} view={view} />
        <section class="card grid gap-4 p-5" aria-labelledby="file">
          <h2 id="file">{ctx.t('calendar.file')}</h2>
          <p class="prose">{ctx.t('calendar.file_words')}</p>
          <div>
            <LinkButton href="/schedule.ics">{ctx.t('calendar.download')}</LinkButton>
          </div>
        </section>
      </div>
    ),
  })
