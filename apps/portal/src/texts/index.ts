/**
 * The languages of the portal. A language to come is a folder beside `en`, with the same keys, and a line in `catalogues`.
 * Messages are compiled when they are first said, once for each locale, and kept.
 */
import { type Format, formatFor, localeOf } from '@matricula/ui/format'
import { en } from './en/index.ts'
import { pseudoFormat, pseudoMessage } from './pseudo.ts'
import { type Catalogue, type Texts, textsOf } from './texts.ts'

export { type Said, said, type T, type TextKey, type Texts } from './texts.ts'

const catalogues = { en } as const satisfies Record<string, Catalogue>

const pseudoTag = 'en-XA'
export type LanguageTag = keyof typeof catalogues | typeof pseudoTag

/** What a portal offers, unless it is told otherwise; the first is for everybody else. */
const offeredTags: readonly [LanguageTag, ...LanguageTag[]] = ['en']

/** What is said, and how days and numbers are written in it. */
export interface Language extends Texts {
  /** for `<html lang>` */
  readonly lang: string
  readonly format: Format
}

const make = (locale: string, timeZone: string): Language => {
  const format = formatFor(locale, timeZone)
  if (locale === pseudoTag)
    return { lang: locale, format: pseudoFormat(format), ...textsOf(en, locale, pseudoMessage) }
  const tag = new Intl.Locale(locale).language
  const catalogue: Catalogue = Object.hasOwn(catalogues, tag) ? catalogues[tag as 'en'] : en
  return { lang: tag, format, ...textsOf(catalogue, locale) }
}

/** The regions of a language are few, and a header is anybody's: kept, up to a bound. */
const kept = new Map<string, Language>()
const keptMost = 64

/** @param locale of an offered language, such as 'en-US' @param timeZone in which moments are shown */
export const languageFor = (locale: string, timeZone: string): Language => {
  const key = `${locale} ${timeZone}`
  const known = kept.get(key)
  if (known !== undefined) return known
  if (kept.size >= keptMost) kept.clear()
  const made = make(locale, timeZone)
  kept.set(key, made)
  return made
}

/**
 * The language of a request: the first of Accept-Language that is offered, with the reader's region for days and numbers;
 * the first offered one, if none is.
 */
export const languageOf = (
  acceptLanguage: string | undefined,
  timeZone: string,
  offered: readonly [LanguageTag, ...LanguageTag[]] = offeredTags,
): Language => {
  const locale = localeOf(acceptLanguage, offered)
  // it is a region of English like any other to those who ask for it without its being offered
  return languageFor(locale === pseudoTag && !offered.includes(pseudoTag) ? 'en' : locale, timeZone)
}

/** For logs, the command line and the words beside the codes of JSON answers. */
export const english: Language = languageFor('en-GB', 'UTC')
