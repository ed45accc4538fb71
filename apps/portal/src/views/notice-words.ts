/** What a notice says: on the page of notices, and in the e-mail. */
import type { Format } from '@matricula/ui/format'
import type { NoticeRow } from '../catalogue/types.ts'
import type { OverrideRule } from '../policy/rules.ts'
import { reasonWords } from './words.ts'

/** What a permission lifts, as a student reads it. */
const permissions: Readonly<Record<OverrideRule, string>> = {
  requirement: 'a course without what it asks for',
  repeat: 'taking a course again',
  credits: 'more credits',
  conflict: 'sections at the same time',
  window: 'registering before your own window',
  deadline: 'adding or dropping after the last day',
  linked: 'a section without its laboratory',
  full: 'a seat although the section is full',
  reserved: 'a seat that is kept for a group',
}
const permissionWords = (rule: string): string =>
  Object.entries(permissions).find(([name]) => name === rule)?.[1] ?? rule

const permissionText = (
  kind: 'permission_granted' | 'permission_revoked',
  detail: string | null,
  format: Format,
): string => {
  const [concerns = '', credits = '', until = ''] = (detail ?? '').split('|')
  const what = concerns === '' ? 'It is for every section' : `It is for ${concerns}`
  if (kind === 'permission_revoked')
    return `${concerns === '' ? '' : `It was for ${concerns}. `}Seats that you have stay yours. Ask the registrar’s office if you had counted on it.`
  return [
    `${what}${credits === '' ? '' : `, up to ${credits} credits`}${until === '' ? '' : `, until ${format.moment(until)}`}.`,
    'All other rules hold as before.',
  ].join(' ')
}

export const noticeTitle = ({ kind, label, title }: NoticeRow): string => {
  switch (kind) {
    case 'promoted':
      return `You have got a seat in ${label}`
    case 'skipped':
      return `A seat in ${label} went past you`
    case 'section_changed':
      return `${label} has changed`
    case 'section_cancelled':
      return `${label} has been cancelled`
    case 'hold_placed':
      return `A hold was placed on your record: ${title}`
    case 'hold_released':
      return `A hold on your record was released: ${title}`
    case 'permission_granted':
      return `You have a permission: ${permissionWords(title)}`
    case 'permission_revoked':
      return `A permission was revoked: ${permissionWords(title)}`
    case 'window_opens':
      return `Registration for ${title} opens`
    default:
      return kind satisfies never
  }
}

/** Sentences without links. */
export const noticeWords = ({ kind, givenUp, reason, detail, title }: NoticeRow, format: Format): string => {
  switch (kind) {
    case 'promoted':
      return `It was your turn on the waiting list, and the seat is yours.${
        givenUp === null ? '' : ` ${givenUp} was dropped for it, as you had asked.`
      }`
    case 'skipped':
      return `${reason === null ? '' : `${reasonWords(reason, format)} `}You keep your place on the list: as soon as nothing stands in the way, the next free seat is yours again in the old order.`
    case 'section_changed':
      return `${detail ?? 'Its times or its place are not what they were.'} You keep your seat. Look whether it still goes with the rest of your week.`
    case 'section_cancelled':
      return `It will not be taught.${detail === null ? '' : ` ${detail}`} Choose another section while there are seats.`
    case 'hold_placed':
      return `As long as it stands you cannot register.${detail === null ? '' : ` ${detail}`}`
    case 'hold_released':
      return 'It no longer keeps you from registering. What you have planned is in your cart.'
    case 'permission_granted':
    case 'permission_revoked':
      return permissionText(kind, detail, format)
    case 'window_opens':
      return `You can register for ${title} from ${detail === null ? 'now on' : format.moment(detail)}. What you have planned is in your cart.`
    default:
      return kind satisfies never
  }
}
