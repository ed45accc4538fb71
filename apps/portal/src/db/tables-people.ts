/** Of tables.ts: people, and how they sign in. */
import type { Generated } from 'kysely'

/** 'YYYY-MM-DD' */
type DateText = string
/** 'YYYY-MM-DD HH:MM:SS.mmm', UTC */
type MomentText = string

export interface StudentTable {
  id: Generated<number>
  number: string
  given_name: string
  family_name: string
  preferred_name: string | null
  email: string
  level: 'undergraduate' | 'graduate'
  programme: string
  class_year: number | null
  status: 'active' | 'on_leave' | 'graduated' | 'withdrawn'
  admitted_on: DateText
}

export interface StaffTable {
  id: Generated<number>
  number: string
  given_name: string
  family_name: string
  email: string
  role: 'registrar'
}

export interface AccountTable {
  id: Generated<number>
  number: string
  student_id: number | null
  staff_id: number | null
  instructor_id: Generated<number | null>
  password_hash: string | null
  password_set_at: MomentText | null
  created_at: MomentText
  disabled_at: MomentText | null
}

export interface ActivationTable {
  id: Generated<number>
  account_id: number
  code_hash: Buffer
  created_at: MomentText
  expires_at: MomentText
  used_at: MomentText | null
}

export interface SessionTable {
  id: string
  account_id: number
  token_hash: Buffer
  created_at: MomentText
  seen_at: MomentText
  expires_at: MomentText
}

export interface ThrottleTable {
  scope: string
  drained_at: MomentText
}

export interface KnownAddressTable {
  account_id: number
  address: string
  last_on: DateText
}

export type SignInOutcome =
  | 'signed_in'
  | 'activated'
  | 'password_refused'
  | 'code_refused'
  | 'ended_everywhere'
  | 'password_changed'

export interface SignInTable {
  id: Generated<number>
  at: MomentText
  /** null: the number was nobody's */
  account_id: number | null
  outcome: SignInOutcome
  network: string
  browser: string
  /** 0 or 1 */
  known_device: number
}
