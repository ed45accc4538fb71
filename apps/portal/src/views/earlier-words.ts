/**
 * Sentences of English in which earlier portals kept a section's new meetings, in notices and in the office's trail, read back into the
 * reader's words. Nothing is written so any more (policy/notice-facts.ts).
 */
import type { Language } from '../texts/index.ts'
import { momentsIn } from './words.ts'

const dayLetters = 'MTWRFSU'

/** 'MWF 09:00–09:50', 'odd weeks of the term', '2027-01-11 to 2027-04-30', or a place, as the office's form writes them. */
const partIn = (part: string, language: Language): string => {
  const { t, format } = language
  if (part === 'times are arranged') return t('notice.times_arranged')
  const [, weeks] = /^(odd|even) weeks of the term$/.exec(part) ?? []
  if (weeks === 'odd' || weeks === 'even') return t(`notice.weeks_${weeks}`)
  const [, from, to] = /^(\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)$/.exec(part) ?? []
  if (from !== undefined && to !== undefined)
    return t('notice.dates', { from: format.day(from), to: format.day(to) })
  const [, letters = '', times] = /^([MTWRFSU]+) (\d\d:\d\d–\d\d:\d\d)$/.exec(part) ?? []
  if (times === undefined) return part
  const days = Array.from(letters, (letter) => format.weekday(dayLetters.indexOf(letter) + 1, 'short'))
  return `${days.join(', ')} ${momentsIn(times, language)}`
}

const meetingWords = (words: string, language: Language): string =>
  words
    .split(', ')
    .map((part) => partIn(part, language))
    .join(', ')

/** Of a notice. */
export const earlierChange = (detail: string, language: Language): string => {
  const { t } = language
  if (detail.startsWith('It has no fixed')) return t('notice.section_changed_no_times')
  if (detail.startsWith('Its meetings have')) return t('notice.section_changed_much')
  const meets = detail.replace(/^It now meets: (.*)\.$/s, '$1').split('; ')
  const times = meets.map((one) => meetingWords(one, language))
  return t('notice.section_changed_times', { times: times.join('; ') })
}

/** Of a line of the trail. */
export const earlierTrail = (detail: string, language: Language): string => {
  const { t } = language
  const [, meets] = /^It now meets: (.*)\.$/s.exec(detail) ?? []
  if (meets !== undefined)
    return meets
      .split('; ')
      .map((one) => meetingWords(one, language))
      .join('; ')
  if (detail.startsWith('It has no fixed')) return t('trail.no_times')
  return detail.startsWith('Its meetings have') ? t('trail.many_times') : detail
}
