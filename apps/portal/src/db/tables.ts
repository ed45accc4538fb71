/**
 * The tables as Kysely sees them. Integers are numbers, DECIMAL and everything of time is the server's text
 * (on the mirror integers are text, too: readers normalise with `rows.ts`), BINARY is a Buffer.
 */
import type { Generated } from 'kysely'
import type {
  RegistrationWindowTable,
  RuleOverrideTable,
  SeatReserveTable,
  SectionLinkTable,
  StaffActionTable,
  StaffRequestTable,
  StudentHoldTable,
  TranscriptEntryTable,
} from './rule-tables.ts'
import type { SeatEventKind } from './seat-event-kind.ts'
import type {
  AccountTable,
  ActivationTable,
  KnownAddressTable,
  SessionTable,
  SignInTable,
  StaffTable,
  StudentTable,
  ThrottleTable,
} from './tables-people.ts'
import type {
  CalendarFeedTable,
  NoticeTable,
  OpeningToldTable,
  OutgoingEmailTable,
} from './tables-messages.ts'

/** 'YYYY-MM-DD' */
type DateText = string
/** 'HH:MM:SS' */
type TimeText = string
/** 'YYYY-MM-DD HH:MM:SS.mmm', UTC */
type MomentText = string
/** '3.00' */
type DecimalText = string

export interface TermTable {
  id: Generated<number>
  code: string
  name: string
  starts_on: DateText
  ends_on: DateText
  registration_opens_at: MomentText
  registration_closes_at: MomentText
  /** null: as long as registration is open */
  add_until: Generated<MomentText | null>
  drop_until: Generated<MomentText | null>
  withdraw_until: Generated<MomentText | null>
  /** the most credits at once; null: no limit */
  credits_undergraduate: Generated<DecimalText | null>
  credits_graduate: Generated<DecimalText | null>
  requirements: Generated<'advise' | 'enforce'>
  repeat_from: Generated<string | null>
  most_attempts: Generated<number | null>
  /** everybody was told by then that its registration had opened */
  announced_at: Generated<MomentText | null>
}

export interface SubjectTable {
  id: Generated<number>
  code: string
  name: string
  department: string
}

export interface CourseTable {
  id: Generated<number>
  subject_id: number
  number: string
  title: string
  description: string
  level: 'undergraduate' | 'graduate'
  credits_min: DecimalText
  credits_max: DecimalText
  /** as the bulletin words it, not parsed */
  prerequisite_text: string | null
  offered: string | null
  /** JSON of a tree of policy/requirement.ts; null: none, or its text is not regular */
  requirement: Generated<string | null>
  /** 0 or 1 */
  repeatable: Generated<number>
}

export interface CampusTable {
  id: Generated<number>
  code: string
  name: string
}

export interface RoomTable {
  id: Generated<number>
  campus_id: number
  building: string
  number: string
  seats: number
}

export interface InstructorTable {
  id: Generated<number>
  number: string
  given_name: string
  family_name: string
  email: string
  search_text: string
}

export interface SectionTable {
  id: Generated<number>
  term_id: number
  course_id: number
  crn: string
  code: string
  component: 'lecture' | 'laboratory' | 'seminar' | 'discussion' | 'studio'
  mode: 'in_person' | 'hybrid' | 'online'
  campus_id: number
  credits_min: DecimalText
  credits_max: DecimalText
  status: 'active' | 'cancelled'
  capacity: number
  enrolled: number
  held: number
  overfull: number
  /** entries of the waiting list that are not passed over */
  waiting: Generated<number>
  /** tickets that the waiting list has given out so far */
  tickets: Generated<number>
  /** seats kept for groups and not taken yet */
  reserved: Generated<number>
  /** of this teaching; null: the course's */
  title: string | null
  search_text: string
  sort_key: Buffer
}

export interface MeetingTable {
  id: Generated<number>
  section_id: number
  days: string
  starts_at: TimeText | null
  ends_at: TimeText | null
  starts_on: DateText
  ends_on: DateText
  every_weeks: Generated<number>
  room_id: number | null
  instructor_id: number | null
}

export interface CoInstructorTable {
  meeting_id: number
  /** from 2 */
  position: number
  instructor_id: number
}

export interface EnrolmentTable {
  id: Generated<number>
  student_id: number
  section_id: number
  credits: DecimalText
  enrolled_at: MomentText
  grade: string | null
  graded_at: MomentText | null
  /** the reserve that the seat came from */
  reserve_id: Generated<number | null>
  /** the permission by which it was given although no seat was to be had */
  override_id: Generated<number | null>
}

export interface CartItemTable {
  student_id: number
  section_id: number
  added_at: MomentText
  /** in the order of preference; equal ones by added_at */
  position: Generated<number>
  /** a section of the same cart: this one is wanted only where that one cannot be had */
  fallback_for: Generated<number | null>
}

export interface ReceiptTable {
  id: Generated<number>
  number: string
  student_id: number
  kind: 'register' | 'drop' | 'swap' | 'leave' | 'promotion' | 'cancellation'
  request_key: string
  request_digest: Buffer
  created_at: MomentText
}

export interface ReceiptLineTable {
  receipt_id: number
  position: number
  asked: string
  section_id: number | null
  crn: string | null
  label: string | null
  title: string | null
  credits: DecimalText | null
  result: 'enrolled' | 'dropped' | 'refused' | 'waiting' | 'left' | 'kept' | 'spare' | 'withdrawn'
  /** of 'waiting': the place in the list at that moment */
  list_position: Generated<number | null>
}

export interface ReceiptReasonTable {
  receipt_id: number
  position: number
  ordinal: number
  code: string
  detail: string
}

export interface WaitEntryTable {
  id: Generated<number>
  section_id: number
  student_id: number
  /** the order of the list; unlike on any other entry of the section, ever */
  ticket: number
  joined_at: MomentText
  drop_section_id: number | null
  /** the same for places of one student that become seats in one moment: a section's id */
  together: Generated<number | null>
  /** ids of sections, '2,7', that go besides `drop_section_id`; null: what is linked to it then */
  drop_along: Generated<string | null>
  passed_code: string | null
  passed_detail: string | null
  /** as of NoticeTable; means nothing without a code */
  more_reasons: Generated<string | null>
  passed_at: MomentText | null
}

export interface SeatEventTable {
  id: Generated<number>
  section_id: number
  student_id: number | null
  event: SeatEventKind
  /** with microseconds */
  at: MomentText
  actor: 'student' | 'staff' | 'system'
  staff_id: number | null
  receipt: string | null
  ticket: number | null
  reason_code: string | null
  reason_detail: string | null
  capacity: number
  enrolled: number
  held: number
  overfull: number
  waiting: number
}

export interface SettingTable {
  name: string
  value: string
}

export interface CatalogueRevisionTable {
  id: number
  revision: number
}

export interface Tables {
  term: TermTable
  subject: SubjectTable
  course: CourseTable
  campus: CampusTable
  room: RoomTable
  instructor: InstructorTable
  section: SectionTable
  meeting: MeetingTable
  co_instructor: CoInstructorTable
  student: StudentTable
  staff: StaffTable
  account: AccountTable
  activation: ActivationTable
  session: SessionTable
  throttle: ThrottleTable
  known_address: KnownAddressTable
  sign_in: SignInTable
  enrolment: EnrolmentTable
  cart_item: CartItemTable
  receipt: ReceiptTable
  receipt_line: ReceiptLineTable
  receipt_reason: ReceiptReasonTable
  wait_entry: WaitEntryTable
  seat_event: SeatEventTable
  notice: NoticeTable
  transcript_entry: TranscriptEntryTable
  student_hold: StudentHoldTable
  registration_window: RegistrationWindowTable
  section_link: SectionLinkTable
  seat_reserve: SeatReserveTable
  rule_override: RuleOverrideTable
  staff_action: StaffActionTable
  staff_request: StaffRequestTable
  outgoing_email: OutgoingEmailTable
  calendar_feed: CalendarFeedTable
  opening_told: OpeningToldTable
  setting: SettingTable
  catalogue_revision: CatalogueRevisionTable
}

/** The names at run time; the type makes a forgotten one an error. */
const named: Readonly<Record<keyof Tables, true>> = {
  term: true,
  subject: true,
  course: true,
  campus: true,
  room: true,
  instructor: true,
  section: true,
  meeting: true,
  co_instructor: true,
  student: true,
  staff: true,
  account: true,
  activation: true,
  session: true,
  throttle: true,
  known_address: true,
  sign_in: true,
  enrolment: true,
  cart_item: true,
  receipt: true,
  receipt_line: true,
  receipt_reason: true,
  wait_entry: true,
  seat_event: true,
  notice: true,
  transcript_entry: true,
  student_hold: true,
  registration_window: true,
  section_link: true,
  seat_reserve: true,
  rule_override: true,
  staff_action: true,
  staff_request: true,
  outgoing_email: true,
  calendar_feed: true,
  opening_told: true,
  setting: true,
  catalogue_revision: true,
}

export const tableNames: readonly string[] = Object.keys(named)
