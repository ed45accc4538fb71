/** What a notice says: on the page of notices, and in the e-mail. */
import type { NoticeRow } from '../catalogue/types-notices.ts'
import type { Language } from '../texts/index.ts'
import { parseDays } from '../policy/meeting.ts'
import type { MeetingFact } from '../policy/notice-facts.ts'
import { overrideRules } from '../policy/rules.ts'
import { earlierChange } from './earlier-words.ts'
import { reasonsWords } from './words.ts'

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

/** 'Mon, Wed 9:00–9:50 AM, odd weeks of the term, Jan 11 to Apr 30, Weir House 12' */
export const meetingWords = (meeting: MeetingFact, { t, format }: Language): string => {
  const { days, startsAt, endsAt, startsOn, endsOn, weeks, everyWeeks, place } = meeting
  const times =
    startsAt === null || endsAt === null
      ? t('notice.times_arranged')
      : t('notice.at', {
          days: parseDays(days)
            .map((day) => format.weekday(day, 'short'))
            .join(', '),
          times: format.clockRange(startsAt, endsAt),
        })
  return [
    times,
    ...(weeks === 'odd' || weeks === 'even' ? [t(`notice.weeks_${weeks}`)] : []),
    ...(weeks === 'other' ? [t('notice.weeks_other', { count: everyWeeks })] : []),
    t('notice.dates', { from: format.day(startsOn), to: format.day(endsOn) }),
    ...(place === null ? [] : [place]),
  ].join(', ')
}

/** More of them than one reads in a sentence are looked up. */
const mostMeetings = 5

const changedWords = ({ facts, detail }: NoticeRow, language: Language): string => {
  const { t } = language
  if (facts?.of !== 'meetings')
    return detail === null ? t('notice.section_changed_words') : earlierChange(detail, language)
  const { now } = facts
  if (now.length === 0) return t('notice.section_changed_no_times')
  if (now.length > mostMeetings) return t('notice.section_changed_much')
  const times = now.map((meeting) => meetingWords(meeting, language)).join('; ')
  return t('notice.section_changed_times', { times })
}

const cancelledWords = ({ facts, detail }: NoticeRow, { t, format }: Language): string => {
  if (detail !== null) return t('notice.section_cancelled_reason', { reason: detail })
  const { left = [], alone = [] } = facts?.of === 'cancelled' ? facts : {}
  return [
    t('notice.section_cancelled_words'),
    ...(left.length > 0
      ? [t('notice.section_cancelled_left', { sections: format.list(left), count: left.length })]
      : []),
    ...(alone.length > 0
      ? [t('notice.section_cancelled_alone', { sections: format.list(alone), count: alone.length })]
      : []),
  ].join(' ')
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
      return changedWords(notice, language)
    case 'section_cancelled':
      return cancelledWords(notice, language)
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
