/**
 * Pages step aside while forms are late. A form makes a dozen journeys to the database, a page two or three, and whatever comes back
 * waits until the pages that were ready before it are made. Of a rush's processor time pages take two thirds: without this all the
 * waiting fell on the forms, who hold seats locked meanwhile (decision 0055). Where no form is late every page goes at once, since
 * what many read at the same time is read together (catalogue/batched.ts).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    leavePageTurn: (() => void) | null
  }
}

export interface PageTurns {
  /** @returns to be called when the page is made; more than once does nothing */
  enter(): Promise<() => void>
}

/** While forms are late; one page is made at a time, and others read for theirs meanwhile. */
const atOnce = 4

/** ms after which a page gives up its place though it is not made: one that hangs holds up no more than itself. */
const slow = 250

/** @param formsAreLate asked when a page comes, and when one is made */
export const createPageTurns = (formsAreLate: () => boolean): PageTurns => {
  const waiting: (() => void)[] = []
  let active = 0
  const admit = (): void => {
    while (waiting.length > 0 && (active < atOnce || !formsAreLate())) {
      active += 1
      waiting.shift()?.()
    }
  }
  const takePlace = (): (() => void) => {
    let left = false
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
  return {
    enter: async () => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        admit()
      })
      return takePlace()
    },
  }
}

/** ms that a form may wait before pages step aside for it: what a person hardly notices. */
const late = 250

/** @param waited ms for which the first of the forms has waited */
export const registerPageTurns = (
  app: FastifyInstance,
  isPage: (request: FastifyRequest) => boolean,
  waited: () => number,
): void => {
  const turns = createPageTurns(() => waited() > late)
  app.decorateRequest('leavePageTurn', null)
  app.addHook('preHandler', async (request) => {
    if (isPage(request)) request.leavePageTurn = await turns.enter()
  })
  // it is made: how fast its reader takes it is nobody else's affair
  app.addHook('onSend', async (request) => {
    request.leavePageTurn?.()
  })
}
