/** What the portal's role on the standby must not be able to do; its connections are read-only besides, but that is a setting. */
export const attemptsToWrite = (schema: string): readonly string[] => [
  `INSERT INTO ${schema}.setting (name, value) VALUES ('a', 'b')`,
  `UPDATE ${schema}.section SET capacity = 0`,
  `DELETE FROM ${schema}.section`,
  `TRUNCATE ${schema}.section`,
  `ALTER TABLE ${schema}.section ADD COLUMN a int`,
  `DROP TABLE ${schema}.section`,
  `CREATE TABLE ${schema}.mine (a int)`,
  'CREATE TABLE public.mine (a int)',
  'CREATE TEMPORARY TABLE mine (a int)',
  'CREATE SCHEMA mine',
  'UPDATE mirror.cycle SET proof = proof',
  'DELETE FROM mirror.change',
  'CREATE ROLE mine',
]
