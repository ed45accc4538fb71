/** Of tables.ts: what is told to students, and how it reaches them. */
import type { Generated } from 'kysely'
import type { NoticeKind } from './notice-kind.ts'

/** 'YYYY-MM-DD HH:MM:SS.mmm', UTC */
type MomentText = string

export interface NoticeTable {
  id: Generated<number>
  student_id: number
  kind: NoticeKind
  created_at: MomentText
  /** null: it concerns no section, and label is '' */
  section_id: number | null
  label: string
  /** of the section, the hold or the term */
  title: string
  /** the section that was dropped for it */
  given_up: string | null
  reason_code: string | null
  reason_detail: string | null
  receipt: string | null
  read_at: MomentText | null
  /** what happened, where no reason tells it */
  words: Generated<string | null>
}

export interface OutgoingEmailTable {
  id: Generated<number>
  notice_id: number
  created_at: MomentText
  /** null: it is sent, or given up */
  due_at: MomentText | null
  attempts: Generated<number>
  claim: string | null
  sent_at: MomentText | null
  fault: string | null
}

export interface CalendarFeedTable {
  student_id: number
  feed_id: string
  token_hash: Buffer
  created_at: MomentText
}
