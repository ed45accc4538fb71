/** Changing a section's times or cancelling it: first whom it would hurt, then, by a second button, the change. */
import { Button, ErrorSummary, Field, LinkButton, Notice } from '@matricula/ui'
import type { Hurt, OwnMeeting } from '../catalogue/office.ts'
import type { SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { errorOf, type FormState } from './office-parts.tsx'
import { count, label } from './words.ts'

export interface ChangeView {
  readonly section: SectionRow
  readonly meetings: readonly OwnMeeting[]
  readonly form: FormState
  /** of the form as it was typed; undefined: nothing was asked yet */
  readonly preview: Hurt | undefined
}

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

const Preview = ({ hurt, ctx }: { hurt: Hurt; ctx: PageContext }) => (
  <Notice tone={hurt.conflicts.length > 0 ? 'attention' : 'neutral'} title="What it would do">
    <p>{hurtWords(hurt, ctx)} All of them are told when you change it.</p>
    {hurt.conflicts.length > 0 && (
      <ul class="list-disc pl-5">
        {hurt.conflicts.slice(0, 50).map((one) => (
          <li key={`${one.number} ${one.words}`}>
            <a href={`/registrar/students/${one.number}`}>
              {one.name} <span class="figures">{one.number}</span>
            </a>
            : {one.words}
          </li>
        ))}
      </ul>
    )}
  </Notice>
)

export const changePage = (ctx: PageContext, { section, meetings, form, preview }: ChangeView): string =>
  layout(ctx, {
    title: `Times of ${label(section)}`,
    current: '/registrar',
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-3xl gap-6">
        <ErrorSummary errors={form.errors} />
        <h1>
          Times of <span class="figures">{label(section)}</span> {section.title}
        </h1>
        {preview !== undefined && <Preview hurt={preview} ctx={ctx} />}
        {meetings.length === 0 ? (
          <p>
            This section has no meetings. <a href={`/registrar/sections/${section.id}`}>Back to its seats</a>
          </p>
        ) : (
          <form
            method="post"
            action={`/registrar/sections/${section.id}/change`}
            class="card grid gap-6 p-5"
            novalidate
          >
            {meetings.map(({ id, startsOn, endsOn }, index) => (
              <fieldset class="grid gap-3" key={id}>
                <legend class="label">
                  Meeting {index + 1}, {ctx.format.day(startsOn)} to {ctx.format.day(endsOn)}
                </legend>
                {(
                  [
                    ['days', 'Days', 'Letters of M T W R F S U; empty together with the times: arranged'],
                    ['starts', 'From', 'Such as 13:30'],
                    ['ends', 'To', 'Such as 14:45'],
                  ] as const
                ).map(([name, words, hint]) => (
                  <Field
                    key={name}
                    name={`${name}_${id}`}
                    label={`${words}, meeting ${index + 1}`}
                    hint={hint}
                    value={form.values[`${name}_${id}`]}
                    error={errorOf(form.errors, `${name}_${id}`)}
                    maxlength={10}
                    autocomplete="off"
                  />
                ))}
              </fieldset>
            ))}
            <div class="flex flex-wrap gap-3">
              <Button kind={preview === undefined ? 'primary' : 'secondary'} name="step" value="preview">
                Show whom it would hurt
              </Button>
              {preview !== undefined && form.errors.length === 0 && (
                <Button kind="primary" name="step" value="change">
                  Change it, and tell them
                </Button>
              )}
              <LinkButton href={`/registrar/sections/${section.id}`}>Leave it as it is</LinkButton>
            </div>
          </form>
        )}
      </div>
    ),
  })

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
