/**
 * Texts: every word that the portal says stands in a catalogue, a folder for each language, under a stable key. A text is an
 * ICU message ("{count, plural, one {# section} other {# sections}} in {term}"); keys and arguments are checked by the
 * compiler. Whatever is a number goes in as one, so that it is written as the reader writes numbers; days and
 * moments go in as words that `Format` made.
 */
import type { GetICUArgs } from '@schummar/icu-type-parser'
import {
  isArgumentElement,
  isLiteralElement,
  type MessageFormatElement,
} from '@formatjs/icu-messageformat-parser'
import { type Formatters, IntlMessageFormat } from 'intl-messageformat'
import type { ComponentChild, ComponentChildren } from 'preact'
import type { en } from './en/index.ts'

type English = typeof en

export type TextKey = keyof English

/** A language's texts, as a translator fills them: the keys of English, each with the same arguments (texts.test.ts). */
export type Catalogue = Readonly<Record<TextKey, string>>

/** The tags of a message: 'link' of 'See <link>the list</link>'. */
type TagsOf<Message> = Message extends `${string}</${infer Tag}>${infer Rest}` ? Tag | TagsOf<Rest> : never

type Wrap = (children: readonly ComponentChild[]) => ComponentChild

type ArgsOf<Key extends TextKey> = GetICUArgs<
  English[Key],
  { ICUArgument: string; ICUNumberArgument: number; ICUDateArgument: never }
> & { readonly [Tag in TagsOf<English[Key]>]: Wrap }

type Rest<Key extends TextKey> = keyof ArgsOf<Key> extends never ? [] : [args: ArgsOf<Key>]

type Outcome<Key extends TextKey> = [TagsOf<English[Key]>] extends [never] ? string : ComponentChildren

/** The text of a key with its arguments; one with tags gives nodes for a page. */
export type T = <Key extends TextKey>(key: Key, ...args: Rest<Key>) => Outcome<Key>

/** A text that is to be said once the reader's language is known: of an error, of a refused field. */
export interface Said {
  readonly key: TextKey
  readonly args?: Readonly<Record<string, string | number>>
}

export const said = <Key extends TextKey>(
  key: Outcome<Key> extends string ? Key : never,
  ...[args]: Rest<Key>
): Said => (args === undefined ? { key } : { key, args })

export interface Texts {
  readonly t: T
  /** words that stand in no catalogue, of the command line, are said as they are */
  readonly say: (text: Said | string) => string
}

/** What Intl says of a whole number, of which a page has a hundred: each is asked once. */
const remembered = <Answer>(make: (value: number) => Answer): ((value: number) => Answer) => {
  const made = new Map<number, Answer>()
  return (value) => {
    const known = made.get(value)
    if (known !== undefined) return known
    const answer = make(value)
    if (Number.isInteger(value) && value >= 0 && value < 1_000) made.set(value, answer)
    return answer
  }
}

/** For the library, which asks no more of them than this. Its own cache is keyed by JSON, and Intl takes microseconds a number. */
const formatters = (): Formatters => {
  const numbers = new Map<unknown, Intl.NumberFormat>()
  const plurals = new Map<unknown, Intl.PluralRules>()
  return {
    getNumberFormat: (locale, options) => {
      const known = numbers.get(options)
      if (known !== undefined) return known
      const numberFormat = new Intl.NumberFormat(locale, options)
      const made = { format: remembered((value) => numberFormat.format(value)) } as Intl.NumberFormat
      numbers.set(options, made)
      return made
    },
    getPluralRules: (locale, options) => {
      const known = plurals.get(options?.type)
      if (known !== undefined) return known
      const rules = new Intl.PluralRules(locale, options)
      const made = { select: remembered((value) => rules.select(value)) } as Intl.PluralRules
      plurals.set(options?.type, made)
      return made
    },
    getDateTimeFormat: (...args) => new Intl.DateTimeFormat(...args),
  }
}

/** Without the library where its whole work is to put words together: most texts with arguments, many times a page. */
const joined = (ast: readonly MessageFormatElement[]): ((values: Values) => string) | undefined => {
  const parts = ast.map((part) => {
    if (isLiteralElement(part)) return { text: part.value, name: undefined }
    return isArgumentElement(part) ? { text: '', name: part.value } : undefined
  })
  if (!parts.every((part) => part !== undefined)) return undefined
  return (values) => {
    let text = ''
    for (const part of parts) text += part.name === undefined ? part.text : String(values[part.name])
    return text
  }
}

type Values = Record<string, string | number | Wrap>
type Compiled = string | ((values: Values | undefined) => unknown)

/**
 * @param catalogue of the language
 * @param locale in which numbers are written and plurals chosen, such as 'en-US'
 * @param compile for a pseudo-locale: from a message to what the library takes
 */
export const textsOf = (
  catalogue: Catalogue,
  locale: string,
  compile: (message: string) => ConstructorParameters<typeof IntlMessageFormat>[0] = (message) => message,
): Texts => {
  const compiled = new Map<string, Compiled>()
  const shared = formatters()
  const make = (key: TextKey): Compiled => {
    const format = new IntlMessageFormat(compile(catalogue[key]), locale, undefined, { formatters: shared })
    const ast = format.getAst()
    const simple = joined(ast)
    // most texts have no argument: what the library would say each time is said once
    const made: Compiled = ast.every(isLiteralElement)
      ? String(format.format())
      : simple === undefined
        ? (values) => format.format<ComponentChild>(values as Record<string, string>)
        : (values) => simple(values ?? {})
    compiled.set(key, made)
    return made
  }
  const text = (key: TextKey, values?: Values): unknown => {
    const found = compiled.get(key) ?? make(key)
    return typeof found === 'string' ? found : found(values)
  }
  return {
    t: text as T,
    say: (words) => {
      if (typeof words === 'string') return words
      const { key, args } = words
      return String(text(key, args === undefined ? undefined : { ...args }))
    },
  }
}
