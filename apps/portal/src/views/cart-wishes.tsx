/** What a cart says beside its sections: fallbacks, and how it is to be dealt with. */
import { Button } from '@matricula/ui'
import type { CartEntry } from '../catalogue/types.ts'
import type { Language } from '../texts/index.ts'
import { label, named } from './words.ts'

/** The search that the student came from, kept through the forms. */
export const Back = ({ back }: { back: string | undefined }) =>
  back === undefined ? null : <input type="hidden" name="back" value={back} />

/** "A, else B": a form of its own, which sends nothing to register for. */
export const Fallbacks = ({
  all,
  back,
  ctx,
}: {
  all: readonly CartEntry[]
  back: string | undefined
  ctx: Language
}) => {
  const { t } = ctx
  if (all.length < 2) return null
  const options = all.map(({ section }) => (
    <option key={section.id} value={section.id}>
      {named(section, ctx)}
    </option>
  ))
  return (
    <details class="disclosure">
      <summary>{t('cart.fallbacks')}</summary>
      <div class="card mt-2 grid gap-4 p-4">
        <form method="post" action="/cart" class="grid gap-3 sm:grid-cols-2">
          <Back back={back} />
          <div class="grid gap-1">
            <label class="label" for="instead">
              {t('cart.fallback_want')}
            </label>
            <select class="input" id="instead" name="instead">
              {options}
            </select>
          </div>
          <div class="grid gap-1">
            <label class="label" for="fallback">
              {t('cart.fallback_else')}
            </label>
            <select class="input" id="fallback" name="fallback">
              {options.toReversed()}
            </select>
          </div>
          <p class="text-soft text-sm sm:col-span-2">{t('cart.fallback_words')}</p>
          <div>
            <Button>{t('cart.fallback_save')}</Button>
          </div>
        </form>
        {all
          .filter(({ fallbackFor }) => fallbackFor !== null)
          .map(({ section }) => (
            <form method="post" action="/cart" key={section.id}>
              <Back back={back} />
              <Button small name="own" value={String(section.id)}>
                {t('cart.fallback_none', { section: label(section) })}
              </Button>
            </form>
          ))}
      </div>
    </details>
  )
}

const modes = [
  ['most', 'cart.mode_most', 'cart.mode_most_words'],
  ['all', 'cart.mode_all', 'cart.mode_all_words'],
] as const

export const Mode = ({ chosen, ctx: { t } }: { chosen: 'most' | 'all'; ctx: Language }) => (
  <fieldset class="grid gap-1">
    <legend class="label">{t('cart.mode')}</legend>
    {modes.map(([value, words, meaning]) => (
      <label class="check cursor-pointer py-1" key={value}>
        <input class="tick" type="radio" name="mode" value={value} checked={chosen === value} />
        <span>
          {t(words)}
          <span class="text-soft block text-sm">{t(meaning)}</span>
        </span>
      </label>
    ))}
  </fieldset>
)
