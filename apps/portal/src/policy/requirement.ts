/**
 * What a course asks of who takes it, as an expression tree, and what of it a student does not have yet. Pure.
 *
 * - course      completed, with `grade` or better where one is asked for; `with`: at the same time will do, too
 * - standing    by credits earned; every graduate student has every standing of undergraduates
 * - permission, equivalent   nothing that data can tell: an override of the office stands for both
 * - all, any    two parts or more
 */
import { z } from 'zod'

export type Standing = 'sophomore' | 'junior' | 'senior' | 'graduate'

export type Requirement =
  | {
      readonly kind: 'course'
      /** 'CSCI 1100' */
      readonly course: string
      /** the least grade; null: whatever passes */
      readonly grade: string | null
      readonly timing: 'before' | 'with'
    }
  | { readonly kind: 'standing'; readonly least: Standing }
  | { readonly kind: 'permission'; readonly of: 'instructor' | 'department' | 'adviser' }
  | { readonly kind: 'equivalent' }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Requirement[] }

const shape: z.ZodType<Requirement> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('course'),
      course: z.string(),
      grade: z.string().nullable(),
      timing: z.enum(['before', 'with']),
    }),
    z.object({
      kind: z.literal('standing'),
      least: z.enum(['sophomore', 'junior', 'senior', 'graduate']),
    }),
    z.object({ kind: z.literal('permission'), of: z.enum(['instructor', 'department', 'adviser']) }),
    z.object({ kind: z.literal('equivalent') }),
    z.object({ kind: z.enum(['all', 'any']), of: z.array(shape).min(2) }),
  ]),
)

/** As the database keeps it; null for what is no tree of ours, which is then shown as text alone. */
export const readRequirement = (json: string | null): Requirement | null => {
  if (json === null) return null
  try {
    const parsed = shape.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** Puts parts together: one stands for itself, and a part of the same kind is taken in. */
export const join = (kind: 'all' | 'any', parts: readonly Requirement[]): Requirement => {
  const of = parts.flatMap((part) => (part.kind === kind ? part.of : [part]))
  const [first] = of
  return of.length === 1 && first !== undefined ? first : { kind, of }
}

/** In words that parseRequirement reads back. */
export const printRequirement = (requirement: Requirement): string => {
  switch (requirement.kind) {
    case 'course': {
      const { course, grade, timing } = requirement
      const least = grade === null ? '' : `${grade} or higher in `
      return `${least}${course}${timing === 'with' ? ' (before or at the same time)' : ''}`
    }
    case 'standing':
      return `${requirement.least} standing`
    case 'permission':
      return `permission of the ${requirement.of}`
    case 'equivalent':
      return 'an equivalent'
    case 'all':
    case 'any':
      return requirement.of
        .map((part) =>
          part.kind === 'all' || part.kind === 'any' ? `(${printRequirement(part)})` : printRequirement(part),
        )
        .join(requirement.kind === 'all' ? ' and ' : ' or ')
    default:
      return requirement satisfies never
  }
}

export interface Known {
  /** completed with this grade or better, or being taken in a term that ends before */
  readonly has: (course: string, grade: string | null) => boolean
  /** taken at the same time */
  readonly together: (course: string) => boolean
  readonly standing: (least: Standing) => boolean
}

/** The part that is not met; null when all is. Of alternatives none of which is met, all are named. */
export const unmet = (requirement: Requirement, known: Known): Requirement | null => {
  switch (requirement.kind) {
    case 'course': {
      const { course, grade, timing } = requirement
      const met = known.has(course, grade) || (timing === 'with' && known.together(course))
      return met ? null : requirement
    }
    case 'standing':
      return known.standing(requirement.least) ? null : requirement
    case 'permission':
    case 'equivalent':
      return requirement
    case 'all': {
      const missing = requirement.of.map((part) => unmet(part, known)).filter((part) => part !== null)
      return missing.length === 0 ? null : join('all', missing)
    }
    case 'any':
      return requirement.of.some((part) => unmet(part, known) === null) ? null : requirement
    default:
      return requirement satisfies never
  }
}

/** Every course that the tree names, once. */
export const coursesOf = (requirement: Requirement): readonly string[] => {
  if (requirement.kind === 'course') return [requirement.course]
  if (requirement.kind !== 'all' && requirement.kind !== 'any') return []
  return [...new Set(requirement.of.flatMap(coursesOf))]
}

/** Credits from which a standing begins, as most universities count. */
export const standingFrom: Readonly<Record<Exclude<Standing, 'graduate'>, number>> = {
  sophomore: 30,
  junior: 60,
  senior: 90,
}
