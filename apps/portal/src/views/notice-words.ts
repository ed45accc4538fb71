/** What a notice says: on the page of notices, and in the e-mail. */
import type { Format } from '@matricula/ui/format'
import type { NoticeRow } from '../catalogue/types.ts'
import { momentsIn, reasonWords } from './words.ts'

const titles: Readonly<Record<NoticeRow['kind'], (label: string) => string>> = {
  promoted: (label) => `You have got a seat in ${label}`,
  skipped: (label) => `A seat in ${label} went past you`,
  section_changed: (label) => `${label} has changed`,
  section_cancelled: (label) => `${label} has been cancelled`,
  hold_placed: () => 'A hold was placed on your registration',
  hold_released: () => 'A hold on your registration was released',
  window_opens: () => 'Your registration is open',
  override_granted: () => 'You have been given a permission',
}

export const noticeTitle = ({ kind, label }: NoticeRow): string => titles[kind](label)

/** Sentences without links. */
export const noticeWords = ({ kind, givenUp, reason, words }: NoticeRow, format: Format): string => {
  if (kind === 'promoted') {
    const dropped = givenUp === null ? '' : ` ${givenUp} was dropped for it, as you had asked.`
    return `It was your turn on the waiting list, and the seat is yours.${dropped}`
  }
  const why = reason === null ? '' : reasonWords(reason, format)
  if (kind === 'skipped')
    return `${why} You keep your place on the list: as soon as nothing stands in the way, the next free seat is yours again in the old order.`.trim()
  return [why, reason?.remedy ?? '', words === null ? '' : momentsIn(words, format)]
    .filter((part) => part !== '')
    .join(' ')
}
