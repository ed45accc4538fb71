/** What can happen to a seat, or to a place in line: the words of the ledger, in the database and on the pages. */
export type SeatEventKind =
  | 'enrolled'
  | 'dropped'
  | 'wait_listed'
  | 'left_list'
  | 'promoted'
  | 'skipped'
  | 'reinstated'
  | 'swapped_in'
  | 'swapped_out'
  | 'capacity_changed'
  | 'imported'
