/** What the rules would say now, for the pages that show it before anybody asks for a seat. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { overlap } from '../policy/meeting.ts'
import { type PlannedLine, planRegistration, type RegistrationFacts } from '../policy/registration.ts'
import { ownSource, toOwn } from './own.ts'
import type { FactsReader } from './facts-reader.ts'
import { readRegistrationFacts } from './facts.ts'
import { readSections, sectionSource } from './sections.ts'
import type { LinkedChoice, SectionPlan, SectionRow } from './types.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>

/** Of each kind that the line still lacks, the sections that would do, in the catalogue's order. */
const lacking = (line: PlannedLine | undefined, facts: RegistrationFacts) => {
  const partners = facts.rules.links.get(line?.section?.id ?? 0) ?? []
  const kinds = (line?.reasons ?? []).flatMap(({ code, detail }) =>
    code === 'linked' ? [detail.split('|')[0] ?? ''] : [],
  )
  return partners.filter(({ component }) => kinds.includes(component))
}

const grouped = (rows: readonly SectionRow[]): readonly LinkedChoice[] =>
  [...new Set(rows.map(({ component }) => component))].map((component) => ({
    component,
    sections: rows.filter((row) => row.component === component),
  }))

/** The choices that lines of a plan lack, by section id; no statement where nothing is lacking. */
export const readChoices = async (
  db: Db,
  plan: readonly PlannedLine[],
  facts: RegistrationFacts,
): Promise<ReadonlyMap<number, readonly LinkedChoice[]>> => {
  const wanted = plan.flatMap((line) =>
    lacking(line, facts).map((partner) => [line.section?.id ?? 0, partner.id] as const),
  )
  if (wanted.length === 0) return new Map()
  const rows = await readSections(
    db,
    sectionSource(db)
      .where('section.id', 'in', [...new Set(wanted.map(([, id]) => id))])
      .orderBy('section.sort_key')
      .orderBy('section.id'),
  )
  return new Map(
    [...new Set(wanted.map(([id]) => id))].map((id) => [
      id,
      grouped(rows.filter((row) => wanted.some(([own, partner]) => own === id && partner === row.id))),
    ]),
  )
}

/** The first that has a seat and meets at no other time that is taken; else the first. */
const best = (choice: LinkedChoice, taken: readonly SectionRow[]): readonly SectionRow[] =>
  [
    choice.sections.find(
      (row) => !row.seats.full && taken.every((other) => overlap(row.meetings, other.meetings) === null),
    ) ?? choice.sections[0],
  ].filter((row) => row !== undefined)

/** What a student is told of one section, with a laboratory beside it where one is taken together with it. */
export const readPlan = async (
  db: Db,
  studentId: number,
  sectionId: number,
  now: Date,
  reader: FactsReader,
): Promise<SectionPlan | null> => {
  const student = await ownSource(db, studentId).executeTakeFirst()
  if (student === undefined) return null
  const own = { id: studentId, own: toOwn(student) }
  const read = async (ids: readonly number[]) => {
    const asked = ids.map(String)
    const facts = await readRegistrationFacts(db, own, asked, now, reader)
    const wishes = { mode: 'most' as const, waitlist: new Set(ids), insteadOf: new Map<number, number>() }
    return { facts, lines: planRegistration(asked, facts, wishes) }
  }
  const alone = await read([sectionId])
  const choices = (await readChoices(db, alone.lines, alone.facts)).get(sectionId) ?? []
  const [first] = alone.lines
  if (first === undefined || first.section === null) return null
  const { section } = first
  const beside = choices.flatMap((choice) => best(choice, [section, ...alone.facts.enrolled]))
  const { lines } =
    beside.length === 0 ? alone : await read([sectionId, ...beside.map(({ id }) => toNumber(id))])
  const { rules, waiting } = alone.facts
  return {
    choices,
    waited: (rules.links.get(sectionId) ?? []).filter(({ id }) => waiting.has(id)).map((one) => one.label),
    lines: lines.flatMap((line) =>
      line.section === null
        ? []
        : [
            {
              section: line.section,
              outcome: line.outcome,
              reasons: line.outcome === 'wait' && line.seat !== null ? [line.seat] : line.reasons,
              advice: line.advice,
              ready: line.ready,
            },
          ],
    ),
  }
}
