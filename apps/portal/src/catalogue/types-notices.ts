/** Notices, as the page and the e-mails show them. */
import type { NoticeKind } from '../db/notice-kind.ts'
import type { NoticeFacts } from '../policy/notice-facts.ts'
import type { Reason } from '../policy/reasons.ts'

export interface NoticeRow {
  readonly id: number
  readonly kind: NoticeKind
  readonly createdAt: string
  /** null together with label: it tells of no section */
  readonly sectionId: number | null
  readonly label: string | null
  /** of the section, the hold or the term */
  readonly title: string
  /** label of the section that was given up for it */
  readonly givenUp: string | null
  readonly reason: Reason | null
  /** of 'skipped': what stands in the way beside that */
  readonly moreReasons: readonly Reason[]
  readonly receipt: string | null
  /** whom to ask; of window_opens an ISO moment; of section_changed words of an earlier portal */
  readonly detail: string | null
  /** what has changed, what else it concerns; null: nothing is known of it */
  readonly facts: NoticeFacts | null
  readonly read: boolean
}

/** Ids of notices: those older than `before`, or the next ones newer than `after`; neither: the newest. */
export interface NoticeWindow {
  readonly before?: number | undefined
  readonly after?: number | undefined
}

export interface NoticeList {
  /** newest first, fifty at most */
  readonly notices: readonly NoticeRow[]
  /** `before` and `after` that read the neighbours; null: there are none */
  readonly older: number | null
  readonly newer: number | null
  /** unread ones that are not among these, and the id of the newest of them */
  readonly unreadElsewhere: { readonly count: number; readonly newest: number } | null
}
