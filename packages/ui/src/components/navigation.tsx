import type { ComponentChildren } from 'preact'
import { speaking } from '../words.ts'

export const SkipLink = speaking((_: object, words) => (
  <a class="skip-link" href="#main">
    {words.skip}
  </a>
))

/** Two leaves, the second a copy of the first: what the product is about. */
export const Mark = ({ href = '/' }: { href?: string }) => (
  <a class="mark" href={href}>
    <svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true">
      <rect
        x="9.75"
        y="2.75"
        width="13.5"
        height="16.5"
        rx="2.25"
        fill="none"
        class="stroke-accent"
        stroke-width="1.5"
        stroke-dasharray="2.5 2"
      />
      <rect x="3" y="6" width="14" height="17" rx="2.5" class="fill-accent" />
      <path d="M7 14.6l2.4 2.4 4-5" fill="none" class="stroke-on-accent" stroke-width="1.75" />
    </svg>
    Matricula
  </a>
)

export interface NavItem {
  readonly href: string
  readonly label: string
  /** a number beside the words, such as what lies in the cart; `countLabel` says what it counts */
  readonly count?: number
  readonly countLabel?: string
}

export const Nav = speaking(
  ({ items, current }: { items: readonly NavItem[]; current: string | undefined }, words) => (
    <nav aria-label={words.navigation} class="site-nav">
      <ul class="flex flex-wrap">
        {items.map(({ href, label, count, countLabel }) => (
          <li key={href}>
            <a class="nav-link" href={href} aria-current={href === current ? 'page' : undefined}>
              {label}
              {count !== undefined && count > 0 && (
                <span class="count">
                  {count}
                  <span class="sr-only"> {countLabel}</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  ),
)

const To = ({
  page,
  go,
  current = false,
  label,
  rel,
  children,
}: {
  page: number
  go: PaginationProps['go']
  current?: boolean
  label?: string
  rel?: string
  children: ComponentChildren
}) => {
  const shared = {
    class: `btn btn-small${current ? ' btn-primary' : ''}`,
    'aria-current': current ? ('page' as const) : undefined,
    'aria-label': label,
  }
  return 'href' in go ? (
    <a {...shared} href={go.href(page)} rel={rel}>
      {children}
    </a>
  ) : (
    <button {...shared} type="submit" formmethod="get" formaction={go.formaction} name="page" value={page}>
      {children}
    </button>
  )
}

interface PaginationProps {
  readonly page: number
  readonly pages: number
  /** the address of a page; or where the form in which it stands is sent with the page, to keep what was chosen in it */
  readonly go: { readonly href: (page: number) => string } | { readonly formaction: string }
}

/** The first page, the last and the neighbours are shown; a gap is a gap. */
export const Pagination = speaking(({ page, pages, go }: PaginationProps, words) => {
  if (pages <= 1) return null
  const near = [1, page - 1, page, page + 1, pages].filter((n) => n >= 1 && n <= pages)
  const shown = [...new Set(near)].sort((a, b) => a - b)
  return (
    <nav aria-label={words.pages} class="figures flex flex-wrap items-center gap-2">
      {page > 1 && (
        <To page={page - 1} go={go} rel="prev">
          {words.previous}
        </To>
      )}
      <ol class="flex flex-wrap items-center gap-1">
        {shown.map((n, index) => (
          <li key={n} class="flex items-center gap-1">
            {index > 0 && n - (shown[index - 1] ?? n) > 1 && (
              <span class="text-soft px-1" aria-hidden="true">
                …
              </span>
            )}
            <To
              page={n}
              go={go}
              current={n === page}
              label={n === page ? words.pageOf(n, pages) : words.page(n)}
            >
              {n}
            </To>
          </li>
        ))}
      </ol>
      {page < pages && (
        <To page={page + 1} go={go} rel="next">
          {words.next}
        </To>
      )}
    </nav>
  )
})

/** Native `<details>`: on a wide screen always open, on a narrow one behind its summary. */
export const Disclosure = ({
  summary,
  open = false,
  alwaysOpenWhenWide = false,
  children,
}: {
  summary: ComponentChildren
  open?: boolean
  alwaysOpenWhenWide?: boolean
  children: ComponentChildren
}) => (
  <details class={`disclosure${alwaysOpenWhenWide ? ' disclosure-wide' : ''}`} open={open}>
    <summary>{summary}</summary>
    {children}
  </details>
)
