import { Badge, Button, Empty, LinkButton } from '@matricula/ui'
import type { NoticeRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { noticeTitle, noticeWords } from './notice-words.ts'

/** Where to go on. */
const next = ({ kind, receipt, sectionId }: NoticeRow): { href: string; words: string } | undefined => {
  switch (kind) {
    case 'promoted':
      return receipt === null ? undefined : { href: `/receipts/${receipt}`, words: 'See the receipt' }
    case 'skipped':
    case 'section_changed':
      return { href: '/schedule', words: 'Look at your schedule' }
    case 'section_cancelled':
      return { href: `/sections/${sectionId}`, words: 'See the other sections of the course' }
    case 'window_opens':
    case 'hold_released':
    case 'permission_granted':
      return { href: '/cart', words: 'Open your cart' }
    case 'hold_placed':
    case 'permission_revoked':
      return undefined
    default:
      return kind satisfies never
  }
}

const Words = ({ notice, ctx }: { notice: NoticeRow; ctx: PageContext }) => {
  const link = next(notice)
  return (
    <p>
      {noticeWords(notice, ctx.format)} {link && <a href={link.href}>{link.words}</a>}
    </p>
  )
}

const Item = ({ notice, ctx }: { notice: NoticeRow; ctx: PageContext }) => (
  <li class="border-line grid gap-1 border-b px-4 py-4 last:border-b-0">
    <p class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
      <span class="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        {!notice.read && <Badge tone="accent">New</Badge>}
        <strong class="font-semibold">{noticeTitle(notice)}</strong>
      </span>
      <span class="text-soft figures text-sm">{ctx.format.moment(notice.createdAt)}</span>
    </p>
    {notice.label !== null && (
      <p class="text-soft">
        <a class="figures" href={`/sections/${notice.sectionId}`}>
          {notice.label}
        </a>{' '}
        {notice.title}
      </p>
    )}
    <Words notice={notice} ctx={ctx} />
  </li>
)

export const noticesPage = (ctx: PageContext, notices: readonly NoticeRow[]): string =>
  layout(ctx, {
    title: 'Notices',
    current: '/notices',
    children: (
      <div class="grid max-w-3xl gap-6">
        <div class="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <h1>Notices</h1>
          {notices.some(({ read }) => !read) && (
            <form method="post" action="/notices">
              {/* what came after this page stays unread */}
              <input type="hidden" name="upTo" value={notices[0]?.id} />
              <Button>Mark all as read</Button>
            </form>
          )}
        </div>
        {notices.length === 0 ? (
          <Empty title="No notices yet">
            <p>
              What happens without you stands here: a seat from a waiting list, or one that you could not be
              given, and why; a section that has changed; a hold.
            </p>
            <LinkButton href="/schedule">See your schedule</LinkButton>
          </Empty>
        ) : (
          <ul class="card">
            {notices.map((notice) => (
              <Item key={notice.id} notice={notice} ctx={ctx} />
            ))}
          </ul>
        )}
      </div>
    ),
  })
