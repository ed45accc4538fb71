/**
 * Clock times of the university's zone ⇄ instants. Twice a year an hour is missing or comes twice: a time that is missing is none, and of
 * one that comes twice the writer says which, by the offset. Pure but for the zone data of the runtime (Intl).
 */

export type Instant =
  | { readonly state: 'instant'; readonly at: string }
  /** nobody's clock shows it on that day */
  | { readonly state: 'missing' }
  /** both, earlier first, as they can be written: '2026-11-01 01:30 -05:00' */
  | { readonly state: 'twice'; readonly choices: readonly [string, string] }
  | { readonly state: 'unreadable' }

const minute = 60_000

/** Made once a zone: a page of the ledger asks a thousand times. */
const clocks = new Map<string, Intl.DateTimeFormat>()

/** '2027-01-25 18:59:00' by the zone's clock; Swedish writes as ISO does. */
const shownAt = (at: number, timeZone: string): string => {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  clocks.set(timeZone, clock)
  return clock.format(at)
}

/** Minutes east of Greenwich at an instant. */
const offsetAt = (at: number, timeZone: string): number => {
  const shown = shownAt(at, timeZone)
  return (Date.parse(`${shown.replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000) / minute
}

const writeOffset = (offset: number): string => {
  const size = Math.abs(offset)
  const part = (value: number) => String(value).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${part(Math.floor(size / 60))}:${part(size % 60)}`
}

const shape = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2})(?: ?([+-])(\d{2}):?(\d{2})| ?(Z))?$/

/**
 * A day that a database keeps as a moment in any zone. Others are slips of the hand, such as of the year 0226 or 9999.
 * @param day 'YYYY-MM-DD'
 */
export const isPlausible = (day: string): boolean => day >= '1900-01-02' && day <= '9998-12-30'

/** '2026-11-02 08:00' as the campus's clock shows it, or with an offset → ISO instant. */
export const readLocal = (text: string, timeZone: string): Instant => {
  const [, day = '', hour = '', minutes = '', sign, offsetHours = '', offsetMinutes = '', utc] =
    shape.exec(text.trim()) ?? []
  const wall = Date.parse(`${day}T${hour}:${minutes}:00Z`)
  // a 31st of June would silently be the 1st of July
  if (
    !isPlausible(day) ||
    Number.isNaN(wall) ||
    !new Date(wall).toISOString().startsWith(`${day}T${hour}:${minutes}`)
  )
    return { state: 'unreadable' }
  const instant = (offset: number) => new Date(wall - offset * minute).toISOString()
  if (utc !== undefined) return { state: 'instant', at: instant(0) }
  // what the zone had a day before and has a day after: a change lies between, if there is one
  const offsets = [...new Set([wall - 86_400_000, wall + 86_400_000].map((at) => offsetAt(at, timeZone)))]
  const fitting = offsets.filter((offset) => offsetAt(wall - offset * minute, timeZone) === offset)
  if (sign !== undefined) {
    const given = (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes))
    return fitting.includes(given) ? { state: 'instant', at: instant(given) } : { state: 'unreadable' }
  }
  const [first, second] = fitting.toSorted((a, b) => b - a)
  if (first === undefined) return { state: 'missing' }
  if (second === undefined) return { state: 'instant', at: instant(first) }
  const written = (offset: number) => `${day} ${hour}:${minutes} ${writeOffset(offset)}`
  return { state: 'twice', choices: [written(first), written(second)] }
}

/** An ISO instant as readLocal reads it: with its offset where the clock shows that time twice. */
export const writeLocal = (at: string, timeZone: string): string => {
  const shown = shownAt(Date.parse(at), timeZone).slice(0, 16)
  return readLocal(shown, timeZone).state === 'twice'
    ? `${shown} ${writeOffset(offsetAt(Date.parse(at), timeZone))}`
    : shown
}

/** 'YYYY-MM-DD' by the zone's clock. */
export const dayIn = (at: Date, timeZone: string): string => shownAt(at.getTime(), timeZone).slice(0, 10)

const seconds = /^(\S+?[ T]\d{2}:\d{2})(:[0-5]\d(?:\.\d{1,6})?)(.*)$/

/** As readLocal, with seconds and their fraction where they are given: an instant is '2026-11-22T14:00:03.25Z' then. */
export const readLocalSeconds = (text: string, timeZone: string): Instant => {
  const [, minutes = text, rest = '', offset = ''] = seconds.exec(text.trim()) ?? []
  const read = readLocal(`${minutes}${offset}`, timeZone)
  // offsets are whole minutes, so that the seconds are every clock's
  if (read.state === 'instant') return { state: 'instant', at: `${read.at.slice(0, 16)}${rest || ':00'}Z` }
  if (read.state !== 'twice') return read
  const within = (written: string) => written.replace(/^\S+ \d{2}:\d{2}/, (before) => `${before}${rest}`)
  const [first, second] = read.choices
  return { state: 'twice', choices: [within(first), within(second)] }
}

/** '2026-11-22T14:00:03.250000Z' → ['2026-11-22', '08:00:03.250000'], with the offset where the clock shows that time twice. */
export const writeLocalSeconds = (at: string, timeZone: string): readonly [day: string, clock: string] => {
  const [day = '', clock = '', offset = ''] = writeLocal(at, timeZone).split(' ')
  return [day, `${clock}${at.slice(16).replace(/Z$/, '')}${offset === '' ? '' : ` ${offset}`}`]
}
