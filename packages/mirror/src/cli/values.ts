/** Text → value for flags, environment and file alike. Every function throws an Error whose message says what is expected. */

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const
type Unit = keyof typeof unitMs

/** setTimeout silently turns anything beyond 2^31 − 1 ms into 1 ms: a longest scan interval of 24 days must not become none. */
const LONGEST_MS = 2 ** 31 - 1

/** `500ms`, `1s`, `2m`, `1h` → milliseconds. A bare number is refused: seconds or milliseconds? */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim())
  const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * unitMs[match[2] as Unit])
  if (!(ms >= 1)) throw new Error('is not a duration: write 500ms, 1s, 2m or 1h')
  if (ms > LONGEST_MS) throw new Error('is too long: 596h is the longest')
  return ms
}

/** `0.1` or `10%` → 0.1; more than nothing, at most the whole. */
export function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text.trim())
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1)
  if (!(share > 0 && share <= 1)) throw new Error('is not a share: write 0.1 or 10%, above 0 and up to 1')
  return share
}

/** `["a,b"," c"]`; undefined for any other text. */
function namesInJson(text: string): readonly string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    const isList = Array.isArray(parsed) && parsed.every((name) => typeof name === 'string')
    return isList ? parsed : undefined
  } catch {
    return undefined
  }
}

/** `a,b` or several → a flat list without blanks. */
export function parseList(texts: readonly string[]): readonly string[] {
  const items = texts.flatMap((text) => namesInJson(text) ?? text.split(',').map((item) => item.trim()))
  if (items.some((item) => item === '')) throw new Error('has an empty entry')
  return [...new Set(items)]
}

export interface Listen {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:9300`, `[::1]:9300`, `localhost:0`, or a port alone, which means loopback. */
export function parseListen(text: string): Listen {
  const match = /^(?:(\[[0-9a-f:.]+\]|[a-z0-9.-]+):)?(\d{1,5})$/i.exec(text.trim())
  const port = Number(match?.[2])
  if (match === null || port > 65_535)
    throw new Error('is not an address: write HOST:PORT, such as 127.0.0.1:9300')
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port }
}

/** `7`, `7,2026`, or as JSON `["a,b","c"]` for values that hold a comma. */
export function parseKey(text: string): readonly string[] {
  if (!text.trimStart().startsWith('[')) return text.split(',')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = null
  }
  const isPart = (part: unknown): part is string | number =>
    // beyond 2^53 JSON has already rounded the number: only the string is exact
    typeof part === 'string' || (typeof part === 'number' && Number.isSafeInteger(part))
  if (!Array.isArray(parsed) || parsed.length === 0 || !parsed.every(isPart)) {
    throw new Error('is not a key: write 7, or 7,2026, or a JSON array of strings')
  }
  return parsed.map(String)
}

/** An ISO 8601 time, or a duration, which means so long ago. */
export function parseSince(text: string, now: number): Date {
  if (/^[\d.]+(ms|s|m|h)$/.test(text)) return new Date(now - parseDuration(text))
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : new Date(Number.NaN)
  if (Number.isNaN(time.getTime()))
    throw new Error('is not a time: write 2026-11-22T14:03:07Z, or 5m for five minutes ago')
  return time
}

/** A whole number from `least` to `most`. */
export function parseCount(text: string, least: number, most: number): number {
  const count = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!(count >= least && count <= most)) throw new Error(`is not a whole number from ${least} to ${most}`)
  return count
}

/** The `next` of a page of history. */
export function parseCursor(text: string): string {
  if (!/^\d{1,18}$/.test(text)) throw new Error('is no cursor: give the "next" of the page before')
  return text
}
