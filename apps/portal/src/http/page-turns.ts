/**
 * Pages step aside while forms are late. A form makes a dozen journeys to the database, a page two or three, and whatever comes back
 * waits until the pages that were ready before it are made. Of a rush's processor time pages take two thirds: without this all the
 * waiting fell on the forms, who hold seats locked meanwhile (decision 0055). A cart's form is of the pages' kind: it takes no seat.
 * Where no form is late every page goes at once, since what many read at the same time is read together (catalogue/batched.ts).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    leavePageTurn: (() => void) | null
  }
}

export interface PageTurns {
  /** @param go called at once, or in turn; `leave` is to be called when the page is made, and does nothing the second time */
  enter(go: (leave: () => void) => void): void
}

/** While forms are late. More than one gave forms and pages longer waits, and fewer of either a second. */
const atOnce = 1

/** ms after which a page gives up its place though it is not made: one that hangs holds up no more than itself. */
const slow = 250

/** @param formsAreLate asked when a page comes, and when one leaves */
export const createPageTurns = (formsAreLate: () => boolean): PageTurns => {
  const waiting: ((leave: () => void) => void)[] = []
  let active = 0
  const takePlace = (): (() => void) => {
    let left = false
    active += 1
    const leave = (): void => {
      if (left) return
      left = true
      clearTimeout(timer)
      active -= 1
      admit()
    }
    const timer = setTimeout(leave, slow).unref()
    return leave
  }
  const mayGo = (): boolean => waiting.length > 0 && (active < atOnce || !formsAreLate())
  const admit = (): void => {
    while (mayGo()) waiting.shift()?.(takePlace())
  }
  return {
    enter: (go) => {
      waiting.push(go)
      admit()
    },
  }
}

/** ms that a form may wait for its turn before pages step aside for it. */
const late = 50

/** @param waited ms for which the first of the forms has waited */
export const registerPageTurns = (
  app: FastifyInstance,
  isPage: (request: FastifyRequest) => boolean,
  waited: () => number,
): void => {
  const turns = createPageTurns(() => waited() > late)
  app.decorateRequest('leavePageTurn', null)
  app.addHook('preHandler', (request, _reply, done) => {
    if (!isPage(request)) return done()
    turns.enter((leave) => {
      request.leavePageTurn = leave
      done()
    })
  })
  // it is made: how fast its reader takes it is nobody else's affair
  app.addHook('onSend', (request, _reply, payload, done) => {
    request.leavePageTurn?.()
    done(null, payload)
  })
}
