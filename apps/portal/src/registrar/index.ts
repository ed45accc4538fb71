/** The only place that writes seats. Implemented by `createRegistrar`. */
import type { Receipt } from '../catalogue/types.ts'

export interface RegistrarService {
  /**
   * Registers for several sections in one transaction: as many as possible get in, each line of the receipt says
   * enrolled or why not. `sections` are section ids as they came from the form. `request` is the form's own key:
   * sent again with the same choice, it gives the same receipt and changes nothing; undefined: every call is new.
   * @throws PortalError nothing_chosen | too_many_sections | request_malformed | request_reused | busy | contention
   */
  register(input: {
    studentId: number
    sections: readonly string[]
    request: string | undefined
  }): Promise<Receipt>
  /** @throws PortalError not_found (also for someone else's enrolment) | request_malformed | request_reused | busy | contention */
  drop(input: { studentId: number; enrolmentId: string; request: string | undefined }): Promise<Receipt>
}

/** The sections a student means to register for; kept on the server. It holds no seat. */
export interface CartService {
  /** Unknown ids are left out and counted; what is in the cart already stays once. At most 20 stand in a cart.
   *  @throws PortalError nothing_chosen | too_many_sections */
  add(studentId: number, sections: readonly string[]): Promise<{ added: number; unknown: number }>
  remove(studentId: number, sections: readonly string[]): Promise<void>
}

export { createCarts } from './cart.ts'
export { createRegistrar } from './registrar.ts'
