/**
 * A catalogue file → sections with their meetings. A file has a row for each meeting; rows with one CRN are one section.
 *
 * A bad row is reported with its line and stops nothing else, but for its own section: half a section (a meeting
 * missing, or two rows that contradict each other) would be a wrong section, in which students could be enrolled in two
 * places at once. Such a section is left out, or left as the portal has it, and the report says so. A bad row whose section
 * cannot be told is counted (`unread`): what the file lacks may be what that row says, and no removal follows from it. Nor does a
 * section come in new that may lack just that row (catalogue-broken.ts).
 */
import { type LostRow, mayLack, ownerOf } from './catalogue-broken.ts'
import { findColumns } from './columns.ts'
import {
  catalogueColumns,
  type CatalogueColumns,
  type FileMeeting,
  readCrn,
  readHead,
  readMeeting,
  type SectionHead,
} from './catalogue-row.ts'
import type { Rejected, Remark } from './failure.ts'
import { readRecords, type FileRecord } from './records.ts'
import { FieldFault } from './values.ts'

export interface FileSection extends SectionHead {
  /** of its first row */
  readonly line: number
  readonly meetings: readonly FileMeeting[]
}

export interface CatalogueFile {
  readonly delimiter: string
  /** rows with content */
  readonly rows: number
  readonly sections: readonly FileSection[]
  readonly rejected: readonly Rejected[]
  readonly remarks: readonly Remark[]
  /** CRNs of sections that a bad row names: they are left as they are */
  readonly untouched: ReadonlySet<string>
  /** bad rows of which not even the section can be told */
  readonly unread: number
  readonly semesters: readonly string[]
  /** false: the file does not say how many are enrolled */
  readonly hasTaken: boolean
}

const headWords: Readonly<Record<keyof SectionHead, string>> = {
  crn: 'CRN',
  subject: 'subject',
  number: 'course number',
  code: 'section',
  title: 'title',
  description: 'description',
  prerequisites: 'prerequisite text',
  offered: 'frequency',
  department: 'school',
  creditsMin: 'credits',
  creditsMax: 'credits',
  component: 'type',
  capacity: 'number of seats',
  taken: 'number enrolled',
  linked: 'list of linked sections',
}

const contradiction = (first: SectionHead, other: SectionHead): string | null => {
  const field = (Object.keys(headWords) as (keyof SectionHead)[]).find((name) => first[name] !== other[name])
  return field === undefined ? null : headWords[field]
}

interface Draft {
  readonly head: SectionHead
  readonly line: number
  readonly meetings: FileMeeting[]
  readonly lines: number[]
}

/** 'FALL 2024' and 'Fall 2024' are one term. */
export const sameTerm = (a: string, b: string): boolean =>
  a.trim().replace(/\s+/g, ' ').toLowerCase() === b.trim().replace(/\s+/g, ' ').toLowerCase()

/** The CRN of a row whatever else is wrong with it; null when it has none. */
const crnOf = (columns: CatalogueColumns, record: FileRecord): string | null => {
  try {
    return readCrn(columns, record)
  } catch (error) {
    if (error instanceof FieldFault) return null
    throw error
  }
}

/**
 * @param term rows of another term are left out, if the file has rows of this one
 * @param there CRNs of the term in the portal
 * @throws ImportError
 */
export const readCatalogueFile = (
  text: string,
  name: string,
  term: string,
  there: ReadonlySet<string>,
): CatalogueFile => {
  const { header, delimiter, records, rejected: broken } = readRecords(text, name)
  const columns = findColumns(catalogueColumns, header, name)
  const rejected: Rejected[] = []
  const remarks: Remark[] = []
  const drafts = new Map<string, Draft>()
  const spoilt = new Set<string>()
  const lost: LostRow[] = []
  /** Of a row whose fields stand in their columns. */
  const nameOf = (cells: readonly string[]): LostRow['name'] => {
    const [subject, number, code] = (['subject', 'number', 'section'] as const).map(
      (column) => cells[columns.place(column) ?? -1]?.trim() ?? '',
    )
    return subject && number && code ? [subject, number, code] : null
  }

  const semesters = [...new Set(records.map((record) => columns.text(record, 'semester')))].filter(
    (semester) => semester !== '',
  )
  const choosy = semesters.length > 1 && semesters.some((semester) => sameTerm(semester, term))

  const seen = new Map<string, number>()
  for (const record of records) {
    const whole = JSON.stringify(record.fields)
    const before = seen.get(whole)
    if (before !== undefined) {
      // a second meeting at the same hour would be a meeting that nobody holds
      remarks.push({ line: record.line, words: `is the same as line ${before}, and is taken once` })
      continue
    }
    seen.set(whole, record.line)
    const semester = columns.text(record, 'semester')
    if (choosy && !sameTerm(semester, term)) {
      rejected.push({ line: record.line, reason: `is of the term "${semester}", not of ${term}` })
      continue
    }
    try {
      const head = readHead(columns, record)
      const { meeting, remark } = readMeeting(columns, record)
      const draft = drafts.get(head.crn)
      const differs = draft === undefined ? null : contradiction(draft.head, head)
      if (differs !== null)
        throw new FieldFault(
          `another ${differs} than in line ${draft?.line}, which has the same CRN ${head.crn}`,
        )
      if (draft === undefined)
        drafts.set(head.crn, { head, line: record.line, meetings: [meeting], lines: [record.line] })
      else {
        draft.meetings.push(meeting)
        draft.lines.push(record.line)
      }
      if (remark !== null) remarks.push({ line: record.line, words: remark })
    } catch (error) {
      if (!(error instanceof FieldFault)) throw error
      rejected.push({ line: record.line, reason: error.message })
      const crn = crnOf(columns, record)
      if (crn !== null) spoilt.add(crn)
      else lost.push({ line: record.line, cells: record.fields, name: nameOf(record.fields) })
    }
  }

  const crns = new Set([...there, ...records.flatMap((record) => crnOf(columns, record) ?? [])])
  for (const { line, reason, cells, inPlace } of broken) {
    const owner = ownerOf(cells, columns.place('crn') ?? 0, header.length, crns)
    for (const crn of owner.suspects) spoilt.add(crn)
    if (owner.crn === null) lost.push({ line, cells, name: inPlace ? nameOf(cells) : null })
    const whose =
      owner.crn === null ? 'its section cannot be told' : `it belongs to the section with CRN ${owner.crn}`
    rejected.push({ line, reason: `${reason}; ${whose}` })
  }

  const rows = [...drafts.values()].flatMap(({ head: { crn, subject, number, code }, lines }) =>
    lines.map((line) => ({ line, crn, subject, number, code })),
  )
  const halves = mayLack(
    lost,
    rows.toSorted((a, b) => a.line - b.line),
  )
  const taken = new Map<string, string>()
  const sections: FileSection[] = []
  for (const { head, line, lines, meetings } of drafts.values()) {
    const key = `${head.subject} ${head.number}-${head.code}`
    const holder = taken.get(key)
    const reason = spoilt.has(head.crn)
      ? `belongs to the section with CRN ${head.crn}, of which another row is bad`
      : holder !== undefined
        ? `${key} is the section with CRN ${holder} already`
        : halves.has(head.crn) && !there.has(head.crn)
          ? `line ${halves.get(head.crn)} cannot be read and may be a meeting of this new section: it comes in whole, once that line is mended`
          : null
    if (reason === null) {
      taken.set(key, head.crn)
      sections.push({ ...head, line, meetings })
    } else {
      spoilt.add(head.crn)
      for (const own of lines) rejected.push({ line: own, reason })
    }
  }
  return {
    delimiter,
    rows: records.length + broken.length,
    sections,
    rejected: rejected.toSorted((a, b) => a.line - b.line),
    remarks,
    untouched: spoilt,
    unread: lost.length,
    semesters,
    hasTaken: columns.has('taken'),
  }
}
