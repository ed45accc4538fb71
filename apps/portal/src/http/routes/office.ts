/** Students, terms and the trail at the registrar's office. Every look at a student's file is noted before it is shown. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { mostStudents, type StudentFile, type TermOffice } from '../../catalogue/office.ts'
import { PortalError } from '../../errors.ts'
import { registrationFaults } from '../../policy/registration-dates.ts'
import { parseId } from '../../policy/registration.ts'
import { writeLocal } from '../../policy/zone.ts'
import { english, type Language, type Said, said } from '../../texts/index.ts'
import type { FormState } from '../../views/office-form.tsx'
import { studentPage } from '../../views/office-student.tsx'
import { studentsPage } from '../../views/office-students.tsx'
import { termPage, termsPage } from '../../views/office-term.tsx'
import { trailPage } from '../../views/office-trail.tsx'
import type { Deps } from '../app.ts'
import { formErrors, malformed, parseOrRefuse, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireRegistrar } from '../session.ts'
import { byStaff, newRequest, type StaffForm } from '../staff-form.ts'
import {
  endForm,
  holdForm,
  overrideForm,
  recordForm,
  registrationForm,
  termForm,
  typed,
  windowEnd,
  windowForm,
} from './office-forms.ts'

const short = text.catch('').transform((value) => value.trim().slice(0, 64))
const byNumber = z.object({ number: z.string().min(1).max(12) })
const byRecord = byNumber.extend({ id: z.string().max(20) })
const byCode = z.object({ code: z.string().min(1).max(6) })
const query = z.object({ q: short, done: short, student: short, before: short })

const doneNames = [
  'hold',
  'released',
  'permission',
  'revoked',
  'ended',
  'record',
  'term',
  'registration',
  'same',
  'window',
  'removed',
] as const

/** What the form could not know: shown at the fields. */
class FieldFaults {
  readonly faults: readonly { readonly field: string; readonly words: Said }[]
  constructor(...faults: FieldFaults['faults']) {
    this.faults = faults
  }
}

/** A form shows minutes: a moment that was left as it stood keeps its seconds. */
const sameMinute = (typed: string, saved: string): string =>
  typed.slice(0, 16) === saved.slice(0, 16) ? saved : typed

export const officeRoutes = (app: FastifyInstance, { catalogue, files, office, pages }: Deps): void => {
  const doneOf = (request: FastifyRequest, { t }: Language) => {
    const { done } = query.parse(request.query ?? {})
    return doneNames.filter((name) => name === done).map((name) => t(`done.${name}`))[0]
  }

  const findFile = async (number: string): Promise<StudentFile> => {
    const file = await files.student(number)
    if (file === null) throw new PortalError('not_found', { detail: said('error.no_student') })
    return file
  }
  const showStudent = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Partial<FormState> & { readonly status?: number } = {},
  ) => {
    const { number: staffNumber } = requireRegistrar(request)
    const file = await findFile(parseOrRefuse(byNumber, request.params).number)
    await office.note({ staffNumber }, { action: 'looked_at_student', studentId: file.student.id })
    if (wantsJson(request)) return reply.send(file)
    const { values = {}, errors = [], status = 200 } = form
    const ctx = await pages.context(request)
    const state = { values, errors, done: doneOf(request, ctx), request: newRequest() }
    return sendPage(reply, studentPage(ctx, file, state), status)
  }
  /** Reads the form; does it, and leads back; or shows the page again with what was typed and what is wrong. */
  const act = async <T extends z.ZodType>(
    request: FastifyRequest,
    reply: FastifyReply,
    {
      form,
      again,
      back,
      work,
    }: {
      form: T
      again: (form: Partial<FormState> & { readonly status: number }) => Promise<FastifyReply>
      back: string
      /** @returns what was done, one of `doneNames` */
      work: (values: z.output<T>) => Promise<string | FieldFaults>
    },
  ) => {
    const parsed = form.safeParse(request.body ?? {})
    const outcome = parsed.success ? await work(parsed.data) : parsed.error
    if (typeof outcome === 'string') {
      if (wantsJson(request)) return reply.send({ done: outcome })
      return reply.redirect(`${back}?done=${outcome}`, 303)
    }
    const language = wantsJson(request) ? english : pages.bareContext(request)
    const errors =
      outcome instanceof FieldFaults
        ? outcome.faults.map(({ field, words }) => ({ field, message: language.say(words) }))
        : formErrors(outcome, language)
    if (wantsJson(request)) throw malformed(errors)
    return again({ values: typed(request.body), errors, status: 422 })
  }

  app.get('/registrar/students', async (request, reply) => {
    requireRegistrar(request)
    const { q } = query.parse(request.query ?? {})
    const found = q === '' ? [] : await files.findStudents(q)
    const [only] = found
    if (wantsJson(request)) return found
    if (only !== undefined && found.length === 1 && only.number.toUpperCase() === q.toUpperCase())
      return reply.redirect(`/registrar/students/${encodeURIComponent(only.number)}`, 303)
    return sendPage(
      reply,
      studentsPage(await pages.context(request), { q, found, more: found.length >= mostStudents }),
    )
  })

  app.get('/registrar/students/:number', (request, reply) => showStudent(request, reply))

  /** A form on a student's page. */
  const studentForm = <T extends z.ZodType>(
    path: string,
    form: (request: FastifyRequest) => Promise<T>,
    work: (
      values: z.output<T>,
      of: StaffForm & { studentId: number; id: number },
    ) => Promise<string | FieldFaults>,
  ) =>
    app.post(`/registrar/students/:number/${path}`, async (request, reply) => {
      const by = byStaff(request)
      const { number, id = '0' } = parseOrRefuse(byRecord.partial({ id: true }), request.params)
      const { student } = await findFile(number)
      return act(request, reply, {
        form: await form(request),
        again: (state) => showStudent(request, reply, state),
        back: `/registrar/students/${encodeURIComponent(student.number)}`,
        work: (values) => work(values, { ...by, studentId: student.id, id: parseId(id) ?? 0 }),
      })
    })

  studentForm(
    'holds',
    async () => holdForm,
    async ({ hold_reason, hold_office }, of) => {
      await office.placeHold({ ...of, reason: hold_reason, office: hold_office })
      return 'hold'
    },
  )
  studentForm(
    'holds/:id/release',
    async () => endForm,
    async ({ reason }, { id, ...of }) =>
      (await office.releaseHold({ ...of, holdId: id, reason })) ? 'released' : 'ended',
  )
  studentForm(
    'permissions/:id/revoke',
    async () => endForm,
    async ({ reason }, { id, ...of }) =>
      (await office.revokeOverride({ ...of, overrideId: id, reason })) ? 'revoked' : 'ended',
  )
  studentForm(
    'permissions',
    async (request) => overrideForm((await pages.context(request)).timeZone),
    async ({ rule, concerns, credits, override_reason, expires }, of) => {
      const none = { sectionId: null, courseId: null, termId: null }
      const terms = await catalogue.terms()
      const current = await catalogue.term()
      const named = terms.find(({ code }) => code === concerns)
      const ofTerm = async () => {
        const pages = await Promise.all(
          (await catalogue.sectionsByCrn(concerns)).map((id) => catalogue.section(id)),
        )
        return pages.find((page) => page?.term.id === current?.id)?.section.id ?? null
      }
      const section = concerns === '' || named !== undefined ? null : await ofTerm()
      const course =
        concerns === '' || named !== undefined || section !== null ? null : await files.courseId(concerns)
      if (concerns !== '' && named === undefined && section === null && course === null)
        return new FieldFaults({ field: 'concerns', words: said('form.concerns') })
      // a seat everywhere is nothing that anybody means
      if ((rule === 'full' || rule === 'reserved') && section === null && course === null)
        return new FieldFaults({ field: 'concerns', words: said('form.concerns_narrow') })
      await office.grantOverride({
        ...of,
        rule,
        ...none,
        sectionId: section,
        courseId: course,
        termId: named?.id ?? null,
        credits: rule === 'credits' ? credits : null,
        reason: override_reason,
        expiresAt: expires,
      })
      return 'permission'
    },
  )
  studentForm(
    'record',
    async () => recordForm,
    async (values, of) => {
      await office.addTranscriptEntry({
        ...of,
        course: values.course,
        title: values.title,
        credits: values.course_credits,
        grade: values.grade,
        source: values.source,
        completedOn: values.completed,
      })
      return 'record'
    },
  )

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
  const showTerm = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Partial<FormState> & { readonly status?: number } = {},
  ) => {
    const found = await findTerm(request)
    if (wantsJson(request)) return reply.send(found)
    const ctx = await pages.context(request)
    const { rules } = found
    const local = (at: string | null) => (at === null ? '' : writeLocal(at, ctx.timeZone))
    const saved = {
      registration_opens: local(found.term.registrationOpensAt),
      registration_closes: local(found.term.registrationClosesAt),
      add_until: local(rules.addUntil),
      drop_until: local(rules.dropUntil),
      withdraw_until: local(rules.withdrawUntil),
      credits_undergraduate: String(rules.credits.undergraduate ?? ''),
      credits_graduate: String(rules.credits.graduate ?? ''),
      requirements: rules.requirements,
      repeat_from: rules.repeatFrom ?? '',
      most_attempts: String(rules.mostAttempts ?? ''),
    }
    const { values = {}, errors = [], status = 200 } = form
    const state = {
      values: { ...saved, ...values },
      errors,
      done: doneOf(request, ctx),
      request: newRequest(),
    }
    return sendPage(reply, termPage(ctx, found, state), status)
  }

  app.get('/registrar/terms/:code', async (request, reply) => {
    requireRegistrar(request)
    return showTerm(request, reply)
  })

  app.post('/registrar/terms/:code', async (request, reply) => {
    const by = byStaff(request)
    const { term } = await findTerm(request)
    return act(request, reply, {
      form: termForm((await pages.context(request)).timeZone),
      again: (state) => showTerm(request, reply, state),
      back: `/registrar/terms/${term.code}`,
      work: async (values) => {
        const { add_until, drop_until, withdraw_until } = values
        if (add_until !== null && add_until > term.registrationClosesAt)
          return new FieldFaults({ field: 'add_until', words: said('form.window_late') })
        if (withdraw_until !== null && withdraw_until < (drop_until ?? term.registrationClosesAt))
          return new FieldFaults({ field: 'withdraw_until', words: said('form.withdraw_early') })
        await office.setTerm({
          ...by,
          termId: term.id,
          reason: values.term_reason,
          settings: {
            addUntil: add_until,
            dropUntil: drop_until,
            withdrawUntil: withdraw_until,
            creditsUndergraduate: values.credits_undergraduate,
            creditsGraduate: values.credits_graduate,
            requirements: values.requirements,
            repeatFrom: values.repeat_from,
            mostAttempts: values.most_attempts,
          },
        })
        return 'term'
      },
    })
  })

  app.post('/registrar/terms/:code/registration', async (request, reply) => {
    const by = byStaff(request)
    const { term, rules, windows } = await findTerm(request)
    return act(request, reply, {
      form: registrationForm((await pages.context(request)).timeZone),
      again: (state) => showTerm(request, reply, state),
      back: `/registrar/terms/${term.code}`,
      work: async ({ registration_opens, registration_closes, registration_reason }) => {
        const wanted = {
          registrationOpensAt: sameMinute(registration_opens, term.registrationOpensAt),
          registrationClosesAt: sameMinute(registration_closes, term.registrationClosesAt),
        }
        const faults = registrationFaults(wanted, term, rules, windows, new Date())
        if (faults.length > 0) return new FieldFaults(...faults)
        const moved = await office.moveRegistration({
          ...by,
          termId: term.id,
          opensAt: wanted.registrationOpensAt,
          closesAt: wanted.registrationClosesAt,
          reason: registration_reason,
        })
        return moved ? 'registration' : 'same'
      },
    })
  })

  app.post('/registrar/terms/:code/windows', async (request, reply) => {
    const by = byStaff(request)
    const { term } = await findTerm(request)
    return act(request, reply, {
      form: windowForm((await pages.context(request)).timeZone),
      again: (state) => showTerm(request, reply, state),
      back: `/registrar/terms/${term.code}`,
      work: async ({ label, level, programme, credits_from, opens }) => {
        if (opens >= term.registrationClosesAt)
          return new FieldFaults({ field: 'opens', words: said('form.window_late') })
        await office.addWindow({
          ...by,
          termId: term.id,
          label,
          level,
          programme,
          creditsFrom: credits_from,
          opensAt: opens,
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

  app.get('/registrar/trail', async (request, reply) => {
    requireRegistrar(request)
    const { student, before } = query.parse(request.query ?? {})
    const own = student === '' ? undefined : await findFile(student.slice(0, 12))
    const entries = await files.trail({ studentId: own?.student.id, before: parseId(before) ?? undefined })
    if (wantsJson(request)) return entries
    const more = entries.length === 100 ? entries.at(-1)?.id : undefined
    return sendPage(reply, trailPage(await pages.context(request), entries, own?.student.number ?? '', more))
  })
}
