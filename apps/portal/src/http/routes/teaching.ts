/** An instructor's own sections and their rosters, and nothing else. */
import { stringify } from 'csv-stringify/sync'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Person } from '../../account/index.ts'
import type { Roster } from '../../catalogue/types.ts'
import { PortalError } from '../../errors.ts'
import { parseId } from '../../policy/registration.ts'
import { rosterPage, teachingPage } from '../../views/teaching.tsx'
import type { Deps } from '../app.ts'
import { parseOrRefuse } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { HttpError } from '../problems.ts'
import { said } from '../../texts/index.ts'

/** Policy of every page here: a signed-in instructor. */
const requireInstructor = (request: FastifyRequest): Person & { readonly instructorId: number } => {
  const { person } = request
  if (person === null)
    throw new PortalError('sign_in_needed', { detail: said('error.sign_in_needed.instructor') })
  if (person.instructorId === null) throw new HttpError('instructors_only')
  return { ...person, instructorId: person.instructorId }
}

const byId = z.object({ id: z.string().max(64) })

/**
 * For spreadsheets: with a byte order mark, so that Excel reads UTF-8, and with an apostrophe before what it would take for a
 * formula, since a name is whatever its owner typed.
 */
export const rosterCsv = ({ students }: Roster): string =>
  stringify(
    students.map(({ number, familyName, givenName, email, programme, level, credits, withdrawn }) => [
      number,
      familyName,
      givenName,
      email,
      programme,
      level,
      String(credits),
      withdrawn ? 'withdrawn' : 'enrolled',
    ]),
    {
      bom: true,
      header: true,
      columns: ['number', 'family name', 'given name', 'email', 'programme', 'level', 'credits', 'status'],
      escape_formulas: true,
      record_delimiter: 'windows',
    },
  )

export const teachingRoutes = (app: FastifyInstance, { catalogue, office, pages }: Deps): void => {
  /** What is found is shown: so it is noted here. */
  const find = async (
    request: FastifyRequest,
    action: 'looked_at_roster' | 'downloaded_roster',
  ): Promise<Roster> => {
    const { instructorId } = requireInstructor(request)
    const id = parseId(parseOrRefuse(byId, request.params).id)
    const roster = id === null ? null : await catalogue.roster(instructorId, id)
    // a section of somebody else is answered like one that never was
    if (roster === null) throw new HttpError('not_your_section')
    const shown = roster.students.map(({ number }) => number)
    await office.note({ instructorId }, { action, sectionId: roster.section.id, shown })
    return roster
  }

  app.get('/teaching', async (request, reply) => {
    const { instructorId } = requireInstructor(request)
    const sections = await catalogue.taught(instructorId)
    if (wantsJson(request)) return { sections }
    return sendPage(reply, teachingPage(await pages.context(request), sections))
  })

  app.get('/teaching/:id', async (request, reply) => {
    const roster = await find(request, 'looked_at_roster')
    if (wantsJson(request)) return roster
    return sendPage(reply, rosterPage(await pages.context(request), roster))
  })

  app.get('/teaching/:id/roster.csv', async (request, reply) => {
    const roster = await find(request, 'downloaded_roster')
    const { crn, term } = roster.section
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="roster-${term.code}-${crn}.csv"`)
      .send(rosterCsv(roster))
  })
}
