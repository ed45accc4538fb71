/** What a section asks of who takes it, on its own page. */
import type { SectionPage } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { componentWords } from './words.ts'

const isComponent = (text: string): text is keyof typeof componentWords => Object.hasOwn(componentWords, text)

export const Prerequisites = ({ page, ctx }: { page: SectionPage; ctx: PageContext }) => {
  const { text, rule } = page.prerequisites
  const kinds = [...new Set(page.partners.map(({ component }) => component))]
  const kept = page.reserves.filter(({ seats, taken }) => seats > taken)
  if (text === null && kinds.length === 0 && kept.length === 0) return null
  return (
    <section class="grid gap-2" aria-labelledby="rules">
      <h2 id="rules">What it asks for</h2>
      {text !== null && (
        <p class="prose">
          {text}{' '}
          <span class="text-soft">
            {rule === null
              ? 'Nobody checks this for you: see for yourself that you meet it.'
              : `It is checked as: ${rule}.`}
          </span>
        </p>
      )}
      {kinds.map((component) => (
        <p class="prose" key={component}>
          It is taken together with a{' '}
          {isComponent(component) ? componentWords[component].toLowerCase() : component}:{' '}
          {ctx.format.list(
            page.partners.filter((partner) => partner.component === component).map(({ label }) => label),
          )}
          .
        </p>
      ))}
      {kept.map(({ id, label, seats, taken }) => (
        <p class="prose" key={id}>
          {ctx.format.number(seats - taken)} of the seats left are kept for {label}.
        </p>
      ))}
    </section>
  )
}

/** A section with more students than seats says so, and how many of them a permission let in. */
export const BeyondCapacity = ({ page, ctx }: { page: SectionPage; ctx: PageContext }) => {
  const { capacity, taken } = page.section.seats
  if (taken <= capacity) return null
  const { format } = ctx
  const by = Math.min(page.permitted, taken - capacity)
  return (
    <p class="text-sm">
      {format.number(taken)} of {format.number(capacity)} seats are taken
      {by > 0 && `, ${by === taken - capacity ? '' : `${format.number(by)} of them `}by permission`}. A seat
      comes free again when fewer than {format.number(capacity)} are.
    </p>
  )
}
