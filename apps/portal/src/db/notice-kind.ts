/** What a student is told of. */
export type NoticeKind =
  | 'promoted'
  | 'skipped'
  | 'section_changed'
  | 'section_cancelled'
  | 'hold_placed'
  | 'hold_released'
  | 'permission_granted'
  | 'permission_revoked'
  | 'window_opens'
  | 'password_changed'
