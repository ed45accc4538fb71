/**
 * What the pages show. One meaning a word:
 *
 * term       a teaching period with its registration window
 * course     what the bulletin describes: "CS 101, Introduction to Programming"
 * section    one teaching of a course in one term, with its own number (CRN), seats and meetings
 * meeting    a weekly pattern: days, times, dates, place, instructor
 * enrolment  one student's place in one section
 * receipt    the lasting answer to one submission, with a line for each section that was asked for
 * standby    the PostgreSQL copy that the mirror keeps
 *
 * Ids are numbers (all keys stay below 2^53). A clock time is 'HH:MM', a day 'YYYY-MM-DD', both as the campus
 * reads them; a moment is ISO 8601 in UTC, '2026-11-22T14:03:07.123Z'. Credits are numbers with at most two decimals.
 */
import type { Leaving } from '../policy/leaving.ts'
import type { Reason } from '../policy/reasons.ts'
import type { Partner, Reserve } from '../policy/rules.ts'

/** ISO weekday: 1 is Monday, 7 is Sunday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7

export interface Term {
  readonly id: number
  /** '202680': year and part, sorts by time */
  readonly code: string
  /** 'Fall 2026' */
  readonly name: string
  readonly startsOn: string
  readonly endsOn: string
  readonly registrationOpensAt: string
  readonly registrationClosesAt: string
  /** where the reader's moment lies in the window */
  readonly registration: 'before' | 'open' | 'closed'
}

export interface SubjectSummary {
  readonly id: number
  /** 'CS' */
  readonly code: string
  readonly name: string
  /** sections in the term that was asked for */
  readonly sections: number
}

export interface Meeting {
  /** ascending; empty when the times are arranged or the teaching is asynchronous */
  readonly days: readonly Weekday[]
  /** null together with empty days */
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly startsOn: string
  readonly endsOn: string
  /** 2: every other week, counted from the week (Monday to Sunday) in which startsOn lies; absent: every week */
  readonly everyWeeks?: number | undefined
  /** 'Kepler Hall 204', or null when online or not yet placed */
  readonly place: string | null
  /** 'Ann Lee', or 'Ann Lee, Bo Ruiz' where several teach it */
  readonly instructor: string | null
}

export interface Seats {
  readonly capacity: number
  /** enrolled here, and held for elsewhere */
  readonly taken: number
  /** never negative: an override may let more in than there are seats */
  readonly left: number
  /** nobody can register: no seat is left, or those who wait have the first claim to what is */
  readonly full: boolean
  /** how many are on the waiting list for the next seat */
  readonly waiting: number
}

export type Component = 'lecture' | 'laboratory' | 'seminar' | 'discussion' | 'studio'
export type InstructionMode = 'in_person' | 'hybrid' | 'online'

/** One line of a catalogue, cart or schedule. */
export interface SectionRow {
  readonly id: number
  /** '10432', unique in its term */
  readonly crn: string
  readonly term: { readonly id: number; readonly code: string; readonly name: string }
  readonly courseId: number
  readonly subject: string
  /** 'CS 101' */
  readonly code: string
  /** '001' */
  readonly section: string
  readonly title: string
  readonly component: Component
  readonly mode: InstructionMode
  readonly campus: string
  /** equal unless the course is of variable credit */
  readonly credits: { readonly min: number; readonly max: number }
  readonly status: 'active' | 'cancelled'
  readonly seats: Seats
  readonly meetings: readonly Meeting[]
  /** names without repetition, in the order of the meetings */
  readonly instructors: readonly string[]
}

/** Everything that a section's own page shows. */
export interface SectionPage {
  readonly term: Term
  readonly section: SectionRow
  readonly subjectName: string
  readonly description: string
  /** the course's other sections in the same term */
  readonly others: readonly SectionRow[]
  /** what the bulletin asks for, in its words, and as the rule that was made of them; null: nothing, or no rule */
  readonly prerequisites: { readonly text: string | null; readonly rule: string | null }
  /** sections with which it is one choice */
  readonly partners: readonly Partner[]
  /** seats that only a group can take */
  readonly reserves: readonly Reserve[]
  /** seats that permissions have given although none was free for others */
  readonly permitted: number
}

export interface SearchFilters {
  /** a term's code; absent: the current term */
  readonly term?: string | undefined
  /** words of title, subject or instructor, a code ('CS 101', 'cs101') or a CRN; every word must match */
  readonly q?: string | undefined
  /** a subject's code */
  readonly subject?: string | undefined
  /** words of an instructor's name */
  readonly instructor?: string | undefined
  /** only sections with a seat left */
  readonly open?: boolean | undefined
  /** only sections that meet, and on these days alone */
  readonly days?: readonly Weekday[] | undefined
  /** sections that can be taken for one of these numbers of credits */
  readonly credits?: readonly number[] | undefined
  /** from 1; beyond the end: the last page */
  readonly page?: number | undefined
  /** 1…100, default 25 */
  readonly pageSize?: number | undefined
}

export interface SearchResult {
  readonly term: Term
  readonly rows: readonly SectionRow[]
  readonly total: number
  readonly page: number
  readonly pageSize: number
  readonly pages: number
}

export interface ScheduleEntry {
  readonly enrolmentId: number
  readonly section: SectionRow
  readonly credits: number
  readonly enrolledAt: string
  /** 'A-' once graded */
  readonly grade: string | null
  /** false: the day to drop has passed, or the section is graded */
  readonly mayDrop: boolean
  /** how it can be left now, and why not in another way */
  readonly leaving: Leaving
  /** what is left with it, since it would stand alone: a lecture's laboratory */
  readonly along: readonly { readonly id: number; readonly label: string }[]
}

/** A place on a waiting list. */
export interface WaitEntry {
  readonly entryId: number
  readonly section: SectionRow
  /** from 1 */
  readonly position: number
  /** places in the list */
  readonly length: number
  readonly joinedAt: string
  /** label of the section that is given up when the seat arrives */
  readonly gives: string | null
  /** labels of what goes with that one */
  readonly along: readonly string[]
  /** labels of the sections that arrive in the same moment, or not at all */
  readonly together: readonly string[]
  /** why the last free seat went past; the place is kept */
  readonly passed: Reason | null
  /** what stands in the way beside that */
  readonly morePassed: readonly Reason[]
}

/** Two of the listed sections that meet at the same time. */
export interface Conflict {
  readonly sectionId: number
  readonly otherId: number
  /** 'CS 101-001' */
  readonly section: string
  readonly other: string
  /** 'Mon 10:00–10:50' */
  readonly times: string
  /** 'CS 101-001 and MATH 220-003 both meet Mon 10:00–10:50' */
  readonly words: string
}

export interface Schedule {
  readonly term: Term
  readonly entries: readonly ScheduleEntry[]
  readonly credits: number
  readonly conflicts: readonly Conflict[]
  readonly waiting: readonly WaitEntry[]
}

export interface CartEntry {
  readonly section: SectionRow
  readonly addedAt: string
  /** what would stand in the way if it were submitted now; decided again when it is */
  readonly reasons: readonly Reason[]
  /** what is to be known and stops nobody */
  readonly advice: readonly Reason[]
  /** nothing but the moment stands in the way: it can be had as soon as the student's registration opens */
  readonly ready: boolean
  /** the place in the waiting list that joining now would give; null: there are seats, or the list cannot be joined */
  readonly listPosition: number | null
  /** there is a seat, but it waits for what it is taken together with, while a fallback is kept */
  readonly half: boolean
  /** id of the section of this cart in whose place it is wanted */
  readonly fallbackFor: number | null
  /** what is to be taken together with it, and is not in the cart */
  readonly choices: readonly LinkedChoice[]
}

/** Sections of one kind of which one is to be taken as well. */
export interface LinkedChoice {
  readonly component: Component
  readonly sections: readonly SectionRow[]
}

/** What the rules would say now to a section, and to those that are taken together with it. */
export interface SectionPlan {
  /** first the section itself, then one of each choice */
  readonly lines: readonly (Pick<CartEntry, 'section' | 'reasons' | 'advice' | 'ready'> & {
    /** wait: only its waiting list is to be had */
    readonly outcome: 'enrol' | 'wait' | 'spare' | 'refuse'
  })[]
  readonly choices: readonly LinkedChoice[]
  /** what goes with it and is waited for already, as it is called */
  readonly waited: readonly string[]
}

export interface Cart {
  readonly entries: readonly CartEntry[]
  readonly credits: number
}

/**
 * waiting: on the list · left: off the list · kept: a swap's old section, still held · spare: a fallback that was not needed ·
 * withdrawn: left too late to drop, with a W on the transcript
 */
export type LineResult =
  | 'enrolled'
  | 'dropped'
  | 'refused'
  | 'waiting'
  | 'left'
  | 'kept'
  | 'spare'
  | 'withdrawn'

export interface ReceiptLine {
  readonly position: number
  /** what was asked for, as it was typed, when it is no section of ours */
  readonly asked: string
  readonly sectionId: number | null
  readonly crn: string | null
  /** 'CS 101-001'; null when unknown */
  readonly label: string | null
  readonly title: string | null
  readonly credits: number | null
  readonly result: LineResult
  /** every reason at once; empty when it succeeded */
  readonly reasons: readonly Reason[]
  /** of 'waiting': the place in the list at that moment */
  readonly listPosition: number | null
}

export interface Receipt {
  /** 'R7KQ-2MXD-9TPA': random, hard to guess, easy to read out */
  readonly number: string
  readonly kind: 'register' | 'drop' | 'swap' | 'leave' | 'promotion' | 'cancellation'
  readonly student: { readonly id: number; readonly number: string; readonly name: string }
  readonly createdAt: string
  readonly lines: readonly ReceiptLine[]
}

export interface RosterLine {
  readonly number: string
  /** as the student is called */
  readonly name: string
  readonly familyName: string
  readonly givenName: string
  readonly email: string
  readonly programme: string
  readonly level: 'undergraduate' | 'graduate'
  readonly credits: number
  readonly enrolledAt: string
  /** left with a W: the seat is still theirs, and they do not come any more */
  readonly withdrawn: boolean
}

/** Who is enrolled in a section, by family name. */
export interface Roster {
  readonly section: SectionRow
  readonly students: readonly RosterLine[]
}

export interface RecordLine {
  /** 'CS 101' */
  readonly course: string
  readonly title: string
  readonly credits: number
  /** null: under way, or a part that is not graded by itself, such as a laboratory */
  readonly grade: string | null
}

/** A student's academic history. */
export interface AcademicRecord {
  /** newest first, those under way included */
  readonly terms: readonly {
    readonly name: string
    /** its last day is past: what has no grade now is not under way any more */
    readonly over: boolean
    readonly lines: readonly (RecordLine & { readonly component: Component })[]
  }[]
  /** completed elsewhere, before, or by examination; newest first */
  readonly elsewhere: readonly (RecordLine & {
    readonly source: 'transfer' | 'examination' | 'earlier'
    readonly completedOn: string
  })[]
  /** each course once, where its grade passes */
  readonly creditsEarned: number
}

/** A receipt as a line of a list. */
export interface ReceiptSummary extends Pick<Receipt, 'number' | 'kind' | 'createdAt'> {
  readonly lines: readonly Pick<ReceiptLine, 'label' | 'result'>[]
}

export interface ReceiptList {
  /** newest first */
  readonly receipts: readonly ReceiptSummary[]
  /** of the next, older ones: `before` that reads them; null: these are the oldest */
  readonly next: string | null
}

/** Whether a receipt stands in the PostgreSQL copy yet. */
export type StandbyCopy =
  /** no standby is configured */
  | { readonly state: 'off' }
  /** the standby does not answer */
  | { readonly state: 'away' }
  | { readonly state: 'waiting'; readonly copied: false }
  /** `at` is the mirror's commit; `secondsLater` counts from the receipt, and is null when the receipt came with a load */
  | {
      readonly state: 'copied'
      readonly copied: true
      readonly at: string
      readonly secondsLater: number | null
      readonly cycle: number
    }
