/** E-mail about an account, whoever it is of; and a student's notice that a password was changed. */
import { type Migration, sql } from 'kysely'
import { addColumn, dropColumn } from './table.ts'

const noticeKinds =
  "'promoted','skipped','section_changed','section_cancelled','hold_placed','window_opens','hold_released','permission_granted','permission_revoked'"

export const accountMail: Migration = {
  up: async (db) => {
    await sql
      .raw(`ALTER TABLE notice MODIFY kind ENUM(${noticeKinds},'password_changed') NOT NULL`)
      .execute(db)
    // Of a notice, or, for who has no page of notices, of an account: that its password was changed. No foreign key, as the sign-ins: what
    // is told of an account does not keep it.
    await sql`ALTER TABLE outgoing_email MODIFY notice_id BIGINT UNSIGNED NULL`.execute(db)
    await addColumn(db, 'outgoing_email', 'account_id', 'INT UNSIGNED NULL')
  },
  down: async (db) => {
    await sql`DELETE FROM outgoing_email WHERE notice_id IS NULL`.execute(db)
    await dropColumn(db, 'outgoing_email', 'account_id')
    await sql`ALTER TABLE outgoing_email MODIFY notice_id BIGINT UNSIGNED NOT NULL`.execute(db)
    await sql`DELETE e FROM outgoing_email e JOIN notice n ON n.id = e.notice_id
      WHERE n.kind = 'password_changed'`.execute(db)
    await sql`DELETE FROM notice WHERE kind = 'password_changed'`.execute(db)
    await sql.raw(`ALTER TABLE notice MODIFY kind ENUM(${noticeKinds}) NOT NULL`).execute(db)
  },
}
