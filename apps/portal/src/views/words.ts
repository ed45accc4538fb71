/** What the read models give, in words, in one place: plain, short, the same on every page. */
import { isComponent, partsOf, type Reason, reasonText } from '../policy/reasons.ts'
import type { Component, InstructionMode, Meeting, SectionRow, Term } from '../catalogue/types.ts'
import type { Language } from '../texts/index.ts'
import { requirementWords } from './requirement-words.ts'

export const componentWords = (component: Component, { t }: Language): string => t(`component.${component}`)

/** Within a sentence: 'a laboratory' */
export const aComponent = (component: string, { t }: Language): string =>
  isComponent(component) ? t(`component.a_${component}`) : component

export const modeWords = (mode: InstructionMode, { t }: Language): string => t(`mode.${mode}`)

export const label = (section: SectionRow): string => `${section.code}-${section.section}`

export const named = (section: SectionRow, { t }: Language): string =>
  t('words.section', { label: label(section), title: section.title })

export const credits = ({ credits: { min, max } }: SectionRow, { t, format }: Language): string =>
  min === max
    ? format.number(min)
    : t('words.credit_range', { least: format.number(min), most: format.number(max) })

export const creditWords = (value: number, { t }: Language): string => t('words.credits', { credits: value })

/** 'Mon, Wed, Fri' */
export const dayWords = ({ days, everyWeeks = 1, startsOn }: Meeting, { t, format }: Language): string => {
  const words = days.map((day) => format.weekday(day, 'short')).join(', ')
  if (everyWeeks < 2) return words
  const start = format.day(startsOn)
  return everyWeeks === 2
    ? t('words.every_other_week', { days: words, start })
    : t('words.every_weeks', { days: words, weeks: everyWeeks, start })
}

export const timeWords = (meeting: Meeting, { format }: Language): string | undefined =>
  meeting.startsAt === null || meeting.endsAt === null
    ? undefined
    : format.clockRange(meeting.startsAt, meeting.endsAt)

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const span =
  /(?:\b((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:, (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))*) )?\b(\d\d:\d\d)–(\d\d:\d\d)/g

/** Instants, days and spans of clock time within words, as the reader writes them; the policy knows them in ISO form. */
export const momentsIn = (words: string, { format }: Pick<Language, 'format'>): string =>
  words
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (instant) => format.moment(instant))
    .replaceAll(/\d{4}-\d\d-\d\d/g, (day) => format.day(day))
    .replaceAll(span, (_, days: string | undefined, start: string, end: string) => {
      const named = days?.split(', ').map((day) => format.weekday(weekdays.indexOf(day) + 1, 'short'))
      return `${named === undefined ? '' : `${named.join(', ')} `}${format.clockRange(start, end)}`
    })

/** What a reason's words name, as the reader says it; the policy keeps it in its own. */
const detailWords = ({ code, detail }: Reason, language: Language): readonly [string, string] => {
  const [one, two] = partsOf(detail)
  const { t, format } = language
  if (code === 'requirement')
    return [requirementWords(one, language), two.replaceAll('being taken', t('requirement.taking'))]
  if (code === 'linked') {
    const more = /^(.*) and (\d+) more$/.exec(two)
    const [, sections = '', count = ''] = more ?? []
    return [one, more === null ? two : t('requirement.and_more', { sections, count: Number(count) })]
  }
  if (code === 'credit_limit') return [format.number(Number(one)), format.number(Number(two))]
  // the bulletin's own words
  if (code === 'requirement_text') return [one, two]
  return [momentsIn(one, language), momentsIn(two, language)]
}

export const reasonWords = (reason: Reason, language: Language): string =>
  reasonText('words', reason.code, detailWords(reason, language), language)

/** All of them, each with what to do about it, in sentences. */
export const reasonsWords = (reasons: readonly Reason[], language: Language): string =>
  reasons.map((one) => `${reasonWords(one, language)} ${remedyWords(one, language)}`).join(' ')

/** What to do about it. */
export const remedyWords = (reason: Reason, language: Language): string =>
  reasonText('remedy', reason.code, detailWords(reason, language), language)

export const windowWords = (term: Term, { t, format }: Language): string => {
  const [opens, closes] = [term.registrationOpensAt, term.registrationClosesAt]
  switch (term.registration) {
    case 'before':
      return t('words.window_before', { term: term.name, moment: format.moment(opens) })
    case 'open':
      return t('words.window_open', { term: term.name, moment: format.moment(closes) })
    case 'closed':
      return t('words.window_closed', { term: term.name, moment: format.moment(closes) })
    default:
      return term.registration satisfies never
  }
}
