/** What the registrar's office changes beside seats. Each change leaves a line in the trail. Implemented by `createOffice`. */
import type { OverrideRule } from '../../policy/rules.ts'
import type { RequestMark } from '../receipt.ts'
import type { Look } from './action.ts'
import type { Outcome } from './requests.ts'

/** A meeting as it is to be. */
export interface MeetingChange {
  /** null: a new one, by the instructor of the first one that has any */
  readonly id: number | null
  /** 'MWF'; '' together with null times: arranged */
  readonly days: string
  /** 'HH:MM' */
  readonly startsAt: string | null
  readonly endsAt: string | null
  /** 'YYYY-MM-DD' */
  readonly startsOn: string
  readonly endsOn: string
  /** 2: every other week, from the week of `startsOn` */
  readonly everyWeeks: number
  readonly roomId: number | null
}

/** Moments are ISO; null: as long as registration is open, or no such rule. */
export interface TermSettings {
  readonly addUntil: string | null
  readonly dropUntil: string | null
  readonly withdrawUntil: string | null
  readonly creditsUndergraduate: number | null
  readonly creditsGraduate: number | null
  readonly requirements: 'advise' | 'enforce'
  readonly repeatFrom: string | null
  readonly mostAttempts: number | null
}

/** What it was judged on (`termBase`): where that is not true any more nothing is changed: preview_moved. undefined: it was not judged */
type TermBase = string | undefined

export interface TermChange {
  readonly termId: number
  readonly settings: TermSettings
  /** for the trail */
  readonly reason?: string | undefined
  readonly base?: TermBase
}

export interface NewRegistration {
  readonly termId: number
  /** ISO moments, of whole seconds */
  readonly opensAt: string
  readonly closesAt: string
  /** for the trail */
  readonly reason: string
  readonly base?: TermBase
}

export interface NewTermDates {
  readonly termId: number
  /** 'YYYY-MM-DD' */
  readonly startsOn: string
  readonly endsOn: string
  /** for the trail */
  readonly reason: string
  readonly base?: TermBase
}

export interface ByStaff {
  readonly staffNumber: string
  /** of the form (`markRequest`): sent again, it changes nothing, and the outcome is the first one. undefined: a call of its own */
  readonly request?: RequestMark | undefined
}

export interface NewOverride {
  readonly studentId: number
  readonly rule: OverrideRule
  readonly sectionId: number | null
  readonly courseId: number | null
  readonly termId: number | null
  readonly credits: number | null
  readonly reason: string
  /** ISO moment */
  readonly expiresAt: string | null
}

export interface NewTranscriptEntry {
  readonly studentId: number
  readonly course: string
  readonly title: string
  readonly credits: number
  readonly grade: string
  readonly source: 'transfer' | 'examination' | 'earlier'
  readonly completedOn: string
}

export interface NewWindow {
  readonly termId: number
  readonly label: string
  readonly level: 'undergraduate' | 'graduate' | null
  readonly creditsFrom: number | null
  readonly programme: string | null
  /** ISO moment */
  readonly opensAt: string
  readonly base?: TermBase
}

export interface NewReserve {
  readonly sectionId: number
  readonly label: string
  readonly level: 'undergraduate' | 'graduate' | null
  readonly programme: string | null
  readonly classYear: number | null
  readonly seats: number
  /** ISO moment */
  readonly until: string | null
}

/** Every method @throws PortalError not_found | request_reused | busy | contention. Those that end something return false when it had ended. */
export interface OfficeService {
  /** A look at what is a student's, or at the names of many: who did, and when, is kept. */
  note(by: Pick<ByStaff, 'staffNumber'> | { readonly instructorId: number }, look: Look): Promise<void>
  /** What came of this very form when it was sent before; null: it was not. */
  outcome(input: { staffNumber: string; request: RequestMark }): Promise<{ readonly outcome: Outcome } | null>
  placeHold(input: ByStaff & { studentId: number; reason: string; office: string }): Promise<void>
  /** What the hold kept from becoming a seat is in force again. */
  releaseHold(input: ByStaff & { studentId: number; holdId: number; reason: string }): Promise<boolean>
  grantOverride(input: ByStaff & NewOverride): Promise<void>
  revokeOverride(input: ByStaff & { studentId: number; overrideId: number; reason: string }): Promise<boolean>
  addTranscriptEntry(input: ByStaff & NewTranscriptEntry): Promise<void>
  setTerm(input: ByStaff & TermChange): Promise<void>
  /**
   * Moves the opening and the close. Whoever was told of another opening is told of this one, when it comes (openings.ts).
   * @returns false: they were that already
   */
  moveRegistration(input: ByStaff & NewRegistration): Promise<boolean>
  /**
   * Moves the first and the last day. No meeting of an active section may lie outside: preview_moved, as whoever judged it was told of them.
   * @returns false: they were that already
   */
  moveTermDates(input: ByStaff & NewTermDates): Promise<boolean>
  addWindow(input: ByStaff & NewWindow): Promise<void>
  removeWindow(input: ByStaff & { termId: number; windowId: number }): Promise<boolean>
  addReserve(input: ByStaff & NewReserve): Promise<void>
  endReserve(input: ByStaff & { sectionId: number; reserveId: number }): Promise<boolean>
  /**
   * Meetings that are not named stay as they are. Everybody who holds a seat or waits is told.
   * @param input words: what students read, a sentence of at most 200 characters; base: of the preview that was shown
   * (catalogue/office-hurt.ts). Where it is not true any more nothing is changed: preview_moved
   * @returns how many; 0 when nothing changed
   */
  changeMeetings(
    input: ByStaff & {
      sectionId: number
      meetings: readonly MeetingChange[]
      removed: readonly number[]
      base?: string | undefined
    },
  ): Promise<number>
  /** The section and each of the others become one choice, in both directions. @returns false where they all are it already */
  linkSections(input: ByStaff & { sectionId: number; partnerIds: readonly number[] }): Promise<boolean>
  unlinkSections(input: ByStaff & { sectionId: number; partnerId: number }): Promise<boolean>
  /**
   * Takes nobody new at once; then each student is let out, and told. Cut off, it is finished by a second call.
   * @param input base: as for changeMeetings
   */
  cancelSection(
    input: ByStaff & { sectionId: number; reason: string; base?: string | undefined },
  ): Promise<number>
}

export { createOffice } from './office.ts'
