/** More notices than a page shows, written past the portal. */
import { connectSource } from '../../apps/portal/src/db/connect.ts'
import type { SampleSchool } from './portal.ts'

/** 'Notice 0.' to 'Notice 119.' for each of these students, in turns; read, but for the oldest and the five newest. */
export const manyNotices = async (
  { database }: Pick<SampleSchool, 'database'>,
  ...numbers: readonly string[]
): Promise<void> => {
  const db = connectSource(database.url, { size: 1 })
  const students = await db.selectFrom('student').select('id').where('number', 'in', numbers).execute()
  const none = { section_id: null, label: null, given_up: null, reason_code: null, reason_detail: null }
  const rows = Array.from({ length: 120 }, (_, n) => {
    const at = `2026-11-01 10:00:${String(n % 60).padStart(2, '0')}.000`
    const told = { kind: 'hold_placed', title: `Notice ${n}.`, detail: 'Desk', receipt: null } as const
    const read_at = n === 0 || n >= 115 ? null : at
    return students.map(({ id }) => ({ ...none, ...told, student_id: id, created_at: at, read_at }))
  })
  await db.insertInto('notice').values(rows.flat()).execute()
  await db.destroy()
}
