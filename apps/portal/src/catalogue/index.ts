/** What can be read: one set of queries for MySQL, MariaDB and the PostgreSQL mirror. Implemented by `createCatalogue`. */
import type {
  Cart,
  Receipt,
  Schedule,
  SearchFilters,
  SearchResult,
  SectionPage,
  StandbyCopy,
  SubjectSummary,
  Term,
} from './types.ts'

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
  /** null: no such receipt of this student */
  receipt(studentId: number, number: string): Promise<Receipt | null>
}

/** Reads the standby's own record of what reached it; never throws for a standby that is away. */
export interface StandbyReader {
  standbyCopy(receiptNumber: string): Promise<StandbyCopy>
  close(): Promise<void>
}

export { createCatalogue } from './reader.ts'
export { createStandbyReader } from './standby.ts'
