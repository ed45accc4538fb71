import { Button, Mark, Nav, type NavItem, renderDocument, SkipLink } from '@matricula/ui'
import type { ComponentChildren } from 'preact'
import { uiWords } from '../texts/ui-words.ts'
import type { PageContext } from './context.ts'

/** A page above this one. */
export interface Crumb {
  readonly href: string
  readonly words: string
}

interface LayoutProps {
  readonly title: string
  /** the address in the main navigation that this page belongs to */
  readonly current?:
    | '/catalogue'
    | '/cart'
    | '/schedule'
    | '/notices'
    | '/teaching'
    | '/registrar'
    | '/sign-in'
  /** a form on this page was refused */
  readonly error?: boolean
  /** names of islands that this page needs */
  readonly islands?: readonly string[]
  /** the pages above it, the highest first; none: the main navigation leads to it */
  readonly crumbs?: readonly Crumb[]
  readonly children: ComponentChildren
}

const Crumbs = ({ crumbs, ctx: { t } }: { crumbs: readonly Crumb[]; ctx: PageContext }) =>
  crumbs.length === 0 ? null : (
    <nav aria-label={t('layout.crumbs')} class="mb-2 text-sm">
      <ol class="flex flex-wrap gap-x-2">
        {crumbs.map(({ href, words }, index) => (
          <li key={href} class="flex gap-2">
            <span class="text-soft" aria-hidden="true">
              {index === 0 ? '‹' : '/'}
            </span>
            <a href={href}>{words}</a>
          </li>
        ))}
      </ol>
    </nav>
  )

const navItems = ({ t, ...ctx }: PageContext): readonly NavItem[] => [
  { href: '/catalogue', label: t('layout.catalogue') },
  ...(ctx.person?.role === 'student'
    ? [
        { href: '/cart', label: t('layout.cart'), count: ctx.cartCount, countLabel: t('layout.cart_count') },
        { href: '/schedule', label: t('layout.schedule') },
        {
          href: '/notices',
          label: t('layout.notices'),
          count: ctx.unread,
          countLabel: t('layout.notices_count'),
        },
      ]
    : []),
  ...(ctx.person?.role === 'instructor' ? [{ href: '/teaching', label: t('layout.teaching') }] : []),
  ...(ctx.person?.role === 'registrar' ? [{ href: '/registrar', label: t('layout.registrar') }] : []),
]

const Who = ({ ctx: { person, t } }: { ctx: PageContext }) =>
  person === null ? (
    <a class="btn btn-small" href="/sign-in">
      {t('layout.sign_in')}
    </a>
  ) : (
    <form method="post" action="/sign-out" class="flex items-center gap-3">
      <a class="text-sm" href="/account">
        <span class="wide:hidden">{t('layout.account')}</span>
        <span class="wide:flex hidden items-baseline">
          <span class="max-w-48 truncate">{person.name}</span>
          <span class="figures whitespace-pre"> ({person.number})</span>
        </span>
      </a>
      <Button small>{t('layout.sign_out')}</Button>
    </form>
  )

const Header = ({ ctx, current }: { ctx: PageContext; current: LayoutProps['current'] }) => (
  <header class="site-header">
    <div class="page list:flex-nowrap list:justify-start flex flex-wrap items-center justify-between gap-x-3 sm:gap-x-8">
      <Mark href="/catalogue" />
      <div class="list:order-none list:w-auto list:grow list:self-end order-last w-full">
        <Nav items={navItems(ctx)} current={current} />
      </div>
      {ctx.personKnown && <Who ctx={ctx} />}
    </div>
  </header>
)

const Footer = ({ ctx }: { ctx: PageContext }) => (
  <footer class="page text-soft mt-auto flex flex-wrap gap-x-6 gap-y-1 py-6 text-sm">
    <p>{ctx.t('layout.zone', { zone: ctx.timeZone })}</p>
    {ctx.console && (
      <p>
        <a href={ctx.console}>{ctx.t('layout.standby')}</a>
      </p>
    )}
  </footer>
)

/** A whole page as text. Its views are server-only: nothing here reaches a browser as script. */
export const layout = (
  ctx: PageContext,
  { title, current, error = false, islands = [], crumbs = [], children }: LayoutProps,
) =>
  renderDocument({
    title,
    error,
    site: 'Matricula',
    lang: ctx.lang,
    words: uiWords(ctx),
    styles: ctx.assets.styles,
    icon: ctx.assets.icon,
    scripts: islands.flatMap((name) => ctx.assets.scripts[name] ?? []),
    children: (
      <>
        <SkipLink />
        <Header ctx={ctx} current={current} />
        <main id="main" class="page grow py-6 sm:py-8">
          <Crumbs crumbs={crumbs} ctx={ctx} />
          {children}
        </main>
        <Footer ctx={ctx} />
      </>
    ),
  })
