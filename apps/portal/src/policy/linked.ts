/**
 * Linked sections are one choice: of each component that a section is linked to, the student has one of the partners, or asks
 * for one in the same form. A place on a waiting list counts as had, since else neither of two full ones could be waited for.
 */
import type { Partner } from './rules.ts'
import { type Reason, reason } from './reasons.ts'

export interface Linked {
  readonly reasons: readonly Reason[]
  /** sections of the same form that it relies on */
  readonly needs: readonly number[]
}

/**
 * @param has ids of what is had or waited for
 * @param asked ids of what else the form may get
 */
export const linkedWith = (
  partners: readonly Partner[],
  has: ReadonlySet<number>,
  asked: ReadonlySet<number>,
): Linked => {
  const reasons: Reason[] = []
  const needs: number[] = []
  for (const component of new Set(partners.map((partner) => partner.component))) {
    const group = partners.filter((partner) => partner.component === component)
    if (group.some(({ id }) => has.has(id))) continue
    const found = group.find(({ id }) => asked.has(id))
    if (found !== undefined) needs.push(found.id)
    else reasons.push(reason('linked', component, shortList(group.map(({ label }) => label))))
  }
  return { reasons, needs }
}

const shortList = (labels: readonly string[]): string =>
  labels.length > 4 ? `${labels.slice(0, 4).join(', ')} and ${labels.length - 4} more` : labels.join(', ')

/**
 * Those of what is kept that would stand alone when something is given up.
 * @param links of the sections that are kept, by id
 * @param beside ids of what is waited for, or comes in its place: it counts as had, as for `linkedWith`
 */
export const leftAlone = (
  kept: readonly number[],
  links: ReadonlyMap<number, readonly Partner[]>,
  givenUp: number,
  beside: readonly number[] = [],
): readonly number[] => {
  const has = new Set([...kept, ...beside].filter((id) => id !== givenUp))
  return kept.filter((id) => {
    const partners = links.get(id) ?? []
    const lost = partners.find((partner) => partner.id === givenUp)
    return (
      lost !== undefined &&
      !partners.some((partner) => partner.component === lost.component && has.has(partner.id))
    )
  })
}
