/** The only place that writes seats. Implemented by `createRegistrar`. */
import type { Receipt } from '../catalogue/types.ts'
import type { ByStaff } from './office/index.ts'
import type { Promoter } from './promoter.ts'

export interface Submission {
  readonly studentId: number
  /** section ids as they came from the form, in the order of preference */
  readonly sections: readonly string[]
  /** most: as many as possible (the default); all: nothing, unless each is had, by itself or by a fallback */
  readonly mode?: 'most' | 'all' | undefined
  /** ids of those whose waiting list is wanted where no seat can be had */
  readonly waitlist?: readonly string[] | undefined
  /** 'B:A': B is wanted only where A cannot be had; A stands before B in `sections` */
  readonly fallbacks?: readonly string[] | undefined
  readonly request: string | undefined
}

export interface RegistrarService {
  /**
   * Registers for several sections in one transaction; each line of the receipt says enrolled, waiting or why not.
   * `request` is the form's own key: sent again with the same choice, it gives the same receipt and changes nothing;
   * undefined: every call is new.
   * @throws PortalError nothing_chosen | too_many_sections | request_malformed | request_reused | busy | contention
   */
  register(input: Submission): Promise<Receipt>
  /** @throws PortalError not_found (also for someone else's enrolment) | request_malformed | request_reused | busy | contention */
  drop(input: {
    studentId: number
    enrolmentId: string
    /** ids of the sections that the student was told to go with it, blanks between; undefined: nothing was said */
    along?: string | undefined
    request: string | undefined
  }): Promise<Receipt>
  /** Takes a section in the place of an enrolment, or neither. @throws PortalError as drop */
  swap(input: {
    studentId: number
    enrolmentId: string
    sectionId: string
    /** what is taken together with it, such as a laboratory; it takes the place of what goes with the enrolment */
    besides?: readonly string[] | undefined
    /** where it is full: join its list, and keep the enrolment until the seat arrives */
    waitlist: boolean
    request: string | undefined
  }): Promise<Receipt>
  /** Leaves a waiting list. @throws PortalError as drop */
  leave(input: { studentId: number; entryId: string; request: string | undefined }): Promise<Receipt>
  /** By staff. @returns true when it changed @throws PortalError not_found | request_reused | busy | contention */
  setCapacity(input: ByStaff & { sectionId: number; capacity: number }): Promise<boolean>
  /** ms for which the first of the forms has waited whose turn has not come, in this process; 0: none waits */
  readonly waited: () => number
  readonly promoter: Promoter
}

export interface CartChange {
  /** the section that moves one step up or down in the order of preference */
  readonly move?: { readonly section: string; readonly by: -1 | 1 } | undefined
  /** the section, and the one in whose place it is wanted; null: for itself */
  readonly fallback?: { readonly section: string; readonly insteadOf: string | null } | undefined
}

/** The sections a student means to register for, in the order of preference; kept on the server. It holds no seat. */
export interface CartService {
  /** Unknown ids are left out and counted; what is in the cart already stays once. At most 20 stand in a cart.
   *  @throws PortalError nothing_chosen | too_many_sections */
  add(studentId: number, sections: readonly string[]): Promise<{ added: number; unknown: number }>
  remove(studentId: number, sections: readonly string[]): Promise<void>
  /** What names no section of the cart changes nothing. A section that is a fallback stands below the one it is for. */
  /** @returns false: it is what the cart was already, or names what is not in it */
  arrange(studentId: number, change: CartChange): Promise<boolean>
}

export interface NoticeService {
  /** Those of these ids, so that one that came after the page was made, or stands on another one, stays unread. @param from 0 without it */
  markRead(studentId: number, upTo: number, from?: number): Promise<void>
}

export { createCarts } from './cart.ts'
export { createNotices } from './notices.ts'
export { createRegistrar } from './registrar.ts'
