/** A section's links, and its cancellation with a preview of whom it hurts. */
import type { FormError } from '@matricula/ui'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SectionRow } from '../../catalogue/types.ts'
import { PortalError } from '../../errors.ts'
import { parseId } from '../../policy/registration.ts'
import { english, type Language, said } from '../../texts/index.ts'
import { linksPage, promisedShown } from '../../views/office-links.tsx'
import type { FormState } from '../../views/office-form.tsx'
import { cancelPage } from '../../views/office-cancel.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { formErrorOf, formErrors, malformed, parseForm, parseOrRefuse, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireRegistrar } from '../session.ts'
import { byStaff, newRequest } from '../staff-form.ts'
import { endForm, linkEnd, linkForm, typed } from './office-forms.ts'

const cancelForm = endForm.extend({ base: text.optional().catch('') })

const byId = z.object({ id: z.string().max(64) })
const query = z.object({ done: text.catch('') })

const doneNames = ['linked', 'unlinked', 'same'] as const

export const officeSectionRoutes = (
  app: FastifyInstance,
  { catalogue, files, office, pages }: Deps,
): void => {
  const languageOf = (request: FastifyRequest): Language =>
    wantsJson(request) ? english : pages.bareContext(request)

  const findSection = async (request: FastifyRequest) => {
    const id = parseId(parseOrRefuse(byId, request.params).id)
    const page = id === null ? null : await catalogue.section(id)
    if (page === null) throw new PortalError('not_found', { detail: said('error.no_section') })
    return page.section
  }

  const showLinks = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Pick<FormState, 'values' | 'errors'> = { values: {}, errors: [] },
  ) => {
    const section = await findSection(request)
    const links = await files.links(section.id)
    // names of students: the page shows no more of each link than these
    const most = wantsJson(request) ? undefined : promisedShown
    const shown = links.flatMap(({ promised }) => promised.slice(0, most)).map(({ number }) => number)
    if (shown.length > 0)
      await office.note(
        { staffNumber: requireRegistrar(request).number },
        { action: 'looked_at_conflicts', sectionId: section.id, shown },
      )
    if (wantsJson(request)) return reply.send(links)
    const ctx = await pages.context(request)
    const asked = query.parse(request.query ?? {}).done
    const [done] = doneNames.filter((name) => name === asked).map((name) => ctx.t(`done.${name}`))
    return sendPage(
      reply,
      linksPage(ctx, { section, links, form: { ...form, done, request: newRequest() } }),
      form.errors.length > 0 ? 422 : 200,
    )
  }

  app.get('/registrar/sections/:id/links', async (request, reply) => {
    requireRegistrar(request)
    return showLinks(request, reply)
  })

  /** Sections of the same term by their CRNs; what is wrong with each of the others. */
  const findPartners = async (
    crns: string,
    section: SectionRow,
    { t }: Language,
  ): Promise<{ readonly ids: readonly number[]; readonly faults: readonly string[] }> => {
    const found = await Promise.all(
      [...new Set(crns.split(/[\s,;]+/).filter((crn) => crn !== ''))].map(async (crn) => {
        const sections = await Promise.all(
          (await catalogue.sectionsByCrn(crn)).map((id) => catalogue.section(id)),
        )
        const own = sections.find((page) => page?.term.id === section.term.id)?.section
        if (own === undefined) return t('form.no_crn', { crn, term: section.term.name })
        if (own.id === section.id) return t('form.same_section', { crn })
        if (own.component === section.component)
          return t('form.same_kind', { crn, component: t(`component.a_${own.component}`) })
        return own.id
      }),
    )
    return {
      ids: found.filter((one) => typeof one === 'number'),
      faults: found.filter((one) => typeof one === 'string'),
    }
  }

  app.post('/registrar/sections/:id/links', async (request, reply) => {
    const by = byStaff(request)
    const section = await findSection(request)
    const language = languageOf(request)
    const refuse = (errors: readonly FormError[]) => {
      if (wantsJson(request)) throw malformed(errors)
      return showLinks(request, reply, { values: typed(request.body), errors })
    }
    const parsed = linkForm.safeParse(request.body ?? {})
    if (!parsed.success) return refuse(formErrors(parsed.error, language))
    const { ids, faults } = await findPartners(parsed.data.crns, section, language)
    if (faults.length > 0 || ids.length === 0)
      return refuse([{ field: 'crns', message: faults.join(' ') || language.t('form.crns_missing') }])
    const linked = await office.linkSections({ ...by, sectionId: section.id, partnerIds: ids })
    const done = linked ? 'linked' : 'same'
    if (wantsJson(request)) return { done }
    return reply.redirect(`/registrar/sections/${section.id}/links?done=${done}`, 303)
  })

  app.post('/registrar/sections/:id/links/remove', async (request, reply) => {
    const by = byStaff(request)
    const section = await findSection(request)
    const partnerId = parseId(parseForm(linkEnd, request.body).partner)
    const ended =
      partnerId !== null && (await office.unlinkSections({ ...by, sectionId: section.id, partnerId }))
    const done = ended ? 'unlinked' : 'same'
    if (wantsJson(request)) return { done }
    return reply.redirect(`/registrar/sections/${section.id}/links?done=${done}`, 303)
  })

  const showCancel = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { values, errors }: Pick<FormState, 'values' | 'errors'>,
    status = errors.length > 0 ? 422 : 200,
  ) => {
    const section = await findSection(request)
    const hurt = await files.hurt(section.id)
    if (wantsJson(request)) return reply.send(hurt)
    return sendPage(
      reply,
      cancelPage(await pages.context(request), {
        section,
        hurt,
        form: { values, errors, done: undefined, request: newRequest() },
      }),
      status,
    )
  }

  app.get('/registrar/sections/:id/cancel', async (request, reply) => {
    requireRegistrar(request)
    return showCancel(request, reply, { values: {}, errors: [] })
  })

  app.post('/registrar/sections/:id/cancel', async (request, reply) => {
    const by = byStaff(request)
    const section = await findSection(request)
    const parsed = cancelForm.safeParse(request.body ?? {})
    if (!parsed.success) {
      const errors = formErrors(parsed.error, languageOf(request))
      if (wantsJson(request)) throw malformed(errors)
      return showCancel(request, reply, { values: typed(request.body), errors })
    }
    const { reason, base = wantsJson(request) ? undefined : '' } = parsed.data
    const told = await expected(office.cancelSection({ ...by, sectionId: section.id, reason, base }))
    if (told instanceof PortalError) {
      if (wantsJson(request) || told.code !== 'preview_moved') throw told
      const errors = [formErrorOf(told, languageOf(request))]
      return showCancel(request, reply, { values: typed(request.body), errors }, 409)
    }
    if (wantsJson(request)) return { told }
    return reply.redirect(`/registrar/sections/${section.id}?done=cancelled`, 303)
  })
}
