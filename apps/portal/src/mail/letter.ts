/** A notice as an e-mail: plain text, short, with nothing in it that the notice does not say. Pure. */
import type { Format } from '@matricula/ui/format'
import type { NoticeRow } from '../catalogue/types.ts'
import { noticeTitle, noticeWords } from '../views/notice-words.ts'

export interface Letter {
  readonly subject: string
  readonly text: string
}

/** @param portal where people open the portal, 'https://register.example.edu'; undefined: no link */
export const letterOf = (
  notice: NoticeRow,
  name: string,
  format: Format,
  portal: string | undefined,
): Letter => {
  const about = notice.sectionId === null ? [] : [`${notice.label} ${notice.title}`]
  const where = portal === undefined ? 'Sign in to the registration portal' : `Sign in at ${portal}/notices`
  const lines = [
    `Dear ${name},`,
    `${noticeTitle(notice)}.`,
    ...about,
    noticeWords(notice, format),
    `${where} for your notices, your schedule and your receipts.`,
    'This message was sent by the registration portal. Nobody reads answers to it.',
  ]
  return { subject: noticeTitle(notice), text: `${lines.filter((line) => line !== '').join('\n\n')}\n` }
}
