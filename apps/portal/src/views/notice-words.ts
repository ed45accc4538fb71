/** What a notice says: on the page of notices, and in the e-mail. */
import type { NoticeRow } from '../catalogue/types.ts'
import type { Language } from '../texts/index.ts'
import { momentsIn, reasonWords } from './words.ts'

export const noticeTitle = ({ kind, label, title }: NoticeRow, { t }: Language): string => {
  const section = label ?? ''
  switch (kind) {
    case 'promoted':
    case 'skipped':
    case 'section_changed':
    case 'section_cancelled':
      return t(`notice.${kind}`, { section })
    case 'hold_placed':
      return t('notice.hold_placed', { hold: title })
    case 'window_opens':
      return t('notice.window_opens', { term: title })
    default:
      return kind satisfies never
  }
}

const dayLetters = 'MTWRFSU'

/** 'MWF 09:00–09:50; times are arranged', as the office's form writes it and the notice keeps it. */
const timesIn = (detail: string, language: Language): string =>
  detail
    .split('; ')
    .map((part) => {
      if (part === 'times are arranged') return language.t('notice.times_arranged')
      const [, letters = '', times = part] = /^([MTWRFSU]+) (\d\d:\d\d–\d\d:\d\d)$/.exec(part) ?? []
      const days = Array.from(letters, (letter) =>
        language.format.weekday(dayLetters.indexOf(letter) + 1, 'short'),
      )
      return [days.join(', '), momentsIn(times, language)].filter((words) => words !== '').join(' ')
    })
    .join('; ')

/** Sentences without links. */
export const noticeWords = (notice: NoticeRow, language: Language): string => {
  const { kind, givenUp, reason, detail, title } = notice
  const { t, format } = language
  switch (kind) {
    case 'promoted':
      return givenUp === null ? t('notice.promoted_words') : t('notice.promoted_given_up', { givenUp })
    case 'skipped':
      return reason === null
        ? t('notice.skipped_words')
        : t('notice.skipped_reason', { reason: reasonWords(reason, language) })
    case 'section_changed':
      return detail === null
        ? t('notice.section_changed_words')
        : t('notice.section_changed_times', { times: timesIn(detail, language) })
    case 'section_cancelled':
      return detail === null
        ? t('notice.section_cancelled_words')
        : t('notice.section_cancelled_reason', { reason: detail })
    case 'hold_placed':
      return detail === null
        ? t('notice.hold_placed_words')
        : t('notice.hold_placed_office', { office: detail })
    case 'window_opens':
      return detail === null
        ? t('notice.window_opens_words', { term: title })
        : t('notice.window_opens_at', { term: title, moment: format.moment(detail) })
    default:
      return kind satisfies never
  }
}
