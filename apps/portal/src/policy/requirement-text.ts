/**
 * The prerequisite texts of bulletins → trees, where the text says one thing alone. Pure, and strict: what is not understood to its last
 * word, or can be read in two ways, stays text, since a wrong rule is worse than none.
 *
 *   text       heading body, heading body …      a heading says before, or before or at the same time
 *   body       sentences, all of them            advice ("… is recommended") asks for nothing
 *   sentence   parts between ;                   joined by the and/or that a part begins or ends with; by and without
 *   part       items between ,                   the same
 *   item       atoms joined by and, or by or     both at once only with parentheses, "either", or "one of the following"
 *   atom       a course, a standing, a permission, an equivalent, or a sentence in parentheses
 */
import { join, type Requirement } from './requirement.ts'

export type ReadRequirement =
  | { readonly state: 'none' }
  | { readonly state: 'tree'; readonly requirement: Requirement }
  /** kept and shown as it stands */
  | { readonly state: 'text' }

/** Inside the parser: the text is not regular. */
class Irregular extends Error {
  override readonly name = 'Irregular'
}

type Timing = 'before' | 'with'
type Conjunction = 'and' | 'or'
const kindOf = { and: 'all', or: 'any' } as const

const course = /\b[A-Z&]{2,8}[ -]\d{2,5}[A-Z]?\b/g
const advice = /\b(recommended|preferred|suggested|encouraged|helpful)\b/i
/** Marks that cannot stand in a text, for what would look like a conjunction or a parenthesis. */
const least = '\u0001'
const together = '\u0002'

const permissions: readonly (readonly [RegExp, Requirement])[] = [
  [
    /^(?:by |the )?(?:permission|approval|consent) (?:of|from) (?:the |an )?instructor(?: only)?$/i,
    { kind: 'permission', of: 'instructor' },
  ],
  [/^instructor(?:’s|'s)? (?:permission|approval|consent)$/i, { kind: 'permission', of: 'instructor' }],
  [
    /^(?:by |the )?(?:permission|approval|consent) (?:of|from) the department$/i,
    { kind: 'permission', of: 'department' },
  ],
  [
    /^(?:(?:permission|approval|consent) (?:of|from) (?:the |an? )?(?:faculty )?advis[eo]r|(?:faculty )?advis[eo]r approval)$/i,
    { kind: 'permission', of: 'adviser' },
  ],
  [/^(?:an |the |its )?equivalents?$/i, { kind: 'equivalent' }],
]

/** Between the separators that stand outside of parentheses. */
const splitOutside = (text: string, separator: RegExp): readonly string[] => {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at)
    if (sign === '(') depth += 1
    if (sign === ')') depth -= 1
    if (depth < 0) throw new Irregular()
    const found = depth === 0 ? separator.exec(text.slice(at)) : null
    if (found !== null && found.index === 0) {
      parts.push(text.slice(start, at))
      start = at + found[0].length
      at = start - 1
    }
  }
  if (depth !== 0) throw new Irregular()
  return [...parts, text.slice(start)].map((part) => part.trim())
}

/** '(A and B)', but not '(A) and (B)' */
const isEnclosed = (text: string): boolean => {
  if (!text.startsWith('(') || !text.endsWith(')')) return false
  let depth = 0
  for (const sign of text.slice(0, -1)) {
    if (sign === '(') depth += 1
    if (sign === ')') depth -= 1
    if (depth === 0) return false
  }
  return depth === 1
}

const atomOf = (text: string, timing: Timing): Requirement => {
  const atom = text.replace(/\s+(?:is |are )?required$/i, '').trim()
  if (isEnclosed(atom)) return sentenceOf(atom.slice(1, -1).trim(), timing)
  const [, before = '', orEquivalent] = /^(.+?)(\s*\(or (?:an |the )?equivalent\))$/i.exec(atom) ?? []
  if (orEquivalent !== undefined) return join('any', [atomOf(before, timing), { kind: 'equivalent' }])
  const [, grade = null, subject, number, mark] =
    new RegExp(`^(?:${least}([A-D][+-]?) )?([A-Z&]{2,8})[ -](\\d{2,5}[A-Z]?)(${together})?$`).exec(atom) ?? []
  if (subject !== undefined && number !== undefined)
    return {
      kind: 'course',
      course: `${subject} ${number}`,
      grade,
      timing: mark === undefined ? timing : 'with',
    }
  const [, standing] =
    /^(sophomore|junior|senior|graduate)(?: student)? (?:standing|status)$/i.exec(atom) ?? []
  if (standing !== undefined)
    return {
      kind: 'standing',
      least: standing.toLowerCase() as 'sophomore' | 'junior' | 'senior' | 'graduate',
    }
  const known = permissions.find(([pattern]) => pattern.test(atom))
  if (known === undefined) throw new Irregular()
  return known[1]
}

const itemOf = (text: string, timing: Timing): Requirement => {
  // "A and either B or C": what follows is one group
  const [, before, , group] =
    /^(?:(.*?)\s+(and|or)\s+)?(?:either|one of the following:?)\s+(.*)$/i.exec(text) ?? []
  if (group !== undefined) {
    const choices = splitOutside(group, /^\s+or\s+/i)
    if (choices.length < 2 || /^(?:.*)\s+or\s+(?:either|one of)/i.test(text)) throw new Irregular()
    const any = join(
      'any',
      choices.map((choice) => atomOf(choice, timing)),
    )
    return before === undefined ? any : join('all', [itemOf(before, timing), any])
  }
  const ands = splitOutside(text, /^\s+and\s+/i)
  const ors = splitOutside(text, /^\s+or\s+/i)
  if (ands.length > 1 && ors.length > 1) throw new Irregular()
  const [kind, atoms] = ands.length > 1 ? (['all', ands] as const) : (['any', ors] as const)
  return join(
    kind,
    atoms.map((atom) => atomOf(atom, timing)),
  )
}

interface Joined {
  readonly conjunction: Conjunction
  readonly parts: readonly string[]
  /** an and or an or was written */
  readonly written: boolean
}

const asConjunction = (word: string | undefined): Conjunction | undefined =>
  word === undefined ? undefined : word.toLowerCase() === 'or' ? 'or' : 'and'

/** Parts between separators, with the one conjunction that joins them. */
const joined = (text: string, separator: RegExp): Joined => {
  const found = new Set<Conjunction>()
  const parts = splitOutside(text, separator).map((part, index, all) => {
    const [, leading, rest = part] = /^(and|or)\s+(.*)$/i.exec(part) ?? []
    const [, inner = rest, trailing] = /^(.*)\s(and|or)$/i.exec(rest) ?? []
    const first = asConjunction(index === 0 ? undefined : leading)
    const last = asConjunction(index === all.length - 1 ? undefined : trailing)
    if ((leading !== undefined && first === undefined) || (trailing !== undefined && last === undefined))
      throw new Irregular()
    for (const one of [first, last]) if (one !== undefined) found.add(one)
    return inner.trim()
  })
  if (found.size > 1 || parts.includes('')) throw new Irregular()
  const [conjunction = 'and'] = found
  return { conjunction, parts, written: found.size > 0 }
}

/** Advice about one thing asks for nothing; beside two courses it is not clear to which it belongs. */
const isAdvice = (text: string): boolean => {
  if (!advice.test(text)) return false
  // "A (preferred) or B": the choice is real
  if (/\([^)]*\b(?:recommended|preferred|suggested|encouraged|helpful)\b[^)]*\)/i.test(text))
    throw new Irregular()
  if ((text.match(course) ?? []).length > 1) throw new Irregular()
  return true
}

const holds = (text: string, word: Conjunction): boolean =>
  splitOutside(text, word === 'and' ? /^\s+and\s+/i : /^\s+or\s+/i).length > 1

const partOf = (text: string, timing: Timing): Requirement => {
  const [, list] = /^(?:either|one of the following):?\s*(.*,.*)$/i.exec(text) ?? []
  const { conjunction, parts, written } = joined(list ?? text, /^,/)
  const items = parts.filter((part) => !isAdvice(part))
  if (items.length === 0) throw new Irregular()
  if (list !== undefined && conjunction !== 'or' && written) throw new Irregular()
  if (items.length > 1 && list === undefined) {
    // "A, B or C" without a comma before the or, and "A, B and C or D": two readings each
    if (!written && items.some((item) => holds(item, 'or') || holds(item, 'and'))) throw new Irregular()
    if (conjunction === 'or' && items.length > 2 && items.some((item) => holds(item, 'and')))
      throw new Irregular()
    // "A, B, or permission": both, or a permission? One of three?
    const last = itemOf(items.at(-1) ?? '', timing)
    const open = last.kind === 'permission' || last.kind === 'equivalent'
    if (conjunction === 'or' && items.length > 2 && open) throw new Irregular()
    // "A and B, or equivalents" is clear; "A, and B or equivalents" too
  }
  return join(
    list === undefined ? kindOf[conjunction] : 'any',
    items.map((item) => itemOf(item, timing)),
  )
}

/** What nothing but advice is left of asks for nothing. */
const clauses = (text: string): Joined => {
  const all = joined(text, /^;/)
  // of a clause with commas each item is looked at by itself
  return { ...all, parts: all.parts.filter((part) => part.includes(',') || !isAdvice(part)) }
}

const sentenceOf = (text: string, timing: Timing): Requirement => {
  const { conjunction, parts } = clauses(text)
  if (parts.length === 0) throw new Irregular()
  return join(
    kindOf[conjunction],
    parts.map((part) => partOf(part, timing)),
  )
}

/** A sentence of one clause; of several, each is looked at by itself. */
const isOnlyAdvice = (sentence: string): boolean =>
  !sentence.includes(';') && (sentence.match(course) ?? []).length < 2 && isAdvice(sentence)

const isNone = (text: string): boolean => /^none\.?$/i.test(text)

/** @returns null: the body asks for nothing */
const bodyOf = (text: string, timing: Timing): Requirement | null => {
  const sentences = text
    .split(/\.(?:\s+|$)/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '' && !isNone(sentence) && !isOnlyAdvice(sentence))
  if (sentences.length === 0) return null
  return join(
    'all',
    sentences.map((sentence) => sentenceOf(sentence, timing)),
  )
}

const heading =
  /\b(Prerequisites?\s*(?:\/|or)\s*Corequisites?|Pre-?\s*or\s+[Cc]orequisites?|Prerequisites?|Corequisites?)\b(?:\s*[:-])?\s*/g

/** Headings with what stands below each; a text without any is one body. */
const bodies = (text: string): readonly (readonly [timing: Timing, body: string])[] => {
  const found = [...text.matchAll(heading)]
  if (found.length === 0) return [['before', text]]
  if ((found[0]?.index ?? 0) > 0) throw new Irregular()
  return found.map((one, index) => {
    const end = found[index + 1]?.index ?? text.length
    const body = text.slice(one.index + one[0].length, end).trim()
    // the double heading of a form, with the true one after it
    if (body === '' && index === found.length - 1) throw new Irregular()
    return [/cor/i.test(one[1] ?? '') ? 'with' : 'before', body.replace(/[;,]$/, '')]
  })
}

const prepared = (text: string): string => {
  const note =
    /\(?\s*\*\s*(?:indicates that specific courses may also be taken concurrently|can also be taken simultaneously)\)?\.?/i
  const starred = note.test(text)
  return (
    text
      .replaceAll(/[\u200b\u00a0]/g, ' ')
      // left over from the bulletin's page, without even a space before it
      .replace(/\.?\s*Attributes\s+(?:Data|Communication|Writing|HASS)\b.*$/is, '.')
      .replace(note, '')
      .replaceAll(/\(before or at the same time\)/gi, together)
      .replaceAll(/(\d)\s*\*/g, starred ? `$1${together}` : '$1*')
      .replaceAll(new RegExp(`\\s+${together}`, 'g'), together)
      .replaceAll(
        /(?:requires\s+)?(?:an?\s+)?(?:grade of\s+)?\b([A-D][+-]?) or (?:higher|better) in\s+/gi,
        (_, grade: string) => `${least}${grade.toUpperCase()} `,
      )
      .replaceAll(/\b(junior|sophomore)(?:\/| or )(?:junior|senior) standing/gi, '$1 standing')
      .replaceAll(/\bstanding or (?:higher|above)/gi, 'standing')
      .replaceAll(/\(\s+/g, '(')
      .replaceAll(/\s+\)/g, ')')
      .replaceAll(/\s+/g, ' ')
      .trim()
  )
}

/** @param text as a bulletin words it; '' and null: nothing is asked for */
export const parseRequirement = (text: string | null): ReadRequirement => {
  if (text === null || text.trim() === '' || isNone(text.trim())) return { state: 'none' }
  try {
    const parts = bodies(prepared(text)).flatMap(([timing, body]) => {
      const requirement = body === '' ? null : bodyOf(body, timing)
      return requirement === null ? [] : [requirement]
    })
    return parts.length === 0 ? { state: 'none' } : { state: 'tree', requirement: join('all', parts) }
  } catch (error) {
    if (error instanceof Irregular) return { state: 'text' }
    throw error
  }
}
