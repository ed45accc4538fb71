/** What can be read: one set of queries for MySQL, MariaDB and the PostgreSQL mirror. Implemented by `createCatalogue`. */
import type {
  AcademicRecord,
  Cart,
  Receipt,
  ReceiptList,
  Roster,
  Schedule,
  SearchFilters,
  SearchResult,
  SectionPage,
  SectionPlan,
  SectionRow,
  StandbyCopy,
  SubjectSummary,
  Term,
} from './types.ts'
import type { NoticeList, NoticeWindow } from './types-notices.ts'
import type { SeatFault } from './ledger.ts'
import type { SeatsAt } from './types-seats.ts'
import type { OwnMarks } from './waiting.ts'

export interface CatalogueReader {
  /** newest first */
  terms(): Promise<readonly Term[]>
  /** The term with this code; without one, the current term: the one open for registration, else the next, else the last. */
  term(code?: string): Promise<Term | null>
  /** Subjects with sections in the term, by code. */
  subjects(termId: number): Promise<readonly SubjectSummary[]>
  /** An unknown term gives not_found. Order: subject, number, section. */
  search(filters: SearchFilters): Promise<SearchResult>
  /** null: no such section */
  section(id: number): Promise<SectionPage | null>
  /** The term of this code, else the current one. */
  schedule(studentId: number, termCode?: string): Promise<Schedule>
  cart(studentId: number): Promise<Cart>
  /** What the rules would say now to this section; null: no such section or student */
  plan(studentId: number, sectionId: number): Promise<SectionPlan | null>
  /** null: no such receipt of this student */
  receipt(studentId: number, number: string): Promise<Receipt | null>
  /** Own receipts, newest first, fifty at once. @param before `next` of an earlier answer; whatever is none begins anew */
  receipts(studentId: number, before?: string): Promise<ReceiptList>
  /** for staff: anybody's; null: no such receipt */
  anyReceipt(number: string): Promise<Receipt | null>
  /** newest first, fifty at once */
  notices(studentId: number, at?: NoticeWindow): Promise<NoticeList>
  ownMarks(studentId: number): Promise<OwnMarks>
  /** Those of these ids that there are, in the order of the catalogue. */
  sections(ids: readonly number[]): Promise<readonly SectionRow[]>
  /** places in the waiting list of a section */
  listLength(sectionId: number): Promise<number>
  record(studentId: number): Promise<AcademicRecord>
  /** Sections of which this instructor gives a meeting, newest term first. */
  taught(instructorId: number): Promise<readonly SectionRow[]>
  /** null: no such section, or this instructor gives no meeting of it */
  roster(instructorId: number, sectionId: number): Promise<Roster | null>
  /** For staff: ids of sections with this CRN, newest term first. */
  sectionsByCrn(crn: string): Promise<readonly number[]>
  /** For staff, from the ledger. @param at as `fromInstant` gives it; null: now */
  seatsAt(sectionId: number, at: string | null): Promise<SeatsAt>
  /** Where counters, rows and ledger of a section do not agree, in words; empty when all is well. */
  seatFaults(sectionId: number): Promise<readonly SeatFault[]>
}

/** Reads the standby's own record of what reached it; never throws for a standby that is away. */
export interface StandbyReader {
  standbyCopy(receiptNumber: string): Promise<StandbyCopy>
  close(): Promise<void>
}

export { createOfficeReader, type OfficeReader } from './office.ts'
export { createCatalogue } from './reader.ts'
export { createStandbyReader } from './standby.ts'
export { createShared } from './shared.ts'
