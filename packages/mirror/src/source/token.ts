/**
 * What stands for a state of the source: equal tokens, nothing was written in between. Of whatever kind they are, pure.
 *
 *   redo:START:…   how far the redo log has come, where no log vouches (redo.ts)
 *   log:START:…    how far the server's log has come, with what tells one log from another that came as far (server-log.ts)
 *   any other      what the server's log says by itself
 *
 * START binds it to one process of the server: a crash, or a log that begins anew, may take a position back to where it was.
 */

/** Such tokens begin with it. */
export const redoPrefix = 'redo:'
export const logPrefix = 'log:'

/** When the server was started, by our own clock, in seconds. `uptime`: its own word. */
export const startedAt = (uptime: string): number => Math.round(Date.now() / 1_000) - Number(uptime)

/** The server counts whole seconds, and its answer was on the way. */
const startToleranceSeconds = 2

/** Did nothing happen in between? */
export const sameToken = (a: string | null | undefined, b: string | null | undefined): boolean => {
  if (a === null || a === undefined || b === null || b === undefined) return false
  if (a === b) return true
  const prefix = [redoPrefix, logPrefix].find((word) => a.startsWith(word) && b.startsWith(word))
  if (prefix === undefined) return false
  const [start, ...said] = a.slice(prefix.length).split(':')
  const [otherStart, ...otherSaid] = b.slice(prefix.length).split(':')
  return (
    said.join(':') === otherSaid.join(':') &&
    Math.abs(Number(start) - Number(otherStart)) <= startToleranceSeconds
  )
}
