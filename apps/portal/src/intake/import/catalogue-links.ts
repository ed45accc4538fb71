/**
 * Sections that are one choice (a lecture and its laboratories), where a file says so: a column with the CRNs of the others. What one row
 * says holds for both. Links are only ever added: those that the registrar's office made by hand stand in no file.
 */
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { inBatches } from './batches.ts'
import type { FileSection } from './catalogue-file.ts'
import type { KnownSection } from './catalogue-state.ts'
import type { Remark } from './failure.ts'

export interface LinksPlan {
  /** pairs of CRNs, each once */
  readonly add: readonly (readonly [string, string])[]
  /** what is named and cannot be linked */
  readonly remarks: readonly Remark[]
}

const pairOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`)

/** Pairs of CRNs that are linked in the term. */
export const readKnownLinks = async (db: Kysely<Tables>, termId: number): Promise<ReadonlySet<string>> => {
  const rows = await db
    .selectFrom('section_link')
    .innerJoin('section', 'section.id', 'section_link.section_id')
    .innerJoin('section as partner', 'partner.id', 'section_link.partner_id')
    .select(['section.crn', 'partner.crn as other'])
    .where('section.term_id', '=', termId)
    .execute()
  return new Set(rows.map(({ crn, other }) => pairOf(crn.toUpperCase(), other.toUpperCase())))
}

/**
 * @param wanted sections of the file that are, or come, in
 * @param state sections of the term by CRN, and the pairs that are linked
 */
export const planLinks = (
  wanted: readonly FileSection[],
  state: { readonly sections: ReadonlyMap<string, KnownSection>; readonly links: ReadonlySet<string> },
): LinksPlan => {
  const own = new Map(wanted.map((section) => [section.crn, section]))
  const remarks: Remark[] = []
  const add = new Set<string>()
  for (const { crn, line, component, linked } of wanted)
    for (const other of linked.split(' ').filter((one) => one !== '' && one !== crn)) {
      const kind = own.get(other)?.component ?? state.sections.get(other)?.values.component
      if (kind === undefined)
        remarks.push({
          line,
          words: `is linked to the CRN ${other}, which is not there: that link is left out`,
        })
      else if (kind === component)
        remarks.push({
          line,
          words: `is linked to the CRN ${other}, which is a ${kind} as well: that link is left out`,
        })
      else if (!state.links.has(pairOf(crn, other))) add.add(pairOf(crn, other))
    }
  return {
    add: [...add].map((pair) => {
      const [one = '', other = ''] = pair.split(' ')
      return [one, other] as const
    }),
    remarks,
  }
}

/** @param ids of the term's sections, by CRN */
export const writeLinks = async (
  db: Transaction<Tables>,
  add: LinksPlan['add'],
  ids: ReadonlyMap<string, number>,
): Promise<void> => {
  const rows = add.flatMap(([one, other]) => {
    const [a, b] = [ids.get(one), ids.get(other)]
    if (a === undefined || b === undefined)
      throw new Error(`the sections ${one} and ${other} were not written`)
    return [
      { section_id: a, partner_id: b },
      { section_id: b, partner_id: a },
    ]
  })
  await inBatches(rows, (batch) => db.insertInto('section_link').values(batch).execute())
}
