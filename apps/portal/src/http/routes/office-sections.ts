/** A section's times and its cancellation: preview first; nothing is changed by a form that did not show whom it hurts. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { OwnMeeting } from '../../catalogue/office.ts'
import { PortalError } from '../../errors.ts'
import { formatDays, parseDays } from '../../policy/meeting.ts'
import { parseId } from '../../policy/registration.ts'
import type { MeetingChange } from '../../registrar/office/index.ts'
import { cancelPage, changePage } from '../../views/office-section.tsx'
import type { Deps } from '../app.ts'
import { formErrors, parseOrRefuse, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireRegistrar } from '../session.ts'
import { endForm, meetingForm, typed } from './office-forms.ts'

const byId = z.object({ id: z.string().max(64) })
const step = z.object({ step: text.catch('') })

const valuesOf = (meetings: readonly OwnMeeting[]) =>
  Object.fromEntries(
    meetings.flatMap(({ id, days, startsAt, endsAt }) => [
      [`days_${id}`, formatDays(days)],
      [`starts_${id}`, startsAt ?? ''],
      [`ends_${id}`, endsAt ?? ''],
    ]),
  )

/** 'MWF 09:00–09:50; arranged' */
const words = (meetings: readonly MeetingChange[]): string =>
  meetings
    .map(({ days, startsAt, endsAt }) =>
      startsAt === null ? 'times are arranged' : `${days} ${startsAt}–${endsAt}`,
    )
    .join('; ')

export const officeSectionRoutes = (
  app: FastifyInstance,
  { catalogue, files, office, pages }: Deps,
): void => {
  const findSection = async (request: FastifyRequest) => {
    const id = parseId(parseOrRefuse(byId, request.params).id)
    const page = id === null ? null : await catalogue.section(id)
    if (page === null) throw new PortalError('not_found', { detail: 'There is no such section.' })
    return page.section
  }

  app.get('/registrar/sections/:id/change', async (request, reply) => {
    requireRegistrar(request)
    const section = await findSection(request)
    const meetings = await files.meetings(section.id)
    const form = { values: valuesOf(meetings), errors: [], done: undefined }
    return sendPage(
      reply,
      changePage(await pages.context(request), { section, meetings, form, preview: undefined }),
    )
  })

  app.post('/registrar/sections/:id/change', async (request, reply) => {
    const { number: staffNumber } = requireRegistrar(request)
    const section = await findSection(request)
    const meetings = await files.meetings(section.id)
    // a field that is not there stays as it is
    const given = { ...valuesOf(meetings), ...typed(request.body) }
    const read = meetings.map(({ id }) => ({
      id,
      parsed: meetingForm.safeParse({
        days: given[`days_${id}`],
        starts: given[`starts_${id}`],
        ends: given[`ends_${id}`],
      }),
    }))
    const errors = read.flatMap(({ id, parsed }) =>
      parsed.success
        ? []
        : formErrors(parsed.error).map((error) => ({ ...error, field: `${error.field}_${id}` })),
    )
    const changes = read.flatMap(({ id, parsed }): readonly MeetingChange[] =>
      parsed.success
        ? [{ id, days: parsed.data.days, startsAt: parsed.data.starts, endsAt: parsed.data.ends }]
        : [],
    )
    if (errors.length > 0 && wantsJson(request))
      throw new PortalError('request_malformed', {
        detail: errors.map(({ message }) => message).join(' '),
        field: errors[0]?.field,
      })
    const patterns = changes.flatMap((change) => {
      const own = meetings.find(({ id }) => id === change.id)
      return own === undefined ? [] : [{ ...own, ...change, days: parseDays(change.days) }]
    })
    if (errors.length === 0 && step.parse(request.body ?? {}).step === 'change') {
      const told = await office.changeMeetings({
        staffNumber,
        sectionId: section.id,
        meetings: changes,
        words: words(changes),
      })
      if (wantsJson(request)) return { told }
      return reply.redirect(`/registrar/sections/${section.id}?done=${told > 0 ? 'times' : 'same'}`, 303)
    }
    const preview = errors.length > 0 ? undefined : await files.hurt(section.id, patterns)
    if (wantsJson(request)) return preview
    const form = { values: given, errors, done: undefined }
    const ctx = await pages.context(request)
    return sendPage(
      reply,
      changePage(ctx, { section, meetings, form, preview }),
      errors.length > 0 ? 422 : 200,
    )
  })

  const showCancel = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Parameters<typeof cancelPage>[1]['form'],
  ) => {
    const section = await findSection(request)
    const hurt = await files.hurt(section.id)
    if (wantsJson(request)) return reply.send(hurt)
    return sendPage(
      reply,
      cancelPage(await pages.context(request), { section, hurt, form }),
      form.errors.length > 0 ? 422 : 200,
    )
  }

  app.get('/registrar/sections/:id/cancel', async (request, reply) => {
    requireRegistrar(request)
    return showCancel(request, reply, { values: {}, errors: [], done: undefined })
  })

  app.post('/registrar/sections/:id/cancel', async (request, reply) => {
    const { number: staffNumber } = requireRegistrar(request)
    const section = await findSection(request)
    const parsed = endForm.safeParse(request.body ?? {})
    if (!parsed.success) {
      const errors = formErrors(parsed.error)
      if (wantsJson(request))
        throw new PortalError('request_malformed', { detail: errors[0]?.message ?? '', field: 'reason' })
      return showCancel(request, reply, { values: typed(request.body), errors, done: undefined })
    }
    const told = await office.cancelSection({ staffNumber, sectionId: section.id, ...parsed.data })
    if (wantsJson(request)) return { told }
    return reply.redirect(`/registrar/sections/${section.id}?done=cancelled`, 303)
  })
}
