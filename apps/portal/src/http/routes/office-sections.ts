/** A section's links, and its cancellation with a preview of whom it hurts. */
import type { FormError } from '@matricula/ui'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SectionRow } from '../../catalogue/types.ts'
import { PortalError } from '../../errors.ts'
import { parseId } from '../../policy/registration.ts'
import { linksPage } from '../../views/office-links.tsx'
import type { FormState } from '../../views/office-parts.tsx'
import { cancelPage } from '../../views/office-section.tsx'
import type { Deps } from '../app.ts'
import { formErrors, parseOrRefuse, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireRegistrar } from '../session.ts'
import { endForm, linkEnd, linkForm, typed } from './office-forms.ts'

const byId = z.object({ id: z.string().max(64) })
const query = z.object({ done: text.catch('') })

const doneWords: Readonly<Record<string, string>> = {
  linked: 'The sections are linked: whoever takes the one takes one of the other.',
  unlinked: 'The link is taken away.',
  same: 'Nothing was changed: they were that already.',
}

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

  const showLinks = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Pick<FormState, 'values' | 'errors'> = { values: {}, errors: [] },
  ) => {
    const section = await findSection(request)
    const links = await files.links(section.id)
    if (wantsJson(request)) return reply.send(links)
    const done = doneWords[query.parse(request.query ?? {}).done]
    return sendPage(
      reply,
      linksPage(await pages.context(request), { section, links, form: { ...form, done } }),
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
  ): Promise<{ readonly ids: readonly number[]; readonly faults: readonly string[] }> => {
    const found = await Promise.all(
      [...new Set(crns.split(/[\s,;]+/).filter((crn) => crn !== ''))].map(async (crn) => {
        const sections = await Promise.all(
          (await catalogue.sectionsByCrn(crn)).map((id) => catalogue.section(id)),
        )
        const own = sections.find((page) => page?.term.id === section.term.id)?.section
        if (own === undefined) return `There is no section ${crn} in ${section.term.name}.`
        if (own.id === section.id) return `${crn} is this section itself.`
        if (own.component === section.component)
          return `${crn} is a ${own.component} too: a link joins sections of two kinds, such as a lecture and a laboratory.`
        return own.id
      }),
    )
    return {
      ids: found.filter((one) => typeof one === 'number'),
      faults: found.filter((one) => typeof one === 'string'),
    }
  }

  app.post('/registrar/sections/:id/links', async (request, reply) => {
    const { number: staffNumber } = requireRegistrar(request)
    const section = await findSection(request)
    const refuse = (errors: readonly FormError[]) => {
      if (wantsJson(request))
        throw new PortalError('request_malformed', { detail: errors[0]?.message ?? '', field: 'crns' })
      return showLinks(request, reply, { values: typed(request.body), errors })
    }
    const parsed = linkForm.safeParse(request.body ?? {})
    if (!parsed.success) return refuse(formErrors(parsed.error))
    const { ids, faults } = await findPartners(parsed.data.crns, section)
    if (faults.length > 0 || ids.length === 0)
      return refuse([{ field: 'crns', message: faults.join(' ') || 'Write the CRN of a section.' }])
    let linked = false
    for (const partnerId of ids)
      linked = (await office.linkSections({ staffNumber, sectionId: section.id, partnerId })) || linked
    const done = linked ? 'linked' : 'same'
    if (wantsJson(request)) return { done }
    return reply.redirect(`/registrar/sections/${section.id}/links?done=${done}`, 303)
  })

  app.post('/registrar/sections/:id/links/remove', async (request, reply) => {
    const { number: staffNumber } = requireRegistrar(request)
    const section = await findSection(request)
    const partnerId = parseId(parseOrRefuse(linkEnd, request.body).partner)
    const known = (await files.links(section.id)).some((link) => link.section.id === partnerId)
    const ended =
      partnerId !== null &&
      known &&
      (await office.unlinkSections({ staffNumber, sectionId: section.id, partnerId }))
    const done = ended ? 'unlinked' : 'same'
    if (wantsJson(request)) return { done }
    return reply.redirect(`/registrar/sections/${section.id}/links?done=${done}`, 303)
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
