/**
 * The facts that the rules of registration are decided on, beside those of the sections themselves (registration.ts). All
 * of it was read in one place (catalogue/facts.ts); a school that has set no rule has the facts of `noRules`.
 */
import type { Requirement } from './requirement.ts'

/** Who a student is, as far as rules ask. */
export interface StudentFacts {
  readonly level: 'undergraduate' | 'graduate'
  readonly programme: string
  readonly classYear: number | null
  readonly creditsEarned: number
}

/** A group of students; what is null is not asked for. */
export interface Group {
  readonly level: StudentFacts['level'] | null
  readonly programme: string | null
  readonly classYear: number | null
  /** credits earned at least */
  readonly creditsFrom: number | null
}

export interface CompletedCourse {
  /** 'CS 101' */
  readonly course: string
  readonly grade: string
  readonly credits: number
}

export interface Hold {
  readonly reason: string
  /** whom to ask */
  readonly office: string
}

export const overrideRules = [
  'requirement',
  'repeat',
  'credits',
  'conflict',
  'window',
  'deadline',
  'linked',
  'full',
  'reserved',
] as const
export type OverrideRule = (typeof overrideRules)[number]

/** A permission in force. Of section, course and term, what is null is not asked for. */
export interface Override {
  readonly id: number
  readonly rule: OverrideRule
  readonly sectionId: number | null
  readonly courseId: number | null
  readonly termId: number | null
  /** of 'credits': the limit that holds instead; null: none */
  readonly credits: number | null
  /** ISO moment; null: none */
  readonly expiresAt: string | null
}

export interface CohortWindow extends Group {
  readonly label: string
  /** ISO moment */
  readonly opensAt: string
}

export interface TermRules {
  /** ISO moments; null: as long as registration is open */
  readonly addUntil: string | null
  readonly dropUntil: string | null
  readonly withdrawUntil: string | null
  readonly credits: { readonly undergraduate: number | null; readonly graduate: number | null }
  /** advise: requirements are shown and stop nobody */
  readonly requirements: 'advise' | 'enforce'
  readonly repeatFrom: string | null
  readonly mostAttempts: number | null
  readonly windows: readonly CohortWindow[]
}

export interface CourseRules {
  readonly requirement: Requirement | null
  /** as the bulletin words it */
  readonly text: string | null
  readonly repeatable: boolean
}

/** Seats of a section that only a group can take. */
export interface Reserve extends Group {
  readonly id: number
  readonly label: string
  readonly seats: number
  readonly taken: number
}

export interface RuleFacts {
  readonly student: StudentFacts
  readonly history: readonly CompletedCourse[]
  readonly holds: readonly Hold[]
  readonly overrides: readonly Override[]
  /** by term id */
  readonly terms: ReadonlyMap<number, TermRules>
  /** by course id */
  readonly courses: ReadonlyMap<number, CourseRules>
  /** by section id: partners by their components */
  readonly links: ReadonlyMap<number, readonly Partner[]>
  /** by section id: reserves in force */
  readonly reserves: ReadonlyMap<number, readonly Reserve[]>
}

/** A section that goes together with another one. */
export interface Partner {
  readonly id: number
  readonly component: string
  /** 'CS 101-L01' */
  readonly label: string
}

export const noRules: RuleFacts = {
  student: { level: 'undergraduate', programme: '', classYear: null, creditsEarned: 0 },
  history: [],
  holds: [],
  overrides: [],
  terms: new Map(),
  courses: new Map(),
  links: new Map(),
  reserves: new Map(),
}
