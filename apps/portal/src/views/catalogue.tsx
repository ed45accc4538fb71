import { Badge, Button, Cell, Empty, Pagination, Row, SeatMeter, Table } from '@matricula/ui'
import type { SearchFilters, SearchResult, SectionRow, SubjectSummary, Term } from '../catalogue/types.ts'
import { Filters } from './catalogue-filters.tsx'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { componentWords, count, credits, label, windowWords } from './words.ts'

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

/** A search as it stands in an address. Only what differs from the default is in it. */
const searchQuery = (filters: SearchFilters): URLSearchParams => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({
    q: filters.q,
    term: filters.term,
    subject: filters.subject,
    instructor: filters.instructor,
    open: filters.open ? '1' : undefined,
    page: filters.page !== undefined && filters.page > 1 ? String(filters.page) : undefined,
  })) {
    if (value) query.set(name, value)
  }
  for (const day of filters.days ?? []) query.append('day', String(day))
  for (const number of filters.credits ?? []) query.append('credits', String(number))
  return query
}

/** The address of this search, or of the same one changed. */
export const searchAddress = (filters: SearchFilters): string => {
  const query = searchQuery(filters)
  return query.size === 0 ? '/catalogue' : `/catalogue?${query.toString()}`
}

const columns = [
  { head: '', hidden: 'Choose' },
  { head: 'Section' },
  { head: 'Course' },
  { head: 'Days and times' },
  { head: 'Credits', number: true },
  { head: 'Seats' },
]

const Choose = ({
  section,
  mine,
  ticked,
}: {
  section: SectionRow
  mine: 'enrolled' | 'cart' | undefined
  ticked: boolean
}) =>
  section.status === 'cancelled' || mine !== undefined ? null : (
    <label class="tick-target">
      <input
        class="tick"
        type="checkbox"
        name="section"
        value={section.id}
        checked={ticked}
        aria-label={`${label(section)} ${section.title}`}
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
    <Cell kind="tick">{choosing && <Choose section={section} mine={mine} ticked={ticked} />}</Cell>
    <Cell>
      <strong class="figures font-semibold whitespace-nowrap">{label(section)}</strong>
      <span class="text-soft figures ml-2 text-sm sm:ml-0 sm:block">
        <abbr class="no-underline" title="Course registration number">
          CRN
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
          section.component === 'lecture' ? undefined : componentWords[section.component],
          section.instructors.length === 0
            ? 'Instructor to be announced'
            : ctx.format.list(section.instructors),
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
      <span class="mt-1 flex flex-wrap gap-2 empty:hidden">
        {mine === 'enrolled' && <Badge tone="good">Enrolled</Badge>}
        {mine === 'cart' && <Badge tone="accent">In your cart</Badge>}
        {section.status === 'cancelled' && <Badge tone="stop">Cancelled</Badge>}
      </span>
    </Cell>
    <Cell>
      <Meetings section={section} format={ctx.format} />
    </Cell>
    <Cell kind="number" label="Credits">
      {credits(section, ctx.format)}
    </Cell>
    <Cell>
      <SeatMeter {...section.seats} />
    </Cell>
  </Row>
)

/** What was searched for, as a sentence: the count alone does not say what it counts. */
const resultWords = ({ filters, result }: CatalogueView, ctx: PageContext): string => {
  const sections = count(result.total, 'section', 'sections', ctx.format)
  return `${sections} in ${result.term.name}${filters.q ? ` for “${filters.q}”` : ''}`
}

/** What was ticked on other pages, so that nothing is added unseen. */
const Elsewhere = ({ view: { elsewhere } }: { view: CatalogueView }) =>
  elsewhere.length === 0 ? null : (
    <fieldset class="grid gap-1">
      <legend class="label">Ticked on other pages</legend>
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
        <Table caption={resultWords(view, ctx)} columns={columns}>
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
      {choosing && <Elsewhere view={view} />}
      {choosing && (
        <div class="action-bar">
          <Button kind="primary">Add to cart</Button>
          <p class="ticked">
            <span class="tick-hint">Tick what you want. Ticks are kept when you turn the page.</span>
          </p>
        </div>
      )}
      {/* after the button above, which Enter presses */}
      <div class="flex flex-wrap items-center justify-between gap-3">
        <p class="text-soft figures text-sm">
          {ctx.format.number(first)} to {ctx.format.number(first + result.rows.length - 1)} of{' '}
          {ctx.format.number(result.total)}
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

const NothingFound = ({ view }: { view: CatalogueView }) => (
  <Empty title="No section matches">
    <p>
      {view.filters.q
        ? `Nothing in ${view.result.term.name} matches “${view.filters.q}” with the filters that are set.`
        : `Nothing in ${view.result.term.name} matches the filters that are set.`}
    </p>
    <ul class="list-disc pl-5">
      <li>Use fewer words, or a code such as CS 101.</li>
      <li>Take a filter away, such as the days.</li>
    </ul>
    <p>
      <a href="/catalogue">Show all sections</a>
    </p>
  </Empty>
)

export const cataloguePage = (ctx: PageContext, view: CatalogueView): string =>
  layout(ctx, {
    title: view.filters.q ? `${view.filters.q} in the catalogue` : 'Catalogue',
    current: '/catalogue',
    children: (
      <div class="grid gap-5">
        <div class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
          <h1>Catalogue</h1>
          <p class="text-soft text-sm">{windowWords(view.result.term, ctx.format)}</p>
        </div>
        <form id="search" role="search" method="get" action="/catalogue" class="grid gap-1">
          <label class="label" for="q">
            Search by course, title, instructor or CRN
          </label>
          <div class="flex gap-2">
            <input class="input grow" id="q" name="q" type="search" value={view.filters.q} maxlength={200} />
            <Button kind="primary">Search</Button>
          </div>
        </form>
        <div class="wide:grid-cols-[15rem_minmax(0,1fr)] grid gap-x-8 gap-y-4">
          <Filters view={view} ctx={ctx} />
          <section class="grid content-start gap-3" aria-labelledby="results">
            <h2 id="results">{resultWords(view, ctx)}</h2>
            {view.result.total === 0 ? <NothingFound view={view} /> : <Results ctx={ctx} view={view} />}
          </section>
        </div>
      </div>
    ),
  })

/** Before the first import. */
export const emptyUniversityPage = (ctx: PageContext): string =>
  layout(ctx, {
    title: 'Catalogue',
    current: '/catalogue',
    children: (
      <div class="grid gap-5">
        <h1>Catalogue</h1>
        <Empty title="No term yet">
          <p>The registrar’s office has not published any courses yet. Come back later.</p>
        </Empty>
      </div>
    ),
  })
