/**
 * The yardstick of registration: the same writes, a cart at a time, straight from the driver. No facts are read and no rule is
 * judged; whoever has written such a transaction by hand would have written this one.
 */
import { randomUUID } from 'node:crypto'
import { createPool, type PoolConnection, type ResultSetHeader } from 'mysql2/promise'
import { inTurn } from './portals.ts'

const cart = async (
  connection: PoolConnection,
  studentId: number,
  sections: readonly number[],
): Promise<void> => {
  await connection.beginTransaction()
  await connection.query('SELECT id FROM student WHERE id = ? FOR UPDATE', [studentId])
  const key = randomUUID()
  await connection.query('SELECT id FROM receipt WHERE student_id = ? AND request_key = ?', [studentId, key])
  const got: number[] = []
  for (const id of sections.toSorted((a, b) => a - b)) {
    const [result] = await connection.query<ResultSetHeader>(
      `UPDATE section SET enrolled = enrolled + 1
        WHERE id = ? AND status = 'active' AND enrolled + held + reserved < capacity AND waiting = 0`,
      [id],
    )
    if (result.affectedRows === 1) got.push(id)
  }
  if (got.length > 0)
    await connection.query('INSERT INTO enrolment (student_id, section_id, credits, enrolled_at) VALUES ?', [
      got.map((id) => [studentId, id, '3.00', new Date()]),
    ])
  const [receipt] = await connection.query<ResultSetHeader>(
    `INSERT INTO receipt (number, student_id, kind, request_key, request_digest, created_at)
     VALUES (?, ?, 'register', ?, REPEAT('x', 32), UTC_TIMESTAMP(3))`,
    [key.slice(0, 20), studentId, key],
  )
  await connection.query(
    'INSERT INTO receipt_line (receipt_id, position, asked, section_id, label, title, credits, result) VALUES ?',
    [
      sections.map((id, index) => [
        receipt.insertId,
        index + 1,
        String(id),
        id,
        'CS 101-001',
        'A title',
        '3.00',
        got.includes(id) ? 'enrolled' : 'refused',
      ]),
    ],
  )
  if (got.length > 0)
    await connection.query(
      `INSERT INTO seat_event
         (section_id, student_id, event, at, actor, receipt, capacity, enrolled, held, overfull, waiting)
       SELECT id, ?, 'enrolled', UTC_TIMESTAMP(6), 'student', ?, capacity, enrolled, held, overfull, waiting
         FROM section WHERE id IN (?)`,
      [studentId, key.slice(0, 20), got],
    )
  await connection.commit()
}

/** @returns seconds; the pool is as large as all portals' shares together */
export const bareCarts = async (
  url: string,
  students: readonly number[],
  choose: () => readonly number[],
): Promise<number> => {
  const pool = createPool({ uri: url, connectionLimit: 16 })
  try {
    return await inTurn(students, 16, async (id) => {
      const connection = await pool.getConnection()
      try {
        await cart(connection, id, choose())
      } catch (error) {
        await connection.rollback()
        throw error
      } finally {
        connection.release()
      }
    })
  } finally {
    await pool.end()
  }
}
