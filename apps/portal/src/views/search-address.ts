/** A search ⇄ its address, as links and forms carry it on. */
import type { SearchFilters } from '../catalogue/types.ts'

/** rows on a page, where the address says nothing else */
export const usualSize = 25

/** A search as it stands in an address. Only what differs from the default is in it. */
export const searchQuery = (filters: SearchFilters): URLSearchParams => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({
    q: filters.q,
    term: filters.term,
    subject: filters.subject,
    instructor: filters.instructor,
    open: filters.open ? '1' : undefined,
    size:
      filters.pageSize === undefined || filters.pageSize === usualSize ? undefined : String(filters.pageSize),
    page: filters.page !== undefined && filters.page > 1 ? String(filters.page) : undefined,
  })) {
    if (value) query.set(name, value)
  }
  for (const day of filters.days ?? []) query.append('day', String(day))
  for (const number of filters.credits ?? []) query.append('credits', String(number))
  return query
}

/** The address of this search, or of the same one changed. */
export const searchAddress = (filters: SearchFilters): string => {
  const query = searchQuery(filters)
  return query.size === 0 ? '/catalogue' : `/catalogue?${query.toString()}`
}

/** How many filters are set beside the words and the term. */
export const filtersSet = ({ subject, instructor, open, days = [], credits = [] }: SearchFilters): number =>
  [subject, instructor, open].filter(Boolean).length +
  (days.length > 0 ? 1 : 0) +
  (credits.length > 0 ? 1 : 0)
