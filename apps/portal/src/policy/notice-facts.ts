/** What notices and the office's trail tell of a section in values: each reader's words are made of them (views/notice-words.ts). */
import { z } from 'zod'

export const meetingFact = z.object({
  /** 'MWF'; '' together with null times: arranged */
  days: z.string(),
  /** 'HH:MM' */
  startsAt: z.string().nullable(),
  endsAt: z.string().nullable(),
  /** 'YYYY-MM-DD' */
  startsOn: z.string(),
  endsOn: z.string(),
  /** of the term; other: a rhythm of so many weeks */
  weeks: z.enum(['every', 'odd', 'even', 'other']),
  everyWeeks: z.number(),
  place: z.string().nullable(),
})

export type MeetingFact = z.output<typeof meetingFact>

/** The meetings of a section before it was changed, and after. */
export const meetingsFact = z.object({
  of: z.literal('meetings'),
  was: z.array(meetingFact),
  now: z.array(meetingFact),
})

const noticeFacts = z.discriminatedUnion('of', [
  meetingsFact,
  z.object({
    of: z.literal('cancelled'),
    /** labels of sections whose list was left with it, as they were one choice */
    left: z.array(z.string()),
    /** labels of sections that are still held, and were taken together with it */
    alone: z.array(z.string()),
  }),
])

export type NoticeFacts = z.output<typeof noticeFacts>

/** null: none, or of a newer portal. */
export const readNoticeFacts = (json: string | null): NoticeFacts | null => {
  if (json === null) return null
  try {
    return noticeFacts.safeParse(JSON.parse(json)).data ?? null
  } catch {
    return null
  }
}
