/** What a notice says: on the page of notices, and in the e-mail. */
import type { Format } from '@matricula/ui/format'
import type { NoticeRow } from '../catalogue/types.ts'
import { reasonWords } from './words.ts'

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
    case 'window_opens':
      return `You can register for ${title} from ${detail === null ? 'now on' : format.moment(detail)}. What you have planned is in your cart.`
    default:
      return kind satisfies never
  }
}
