/**
 * Numbers, dates and times as the reader writes them (Intl), from the shapes that the read models give: a clock time is
 * 'HH:MM', a day 'YYYY-MM-DD', a moment ISO 8601 in UTC. Clock times and days are the campus's own and are never
 * shifted; moments are shown in the campus's time zone, with the zone's name where the day matters.
 */
export interface Format {
  readonly locale: string
  readonly number: (value: number) => string
  /** 'HH:MM' → '10:50' or '10:50 AM' */
  readonly clock: (time: string) => string
  /** minutes since midnight → the same */
  readonly clockOfMinutes: (minutes: number) => string
  /** minutes since midnight → '10' or '10 AM', for the edge of a grid */
  readonly hour: (minutes: number) => string
  readonly clockRange: (start: string, end: string) => string
  /** 'YYYY-MM-DD' → '24 Aug 2026' */
  readonly day: (day: string) => string
  /** a moment → '24 Aug 2026, 10:50' */
  readonly moment: (iso: string) => string
  /** a moment → '10:50:07', for what happens now */
  readonly second: (iso: string) => string
  /** ISO weekday → 'Mon' */
  readonly weekday: (day: number, style: 'short' | 'long') => string
  /** 0.84 → '0.8 s'; below a tenth '< 0.1 s' */
  readonly seconds: (value: number) => string
  readonly list: (items: readonly string[]) => string
}

/** Where a language's days and numbers are written in more than one way and the reader does not say which: those that are unambiguous. */
const usual: Readonly<Record<string, string>> = { en: 'en-GB' }

/**
 * The first locale of an Accept-Language header whose language is offered: 'en-US' for an offered 'en'. An offered tag with a
 * region ('en-XA') is taken only as it stands.
 * @param offered languages, the one that is taken without a match first
 */
export const localeOf = (
  acceptLanguage: string | undefined,
  offered: readonly [string, ...string[]],
): string => {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...options] = part.trim().split(';')
      const quality = options
        .map((option) => /^\s*q=([\d.]+)$/.exec(option)?.[1])
        .find((q) => q !== undefined)
      return { tag: tag.trim(), quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ tag, quality }) => tag !== '' && tag !== '*' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
  for (const { tag } of wanted) {
    try {
      const { language, baseName } = new Intl.Locale(tag)
      if (offered.includes(baseName)) return baseName
      const [known] = Intl.DateTimeFormat.supportedLocalesOf(tag)
      if (known !== undefined && offered.includes(language)) return known
    } catch {
      // not a language tag at all: the header is the client's, so it is only passed over
    }
  }
  const [first] = offered
  return usual[first] ?? first
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
const dateOfMinutes = (minutes: number): Date => new Date(Date.UTC(2001, 0, 1, 0, minutes))
// 2001-01-01 was a Monday
const dateOfWeekday = (day: number): Date => new Date(Date.UTC(2001, 0, day))

/**
 * Intl's formatRange takes 19 µs, a third of a catalogue page's time, and a timetable has a few dozen different times; names
 * of days, hours and lists of instructors come again and again, too. Bounded, since a value may come from anywhere.
 */
const remembered = <Args extends readonly (string | number)[]>(make: (...args: Args) => string) => {
  const made = new Map<string, string>()
  return (...args: Args): string => {
    const key = args.join('\n')
    const known = made.get(key)
    if (known !== undefined) return known
    if (made.size >= 2_000) made.clear()
    const text = make(...args)
    made.set(key, text)
    return text
  }
}

/** The same for whole numbers, of which a page of sections has a hundred. */
const rememberedNumbers = (make: (value: number) => string) => {
  const made: string[] = []
  return (value: number): string =>
    Number.isInteger(value) && value >= 0 && value < 1_000 ? (made[value] ??= make(value)) : make(value)
}

const makeFormat = (locale: string, timeZone: string): Format => {
  // of 24 hours with both figures, as ranges have them: British English has '8:00' for the one and '08:00–08:50' for the other
  const { hour12 = false } = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions()
  const clock = new Intl.DateTimeFormat(locale, {
    hour: hour12 ? 'numeric' : '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
  })
  const hour = new Intl.DateTimeFormat(locale, { hour: 'numeric', timeZone: 'UTC' })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' })
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const second = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', timeZone })
  const short = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' })
  const long = new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' })
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const several = remembered((...items: string[]) => list.format(items))
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  return {
    locale,
    number: rememberedNumbers((value) => number.format(value)),
    clock: (time) => clock.format(dateOfMinutes(minutesOf(time))),
    clockOfMinutes: remembered((minutes: number) => clock.format(dateOfMinutes(minutes))),
    hour: remembered((minutes: number) => hour.format(dateOfMinutes(minutes))),
    clockRange: remembered((start: string, end: string) =>
      clock.formatRange(dateOfMinutes(minutesOf(start)), dateOfMinutes(minutesOf(end))),
    ),
    day: remembered((text: string) => day.format(new Date(`${text}T00:00:00Z`))),
    moment: (iso) => moment.format(new Date(iso)),
    second: (iso) => second.format(new Date(iso)),
    weekday: remembered((index: number, style: 'short' | 'long') =>
      (style === 'short' ? short : long).format(dateOfWeekday(index)),
    ),
    seconds: (value) =>
      value < 0.1 ? `<\u00a0${tenths.format(0.1)}\u00a0s` : `${tenths.format(value)}\u00a0s`,
    // one alone, or none, needs no word between
    list: (items) => (items.length < 2 ? (items[0] ?? '') : several(...items)),
  }
}

/** Intl objects are costly to make (about 0.1 ms each) and few languages are in use: kept, up to a bound. */
const kept = new Map<string, Format>()
const KEPT_MOST = 64

export const formatFor = (locale: string, timeZone: string): Format => {
  const key = `${locale} ${timeZone}`
  const known = kept.get(key)
  if (known !== undefined) return known
  if (kept.size >= KEPT_MOST) kept.clear()
  const made = makeFormat(locale, timeZone)
  kept.set(key, made)
  return made
}
