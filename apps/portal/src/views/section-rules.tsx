/** What a section asks of who takes it, on its own page. */
import type { SectionPage } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { requirementWords } from './requirement-words.ts'
import { aComponent } from './words.ts'

export const Prerequisites = ({ page, ctx }: { page: SectionPage; ctx: PageContext }) => {
  const { text, rule } = page.prerequisites
  const kinds = [...new Set(page.partners.map(({ component }) => component))]
  const kept = page.reserves.filter(({ seats, taken }) => seats > taken)
  if (text === null && kinds.length === 0 && kept.length === 0) return null
  return (
    <section class="grid gap-2" aria-labelledby="rules">
      <h2 id="rules">{ctx.t('section.rules')}</h2>
      {text !== null && (
        <p class="prose">
          {text}{' '}
          <span class="text-soft">
            {rule === null
              ? ctx.t('section.unchecked')
              : ctx.t('section.checked', { rule: requirementWords(rule, ctx) })}
          </span>
        </p>
      )}
      {kinds.map((component) => (
        <p class="prose" key={component}>
          {ctx.t('section.linked', {
            component: aComponent(component, ctx),
            sections: ctx.format.list(
              page.partners.filter((partner) => partner.component === component).map(({ label }) => label),
            ),
          })}
        </p>
      ))}
      {kept.map(({ id, label, seats, taken }) => (
        <p class="prose" key={id}>
          {ctx.t('section.kept', { count: seats - taken, group: label })}
        </p>
      ))}
    </section>
  )
}

/** A section with more students than seats says so, and how many of them a permission let in. */
export const BeyondCapacity = ({ page, ctx }: { page: SectionPage; ctx: PageContext }) => {
  const { capacity, taken } = page.section.seats
  if (taken <= capacity) return null
  const beyond = taken - capacity
  const permitted = Math.min(page.permitted, beyond)
  const how =
    permitted === 0 ? 'section.beyond' : permitted === beyond ? 'section.beyond_all' : 'section.beyond_some'
  return <p class="text-sm">{ctx.t(how, { taken, capacity, permitted })}</p>
}
