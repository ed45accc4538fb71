/**
 * What a line of the office's trail tells, in codes and values: each reader's words are made of them (views/trail-words.ts). Lines of
 * earlier portals have words of English in their place, and are shown as they are.
 */
import { z } from 'zod'
import { meetingsFact } from './notice-facts.ts'

/** Of a term, as registrar/office/index.ts names them. */
export const settingNames = [
  'addUntil',
  'dropUntil',
  'withdrawUntil',
  'creditsUndergraduate',
  'creditsGraduate',
  'requirements',
  'repeatFrom',
  'mostAttempts',
] as const

/** Text that people typed is kept as they typed it. Moments are ISO. */
const course = z.object({ title: z.string(), grade: z.string(), credits: z.number() })

const trailFacts = z.discriminatedUnion('of', [
  course.extend({
    of: z.literal('transcript'),
    course: z.string(),
    source: z.enum(['transfer', 'examination', 'earlier']),
  }),
  z.object({ of: z.literal('transcript_replaced'), course: z.string(), was: course, now: course }),
  z.object({
    of: z.literal('term'),
    /** null: none */
    changes: z.array(
      z.object({
        name: z.enum(settingNames),
        was: z.union([z.string(), z.number()]).nullable(),
        now: z.union([z.string(), z.number()]).nullable(),
      }),
    ),
    /** '' where none was given */
    reason: z.string(),
  }),
  meetingsFact,
  z.object({
    of: z.literal('search'),
    /** as they were typed */
    words: z.string(),
    /** students whose names were shown */
    shown: z.number(),
  }),
  z.object({
    of: z.literal('dates'),
    /** 'YYYY-MM-DD', from and to; equal where it stayed */
    starts: z.tuple([z.string(), z.string()]),
    ends: z.tuple([z.string(), z.string()]),
    reason: z.string(),
  }),
  z.object({
    of: z.literal('registration'),
    /** from and to; equal where it stayed */
    opens: z.tuple([z.string(), z.string()]),
    closes: z.tuple([z.string(), z.string()]),
    reason: z.string(),
  }),
])

export type TrailFacts = z.output<typeof trailFacts>

/** null: none, or of a newer portal. */
export const readTrailFacts = (json: string | null): TrailFacts | null => {
  if (json === null) return null
  try {
    return trailFacts.safeParse(JSON.parse(json)).data ?? null
  } catch {
    return null
  }
}
