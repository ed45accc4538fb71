/** What a line of the office's trail says. Its detail is kept in the words of the code that wrote it; the reader's are made here. */
import type { TrailEntry } from '../catalogue/office-trail.ts'
import type { Language } from '../texts/index.ts'
import { meetingWords } from './notice-words.ts'
import { ruleWords } from './office-parts.tsx'
import { momentsIn } from './words.ts'

const actions = [
  'looked_at_student',
  'looked_at_receipt',
  'looked_at_section',
  'looked_at_roster',
  'downloaded_roster',
  'looked_at_conflicts',
  'hold_placed',
  'hold_released',
  'override_granted',
  'override_revoked',
  'transcript_added',
  'transcript_replaced',
  'term_changed',
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

/** 'addUntil 2026-11-02T14:00:00.000Z, dropUntil none, …' */
const settingsWords = (detail: string, language: Language): string => {
  const { t } = language
  const parts = detail.split(', ').map((part) => {
    const [name = '', value = ''] = part.split(' ')
    if (!isSetting(name)) return part
    const said =
      value === 'none'
        ? t('trail.none')
        : value === 'advise' || value === 'enforce'
          ? t(`term.${value}`)
          : momentsIn(value, language)
    return t('trail.setting', { name: t(settings[name]), value: said })
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

export const trailWords = ({ action, detail }: TrailEntry, language: Language): string => {
  const { t } = language
  switch (action) {
    case 'looked_at_section':
    case 'looked_at_roster':
    case 'downloaded_roster':
    case 'looked_at_conflicts':
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
    case 'section_changed': {
      const [, meets] = /^It now meets: (.*)\.$/s.exec(detail) ?? []
      return meets === undefined
        ? detail
        : meets
            .split('; ')
            .map((one) => meetingWords(one, language))
            .join('; ')
    }
    case 'sections_linked':
      return pairWords(detail, ' with ', 'trail.linked', language)
    case 'sections_unlinked':
      return pairWords(detail, ' from ', 'trail.unlinked', language)
    default:
      return detail
  }
}
