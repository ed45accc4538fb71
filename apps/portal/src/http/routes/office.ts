/** Students and the trail at the registrar's office. Every look at a student's file is noted before it is shown. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { mostStudents, type StudentFile } from '../../catalogue/office.ts'
import { PortalError } from '../../errors.ts'
import { parseId } from '../../policy/registration.ts'
import { said } from '../../texts/index.ts'
import { studentPage } from '../../views/office-student.tsx'
import { studentsPage } from '../../views/office-students.tsx'
import { trailPage } from '../../views/office-trail.tsx'
import type { Deps } from '../app.ts'
import { parseOrRefuse, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireRegistrar } from '../session.ts'
import { byStaff, newRequest, type StaffForm } from '../staff-form.ts'
import { type Again, FieldFaults, officeForms } from './office-act.ts'
import { endForm, holdForm, overrideForm, recordForm } from './office-forms.ts'

const short = text.catch('').transform((value) => value.trim().slice(0, 64))
const byNumber = z.object({ number: z.string().min(1).max(12) })
const byRecord = byNumber.extend({ id: z.string().max(20) })
const query = z.object({ q: short, student: short, before: short })

export const officeRoutes = (app: FastifyInstance, { catalogue, files, office, pages }: Deps): void => {
  const { act, doneOf } = officeForms({ pages })

  const findFile = async (number: string): Promise<StudentFile> => {
    const file = await files.student(number)
    if (file === null) throw new PortalError('not_found', { detail: said('error.no_student') })
    return file
  }
  const showStudent = async (request: FastifyRequest, reply: FastifyReply, form: Again = {}) => {
    const { number: staffNumber } = requireRegistrar(request)
    const file = await findFile(parseOrRefuse(byNumber, request.params).number)
    await office.note({ staffNumber }, { action: 'looked_at_student', studentId: file.student.id })
    if (wantsJson(request)) return reply.send(file)
    const { values = {}, errors = [], status = 200 } = form
    const ctx = await pages.context(request)
    const state = { values, errors, done: doneOf(request, ctx), request: newRequest() }
    return sendPage(reply, studentPage(ctx, file, state), status)
  }
  app.get('/registrar/students', async (request, reply) => {
    const { number: staffNumber } = requireRegistrar(request)
    const { q } = query.parse(request.query ?? {})
    const found = q === '' ? [] : await files.findStudents(q)
    // names are shown, and what was looked for says something of them as well
    if (q !== '')
      await office.note(
        { staffNumber },
        {
          action: 'searched_students',
          shown: found.map(({ number }) => number),
          facts: { of: 'search', words: q, shown: found.length },
        },
      )
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
  const studentForm = <T extends z.ZodObject>(
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

  app.get('/registrar/trail', async (request, reply) => {
    const { number: staffNumber } = requireRegistrar(request)
    const { student, before } = query.parse(request.query ?? {})
    const own = student === '' ? undefined : await findFile(student.slice(0, 12))
    const entries = await files.trail({ studentId: own?.student.id, before: parseId(before) ?? undefined })
    // it tells of holds, permissions and grades: of one student, or of all whose names stand there
    const named = entries.flatMap((entry) => entry.student?.number ?? [])
    if (own !== undefined || named.length > 0)
      await office.note(
        { staffNumber },
        {
          action: 'looked_at_trail',
          ...(own === undefined ? { shown: named } : { studentId: own.student.id }),
        },
      )
    if (wantsJson(request)) return entries
    const more = entries.length === 100 ? entries.at(-1)?.id : undefined
    return sendPage(reply, trailPage(await pages.context(request), entries, own?.student.number ?? '', more))
  })
}
