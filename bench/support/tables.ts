/** Many small tables, as an application's database has them. */
import { onSource } from '../../packages/devstack/src/index.ts'

export const fillSmallTables = async (adminUrl: string, count: number): Promise<void> =>
  onSource(adminUrl, async (connection) => {
    for (let number = 1; number <= count; number += 1) {
      const name = `small_${String(number).padStart(5, '0')}`
      await connection.query(
        `CREATE TABLE ${name} (id int PRIMARY KEY, name varchar(40) NOT NULL, seats int NOT NULL) ENGINE=InnoDB`,
      )
      await connection.query(`INSERT INTO ${name} VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)`)
    }
  })
