/** What a line of the office's trail says, in the reader's words: made of its facts, or of a detail that has moments and codes in it. */
import type { TrailEntry } from '../catalogue/office-trail.ts'
import type { MeetingFact } from '../policy/notice-facts.ts'
import type { TrailFacts } from '../policy/trail-facts.ts'
import type { Language } from '../texts/index.ts'
import { earlierTrail } from './earlier-words.ts'
import { meetingWords } from './notice-words.ts'
import { ruleWords } from './office-parts.tsx'
import { momentsIn } from './words.ts'

const actions = [
  'looked_at_student',
  'searched_students',
  'looked_at_receipt',
  'looked_at_section',
  'looked_at_roster',
  'downloaded_roster',
  'looked_at_conflicts',
  'looked_at_trail',
  'hold_placed',
  'hold_released',
  'override_granted',
  'override_revoked',
  'transcript_added',
  'transcript_replaced',
  'term_changed',
  'registration_moved',
  'term_dates_moved',
  'window_added',
  'window_removed',
  'capacity_changed',
  'reserve_added',
  'reserve_ended',
  'section_changed',
  'section_cancelled',
  'section_reinstated',
  'sections_linked',
  'sections_unlinked',
] as const

/** An action of a newer portal stands there by its name. */
export const actionWords = (action: string, { t }: Language): string =>
  actions.filter((known) => known === action).map((known) => t(`action.${known}`))[0] ?? action

/** Settings of a term by their names in the trail (registrar/office/terms.ts). */
const settings = {
  addUntil: 'term.add_until',
  dropUntil: 'term.drop_until',
  withdrawUntil: 'term.withdraw_until',
  creditsUndergraduate: 'term.credits_undergraduate',
  creditsGraduate: 'term.credits_graduate',
  requirements: 'term.requirements',
  repeatFrom: 'term.repeat_from',
  mostAttempts: 'term.attempts',
} as const

const isSetting = (name: string): name is keyof typeof settings => Object.hasOwn(settings, name)

const valueWords = (value: string | number | null, language: Language): string => {
  const { t, format } = language
  if (value === null || value === 'none') return t('trail.none')
  if (value === 'advise' || value === 'enforce') return t(`term.${value}`)
  return typeof value === 'number' ? format.number(value) : momentsIn(value, language)
}

/** Of an earlier portal: 'addUntil 2026-11-02T14:00:00.000Z, dropUntil none, …' */
const settingsWords = (detail: string, language: Language): string => {
  const { t } = language
  const parts = detail.split(', ').map((part) => {
    const [name = '', value = ''] = part.split(' ')
    if (!isSetting(name)) return part
    return t('trail.setting', { name: t(settings[name]), value: valueWords(value, language) })
  })
  return parts.join('; ')
}

/** Of a removed window: the database's text of the moment, in UTC. */
const isoIn = (detail: string): string =>
  detail.replace(/(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/, (_, day: string, time: string) => `${day}T${time}Z`)

const pairWords = (
  detail: string,
  between: ' with ' | ' from ',
  key: 'trail.linked' | 'trail.unlinked',
  { t }: Language,
): string => {
  const [one, other] = detail.split(between)
  return one === undefined || other === undefined ? detail : t(key, { one, other })
}

type Course = Extract<TrailFacts, { readonly of: 'transcript_replaced' }>['was']

const courseWords = ({ title, grade, credits }: Course, { t }: Language): string =>
  t('trail.course', { title, grade, credits })

/** 'Registration opens: Nov 2, 8:00 (before: Nov 1, 8:00)'; null: it stayed as it was */
const movedWords = (
  key: 'trail.opens' | 'trail.closes',
  [was, now]: readonly [string, string],
  { t, format }: Language,
): string | null => (was === now ? null : t(key, { was: format.moment(was), now: format.moment(now) }))

const dayWords = (
  key: 'trail.starts' | 'trail.ends',
  [was, now]: readonly [string, string],
  { t, format }: Language,
): string | null => (was === now ? null : t(key, { was: format.day(was), now: format.day(now) }))

const meetingsWords = (meetings: readonly MeetingFact[], language: Language): string =>
  meetings.length === 0
    ? language.t('trail.no_meetings')
    : meetings.map((meeting) => meetingWords(meeting, language)).join('; ')

const factWords = (facts: TrailFacts, language: Language): string => {
  const { t } = language
  switch (facts.of) {
    case 'transcript':
      return t('trail.transcript', {
        course: facts.course,
        what: courseWords(facts, language),
        source: t(`file.source_${facts.source}`),
      })
    case 'transcript_replaced':
      return t('trail.transcript_replaced', {
        course: facts.course,
        was: courseWords(facts.was, language),
        now: courseWords(facts.now, language),
      })
    case 'term':
      return [
        ...facts.changes.map(({ name, was, now }) =>
          t('trail.changed', {
            name: t(settings[name]),
            was: valueWords(was, language),
            now: valueWords(now, language),
          }),
        ),
        ...(facts.reason === '' ? [] : [t('trail.reason', { reason: facts.reason })]),
      ].join(' ')
    case 'meetings':
      return t('trail.meetings', {
        was: meetingsWords(facts.was, language),
        now: meetingsWords(facts.now, language),
      })
    case 'search':
      return t('trail.searched', { words: facts.words, count: facts.shown })
    case 'dates':
      return [
        dayWords('trail.starts', facts.starts, language),
        dayWords('trail.ends', facts.ends, language),
        t('trail.reason', { reason: facts.reason }),
      ]
        .filter((part) => part !== null)
        .join(' ')
    case 'registration':
      return [
        movedWords('trail.opens', facts.opens, language),
        movedWords('trail.closes', facts.closes, language),
        t('trail.reason', { reason: facts.reason }),
      ]
        .filter((part) => part !== null)
        .join(' ')
    default:
      return facts satisfies never
  }
}

/** '' where there is nothing to add to the action. */
export const trailWords = ({ action, detail, facts }: TrailEntry, language: Language): string => {
  const { t } = language
  if (facts !== null) return factWords(facts, language)
  switch (action) {
    case 'looked_at_section':
    case 'looked_at_roster':
    case 'downloaded_roster':
    case 'looked_at_conflicts':
    case 'looked_at_trail':
      return /^\d+$/.test(detail) ? t('trail.students', { count: Number(detail) }) : detail
    case 'override_granted':
    case 'override_revoked':
      return detail.replace(/^\w+(?=:)/, (rule) => ruleWords(rule, language))
    case 'term_changed':
      return settingsWords(detail, language)
    case 'window_added':
    case 'window_removed':
      return momentsIn(isoIn(detail), language)
    case 'reserve_added': {
      const [, seats, group] = /^(\d+) for (.*)$/s.exec(detail) ?? []
      return seats === undefined || group === undefined
        ? detail
        : t('trail.reserve', { seats: Number(seats), group })
    }
    case 'section_changed':
      return earlierTrail(detail, language)
    case 'sections_linked':
      return pairWords(detail, ' with ', 'trail.linked', language)
    case 'sections_unlinked':
      return pairWords(detail, ' from ', 'trail.unlinked', language)
    default:
      return detail
  }
}
