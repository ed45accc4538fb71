/** What the rules would say, before the click; and the sections of which one is to be taken as well. */
import { Button } from '@matricula/ui'
import type { CartEntry, SectionPlan, SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { ReasonLink } from './reason-link.tsx'
import { aComponent, componentWords, dayWords, label, reasonWords, remedyWords, timeWords } from './words.ts'

export const canRegister = (plan: SectionPlan | null): boolean =>
  plan !== null && plan.lines.length > 0 && plan.lines.every(({ outcome }) => outcome === 'enrol')

type Line = SectionPlan['lines'][number]

/** Each reason once, with the sections that it concerns where these are not all. */
const Reasons = ({ lines, ctx }: { lines: readonly Line[]; ctx: PageContext }) => {
  const all = lines.flatMap((line) =>
    [...line.reasons, ...line.advice].map((reason) => ({
      reason,
      line,
      stops: !line.ready && line.reasons.includes(reason),
    })),
  )
  const distinct = [...new Map(all.map((one) => [one.reason.words, one])).values()]
  return (
    <ul class="grid gap-1 empty:hidden">
      {distinct.map(({ reason, stops }) => {
        const of = all
          .filter((one) => one.reason.words === reason.words)
          .map(({ line }) => label(line.section))
        return (
          <li key={reason.words}>
            <strong class={stops ? 'text-attention font-medium' : 'font-medium'}>
              {of.length < lines.length
                ? ctx.t('plan.of', { section: ctx.format.list(of), reason: reasonWords(reason, ctx) })
                : reasonWords(reason, ctx)}
            </strong>{' '}
            {remedyWords(reason, ctx)} <ReasonLink reason={reason} here="/sections" ctx={ctx} />
          </li>
        )
      })}
    </ul>
  )
}

/** "You are ready", or all that stands in the way: the answer that the form would be given. */
export const Verdict = ({ plan, ctx }: { plan: SectionPlan; ctx: PageContext }) => {
  const ready = plan.lines.every((line) => line.ready || line.outcome === 'enrol')
  const now = plan.lines.every(({ outcome }) => outcome === 'enrol')
  const full = plan.lines.some(({ outcome }) => outcome === 'wait')
  const blocked = plan.lines.filter(({ reasons }) => reasons.length > 0).length
  return (
    <div class="grid gap-1 text-sm">
      {ready ? (
        <p>
          <strong class="text-good font-medium">{ctx.t(full ? 'plan.ready_full' : 'plan.ready')}</strong>{' '}
          {now && ctx.t('plan.ready_now')}
        </p>
      ) : (
        blocked > 0 && <p class="font-medium">{ctx.t('plan.blocked')}</p>
      )}
      <Reasons lines={plan.lines} ctx={ctx} />
    </div>
  )
}

const seatWords = ({ seats }: SectionRow, { t }: PageContext): string =>
  seats.full ? t('plan.full') : t('plan.left', { seats: seats.left })

/** 'CS 101-L01, Mon 14:00–15:50, 3 left' */
const choiceWords = (section: SectionRow, ctx: PageContext): string =>
  [
    label(section),
    ...section.meetings.map((meeting) =>
      [dayWords(meeting, ctx), timeWords(meeting, ctx)].filter(Boolean).join(' '),
    ),
    seatWords(section, ctx),
  ]
    .filter((words) => words !== '')
    .join(', ')

/** Fields of the form that takes the section: one of each kind goes with it. */
export const Beside = ({
  plan,
  ctx,
  of = 'beside',
}: {
  plan: SectionPlan
  ctx: PageContext
  /** begins the ids: two forms of a page may ask for the same */
  of?: string
}) => (
  <>
    {plan.choices.map(({ component, sections }) => (
      <div class="grid gap-1" key={component}>
        <label class="label" for={`${of}-${component}`}>
          {ctx.t('plan.beside', { component: componentWords(component, ctx) })}
        </label>
        <select class="input" id={`${of}-${component}`} name="section">
          {sections.map((section) => (
            <option
              key={section.id}
              value={section.id}
              selected={plan.lines.some((line) => line.section.id === section.id)}
            >
              {choiceWords(section, ctx)}
            </option>
          ))}
        </select>
      </div>
    ))}
  </>
)

/** In the cart: a choice of each kind that is missing. It is sent by `AddForms`, as the cart's own form stands around it. */
export const AddBeside = ({ entry: { section, choices }, ctx }: { entry: CartEntry; ctx: PageContext }) => (
  <>
    {choices.map(({ component, sections }) => {
      const form = `beside-${section.id}-${component}`
      const words = ctx.t('plan.add_beside', {
        component: componentWords(component, ctx),
        section: label(section),
      })
      return (
        <span key={component} class="mt-1 flex flex-wrap items-center gap-2">
          <select class="input max-w-full sm:w-fit" form={form} name="section" aria-label={words}>
            {sections.map((one) => (
              <option key={one.id} value={one.id}>
                {choiceWords(one, ctx)}
              </option>
            ))}
          </select>
          <Button
            small
            form={form}
            label={ctx.t('plan.add_named', {
              component: aComponent(component, ctx),
              section: label(section),
            })}
          >
            {ctx.t('plan.add')}
          </Button>
        </span>
      )
    })}
  </>
)

export const AddForms = ({ entries, back }: { entries: readonly CartEntry[]; back: string | undefined }) => (
  <>
    {entries.flatMap(({ section, choices }) =>
      choices.map(({ component }) => (
        <form
          method="post"
          action="/cart"
          id={`beside-${section.id}-${component}`}
          key={`${section.id} ${component}`}
        >
          {back !== undefined && <input type="hidden" name="back" value={back} />}
        </form>
      )),
    )}
  </>
)
