/** A notice as an e-mail: plain text, short, with nothing in it that the notice does not say. Pure. */
import type { NoticeRow } from '../catalogue/types-notices.ts'
import type { Language } from '../texts/index.ts'
import { noticeTitle, noticeWords } from '../views/notice-words.ts'

export interface Letter {
  readonly subject: string
  readonly text: string
}

/** @param portal where people open the portal, 'https://register.example.edu'; undefined: no link */
export const letterOf = (
  notice: NoticeRow,
  name: string,
  language: Language,
  portal: string | undefined,
): Letter => {
  const { t } = language
  const title = noticeTitle(notice, language)
  const lines = [
    t('letter.dear', { name }),
    t('letter.title', { title }),
    ...(notice.label === null ? [] : [t('words.section', { label: notice.label, title: notice.title })]),
    noticeWords(notice, language),
    portal === undefined
      ? t('letter.sign_in')
      : t('letter.sign_in_at', {
          address: `${portal}/${notice.kind === 'password_changed' ? 'account' : 'notices'}`,
        }),
    t('letter.no_answers'),
  ]
  return { subject: title, text: `${lines.join('\n\n')}\n` }
}
