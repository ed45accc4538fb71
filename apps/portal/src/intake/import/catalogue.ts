/**
 * `portal import --catalogue`: a file into one term. One transaction: killed at any moment, either all of it is there or
 * nothing. The same file again changes nothing. What would take something away is told and not done, unless it is allowed.
 */
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { parseRequirement } from '../../policy/requirement-text.ts'
import { inTransaction } from '../../registrar/transaction.ts'
import { type CatalogueFile, readCatalogueFile, sameTerm } from './catalogue-file.ts'
import { type Cancelled, type CataloguePlan, planCatalogue, type Removal } from './catalogue-plan.ts'
import { readCatalogueState } from './catalogue-state.ts'
import { writeCatalogue } from './catalogue-write.ts'
import type { Rejected, Remark } from './failure.ts'
import { lockImports } from './lock.ts'
import { outsideTerm, planTerm, type TermOptions, type TermPlan, writeTerm } from './term.ts'
import type { ImportText } from './text.ts'

export interface CatalogueOptions extends TermOptions {
  readonly keepEnrolled?: boolean | undefined
  readonly dryRun?: boolean | undefined
  readonly allowRemovals?: boolean | undefined
  /** make sections active again that the registrar's office cancelled by hand */
  readonly allowReinstatements?: boolean | undefined
}

export interface CatalogueReport {
  /** refused: no row is good, or something would be removed and it was not allowed; nothing was changed then */
  readonly outcome: 'done' | 'unchanged' | 'dry run' | 'refused'
  readonly term: { readonly code: string; readonly name: string; readonly created: boolean }
  /** what the file holds, of its good rows */
  readonly file: {
    readonly encoding: string
    readonly delimiter: string
    readonly rows: number
    /** of the rows that were left out, those of which not even the section can be told */
    readonly unread: number
    readonly courses: number
    readonly sections: number
    readonly meetings: number
    readonly seats: number
    /** sections with more students than seats */
    readonly overfull: number
    /** courses by what their prerequisite text became: nothing is asked for, a rule, or text that only people understand */
    readonly requirements: { readonly none: number; readonly rule: number; readonly text: number }
  }
  /** what was written, or would be */
  readonly changes: {
    readonly term: number
    readonly subjects: number
    readonly courses: { readonly added: number; readonly changed: number }
    readonly rooms: number
    readonly instructors: number
    /** one that is reinstated does not count as changed */
    readonly sections: {
      readonly added: number
      readonly changed: number
      readonly reinstated: number
      readonly cancelled: number
    }
    readonly meetings: { readonly added: number; readonly changed: number; readonly removed: number }
    /** pairs of sections that become one choice */
    readonly links: number
  }
  readonly removals: readonly Removal[]
  /** what is not taken away, allowed or not, while rows are unread */
  readonly heldBack: readonly Removal[]
  readonly reinstated: readonly Cancelled[]
  /** sections of the file that the registrar's office cancelled by hand, and that stay so */
  readonly keptCancelled: readonly Cancelled[]
  readonly rejected: readonly Rejected[]
  readonly remarks: readonly Remark[]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** By course, as the plan reads them: the first row of each. */
const countRequirements = (file: CatalogueFile): CatalogueReport['file']['requirements'] => {
  const texts = new Map<string, string | null>()
  for (const { subject, number, prerequisites } of file.sections) {
    const key = `${subject} ${number}`
    if (!texts.has(key)) texts.set(key, prerequisites)
  }
  const states = [...texts.values()].map((text) => parseRequirement(text).state)
  const count = (state: (typeof states)[number]) => states.filter((one) => one === state).length
  return { none: count('none'), rule: count('tree'), text: count('text') }
}

const countFile = (file: CatalogueFile, encoding: string): CatalogueReport['file'] => ({
  encoding,
  delimiter: file.delimiter === '\t' ? 'tab' : file.delimiter,
  rows: file.rows,
  unread: file.unread,
  courses: new Set(file.sections.map((section) => `${section.subject} ${section.number}`)).size,
  sections: file.sections.length,
  meetings: sum(file.sections.map((section) => section.meetings.length)),
  seats: sum(file.sections.map((section) => section.capacity)),
  overfull: file.sections.filter((section) => section.taken > section.capacity).length,
  requirements: countRequirements(file),
})

const countChanges = (plan: CataloguePlan, term: TermPlan): CatalogueReport['changes'] => ({
  term: term.values === null ? 0 : 1,
  subjects: plan.subjects.length,
  courses: {
    added: plan.courses.filter((course) => course.id === null).length,
    changed: plan.courses.filter((course) => course.id !== null).length,
  },
  rooms: plan.rooms.length,
  instructors: plan.instructors.length,
  sections: {
    added: plan.sections.filter((section) => section.known === null).length,
    changed: plan.sections.filter(
      (section) => section.changed && section.known !== null && !section.reinstated,
    ).length,
    reinstated: plan.reinstated.length,
    cancelled: plan.cancelled.length,
  },
  meetings: {
    added: sum(plan.sections.map(({ meetings }) => meetings.add.length)),
    changed: sum(plan.sections.map(({ meetings }) => meetings.change.length)),
    removed: sum(plan.sections.map(({ meetings }) => meetings.remove.length)),
  },
  links: plan.links.add.length,
})

/** True when there is nothing to write. */
const isEmpty = (changes: CatalogueReport['changes']): boolean =>
  sum(
    Object.values(changes).flatMap((count) => (typeof count === 'number' ? [count] : Object.values(count))),
  ) === 0

const datesOf = (file: CatalogueFile) => {
  const meetings = file.sections.flatMap((section) => section.meetings)
  const starts = meetings.map((meeting) => meeting.startsOn).toSorted()
  const ends = meetings.map((meeting) => meeting.endsOn).toSorted()
  const [startsOn] = starts
  const endsOn = ends.at(-1)
  return startsOn === undefined || endsOn === undefined ? null : { startsOn, endsOn }
}

/** The first line of the file with a word on it that the file's own term is not the one that was named. */
const otherTerm = (file: CatalogueFile, name: string): readonly Remark[] =>
  file.semesters.length > 0 && !file.semesters.some((semester) => sameTerm(semester, name))
    ? [{ line: 1, words: `the file is of the term "${file.semesters.join(', ')}"; it is taken into ${name}` }]
    : []

/**
 * @param name of the file, for messages
 * @throws ImportError when the file or the term cannot be used at all, or another import is running
 */
export const importCatalogue = (
  db: Kysely<Tables>,
  { text, encoding }: ImportText,
  name: string,
  options: CatalogueOptions,
): Promise<CatalogueReport> => {
  const work = async (transaction: Transaction<Tables>): Promise<CatalogueReport> => {
    // a dry run writes nothing at all, not even the lock's row
    if (options.dryRun !== true) await lockImports(transaction)
    const state = await readCatalogueState(transaction, options.term)
    const file = readCatalogueFile(
      text,
      name,
      state.term?.name ?? options.term,
      new Set(state.sections.keys()),
    )
    const term = planTerm(options, state, datesOf(file))
    // a file that does not say how many are enrolled must not be read as "nobody"
    const plan = planCatalogue(file, state, {
      keepEnrolled: options.keepEnrolled === true && file.hasTaken,
      allowReinstatements: options.allowReinstatements === true,
    })
    const changes = countChanges(plan, term)
    const refused = file.sections.length === 0 || (plan.removals.length > 0 && options.allowRemovals !== true)
    const outcome =
      options.dryRun === true ? 'dry run' : refused ? 'refused' : isEmpty(changes) ? 'unchanged' : 'done'
    if (outcome === 'done') await writeCatalogue(transaction, plan, await writeTerm(transaction, term))
    const missing =
      options.keepEnrolled === true && !file.hasTaken
        ? [{ line: 1, words: 'no column says how many are enrolled: --keep-enrolled has no effect' }]
        : []
    return {
      outcome,
      term: { code: term.code, name: term.name, created: term.id === null },
      file: countFile(file, encoding),
      changes,
      removals: plan.removals,
      heldBack: plan.heldBack,
      reinstated: plan.reinstated,
      keptCancelled: plan.keptCancelled,
      rejected: [...file.rejected, ...plan.rejected].toSorted((a, b) => a.line - b.line),
      remarks: [
        ...otherTerm(file, term.name),
        ...missing,
        ...file.remarks,
        ...outsideTerm(file.sections, state.term),
        ...plan.links.remarks,
      ],
    }
  }
  return inTransaction(db, work)
}
