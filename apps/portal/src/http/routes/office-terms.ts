/** Terms at the registrar's office: when registration opens and closes, days, limits and windows. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { termBase, type TermOffice } from '../../catalogue/office.ts'
import { PortalError } from '../../errors.ts'
import { dayFaults, registrationFaults, termDateFaults, unread } from '../../policy/registration-dates.ts'
import { parseId } from '../../policy/registration.ts'
import { writeLocal } from '../../policy/zone.ts'
import { type Said, said } from '../../texts/index.ts'
import type { TermSettings } from '../../registrar/office/index.ts'
import { termPage, termsPage } from '../../views/office-term.tsx'
import type { Deps } from '../app.ts'
import { parseOrRefuse, repeatedIn } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireRegistrar } from '../session.ts'
import { byStaff, newRequest } from '../staff-form.ts'
import { type Again, FieldFaults, officeForms, readable } from './office-act.ts'
import { datesForm, registrationForm, termForm, typed, windowEnd, windowForm } from './office-forms.ts'

const byCode = z.object({ code: z.string().min(1).max(6) })

/** The fields of the page, as they are saved. */
const savedOf = ({ term, rules }: TermOffice, timeZone: string) => {
  const local = (at: string | null) => (at === null ? '' : writeLocal(at, timeZone))
  return {
    registration_opens: local(term.registrationOpensAt),
    starts_on: term.startsOn,
    ends_on: term.endsOn,
    registration_closes: local(term.registrationClosesAt),
    add_until: local(rules.addUntil),
    drop_until: local(rules.dropUntil),
    withdraw_until: local(rules.withdrawUntil),
    credits_undergraduate: String(rules.credits.undergraduate ?? ''),
    credits_graduate: String(rules.credits.graduate ?? ''),
    requirements: rules.requirements,
    repeat_from: rules.repeatFrom ?? '',
    most_attempts: String(rules.mostAttempts ?? ''),
  }
}

/**
 * A form may have stood open for hours, and has every field in it. What was left as it was shown (`was_…`) is none of its changes: it
 * stays as it is now, whoever changed it meanwhile, and to the second, which a form does not show. What somebody else has changed
 * since, and this form would, too, is a fault. Without `was_…`, as programs send it, all of it is meant.
 */
const changesOf = (body: unknown, saved: ReturnType<typeof savedOf>) => {
  const given = typed(body)
  const repeated = new Set(repeatedIn(body))
  const faults: { readonly field: string; readonly words: Said }[] = []
  const keep = <Value>(name: keyof typeof saved, wanted: Value, now: Value): Value => {
    // without knowing what was shown, nothing of it could be left as it is
    if (repeated.has(`was_${name}`))
      faults.push({ field: name, words: said('form.one_value', { field: `was_${name}` }) })
    const [text, was, is] = [(given[name] ?? '').trim(), given[`was_${name}`], saved[name]]
    if (text === is || text === was) return now
    if (was !== undefined && was !== is)
      faults.push({
        field: name,
        words: is === '' ? said('form.emptied_meanwhile') : said('form.changed_meanwhile', { now: is }),
      })
    return wanted
  }
  return { keep, faults }
}

/** A window in which nobody could register. */
const lateOpening = (opens: string | undefined, { term, rules }: Pick<TermOffice, 'term' | 'rules'>) => {
  if (opens === undefined) return []
  if (opens >= term.registrationClosesAt) return [{ field: 'opens', words: said('form.window_late') }]
  return rules.addUntil !== null && opens >= rules.addUntil
    ? [{ field: 'opens', words: said('form.opens_after_add') }]
    : []
}

export const officeTermRoutes = (app: FastifyInstance, { catalogue, files, office, pages }: Deps): void => {
  const { act, doneOf } = officeForms({ pages })

  app.get('/registrar/terms', async (request, reply) => {
    requireRegistrar(request)
    const terms = await catalogue.terms()
    return wantsJson(request) ? terms : sendPage(reply, termsPage(await pages.context(request), terms))
  })

  const findTerm = async (request: FastifyRequest): Promise<TermOffice> => {
    const term = await files.term(parseOrRefuse(byCode, request.params).code)
    if (term === null) throw new PortalError('not_found', { detail: said('error.no_term') })
    return term
  }
  const showTerm = async (request: FastifyRequest, reply: FastifyReply, form: Again = {}) => {
    const found = await findTerm(request)
    if (wantsJson(request)) return reply.send(found)
    const ctx = await pages.context(request)
    const saved = savedOf(found, ctx.timeZone)
    const { values = {}, errors = [], status = 200 } = form
    const state = {
      values: { ...saved, ...values },
      errors,
      done: doneOf(request, ctx),
      request: newRequest(),
    }
    return sendPage(reply, termPage(ctx, found, state, saved), status)
  }

  app.get('/registrar/terms/:code', async (request, reply) => {
    requireRegistrar(request)
    return showTerm(request, reply)
  })

  app.post('/registrar/terms/:code', async (request, reply) => {
    const by = byStaff(request)
    const found = await findTerm(request)
    const { term, rules } = found
    const { timeZone } = await pages.context(request)
    return act(request, reply, {
      form: termForm(timeZone),
      again: (state) => showTerm(request, reply, state),
      back: `/registrar/terms/${term.code}`,
      judge: (read) => {
        const { keep, faults } = changesOf(request.body, savedOf(found, timeZone))
        const moment = (
          name: 'add_until' | 'drop_until' | 'withdraw_until',
          now: string | null,
        ): string | null | typeof unread => {
          const value = read[name]
          return value === undefined ? unread : keep(name, value, now)
        }
        const wanted: Parameters<typeof dayFaults>[0] = {
          addUntil: moment('add_until', rules.addUntil),
          dropUntil: moment('drop_until', rules.dropUntil),
          withdrawUntil: moment('withdraw_until', rules.withdrawUntil),
        }
        return [...faults, ...dayFaults(wanted, rules, term)]
      },
      work: async (values) => {
        if ((await office.outcome(by)) !== null) return 'term'
        const { keep, faults } = changesOf(request.body, savedOf(found, timeZone))
        const settings: TermSettings = {
          addUntil: keep('add_until', values.add_until, rules.addUntil),
          dropUntil: keep('drop_until', values.drop_until, rules.dropUntil),
          withdrawUntil: keep('withdraw_until', values.withdraw_until, rules.withdrawUntil),
          creditsUndergraduate: keep(
            'credits_undergraduate',
            values.credits_undergraduate,
            rules.credits.undergraduate,
          ),
          creditsGraduate: keep('credits_graduate', values.credits_graduate, rules.credits.graduate),
          requirements: keep('requirements', values.requirements, rules.requirements),
          repeatFrom: keep('repeat_from', values.repeat_from, rules.repeatFrom),
          mostAttempts: keep('most_attempts', values.most_attempts, rules.mostAttempts),
        }
        const all = [...faults, ...dayFaults(settings, rules, term)]
        if (all.length > 0) return new FieldFaults(...all)
        await office.setTerm({
          ...by,
          termId: term.id,
          reason: values.term_reason,
          settings,
          base: termBase(found),
        })
        return 'term'
      },
    })
  })

  app.post('/registrar/terms/:code/registration', async (request, reply) => {
    const by = byStaff(request)
    const found = await findTerm(request)
    const { term, rules, windows } = found
    const { timeZone } = await pages.context(request)
    return act(request, reply, {
      form: registrationForm(timeZone),
      again: (state) => showTerm(request, reply, state),
      back: `/registrar/terms/${term.code}`,
      judge: ({ registration_opens: opens, registration_closes: closes }) => {
        const { keep, faults } = changesOf(request.body, savedOf(found, timeZone))
        const wanted: Parameters<typeof registrationFaults>[0] = {
          registrationOpensAt:
            opens === undefined ? unread : keep('registration_opens', opens, term.registrationOpensAt),
          registrationClosesAt:
            closes === undefined ? unread : keep('registration_closes', closes, term.registrationClosesAt),
        }
        return [...faults, ...registrationFaults(wanted, term, rules, windows, new Date())]
      },
      work: async ({ registration_opens, registration_closes, registration_reason }) => {
        const earlier = await office.outcome(by)
        if (earlier !== null) return earlier.outcome === false ? 'same' : 'registration'
        const { keep, faults } = changesOf(request.body, savedOf(found, timeZone))
        const wanted = {
          registrationOpensAt: keep('registration_opens', registration_opens, term.registrationOpensAt),
          registrationClosesAt: keep('registration_closes', registration_closes, term.registrationClosesAt),
        }
        const all = [...faults, ...registrationFaults(wanted, term, rules, windows, new Date())]
        if (all.length > 0) return new FieldFaults(...all)
        const moved = await office.moveRegistration({
          ...by,
          termId: term.id,
          opensAt: wanted.registrationOpensAt,
          closesAt: wanted.registrationClosesAt,
          reason: registration_reason,
          base: termBase(found),
        })
        return moved ? 'registration' : 'same'
      },
    })
  })

  app.post('/registrar/terms/:code/dates', async (request, reply) => {
    const by = byStaff(request)
    const found = await findTerm(request)
    const { term } = found
    const { timeZone } = await pages.context(request)
    const days = datesForm.pick({ starts_on: true, ends_on: true })
    const { starts_on: startsOn, ends_on: endsOn } = readable(days, request.body)
    // asked before: what could be read is judged even where the rest could not
    const outside = await files.outside(term.id, startsOn ?? term.startsOn, endsOn ?? term.endsOn)
    const judge = (read: { starts_on?: string | undefined; ends_on?: string | undefined }) => {
      const { keep, faults } = changesOf(request.body, savedOf(found, timeZone))
      const wanted = {
        startsOn: read.starts_on === undefined ? unread : keep('starts_on', read.starts_on, term.startsOn),
        endsOn: read.ends_on === undefined ? unread : keep('ends_on', read.ends_on, term.endsOn),
      } as const
      return { wanted, faults: [...faults, ...termDateFaults(wanted, term, outside)] }
    }
    return act(request, reply, {
      form: datesForm,
      again: (state) => showTerm(request, reply, state),
      back: `/registrar/terms/${term.code}`,
      judge: (read) => judge(read).faults,
      work: async (values) => {
        const earlier = await office.outcome(by)
        if (earlier !== null) return earlier.outcome === false ? 'same' : 'dates'
        const { wanted, faults } = judge(values)
        if (faults.length > 0) return new FieldFaults(...faults)
        const moved = await office.moveTermDates({
          ...by,
          termId: term.id,
          startsOn: wanted.startsOn === unread ? term.startsOn : wanted.startsOn,
          endsOn: wanted.endsOn === unread ? term.endsOn : wanted.endsOn,
          reason: values.dates_reason,
          base: termBase(found),
        })
        return moved ? 'dates' : 'same'
      },
    })
  })

  app.post('/registrar/terms/:code/windows', async (request, reply) => {
    const by = byStaff(request)
    const found = await findTerm(request)
    const { term } = found
    return act(request, reply, {
      form: windowForm((await pages.context(request)).timeZone),
      again: (state) => showTerm(request, reply, state),
      back: `/registrar/terms/${term.code}`,
      judge: ({ opens }) => lateOpening(opens, found),
      work: async ({ label, level, programme, credits_from, opens }) => {
        const late = lateOpening(opens, found)
        if (late.length > 0) return new FieldFaults(...late)
        await office.addWindow({
          ...by,
          termId: term.id,
          label,
          level,
          programme,
          creditsFrom: credits_from,
          opensAt: opens,
          base: termBase(found),
        })
        return 'window'
      },
    })
  })

  app.post('/registrar/terms/:code/windows/remove', async (request, reply) => {
    const by = byStaff(request)
    const { term } = await findTerm(request)
    return act(request, reply, {
      form: windowEnd,
      again: (state) => showTerm(request, reply, state),
      back: `/registrar/terms/${term.code}`,
      work: async ({ window }) =>
        (await office.removeWindow({ ...by, termId: term.id, windowId: parseId(window) ?? 0 }))
          ? 'removed'
          : 'ended',
    })
  })
}
