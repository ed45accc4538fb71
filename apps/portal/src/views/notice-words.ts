/** What a notice says: on the page of notices, and in the e-mail. */
import type { NoticeRow } from '../catalogue/types.ts'
import type { Language } from '../texts/index.ts'
import { overrideRules } from '../policy/rules.ts'
import { momentsIn, reasonsWords } from './words.ts'

export const noticeTitle = ({ kind, label, title }: NoticeRow, language: Language): string => {
  const { t } = language
  const section = label ?? ''
  switch (kind) {
    case 'promoted':
    case 'skipped':
    case 'section_changed':
    case 'section_cancelled':
      return t(`notice.${kind}`, { section })
    case 'hold_placed':
    case 'hold_released':
      return t(`notice.${kind}`, { hold: title })
    case 'permission_granted':
    case 'permission_revoked':
      return t(`notice.${kind}`, { permission: permissionName(title, language) })
    case 'window_opens':
      return t('notice.window_opens', { term: title })
    case 'password_changed':
      return t('notice.password_changed')
    default:
      return kind satisfies never
  }
}

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

export const meetingWords = (words: string, language: Language): string =>
  words
    .split(', ')
    .map((part) => partIn(part, language))
    .join(', ')

/** What a notice keeps of a changed section is the office's sentence (http/routes/office-meetings.ts), or a text without a form. */
const changedWords = (detail: string | null, language: Language): string => {
  const { t } = language
  if (detail === null) return t('notice.section_changed_words')
  if (detail.startsWith('It has no fixed')) return t('notice.section_changed_no_times')
  if (detail.startsWith('Its meetings have')) return t('notice.section_changed_much')
  const meets = detail.replace(/^It now meets: (.*)\.$/s, '$1').split('; ')
  const times = meets.map((one) => meetingWords(one, language))
  return t('notice.section_changed_times', { times: times.join('; ') })
}

const permissionName = (rule: string, { t }: Language): string =>
  overrideRules
    .filter((known) => known === rule)
    .map((known) => t(`permission.${known}`))
    .join('') || rule

const grantedWords = (detail: string | null, { t, format }: Language): string => {
  const [concerns = '', credits = '', until = ''] = (detail ?? '').split('|')
  return t('notice.permission_granted_words', {
    sections: concerns === '' ? 'all' : 'some',
    concerns,
    credits: credits === '' ? 'none' : format.number(Number(credits)),
    until: until === '' ? 'none' : format.moment(until),
  })
}

const revokedWords = (detail: string | null, { t }: Language): string => {
  const [concerns = ''] = (detail ?? '').split('|')
  return concerns === ''
    ? t('notice.permission_revoked_words')
    : t('notice.permission_revoked_of', { concerns })
}

/** Sentences without links. */
export const noticeWords = (notice: NoticeRow, language: Language): string => {
  const { kind, givenUp, reason, moreReasons, detail, title } = notice
  const { t, format } = language
  switch (kind) {
    case 'promoted':
      return givenUp === null ? t('notice.promoted_words') : t('notice.promoted_given_up', { givenUp })
    case 'skipped':
      return reason === null
        ? t('notice.skipped_words')
        : t('notice.skipped_reason', {
            reason: reasonsWords([reason, ...moreReasons], language),
          })
    case 'section_changed':
      return changedWords(detail, language)
    case 'section_cancelled':
      return detail === null
        ? t('notice.section_cancelled_words')
        : t('notice.section_cancelled_reason', { reason: detail })
    case 'hold_placed':
      return detail === null
        ? t('notice.hold_placed_words')
        : t('notice.hold_placed_office', { office: detail })
    case 'hold_released':
      return t('notice.hold_released_words')
    case 'permission_granted':
      return grantedWords(detail, language)
    case 'permission_revoked':
      return revokedWords(detail, language)
    case 'password_changed':
      return t('notice.password_changed_words')
    case 'window_opens':
      return detail === null
        ? t('notice.window_opens_words', { term: title })
        : t('notice.window_opens_at', { term: title, moment: format.moment(detail) })
    default:
      return kind satisfies never
  }
}
