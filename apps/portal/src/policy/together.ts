/**
 * A linked choice that is waited for with a fallback ("wait for A, keep B until A arrives") is waited for as a whole: while B is kept,
 * neither half of A is taken without the other. So a half of which there is a seat waits as well, and all of it arrives in one moment.
 *
 * Without a fallback a place on a list counts as had, as for `linkedWith`: nothing is kept that half of A could take the place of.
 */
import type { PlannedLine, RegistrationFacts } from './registration.ts'
import { reason } from './reasons.ts'
import { sectionLabel } from './conflict.ts'

type Facts = Pick<RegistrationFacts, 'enrolled' | 'rules'>

/** Why a place of such a choice waits although there is a seat. @param others those of it that have none, as they are called */
export const halfWaits = (others: readonly string[]) => reason('half_waits', others.join(', '))

/** Why two halves are not given up for one. @param others what it goes with, and has a place by itself, as they are called */
export const onlyWaits = (others: readonly string[]) =>
  reason('linked_place', [...new Set(others)].join(', '))

const idOf = ({ section }: PlannedLine): number => section?.id ?? 0

const isLinked = (facts: Facts, one: PlannedLine, other: PlannedLine): boolean =>
  (facts.rules.links.get(idOf(one)) ?? []).some(({ id }) => id === idOf(other))

/** Lines of the form that hang together by links, over however many steps. */
const choiceOf = (
  facts: Facts,
  line: PlannedLine,
  lines: readonly PlannedLine[],
): ReadonlySet<PlannedLine> => {
  const found = new Set([line])
  // a set is walked in the order of its entries, also those that are added meanwhile
  for (const one of found) for (const other of lines) if (isLinked(facts, one, other)) found.add(other)
  return found
}

export interface Choices {
  /** ids of sections that would be had alone, while what they are taken with is waited for */
  readonly halves: readonly number[]
  /** lines of 'wait' that arrive in one moment, as they are planned */
  readonly marked: ReadonlyMap<PlannedLine, PlannedLine>
}

export const choicesThatWait = (
  lines: readonly PlannedLine[],
  facts: Facts,
  insteadOf: ReadonlyMap<number, number>,
): Choices => {
  const firsts = new Set(insteadOf.values())
  const had = lines.filter(({ outcome }) => outcome === 'enrol' || outcome === 'wait')
  const halves = new Set<number>()
  const marked = new Map<PlannedLine, PlannedLine>()
  for (const line of had) {
    if (line.outcome !== 'wait' || marked.has(line)) continue
    const choice = [...choiceOf(facts, line, had)]
    if (!choice.some((one) => one.outcome === 'wait' && firsts.has(idOf(one)))) continue
    const held = new Set([
      ...facts.enrolled.map(({ id }) => id),
      ...had.filter(({ outcome }) => outcome === 'enrol').map(idOf),
    ])
    // one that goes with what is had now, such as a laboratory of two lectures, needs nothing else to arrive
    const loose = choice.filter((one) =>
      (facts.rules.links.get(idOf(one)) ?? []).every(({ id }) => !held.has(id)),
    )
    for (const one of loose) if (one.outcome === 'enrol') halves.add(idOf(one))
    const waits = loose
      .filter(({ outcome }) => outcome === 'wait')
      .toSorted((a, b) => a.position - b.position)
    const [first] = waits
    if (first === undefined || waits.length < 2) continue
    const full = waits.flatMap(({ half, section }) =>
      half || section === null ? [] : [sectionLabel(section)],
    )
    for (const one of waits)
      marked.set(one, { ...one, together: idOf(first), ...(one.half ? { seat: halfWaits(full) } : {}) })
  }
  return { halves: [...halves], marked }
}
