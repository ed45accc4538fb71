/**
 * A section's meetings: days, times, dates, weeks, places. Preview first: the button that changes them comes with the preview of
 * exactly what would be changed, and a form that was edited after it is previewed again; so is one under which something has moved
 * (decision 0048).
 */
import { createHash } from 'node:crypto'
import type { FormError } from '@matricula/ui'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { PlannedMeeting } from '../../catalogue/office-taken.ts'
import type { StoredMeeting } from '../../catalogue/meetings.ts'
import type { Room } from '../../catalogue/office-sections.ts'
import { PortalError } from '../../errors.ts'
import { formatDays, meetingFactOf, parseDays, weeksOf } from '../../policy/meeting.ts'
import type { MeetingFact } from '../../policy/notice-facts.ts'
import { parseId } from '../../policy/registration.ts'
import type { MeetingChange } from '../../registrar/office/index.ts'
import { english, type Language, said } from '../../texts/index.ts'
import { changePage, conflictsShown } from '../../views/office-meetings.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { formErrorOf, malformed, parseOrRefuse, repeatedIn, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireRegistrar } from '../session.ts'
import { byStaff, newRequest } from '../staff-form.ts'
import { meetingFields, type MeetingGround, readMeeting } from './meeting-form.ts'
import { typed } from './office-forms.ts'

const byId = z.object({ id: z.string().max(64) })
const step = z.object({ step: text.catch(''), seen: text.catch(''), base: text.optional().catch('') })

type Values = Readonly<Record<string, string>>

const valuesOf = (meetings: readonly StoredMeeting[], termStartsOn: string): Values =>
  Object.fromEntries(
    meetings.flatMap((meeting) => [
      [`days_${meeting.id}`, formatDays(meeting.days)],
      [`starts_${meeting.id}`, meeting.startsAt ?? ''],
      [`ends_${meeting.id}`, meeting.endsAt ?? ''],
      [`from_${meeting.id}`, meeting.startsOn],
      [`until_${meeting.id}`, meeting.endsOn],
      [`weeks_${meeting.id}`, weeksOf(meeting, termStartsOn)],
      [`room_${meeting.id}`, meeting.roomId === null ? '' : String(meeting.roomId)],
    ]),
  )

/** Of the last part of the form: begins with the term, every week, nowhere. */
const newValues = (term: { readonly startsOn: string; readonly endsOn: string }): Values => ({
  days_new: '',
  starts_new: '',
  ends_new: '',
  from_new: term.startsOn,
  until_new: term.endsOn,
  weeks_new: 'every',
  room_new: '',
})

/** As notices tell it. */
const factOf = (change: MeetingChange, rooms: readonly Room[], termStartsOn: string): MeetingFact =>
  meetingFactOf(
    { ...planned(change), place: rooms.find(({ id }) => id === change.roomId)?.place ?? null },
    termStartsOn,
  )

interface Read {
  readonly errors: readonly FormError[]
  readonly changes: readonly MeetingChange[]
  readonly removed: readonly number[]
}

const readForm = (
  given: Values,
  repeated: readonly string[],
  meetings: readonly StoredMeeting[],
  ground: MeetingGround,
  language: Language,
): Read => {
  const removed = meetings.filter(({ id }) => (given[`remove_${id}`] ?? '') !== '').map(({ id }) => id)
  const isAdded =
    (given['add'] ?? '') !== '' ||
    ['days_new', 'starts_new', 'ends_new'].some((name) => (given[name] ?? '').trim() !== '')
  const parts = [
    ...meetings
      .filter(({ id }) => !removed.includes(id))
      .map((known) => ({ id: known.id, key: String(known.id), everyWeeks: known.everyWeeks ?? 1, known })),
    ...(isAdded ? [{ id: null, key: 'new', everyWeeks: 1, known: undefined }] : []),
  ]
  const read = parts.map((part) => ({
    ...part,
    ...readMeeting(
      Object.fromEntries(meetingFields.map((name) => [name, given[`${name}_${part.key}`]])),
      ground,
      part.known,
      language,
    ),
  }))
  return {
    removed,
    errors: [
      ...repeated.map((field) => ({ field, message: language.t('form.one_value', { field }) })),
      ...read
        .flatMap(({ key, errors }) => errors.map((error) => ({ ...error, field: `${error.field}_${key}` })))
        .filter(({ field }) => !repeated.includes(field)),
    ],
    changes: read.flatMap(({ id, everyWeeks, values }): readonly MeetingChange[] => {
      if (values === null) return []
      const { days, starts, ends, from, until, weeks, room } = values
      return [
        {
          id,
          days,
          startsAt: starts,
          endsAt: ends,
          startsOn: from,
          endsOn: until,
          everyWeeks: weeks === 'every' ? 1 : weeks === 'other' ? everyWeeks : 2,
          roomId: room,
        },
      ]
    }),
  }
}

const planned = (change: MeetingChange): PlannedMeeting => ({ ...change, days: parseDays(change.days) })

export const officeMeetingRoutes = (
  app: FastifyInstance,
  { catalogue, files, office, pages }: Deps,
): void => {
  const find = async (id: number | null) => {
    const page = id === null ? null : await catalogue.section(id)
    if (page === null) throw new PortalError('not_found', { detail: said('error.no_section') })
    const { section, term } = page
    const meetings = await files.meetings(section.id)
    const rooms = await files.rooms(section.id)
    const known = new Set([
      ...rooms.map((room) => room.id),
      // a room of another campus, from an import
      ...meetings.flatMap(({ roomId }) => roomId ?? []),
    ])
    return { section, term, meetings, rooms, ground: { term, roomIds: known } }
  }

  app.get('/registrar/sections/:id/change', async (request, reply) => {
    requireRegistrar(request)
    const found = await find(parseId(parseOrRefuse(byId, request.params).id))
    const { section, term, meetings, rooms } = found
    if (wantsJson(request)) return { section, term, meetings, rooms }
    const values = { ...valuesOf(meetings, term.startsOn), ...newValues(term) }
    const form = { values, errors: [], done: undefined, request: newRequest() }
    return sendPage(reply, changePage(await pages.context(request), { ...found, form, preview: undefined }))
  })

  app.post('/registrar/sections/:id/change', async (request, reply) => {
    const by = byStaff(request)
    const json = wantsJson(request)
    const asked = step.parse(request.body ?? {})
    const found = await find(parseId(parseOrRefuse(byId, request.params).id))
    const { section, term, meetings, rooms, ground } = found
    const answer = (told: number) =>
      json
        ? reply.send({ told })
        : reply.redirect(`/registrar/sections/${section.id}?done=${told > 0 ? 'times' : 'same'}`, 303)
    // what it was when it came first: the meetings that it took away are none of its parts any more
    const earlier = asked.step === 'change' ? await office.outcome(by) : null
    if (earlier !== null) return answer(Number(earlier.outcome))
    // a field that is not there stays as it is
    const given = { ...valuesOf(meetings, term.startsOn), ...newValues(term), ...typed(request.body) }
    const language = json ? english : pages.bareContext(request)
    const { errors, changes, removed } = readForm(given, repeatedIn(request.body), meetings, ground, language)
    if (errors.length > 0 && json) throw malformed(errors)
    const digest = createHash('sha256')
      .update(JSON.stringify([changes, removed]))
      .digest('hex')
      .slice(0, 32)
    let moved: FormError | undefined
    const lines = changes.map((change) => factOf(change, rooms, term.startsOn))
    if (errors.length === 0 && asked.step === 'change' && (json || asked.seen === digest)) {
      const told = await expected(
        office.changeMeetings({
          ...by,
          sectionId: section.id,
          meetings: changes,
          removed,
          base: json ? asked.base : (asked.base ?? ''),
        }),
      )
      if (told instanceof PortalError) {
        if (json || told.code !== 'preview_moved') throw told
        moved = formErrorOf(told, language)
      } else return answer(told)
    }
    const hurt = errors.length > 0 ? undefined : await files.hurt(section.id, changes.map(planned))
    // the names of those who could not be at both; the page shows no more of them than these
    const named = (hurt?.conflicts ?? []).slice(0, json ? undefined : conflictsShown)
    if (named.length > 0)
      await office.note(by, {
        action: 'looked_at_conflicts',
        sectionId: section.id,
        shown: named.map(({ number }) => number),
      })
    if (json) return hurt
    const form = {
      values: given,
      errors: moved === undefined ? errors : [moved],
      done: undefined,
      request: newRequest(),
    }
    const preview = hurt === undefined ? undefined : { hurt, lines, digest }
    const html = changePage(await pages.context(request), { ...found, form, preview })
    return sendPage(reply, html, moved !== undefined ? 409 : errors.length > 0 ? 422 : 200)
  })
}
