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
  /** null together with label: of a hold or a window */
  section_id: number | null
  label: string | null
  /** of the section, the hold or the term */
  title: string
  /** the section that was dropped for it */
  given_up: string | null
  reason_code: string | null
  reason_detail: string | null
  /** those after the first: JSON of pairs of code and detail; null: there are none */
  more_reasons: Generated<string | null>
  receipt: string | null
  read_at: MomentText | null
  /** whom to ask, when the window opens; of an earlier portal also what has changed, in English */
  detail: string | null
  /** JSON (policy/notice-facts.ts); null: none */
  facts: Generated<string | null>
}

export interface OutgoingEmailTable {
  id: Generated<number>
  /** null: of `account_id`, whose password was changed */
  notice_id: number | null
  account_id: Generated<number | null>
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

/** A student was told that registration opened for them at this moment. */
export interface OpeningToldTable {
  student_id: number
  term_id: number
  /** 'YYYY-MM-DD HH:MM:SS', UTC */
  opens_at: string
}
