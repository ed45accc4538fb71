/** The tables of rules (migrations/0007-rules.ts), in the manner of tables.ts: what the server gives as text is text. */
import type { Generated } from 'kysely'

type Level = 'undergraduate' | 'graduate'

export interface TranscriptEntryTable {
  id: Generated<number>
  student_id: number
  /** 'CS 101' */
  course: string
  title: string
  credits: string
  grade: string
  source: 'transfer' | 'examination' | 'earlier'
  completed_on: string
  recorded_at: string
  recorded_by: number | null
}

export interface StudentHoldTable {
  id: Generated<number>
  student_id: number
  reason: string
  /** whom to ask, as the student reads it */
  office: string
  placed_at: string
  placed_by: number | null
  released_at: Generated<string | null>
  released_by: Generated<number | null>
  release_reason: Generated<string | null>
}

export interface RegistrationWindowTable {
  id: Generated<number>
  term_id: number
  label: string
  level: Level | null
  credits_from: number | null
  programme: string | null
  opens_at: string
  announced_at: Generated<string | null>
}

export interface SectionLinkTable {
  section_id: number
  partner_id: number
}

export interface SeatReserveTable {
  id: Generated<number>
  section_id: number
  label: string
  level: Level | null
  programme: string | null
  class_year: number | null
  seats: number
  taken: Generated<number>
  until_at: string | null
  ended_at: Generated<string | null>
}

export interface RuleOverrideTable {
  id: Generated<number>
  student_id: number
  rule: string
  section_id: number | null
  course_id: number | null
  term_id: number | null
  /** of rule 'credits': the limit that holds instead */
  credits: string | null
  reason: string
  granted_at: string
  granted_by: number | null
  expires_at: string | null
  revoked_at: Generated<string | null>
  revoked_by: Generated<number | null>
  revoke_reason: Generated<string | null>
}

export interface StaffActionTable {
  id: Generated<number>
  at: string
  /** null: by a command, or by the instructor below */
  staff_id: number | null
  instructor_id: number | null
  action: string
  student_id: number | null
  section_id: number | null
  term_id: number | null
  detail: string
  /** ids of those whose names were shown: ',12,45,' */
  students: string | null
  /** JSON (policy/trail-facts.ts); null: `detail` has the words */
  facts: string | null
}

/** A form of the office that was dealt with: sent again, it is answered as the first time. */
export interface StaffRequestTable {
  staff_id: number
  request_key: string
  request_digest: Buffer
  at: string
  /** JSON of what the change returned */
  outcome: string
}
