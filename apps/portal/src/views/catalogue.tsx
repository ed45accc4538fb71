import { Badge, Button, Cell, Empty, Pagination, Row, SeatMeter, Table } from '@matricula/ui'
import type { SearchFilters, SearchResult, SectionRow, SubjectSummary, Term } from '../catalogue/types.ts'
import { Filters } from './catalogue-filters.tsx'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { filtersSet, searchAddress, searchQuery } from './search-address.ts'
import { Meetings } from './meetings.tsx'
import { componentWords, credits, label, named, windowWords } from './words.ts'

export interface CatalogueView {
  readonly filters: SearchFilters
  readonly result: SearchResult
  readonly subjects: readonly SubjectSummary[]
  readonly terms: readonly Term[]
  /** what the reader has already: section id → where */
  readonly mine: ReadonlyMap<number, 'enrolled' | 'cart'>
  /** ids that were ticked before the page was turned */
  readonly ticked: ReadonlySet<number>
  /** those of them that stand on other pages */
  readonly elsewhere: readonly SectionRow[]
}

const columns = ({ t }: PageContext, choosing: boolean) => [
  ...(choosing ? [{ head: '', hidden: t('column.choose') }] : []),
  { head: t('column.section') },
  { head: t('column.course') },
  { head: t('column.times') },
  { head: t('column.credits'), number: true },
  { head: t('column.seats') },
]

const Choose = ({
  section,
  mine,
  ticked,
  ctx,
}: {
  section: SectionRow
  mine: 'enrolled' | 'cart' | undefined
  ticked: boolean
  ctx: PageContext
}) =>
  section.status === 'cancelled' || mine !== undefined ? null : (
    <label class="tick-target">
      <input
        class="tick"
        type="checkbox"
        name="section"
        value={section.id}
        checked={ticked}
        aria-label={named(section, ctx)}
      />
    </label>
  )

const SectionLine = ({
  section,
  ctx,
  mine,
  choosing,
  ticked,
}: {
  section: SectionRow
  ticked: boolean
  /** whether it can go into a cart at all */
  choosing: boolean
  ctx: PageContext
  mine: 'enrolled' | 'cart' | undefined
}) => (
  <Row>
    {choosing && (
      <Cell kind="tick">
        <Choose section={section} mine={mine} ticked={ticked} ctx={ctx} />
      </Cell>
    )}
    <Cell>
      <strong class="figures font-semibold whitespace-nowrap">{label(section)}</strong>
      <span class="text-soft figures ml-2 text-sm sm:ml-0 sm:block">
        <abbr class="no-underline" title={ctx.t('catalogue.crn_long')}>
          {ctx.t('catalogue.crn')}
        </abbr>{' '}
        {section.crn}
      </span>
    </Cell>
    <Cell>
      <a class="font-medium" href={`/sections/${section.id}`}>
        {section.title}
      </a>
      <span class="text-soft block text-sm">
        {[
          section.component === 'lecture' ? undefined : componentWords(section.component, ctx),
          section.instructors.length === 0
            ? ctx.t('words.instructor_open')
            : ctx.format.list(section.instructors),
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
      <span class="mt-1 flex flex-wrap gap-2 empty:hidden">
        {mine === 'enrolled' && <Badge tone="good">{ctx.t('words.enrolled')}</Badge>}
        {mine === 'cart' && <Badge tone="accent">{ctx.t('catalogue.in_your_cart')}</Badge>}
        {section.status === 'cancelled' && <Badge tone="stop">{ctx.t('words.cancelled')}</Badge>}
      </span>
    </Cell>
    <Cell>
      <Meetings section={section} ctx={ctx} />
    </Cell>
    <Cell kind="number" label={ctx.t('column.credits')}>
      {credits(section, ctx)}
    </Cell>
    <Cell>{section.status === 'active' && <SeatMeter {...section.seats} />}</Cell>
  </Row>
)

/** What was searched for, as a sentence: the count alone does not say what it counts. */
const resultWords = ({ filters, result }: CatalogueView, { t }: PageContext): string => {
  const what = { count: result.total, term: result.term.name }
  return filters.q
    ? t('catalogue.results_query', { ...what, query: filters.q })
    : t('catalogue.results', what)
}

/** What was ticked on other pages, so that nothing is added unseen. */
const Elsewhere = ({ view: { elsewhere }, ctx: { t } }: { view: CatalogueView; ctx: PageContext }) =>
  elsewhere.length === 0 ? null : (
    <fieldset class="grid gap-1">
      <legend class="label">{t('catalogue.elsewhere')}</legend>
      {elsewhere.map((section) => (
        <label class="check cursor-pointer py-1" key={section.id}>
          <input class="tick" type="checkbox" name="section" value={section.id} checked />
          <span>
            <span class="figures">{label(section)}</span> {section.title}
          </span>
        </label>
      ))}
    </fieldset>
  )

const Results = ({ ctx, view }: { ctx: PageContext; view: CatalogueView }) => {
  const { result, filters, mine } = view
  const choosing = ctx.person?.role === 'student' && result.term.registration !== 'closed'
  const first = (result.page - 1) * result.pageSize + 1
  return (
    <form method="post" action="/cart" class="grid gap-4">
      <input type="hidden" name="back" value={searchAddress(filters)} />
      {/* for the buttons that turn the page and take the ticks along */}
      {choosing &&
        [...searchQuery({ ...filters, page: undefined })].map(([name, value]) => (
          <input type="hidden" name={name} value={value} key={`${name} ${value}`} />
        ))}
      <div class="card">
        <Table caption={resultWords(view, ctx)} columns={columns(ctx, choosing)}>
          {result.rows.map((section) => (
            <SectionLine
              key={section.id}
              section={section}
              ctx={ctx}
              mine={mine.get(section.id)}
              choosing={choosing}
              ticked={view.ticked.has(section.id)}
            />
          ))}
        </Table>
      </div>
      {choosing && <Elsewhere view={view} ctx={ctx} />}
      {choosing && (
        <div class="action-bar">
          <Button kind="primary">{ctx.t('words.add_to_cart')}</Button>
          <p class="ticked" data-ticked={ctx.t('catalogue.ticked')}>
            <span class="tick-hint">{ctx.t('catalogue.tick_hint')}</span>
          </p>
        </div>
      )}
      {/* after the button above, which Enter presses */}
      <div class="flex flex-wrap items-center justify-between gap-3">
        <p class="text-soft figures text-sm">
          {ctx.t('catalogue.range', { first, last: first + result.rows.length - 1, total: result.total })}
        </p>
        <Pagination
          page={result.page}
          pages={result.pages}
          go={
            choosing ? { formaction: '/catalogue' } : { href: (page) => searchAddress({ ...filters, page }) }
          }
        />
      </div>
    </form>
  )
}

const NothingFound = ({
  view: { filters, result },
  ctx: { t },
}: {
  view: CatalogueView
  ctx: PageContext
}) => (
  <Empty title={t('catalogue.nothing')}>
    <p>
      {filters.q
        ? t(filtersSet(filters) > 0 ? 'catalogue.nothing_both' : 'catalogue.nothing_query', {
            term: result.term.name,
            query: filters.q,
          })
        : t(filtersSet(filters) > 0 ? 'catalogue.nothing_filters' : 'catalogue.nothing_term', {
            term: result.term.name,
          })}
    </p>
    <ul class="list-disc pl-5 empty:hidden">
      {filters.q && <li>{t('catalogue.nothing_words')}</li>}
      {filtersSet(filters) > 0 && <li>{t('catalogue.nothing_less')}</li>}
    </ul>
    <p>
      <a href={searchAddress({ term: filters.term })}>{t('catalogue.show_all')}</a>
    </p>
  </Empty>
)

export const cataloguePage = (ctx: PageContext, view: CatalogueView): string =>
  layout(ctx, {
    title: view.filters.q
      ? ctx.t('catalogue.title_search', { query: view.filters.q })
      : ctx.t('catalogue.title'),
    current: '/catalogue',
    children: (
      <div class="grid gap-5">
        <div class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
          <h1>{ctx.t('catalogue.title')}</h1>
          <p class="text-soft text-sm">{windowWords(view.result.term, ctx)}</p>
        </div>
        <form id="search" role="search" method="get" action="/catalogue" class="grid gap-1">
          <label class="label" for="q">
            {ctx.t('catalogue.search_label')}
          </label>
          <div class="flex gap-2">
            <input class="input grow" id="q" name="q" type="search" value={view.filters.q} maxlength={200} />
            <Button kind="primary">{ctx.t('catalogue.search')}</Button>
          </div>
        </form>
        <div class="wide:grid-cols-[15rem_minmax(0,1fr)] grid gap-x-8 gap-y-4">
          <Filters view={view} ctx={ctx} />
          <section class="grid content-start gap-3" aria-labelledby="results">
            <h2 id="results">{resultWords(view, ctx)}</h2>
            {view.result.total === 0 ? (
              <NothingFound view={view} ctx={ctx} />
            ) : (
              <Results ctx={ctx} view={view} />
            )}
          </section>
        </div>
      </div>
    ),
  })

/** Before the first import. */
export const emptyUniversityPage = (ctx: PageContext): string =>
  layout(ctx, {
    title: ctx.t('catalogue.title'),
    current: '/catalogue',
    children: (
      <div class="grid gap-5">
        <h1>{ctx.t('catalogue.title')}</h1>
        <Empty title={ctx.t('catalogue.no_term')}>
          <p>{ctx.t('catalogue.no_term_words')}</p>
        </Empty>
      </div>
    ),
  })
