/** What the design system's components say themselves, in a language of the portal. */
import type { UiWords } from '@matricula/ui'
import type { Language } from './index.ts'

const make = ({ t, format: { number, list } }: Language): UiWords => ({
  skip: t('ui.skip'),
  navigation: t('ui.navigation'),
  pages: t('ui.pages'),
  previous: t('ui.previous'),
  next: t('ui.next'),
  page: (page) => t('ui.page', { page: number(page) }),
  pageOf: (page, pages) => t('ui.page_of', { page: number(page), pages: number(pages) }),
  problem: t('ui.problem'),
  error: t('ui.error'),
  errorTitle: (title) => t('ui.error_title', { title }),
  full: t('seats.full'),
  left: (seats) => t('seats.left', { seats: number(seats) }),
  open: (seats) => t('seats.open', { seats: number(seats) }),
  ofSeats: (capacity) => t('seats.of', { capacity: number(capacity) }),
  seats: (capacity) => t('seats.all', { capacity }),
  overfull: (taken, capacity) => t('seats.overfull', { taken: number(taken), capacity: number(capacity) }),
  conflict: t('week.conflict'),
  block: ({ planned, start, end, conflictsWith }) =>
    [
      planned ? t('week.block_planned', { start, end }) : t('week.block', { start, end }),
      conflictsWith.length > 0 ? t('week.block_conflict', { others: list(conflictsWith) }) : '',
    ].join(''),
})

/** Made once a language, of which each page has a copy of its own with the same `t`. */
const made = new WeakMap<Language['t'], UiWords>()

export const uiWords = (language: Language): UiWords => {
  const known = made.get(language.t)
  if (known !== undefined) return known
  const words = make(language)
  made.set(language.t, words)
  return words
}
