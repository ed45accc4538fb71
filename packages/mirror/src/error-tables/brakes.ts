/** Stops that wait for a human: MIRROR_41xx. */
import type { ErrorEntry } from './entry.ts'

export const brakeErrors = {
  MIRROR_4101: {
    cause: 'A brake: a cycle would delete a large part of a table.',
    remedy: 'Look at the source; when the deletes are meant, mirror resume --accept TABLE.',
    retried: true,
  },
  MIRROR_4102: {
    cause: 'A brake: a table vanished from the source.',
    remedy:
      'When it is meant to be gone, mirror resume --accept TABLE: the copy stays as it is, no longer followed.',
    retried: true,
  },
  MIRROR_4103: {
    cause: 'A brake: a column vanished from a table of the source.',
    remedy: 'When it is meant to be gone, mirror resume --accept TABLE: the table is loaded anew without it.',
    retried: true,
  },
  MIRROR_4104: {
    cause: 'A brake: the source is another server than before, or its data were replaced.',
    remedy: 'Check --source; when the change is meant, mirror resume --accept source.',
    retried: true,
  },
  MIRROR_4105: {
    cause: 'A brake: the source’s history lost ground, as after a restore from an older backup.',
    remedy: 'Check the source; when the change is meant, mirror resume --accept source.',
    retried: true,
  },
  MIRROR_4106: {
    cause: 'A brake: rows of the copy are not what the mirror wrote; somebody else changed them.',
    remedy:
      'Look at mirror history --table TABLE: it has both versions. mirror resume --accept TABLE puts the source’s in their place.',
    retried: true,
  },
} as const satisfies Record<string, ErrorEntry>
