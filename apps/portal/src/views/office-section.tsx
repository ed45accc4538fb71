/** Cancelling a section: first whom it would hurt. */
import { Button, ErrorSummary, Field, LinkButton, Notice } from '@matricula/ui'
import type { Hurt } from '../catalogue/office-sections.ts'
import type { SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { errorOf, type FormState } from './office-parts.tsx'
import { count, label } from './words.ts'

const people = (n: number, ctx: PageContext) => count(n, 'student', 'students', ctx.format)

/** '14 students are enrolled, 3 of them would have a conflict' */
export const hurtWords = ({ enrolled, waiting, conflicts }: Hurt, ctx: PageContext): string => {
  const hurt = new Set(conflicts.map(({ number }) => number)).size
  const clash =
    enrolled === 0
      ? ''
      : hurt === 0
        ? ', none of them would have a conflict'
        : `, ${ctx.format.number(hurt)} of them would have a conflict`
  const wait = waiting === 0 ? '' : ` ${people(waiting, ctx)} ${waiting === 1 ? 'waits' : 'wait'}.`
  return `${people(enrolled, ctx)} ${enrolled === 1 ? 'is' : 'are'} enrolled${clash}.${wait}`
}

export const cancelPage = (
  ctx: PageContext,
  { section, hurt, form }: { section: SectionRow; hurt: Hurt; form: FormState },
): string =>
  layout(ctx, {
    title: `Cancel ${label(section)}`,
    current: '/registrar',
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-3xl gap-6">
        <ErrorSummary errors={form.errors} />
        <h1>
          Cancel <span class="figures">{label(section)}</span> {section.title}
        </h1>
        <Notice tone="attention" title="What it would do">
          <p>
            {people(hurt.enrolled, ctx)} would lose the seat, {people(hurt.waiting, ctx)} the place in line;
            each of them is told. It lies in {count(hurt.carts, 'cart', 'carts', ctx.format)}, and cannot be
            had from there. Grades stay. It cannot be undone here.
          </p>
        </Notice>
        <form
          method="post"
          action={`/registrar/sections/${section.id}/cancel`}
          class="card grid gap-4 p-5"
          novalidate
        >
          <Field
            name="reason"
            label="Why"
            hint="For the trail of the office; students do not read it."
            value={form.values['reason']}
            error={errorOf(form.errors, 'reason')}
            maxlength={200}
            autocomplete="off"
          />
          <div class="flex flex-wrap gap-3">
            <Button kind="stop">Cancel the section, and tell them</Button>
            <LinkButton href={`/registrar/sections/${section.id}`}>Leave it as it is</LinkButton>
          </div>
        </form>
      </div>
    ),
  })
