/** Pieces of human output that several commands share. */
import type { Brake, Refusal, SnapshotProof } from '../types.ts'
import { remedyOf } from '../service/sentence.ts'
import { layOut } from './output.ts'

/** An instant on the reader's clock; the date stands there only when it is not today's. */
export function localTime(iso: string, now = new Date()): string {
  const at = new Date(iso)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  if (at.toDateString() === now.toDateString()) return time
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`
}

export const proofWords: Readonly<Record<SnapshotProof, string>> = {
  single: 'proved',
  proved: 'proved',
  probable: 'most likely, not proved',
}

export function brakesText(brakes: readonly Brake[]): string {
  return brakes
    .map(
      (brake) =>
        `BRAKE  ${brake.code}  ${brake.table ?? 'the whole mirror'}, since ${localTime(brake.since)}\n` +
        `       ${brake.reason}\n       ${remedyOf(brake)}`,
    )
    .join('\n\n')
}

export function refusedText(refused: Readonly<Record<string, Refusal>>): string {
  const rows = Object.entries(refused).map(
    ([table, { code, reason, remedy }]) => [table, code, reason, remedy] as const,
  )
  return layOut(['refused', 'code', 'reason', 'remedy'], rows)
}
