/** What the record says, and who may write it: MIRROR_40xx. */
import type { ErrorEntry } from './entry.ts'

export const stateErrors = {
  MIRROR_4001: {
    cause: 'Another mirror holds the target.',
    remedy: 'Stop the other one, or let it do the work: mirror status shows who leads.',
    retried: true,
  },
  MIRROR_4002: {
    cause: 'Another mirror has taken over while this one was working; what it had prepared was thrown away.',
    remedy: 'Nothing: the one with the newer epoch goes on.',
    retried: true,
  },
  MIRROR_4003: {
    cause: 'The mirror is paused.',
    remedy: 'mirror resume',
    retried: true,
  },
  MIRROR_4004: {
    cause: 'The target was written by a newer version of the mirror.',
    remedy: 'Use that version, or a newer one.',
    retried: false,
  },
  MIRROR_4005: {
    cause: 'There is no mirror of this source in the target yet.',
    remedy: 'mirror sync, or mirror run',
    retried: false,
  },
  MIRROR_4006: {
    cause: 'A command changed the mirror’s record while a cycle was under way.',
    remedy: 'Nothing: the cycle begins again at once.',
    retried: true,
  },
  MIRROR_4007: {
    cause: 'The mirror holds no definitions of the source’s tables, without which none can be made anew.',
    remedy: 'mirror sync, once, while the source is there: a mirror of an older version did not keep them.',
    retried: false,
  },
  MIRROR_4008: {
    cause: 'The mirror knows no table of this name, and never did.',
    remedy: 'mirror status lists the tables that it knows; they are named as the source names them.',
    retried: false,
  },
  MIRROR_4010: {
    cause: 'The target was written by an older version of the mirror.',
    remedy: 'mirror sync, or mirror run: the one that writes brings the record up to date.',
    retried: false,
  },
} as const satisfies Record<string, ErrorEntry>
