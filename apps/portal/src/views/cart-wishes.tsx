/** What a cart says beside its sections: fallbacks, and how it is to be dealt with. */
import { Button } from '@matricula/ui'
import type { CartEntry } from '../catalogue/types.ts'
import { label } from './words.ts'

/** The search that the student came from, kept through the forms. */
export const Back = ({ back }: { back: string | undefined }) =>
  back === undefined ? null : <input type="hidden" name="back" value={back} />

/** "A, else B": a form of its own, which sends nothing to register for. */
export const Fallbacks = ({ all, back }: { all: readonly CartEntry[]; back: string | undefined }) => {
  if (all.length < 2) return null
  const options = all.map(({ section }) => (
    <option key={section.id} value={section.id}>
      {label(section)} {section.title}
    </option>
  ))
  return (
    <details class="disclosure">
      <summary>Fallbacks: “this one, else that one”</summary>
      <div class="card mt-2 grid gap-4 p-4">
        <form method="post" action="/cart" class="grid gap-3 sm:grid-cols-2">
          <Back back={back} />
          <div class="grid gap-1">
            <label class="label" for="instead">
              I want
            </label>
            <select class="input" id="instead" name="instead">
              {options}
            </select>
          </div>
          <div class="grid gap-1">
            <label class="label" for="fallback">
              else
            </label>
            <select class="input" id="fallback" name="fallback">
              {options.toReversed()}
            </select>
          </div>
          <p class="text-soft text-sm sm:col-span-2">
            The second is taken only if the first cannot be had. If you join the waiting list of the first,
            you keep the second until the seat arrives.
          </p>
          <div>
            <Button>Save the fallback</Button>
          </div>
        </form>
        {all
          .filter(({ fallbackFor }) => fallbackFor !== null)
          .map(({ section }) => (
            <form method="post" action="/cart" key={section.id}>
              <Back back={back} />
              <Button small name="own" value={String(section.id)}>
                Take {label(section)} in any case
              </Button>
            </form>
          ))}
      </div>
    </details>
  )
}

const modes = [
  ['most', 'As many as possible', 'You get what can be had, and an answer for each.'],
  ['all', 'All or nothing', 'Nothing is changed unless each of them, or its fallback, can be had.'],
] as const

export const Mode = ({ chosen }: { chosen: 'most' | 'all' }) => (
  <fieldset class="grid gap-1">
    <legend class="label">How to register</legend>
    {modes.map(([value, words, meaning]) => (
      <label class="check cursor-pointer py-1" key={value}>
        <input class="tick" type="radio" name="mode" value={value} checked={chosen === value} />
        <span>
          {words}
          <span class="text-soft block text-sm">{meaning}</span>
        </span>
      </label>
    ))}
  </fieldset>
)
