/** The table of the measurements: eight columns such as a registration has, as many rows as asked for. */
import { onSource } from '../../packages/devstack/src/index.ts'

const columns = `
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  student_id int unsigned NOT NULL,
  section_id int unsigned NOT NULL,
  credits decimal(4,2) NOT NULL,
  status enum('enrolled','waiting','dropped') NOT NULL,
  grade varchar(4) NULL,
  remark varchar(120) NOT NULL,
  changed_at datetime(6) NOT NULL`

/** Doubling: twenty statements make a million rows, whatever the server. */
export const fillWideTable = async (adminUrl: string, name: string, rows: number): Promise<void> =>
  onSource(adminUrl, async (connection) => {
    await connection.query(`CREATE TABLE ${name} (${columns}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`)
    const values = (seed: string): string =>
      `(${seed} * 7919) % 5000 + 1, (${seed} * 104729) % 2224 + 1, (${seed} % 5) + 0.5, (${seed} % 3) + 1,
       IF(${seed} % 4 = 0, NULL, 'B+'), CONCAT('remark of row ', ${seed}, ', ', REPEAT('é', ${seed} % 20)),
       '2026-01-01' + INTERVAL ${seed} SECOND + INTERVAL (${seed} % 997) MICROSECOND`
    const into = `INSERT INTO ${name} (student_id, section_id, credits, status, grade, remark, changed_at)`
    await connection.query(`${into} SELECT ${values('1')}`)
    for (let have = 1; have < rows; have = Math.min(rows, have * 2)) {
      await connection.query(
        `${into} SELECT ${values(`(id + ${have})`)} FROM ${name} ORDER BY id LIMIT ${rows - have}`,
      )
    }
    await connection.query(`ANALYZE TABLE ${name}`)
  })
