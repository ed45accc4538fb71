/** What the rules would say, before the click; and the sections of which one is to be taken as well. */
import { Button } from '@matricula/ui'
import type { LinkedChoice, SectionPlan, SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { componentWords, dayWords, label, reasonWords, remedyWords, timeWords } from './words.ts'

export const canRegister = (plan: SectionPlan | null): boolean =>
  plan !== null && plan.lines.length > 0 && plan.lines.every(({ outcome }) => outcome === 'enrol')

type Line = SectionPlan['lines'][number]

const Reasons = ({ line, named, ctx }: { line: Line; named: boolean; ctx: PageContext }) => (
  <>
    {[...line.reasons, ...line.advice].map((reason, index) => (
      <li key={reason.words}>
        <strong
          class={index < line.reasons.length && !line.ready ? 'text-attention font-medium' : 'font-medium'}
        >
          {named && `${label(line.section)}: `}
          {reasonWords(reason, ctx.format)}
        </strong>{' '}
        {remedyWords(reason, ctx.format)}
      </li>
    ))}
  </>
)

/** "You are ready", or all that stands in the way: the answer that the form would be given. */
export const Verdict = ({ plan, ctx }: { plan: SectionPlan; ctx: PageContext }) => {
  const ready = plan.lines.every((line) => line.ready || line.outcome === 'enrol')
  const now = plan.lines.every(({ outcome }) => outcome === 'enrol')
  const blocked = plan.lines.filter(({ reasons }) => reasons.length > 0).length
  return (
    <div class="grid gap-1 text-sm">
      {ready ? (
        <p>
          <strong class="text-good font-medium">You are ready.</strong>
          {now && ' Nothing stands in the way of registering now.'}
        </p>
      ) : (
        blocked > 0 && <p class="font-medium">What stands in the way now:</p>
      )}
      <ul class="grid gap-1 empty:hidden">
        {plan.lines.map((line) => (
          <Reasons key={line.section.id} line={line} named={plan.lines.length > 1} ctx={ctx} />
        ))}
      </ul>
    </div>
  )
}

const seatWords = ({ seats }: SectionRow): string => (seats.full ? 'full' : `${seats.left} left`)

/** 'CS 101-L01, Mon 14:00–15:50, 3 left' */
const choiceWords = (section: SectionRow, ctx: PageContext): string =>
  [
    label(section),
    ...section.meetings.map((meeting) =>
      [dayWords(meeting, ctx.format), timeWords(meeting, ctx.format)].filter(Boolean).join(' '),
    ),
    seatWords(section),
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
          {componentWords[component]} that goes with it
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

/** In the cart: a button for each section that would do, of a form that stands elsewhere. */
export const AddBeside = ({ choices, ctx }: { choices: readonly LinkedChoice[]; ctx: PageContext }) => (
  <>
    {choices.map(({ component, sections }) => (
      <ul
        key={component}
        class="mt-1 flex flex-wrap gap-2"
        aria-label={`${componentWords[component]} to be taken with it`}
      >
        {sections.slice(0, 8).map((section) => (
          <li key={section.id}>
            <Button small form="remove" name="section" value={String(section.id)}>
              Add {choiceWords(section, ctx)}
            </Button>
          </li>
        ))}
      </ul>
    ))}
  </>
)
