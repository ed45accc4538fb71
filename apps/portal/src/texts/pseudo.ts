/**
 * The pseudo-locale en-XA, made from English: accented, so that a text that stands in no catalogue is seen among the
 * others, and 40 % longer, as the words of many languages are. Its dates and numbers are English, accented, too.
 */
import type { Format } from '@matricula/ui/format'
import {
  isLiteralElement,
  isPluralElement,
  isSelectElement,
  isTagElement,
  type MessageFormatElement,
  parse,
} from '@formatjs/icu-messageformat-parser'

type Ast = MessageFormatElement[]

const plain = 'AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz'
const accented = Array.from('ÅåƁƀÇçÐðÉéƑƒĜĝĤĥÎîĴĵĶķĻļṀṁÑñÖöÞþǪǫŔŕŠšŢţÛûṼṽŴŵẊẋÝýŽž')
const signs = new Map(Array.from(plain, (sign, index) => [sign, accented[index] ?? sign]))

const accent = (text: string): string => Array.from(text, (sign) => signs.get(sign) ?? sign).join('')

/** Vowels are doubled until it is long enough; what has too few of them is filled up at its last word. */
const longer = (text: string): string => {
  const letters = text.replaceAll(/[^A-Za-z]/g, '').length
  let missing = Math.ceil(letters * 0.4)
  const doubled = text.replaceAll(/[AEIOUaeiou]/g, (vowel) => {
    if (missing === 0) return vowel
    missing -= 1
    return vowel + vowel.toLowerCase()
  })
  return doubled.replace(/[A-Za-z](?=[^A-Za-z]*$)/, (last) => last + last.toLowerCase().repeat(missing))
}

const inAst = (ast: Ast): Ast =>
  ast.map((part) => {
    if (isLiteralElement(part)) return { ...part, value: accent(longer(part.value)) }
    if (isTagElement(part)) return { ...part, children: inAst(part.children) }
    if (!isPluralElement(part) && !isSelectElement(part)) return part
    const options = Object.entries(part.options).map(([name, option]) => [
      name,
      { ...option, value: inAst(option.value) },
    ])
    return { ...part, options: Object.fromEntries(options) as typeof part.options }
  })

/** A message of English → what the library takes for the pseudo-locale. */
export const pseudoMessage = (message: string): Ast => inAst(parse(message))

export const pseudoFormat = (format: Format): Format => ({
  ...format,
  clock: (time) => accent(format.clock(time)),
  clockOfMinutes: (minutes) => accent(format.clockOfMinutes(minutes)),
  hour: (minutes) => accent(format.hour(minutes)),
  clockRange: (start, end) => accent(format.clockRange(start, end)),
  day: (day) => accent(format.day(day)),
  moment: (iso) => accent(format.moment(iso)),
  second: (iso) => accent(format.second(iso)),
  weekday: (day, style) => accent(format.weekday(day, style)),
  seconds: (value) => accent(format.seconds(value)),
  list: (items) => {
    // the items are accented already, or data
    const [first = '', ...rest] = items
    return rest.length === 0 ? first : `${[first, ...rest.slice(0, -1)].join(', ')} åñð ${rest.at(-1) ?? ''}`
  },
})
