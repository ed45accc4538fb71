/** The registrar's desk: any receipt, a section's seats with their history, and its capacity. For staff only. */
import type { FormError } from '@matricula/ui'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { fromInstant } from '../../catalogue/ledger.ts'
import type { SeatsAt } from '../../catalogue/types-seats.ts'
import { PortalError } from '../../errors.ts'
import { parseId } from '../../policy/registration.ts'
import { type Instant, readLocalSeconds, writeLocalSeconds } from '../../policy/zone.ts'
import { english, type Language, type Said, said } from '../../texts/index.ts'
import { type DeskView, registrarPage } from '../../views/registrar.tsx'
import { seatsPage } from '../../views/office-seats.tsx'
import type { FormState } from '../../views/office-form.tsx'
import { receiptPage } from '../../views/receipt.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { formErrors, malformed, parseForm, parseOrRefuse, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireRegistrar } from '../session.ts'
import { byStaff, newRequest } from '../staff-form.ts'
import { reserveEnd, reserveForm, typed } from './office-forms.ts'

const short = text.catch('').transform((value) => value.trim().slice(0, 64))
const search = z.object({ receipt: short, crn: short })
const byNumber = z.object({ number: z.string().min(1).max(64) })
const byId = z.object({ id: z.string().max(64) })
const moment = z.object({ at: short, changed: short, done: short })

const doneNames = ['times', 'same', 'kept', 'given', 'ended', 'cancelled'] as const

const doneWords = (done: string, { t }: Language): string | undefined =>
  doneNames.filter((name) => name === done).map((name) => t(`seats.done_${name}`))[0]

const capacityForm = z.object({ capacity: text.transform((value) => value.trim()).pipe(z.string().max(200)) })

/** More than any room of any university; a typing slip beyond it is not done. */
const largest = 10_000

/** What is wrong with the moment that was asked for. */
const momentError = (
  read: Exclude<Instant, { readonly state: 'instant' }>,
  zone: string,
  { t }: Language,
): FormError => {
  if (read.state === 'twice') {
    const [first, second] = read.choices
    return { field: 'at', message: t('form.time_twice', { first, second }) }
  }
  if (read.state === 'missing') return { field: 'at', message: t('form.time_missing') }
  return { field: 'at', message: t('seats.at_wrong'), remedy: t('seats.at_wrong.remedy', { zone }) }
}

const numbersIn = ({ holders, list, events }: SeatsAt): readonly string[] => [
  ...[...holders, ...list].map(({ number }) => number),
  ...events.flatMap(({ student }) => student?.number ?? []),
]

export const registrarRoutes = (app: FastifyInstance, deps: Deps): void => {
  const { catalogue, office, pages, registrar, timeZone } = deps

  /** The desk, with what was looked for in vain. */
  const showDesk = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { receipt, crn, sections }: Omit<DeskView, 'errors'>,
  ) => {
    const ctx = await pages.context(request)
    const { t } = ctx
    const errors = [
      ...(receipt === ''
        ? []
        : [{ field: 'receipt', message: t('desk.no_receipt'), remedy: t('desk.no_receipt.remedy') }]),
      ...(crn === '' || sections.length > 0
        ? []
        : [{ field: 'crn', message: t('desk.no_crn'), remedy: t('desk.no_crn.remedy') }]),
    ]
    const status = errors.length > 0 ? 404 : 200
    return sendPage(reply, registrarPage(ctx, { receipt, crn, sections, errors }), status)
  }

  app.get('/registrar', async (request, reply) => {
    requireRegistrar(request)
    const { receipt, crn } = search.parse(request.query ?? {})
    if (receipt !== '' && (await catalogue.anyReceipt(receipt)) !== null)
      return reply.redirect(`/registrar/receipts/${encodeURIComponent(receipt.toUpperCase())}`, 303)
    const ids = crn === '' ? [] : await catalogue.sectionsByCrn(crn)
    if (ids.length === 1) return reply.redirect(`/registrar/sections/${ids[0]}`, 303)
    const sections = (await Promise.all(ids.slice(0, 20).map((id) => catalogue.section(id)))).filter(
      (found) => found !== null,
    )
    if (wantsJson(request)) {
      if (receipt !== '') throw new PortalError('not_found', { detail: said('error.no_receipt_at_all') })
      if (crn !== '' && ids.length === 0) throw new PortalError('not_found', { detail: said('desk.no_crn') })
      return { sections: sections.map(({ section }) => section) }
    }
    return showDesk(request, reply, { receipt, crn, sections })
  })

  app.get('/registrar/receipts/:number', async (request, reply) => {
    const { number: staffNumber } = requireRegistrar(request)
    const { number } = parseOrRefuse(byNumber, request.params)
    const receipt = await catalogue.anyReceipt(number)
    if (receipt === null) {
      if (!wantsJson(request)) return showDesk(request, reply, { receipt: number, crn: '', sections: [] })
      throw new PortalError('not_found', { detail: said('error.no_receipt_at_all') })
    }
    const { id: studentId } = receipt.student
    await office.note({ staffNumber }, { action: 'looked_at_receipt', studentId, detail: receipt.number })
    if (wantsJson(request)) return receipt
    return sendPage(
      reply,
      receiptPage(await pages.context(request), { receipt, copy: { state: 'off' }, staff: true }),
    )
  })

  const findSection = async (request: FastifyRequest) => {
    const id = parseId(parseOrRefuse(byId, request.params).id)
    const page = id === null ? null : await catalogue.section(id)
    if (page === null) throw new PortalError('not_found', { detail: said('error.no_section') })
    return page
  }

  const showSeats = async (
    request: FastifyRequest,
    reply: FastifyReply,
    refused?: { readonly capacity: string; readonly error: Said },
    reserve: Pick<FormState, 'values' | 'errors'> = { values: {}, errors: [] },
  ) => {
    const { number: staffNumber } = requireRegistrar(request)
    const page = await findSection(request)
    const { at: asked, changed, done } = moment.parse(request.query ?? {})
    const read = asked === '' ? null : readLocalSeconds(asked, timeZone)
    // never the seats of now for a moment that could not be read
    if (read !== null && read.state !== 'instant' && wantsJson(request))
      throw malformed([momentError(read, timeZone, english)])
    const at = read?.state === 'instant' ? fromInstant(read.at) : null
    const [seats, faults, ctx] = await Promise.all([
      catalogue.seatsAt(page.section.id, at),
      catalogue.seatFaults(page.section.id),
      pages.context(request),
    ])
    // names stand there, and of whoever was skipped the reason, such as a hold
    await office.note(
      { staffNumber },
      { action: 'looked_at_section', sectionId: page.section.id, shown: numbersIn(seats) },
    )
    if (wantsJson(request))
      return reply.send({ section: page.section, seats, faults: faults.map(({ words }) => words) })
    const errors = [
      ...(read === null || read.state === 'instant' ? [] : [momentError(read, timeZone, ctx)]),
      ...(refused === undefined ? [] : [{ field: 'capacity', message: ctx.say(refused.error) }]),
      ...reserve.errors,
    ]
    const html = seatsPage(ctx, {
      page,
      reserve: { ...reserve, done: undefined, request: newRequest() },
      section: page.section,
      seats,
      // a link of the ledger has it in UTC
      asked: read?.state === 'instant' ? writeLocalSeconds(read.at, timeZone).join(' ') : asked,
      faults: faults.map((fault) => ctx.say(fault.said)),
      capacity: refused?.capacity ?? String(page.section.seats.capacity),
      changed: changed !== '',
      done: doneWords(done, ctx),
      errors,
    })
    return sendPage(reply, html, errors.length > 0 ? 422 : 200)
  }

  app.get('/registrar/sections/:id', async (request, reply) => {
    requireRegistrar(request)
    return showSeats(request, reply)
  })

  app.post('/registrar/sections/:id/capacity', async (request, reply) => {
    const by = byStaff(request)
    const { section } = await findSection(request)
    const { capacity } = parseForm(capacityForm, request.body)
    const seats = /^\d{1,5}$/.test(capacity) ? Number(capacity) : Number.NaN
    if (!(seats <= largest)) {
      const error = said('seats.capacity_wrong', { most: largest })
      if (wantsJson(request)) throw new PortalError('request_malformed', { detail: error, field: 'capacity' })
      return showSeats(request, reply, { capacity: capacity.slice(0, 20), error })
    }
    const done = await expected(registrar.setCapacity({ ...by, sectionId: section.id, capacity: seats }))
    if (done instanceof PortalError) throw done
    if (wantsJson(request)) return { changed: done }
    return reply.redirect(`/registrar/sections/${section.id}?changed=1`, 303)
  })

  app.post('/registrar/sections/:id/reserves', async (request, reply) => {
    const by = byStaff(request)
    const { section } = await findSection(request)
    const parsed = reserveForm(timeZone).safeParse(request.body ?? {})
    if (!parsed.success) {
      const errors = formErrors(parsed.error, wantsJson(request) ? english : pages.bareContext(request))
      if (wantsJson(request)) throw malformed(errors)
      return showSeats(request, reply, undefined, {
        values: typed(request.body),
        errors,
      })
    }
    const { class_year: classYear, ...wanted } = parsed.data
    await office.addReserve({ ...by, sectionId: section.id, classYear, ...wanted })
    if (wantsJson(request)) return { done: 'kept' }
    return reply.redirect(`/registrar/sections/${section.id}?done=kept`, 303)
  })

  app.post('/registrar/sections/:id/reserves/end', async (request, reply) => {
    const by = byStaff(request)
    const { section } = await findSection(request)
    const { reserve } = parseForm(reserveEnd, request.body)
    const reserveId = parseId(reserve) ?? 0
    const ended = await office.endReserve({ ...by, sectionId: section.id, reserveId })
    const done = ended ? 'given' : 'ended'
    if (wantsJson(request)) return { done }
    return reply.redirect(`/registrar/sections/${section.id}?done=${done}`, 303)
  })
}
