/**
 * What a student brings to every rule, in one statement: the student's row, and which kinds of records there are at all. Most
 * students have no hold and no permission: what there is not is not asked for by a statement of its own. Each kind costs the statement
 * a tenth; what the student's own sections tell (facts-reader.ts) is not asked here.
 */
import type { ExpressionBuilder, Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import type { StudentFacts } from '../policy/rules.ts'
import { anyRow } from './any-row.ts'
import { numberOrNull, toNumber } from './values.ts'

type Db = Kysely<Tables>

/** Whether there is any. */
export interface Records {
  /** that were not released */
  readonly holds: boolean
  /** that were not revoked; they may have expired */
  readonly overrides: boolean
  /** completed elsewhere */
  readonly transcript: boolean
  /** sections in the cart */
  readonly cart: boolean
}

export interface OwnFacts extends Omit<StudentFacts, 'creditsEarned'> {
  readonly active: boolean
  readonly has: Records
}

type Eb = ExpressionBuilder<Tables, 'student'>

const probes = (eb: Eb) => {
  const holds = eb.selectFrom('student_hold').select('student_hold.id')
  const overrides = eb.selectFrom('rule_override').select('rule_override.id')
  const transcript = eb.selectFrom('transcript_entry').select('transcript_entry.id')
  const cart = eb.selectFrom('cart_item').select('cart_item.section_id')
  return [
    anyRow(eb, cart.whereRef('cart_item.student_id', '=', 'student.id')).as('cart'),
    anyRow(
      eb,
      holds
        .whereRef('student_hold.student_id', '=', 'student.id')
        .where('student_hold.released_at', 'is', null),
    ).as('holds'),
    anyRow(
      eb,
      overrides
        .whereRef('rule_override.student_id', '=', 'student.id')
        .where('rule_override.revoked_at', 'is', null),
    ).as('overrides'),
    anyRow(eb, transcript.whereRef('transcript_entry.student_id', '=', 'student.id')).as('transcript'),
  ] as const
}

export const ownSource = (db: Db, studentId: number) =>
  db
    .selectFrom('student')
    .where('student.id', '=', studentId)
    .select(['student.level', 'student.programme', 'student.class_year', 'student.status'])
    .select(probes)

type Row = NonNullable<Awaited<ReturnType<ReturnType<typeof ownSource>['executeTakeFirst']>>>

export const toOwn = (row: Row): OwnFacts => {
  const is = (value: number | string) => toNumber(value) === 1
  return {
    level: row.level,
    programme: row.programme,
    classYear: numberOrNull(row.class_year),
    active: row.status === 'active',
    has: {
      holds: is(row.holds),
      overrides: is(row.overrides),
      transcript: is(row.transcript),
      cart: is(row.cart),
    },
  }
}
