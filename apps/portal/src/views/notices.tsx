import { Badge, Button, Empty, LinkButton } from '@matricula/ui'
import type { NoticeList, NoticeRow } from '../catalogue/types-notices.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { noticeTitle, noticeWords } from './notice-words.ts'

/** Where to go on. */
const next = (
  { kind, receipt, sectionId }: NoticeRow,
  { t }: PageContext,
): { href: string; words: string } | undefined => {
  switch (kind) {
    case 'promoted':
      return receipt === null ? undefined : { href: `/receipts/${receipt}`, words: t('notices.receipt') }
    case 'skipped':
    case 'section_changed':
      return { href: '/schedule', words: t('notices.schedule') }
    case 'section_cancelled':
      return { href: `/sections/${sectionId}`, words: t('notices.sections') }
    case 'window_opens':
    case 'hold_released':
    case 'permission_granted':
      return { href: '/cart', words: t('notices.cart') }
    case 'password_changed':
      return { href: '/account', words: t('notices.account') }
    case 'hold_placed':
    case 'permission_revoked':
      return undefined
    default:
      return kind satisfies never
  }
}

const Words = ({ notice, ctx }: { notice: NoticeRow; ctx: PageContext }) => {
  const link = next(notice, ctx)
  return (
    <p>
      {noticeWords(notice, ctx)} {link && <a href={link.href}>{link.words}</a>}
    </p>
  )
}

const Item = ({ notice, ctx }: { notice: NoticeRow; ctx: PageContext }) => (
  <li class="border-line grid gap-1 border-b px-4 py-4 last:border-b-0">
    <p class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
      <span class="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        {!notice.read && <Badge tone="accent">{ctx.t('notices.new')}</Badge>}
        <strong class="font-semibold">{noticeTitle(notice, ctx)}</strong>
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

/** Marks those that stand here: what came after this page, or stands on another one, stays unread. */
const MarkRead = ({
  list: { notices, newer, unreadElsewhere },
  t,
}: {
  list: NoticeList
  t: PageContext['t']
}) => {
  const [first] = notices
  if (first === undefined || !notices.some(({ read }) => !read)) return null
  return (
    <form method="post" action={newer === null ? '/notices' : `/notices?before=${first.id + 1}`}>
      <input type="hidden" name="from" value={notices.at(-1)?.id} />
      <input type="hidden" name="upTo" value={first.id} />
      <Button>{t(unreadElsewhere === null ? 'notices.read' : 'notices.read_these')}</Button>
    </form>
  )
}

const Pages = ({ list: { older, newer }, t }: { list: NoticeList; t: PageContext['t'] }) =>
  older === null && newer === null ? null : (
    <nav class="flex flex-wrap gap-3" aria-label={t('notices.pages')}>
      {newer !== null && (
        <>
          <LinkButton href="/notices">{t('notices.newest')}</LinkButton>
          <LinkButton href={`/notices?after=${newer}`}>{t('notices.newer')}</LinkButton>
        </>
      )}
      {older !== null && <LinkButton href={`/notices?before=${older}`}>{t('notices.older')}</LinkButton>}
    </nav>
  )

export const noticesPage = (ctx: PageContext, list: NoticeList): string => {
  const { t } = ctx
  const { notices, unreadElsewhere } = list
  return layout(ctx, {
    title: t('notices.title'),
    current: '/notices',
    children: (
      <div class="grid max-w-3xl gap-6">
        <div class="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <h1>{t('notices.title')}</h1>
          <MarkRead list={list} t={t} />
        </div>
        {unreadElsewhere !== null && (
          <p>
            {t('notices.elsewhere', { count: unreadElsewhere.count })}{' '}
            <a href={`/notices?before=${unreadElsewhere.newest + 1}`}>{t('notices.elsewhere_link')}</a>
          </p>
        )}
        {notices.length === 0 ? (
          <Empty title={t('notices.none')}>
            <p>{t('notices.none_words')}</p>
            <LinkButton href="/schedule">{t('words.see_schedule')}</LinkButton>
          </Empty>
        ) : (
          <ul class="card">
            {notices.map((notice) => (
              <Item key={notice.id} notice={notice} ctx={ctx} />
            ))}
          </ul>
        )}
        <Pages list={list} t={t} />
      </div>
    ),
  })
}
