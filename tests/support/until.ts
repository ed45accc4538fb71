/** Waits for a condition, never for a time. The pause between two looks is no part of any claim. */
const PAUSE_MS = 50

/** Resolves with the first answer that is neither false, null nor undefined; rejects, with what was last seen, after `limitMs`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  limitMs = 60_000,
  seen: () => string = () => '',
): Promise<T> {
  const end = Date.now() + limitMs
  for (;;) {
    const answer = await look()
    if (answer !== false && answer !== null && answer !== undefined) return answer
    if (Date.now() > end) throw new Error(`not within ${limitMs / 1_000} s: ${what}. ${seen()}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
