/** What a student is told of that happened without them: the words of the database and of the pages. */
export type NoticeKind =
  | 'promoted'
  | 'skipped'
  | 'section_changed'
  | 'section_cancelled'
  | 'hold_placed'
  | 'hold_released'
  | 'window_opens'
  | 'override_granted'
