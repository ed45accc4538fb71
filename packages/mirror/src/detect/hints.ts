/**
 * The table hint: what the server itself says about when a table was last written. Pure.
 *
 * A table stands still when (UPDATE_TIME, CREATE_TIME, TABLE_ROWS) are what they were before the snapshot of its last scan, and
 * UPDATE_TIME had settled then: its grain is a second, so that a change within the second of the last one would leave no trace
 * (facts: did anything change). Blind spots that remain: TRUNCATE PARTITION; on MariaDB TRUNCATE TABLE, and a transaction
 * that commits long after its statement, within the same second as another. The deep scan bounds them. A clock that jumped is none:
 * hints from before say nothing then.
 */
import type { TableHint } from '../model.ts'

/**
 * Below the settling margin: were the server's clock set back by more, a change could be given a second that has passed and
 * settled before.
 */
const clockStepMs = 2_000

/** The server's clock went on as time did, from the one reading to the other. */
const wentOn = (recorded: TableHint, now: TableHint): boolean => {
  const there = now.read.there - recorded.read.there
  const here = now.read.here - recorded.read.here
  return Math.abs(there - here) <= clockStepMs
}

export const standsStill = (recorded: TableHint | undefined, now: TableHint | undefined): boolean =>
  recorded !== undefined &&
  now !== undefined &&
  recorded.settled &&
  recorded.updatedAt === now.updatedAt &&
  recorded.createdAt === now.createdAt &&
  recorded.rows === now.rows &&
  wentOn(recorded, now)
