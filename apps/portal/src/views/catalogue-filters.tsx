import { Button, Checkbox, Disclosure } from '@matricula/ui'
import type { SearchFilters, SubjectSummary, Term } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { filtersSet, searchAddress } from './search-address.ts'
import { creditWords } from './words.ts'

interface FilterView {
  readonly filters: SearchFilters
  readonly result: { readonly term: Term }
  readonly subjects: readonly SubjectSummary[]
  readonly terms: readonly Term[]
}

const weekdays = [1, 2, 3, 4, 5, 6, 7] as const
const creditChoices = [0, 1, 2, 3, 4, 5]

/**
 * The filters belong to the search form above the results, so that one button sends both. Beside the results on a wide
 * screen, behind a disclosure on a narrow one.
 */
export const Filters = ({ view, ctx }: { view: FilterView; ctx: PageContext }) => {
  const { filters, subjects, terms, result } = view
  const { t } = ctx
  const active = filtersSet(filters)
  // of an address that was written by hand
  const others = (filters.credits ?? []).filter((value) => !creditChoices.includes(value))
  return (
    <aside aria-label={t('filters.title')} class="wide:sticky wide:top-4 wide:self-start">
      <Disclosure
        summary={active === 0 ? t('filters.title') : t('filters.set', { count: active })}
        alwaysOpenWhenWide
      >
        <div class="filters grid gap-5 pt-2">
          <div class="grid gap-1">
            <label class="label" for="term">
              {t('filters.term')}
            </label>
            <select class="input" id="term" name="term" form="search">
              {terms.map((term) => (
                <option key={term.code} value={term.code} selected={term.code === result.term.code}>
                  {term.name}
                </option>
              ))}
            </select>
          </div>
          <div class="grid gap-1">
            <label class="label" for="subject">
              {t('filters.subject')}
            </label>
            <select class="input" id="subject" name="subject" form="search">
              <option value="">{t('filters.all_subjects')}</option>
              {subjects.map(({ code, name }) => (
                <option key={code} value={code} selected={code === filters.subject?.toUpperCase()}>
                  {t('filters.subject_named', { code, name })}
                </option>
              ))}
            </select>
          </div>
          {filters.instructor !== undefined && (
            <Checkbox
              name="instructor"
              value={filters.instructor}
              label={t('filters.instructor', { name: filters.instructor })}
              checked
              form="search"
            />
          )}
          <Checkbox
            name="open"
            value="1"
            label={t('filters.open')}
            checked={filters.open ?? false}
            form="search"
          />
          <fieldset>
            <legend class="label">{t('filters.days')}</legend>
            <div class="grid grid-cols-2">
              {weekdays.map((day) => (
                <Checkbox
                  key={day}
                  name="day"
                  value={String(day)}
                  label={ctx.format.weekday(day, 'short')}
                  checked={filters.days?.includes(day) ?? false}
                  form="search"
                />
              ))}
            </div>
          </fieldset>
          <fieldset>
            <legend class="label">{t('column.credits')}</legend>
            <div class="grid grid-cols-2">
              {[...creditChoices, ...others].map((value) => (
                <Checkbox
                  key={value}
                  name="credits"
                  value={String(value)}
                  label={creditWords(value, ctx)}
                  checked={filters.credits?.includes(value) ?? false}
                  form="search"
                />
              ))}
            </div>
          </fieldset>
          <div class="flex flex-wrap items-center gap-4">
            <Button form="search">{t('filters.apply')}</Button>
            {active > 0 && (
              <a href={searchAddress({ q: filters.q, term: filters.term })}>{t('filters.clear')}</a>
            )}
          </div>
        </div>
      </Disclosure>
    </aside>
  )
}
