/**
 * Waits for a condition, never for a time. The pause between two looks is no part of any claim: longer after a look that took
 * long, such as a comparison of both sides, so that looking takes a third of the time at most, and what is waited for has the rest.
 */
const pauseMs = (lookMs: number): number => Math.min(500, Math.max(50, 2 * lookMs))

/**
 * Resolves with the first answer that is neither false, null nor undefined; rejects, with what was last seen, after `limitMs`: against a hang, never a
 * claim about time, so that a machine with other work to do may take as long as it takes.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  seen: () => string = () => '',
  limitMs = 150_000,
): Promise<T> {
  const end = Date.now() + limitMs
  for (;;) {
    const began = performance.now()
    const answer = await look()
    if (answer !== false && answer !== null && answer !== undefined) return answer
    const looked = performance.now() - began
    if (Date.now() > end) throw new Error(`not within ${limitMs / 1_000} s: ${what}. ${seen()}`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs(looked)))
  }
}
