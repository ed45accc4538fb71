/**
 * Who may read a copy: rights on the table and on single columns, and which rows its policies show. All of that is the owner's of the target to
 * say, and stands for the name: a table that takes another's place takes over what was said of that one, no less, and no more than that. What the
 * default privileges would give a new table were taken from this one, perhaps, and must not come back with an ALTER in the source.
 */
import { quotePostgres } from '../names.ts'
import { sqlStateOf, type Target } from '../postgres.ts'

type Place = { readonly schema: string; readonly name: string }

interface Grant {
  /** as SQL names it */
  readonly grantee: string
  readonly privilege: string
  readonly isGrantable: boolean
  /** null: on the whole table */
  readonly column: string | null
}

export interface Rights {
  readonly grants: readonly Grant[]
  readonly hasRowSecurity: boolean
  readonly isRowSecurityForced: boolean
  /** what stands behind `CREATE POLICY name ON table` */
  readonly policies: readonly { readonly name: string; readonly body: string }[]
}

const none: Rights = { grants: [], hasRowSecurity: false, isRowSecurityForced: false, policies: [] }

const nameOf = ({ schema, name }: Place): string => `${quotePostgres(schema)}.${quotePostgres(name)}`

/** Of a list of rights, given as `acl`: those of others than its owner. A role that was dropped has a number and no name. */
const grantsIn = (acl: string, column: string): string =>
  `SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END, a.privilege_type, a.is_grantable, ${column}
     FROM ${acl} LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE (a.grantee = 0 OR r.rolname IS NOT NULL) AND r.rolname IS DISTINCT FROM current_user`

const readGrants = async (target: Target, sql: string, values: readonly unknown[]): Promise<Grant[]> =>
  (await target.rows(sql, values)).map(([grantee, privilege, isGrantable, column]) => ({
    grantee: grantee ?? '',
    privilege: privilege ?? '',
    isGrantable: isGrantable === 't',
    column: column ?? null,
  }))

/** What default privileges, for all schemas or this one, give a new table there. */
const defaultRights = async (target: Target, schema: string): Promise<Rights> => {
  const grants = await readGrants(
    target,
    `SELECT DISTINCT * FROM (${grantsIn(
      `pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace CROSS JOIN aclexplode(d.defaclacl) a`,
      'NULL::text',
    )} AND (d.defaclnamespace = 0 OR n.nspname = $1) AND d.defaclobjtype = 'r'
       AND d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)) AS g`,
    [schema],
  )
  return { ...none, grants }
}

const commands: Readonly<Record<string, string>> = {
  '*': 'ALL',
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
}

const readPolicies = async (target: Target, table: string): Promise<Rights['policies']> => {
  const rows = await target.rows(
    `SELECT polname, polpermissive, polcmd,
            (SELECT string_agg(CASE WHEN p.oid = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END, ', ')
               FROM unnest(polroles) AS p(oid) LEFT JOIN pg_roles r ON r.oid = p.oid WHERE p.oid = 0 OR r.oid IS NOT NULL),
            pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
       FROM pg_policy WHERE polrelid = $1::regclass ORDER BY polname`,
    [table],
  )
  return rows.map(([name, isPermissive, command, roles, using, check]) => ({
    name: name ?? '',
    body: [
      `AS ${isPermissive === 't' ? 'PERMISSIVE' : 'RESTRICTIVE'} FOR ${commands[command ?? ''] ?? 'ALL'} TO ${roles ?? 'current_user'}`,
      ...(using === null ? [] : [`USING (${using})`]),
      ...(check === null ? [] : [`WITH CHECK (${check})`]),
    ].join(' '),
  }))
}

/** Of the table that stands there; undefined: none does. Of most tables nothing was said, which is one question. */
export const readRights = async (target: Target, place: Place): Promise<Rights | undefined> => {
  const table = nameOf(place)
  const [found] = await target.rows(
    `SELECT relrowsecurity, relforcerowsecurity, EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid),
            relacl IS NOT NULL OR EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL)
       FROM pg_class c WHERE c.oid = to_regclass($1) AND relkind IN ('r', 'p')`,
    [table],
  )
  if (found === undefined) return undefined
  const [hasRowSecurity, isForced, hasPolicies, hasGrants] = found.map((flag) => flag === 't')
  const ofTable = grantsIn('pg_class c CROSS JOIN aclexplode(c.relacl) a', 'NULL::text')
  const ofColumns = grantsIn(
    'pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped CROSS JOIN aclexplode(t.attacl) a',
    't.attname',
  )
  const isIts = 'AND a.grantee <> c.relowner AND c.oid = $1::regclass'
  const sql = `${ofTable} ${isIts} UNION ALL ${ofColumns} ${isIts}`
  return {
    grants: hasGrants === true ? await readGrants(target, sql, [table]) : [],
    hasRowSecurity: hasRowSecurity === true,
    isRowSecurityForced: isForced === true,
    policies: hasPolicies === true ? await readPolicies(target, table) : [],
  }
}

const revoke = async (target: Target, place: Place, { grants }: Rights): Promise<void> => {
  for (const grantee of new Set(grants.map((grant) => grant.grantee)))
    await target.run(`REVOKE ALL ON ${nameOf(place)} FROM ${grantee} CASCADE`)
}

/** Nobody but the engine has any business in a table that is not in its place yet. */
export const revokeAll = async (target: Target, place: Place): Promise<void> =>
  revoke(target, place, (await readRights(target, place)) ?? none)

/** A policy that the new columns do not bear is left out: then its rows are not shown. */
const addPolicy = async (target: Target, table: string, name: string, body: string): Promise<void> => {
  await target.run('SAVEPOINT one_policy')
  try {
    await target.run(`CREATE POLICY ${quotePostgres(name)} ON ${table} ${body}`)
    await target.run('RELEASE SAVEPOINT one_policy')
  } catch (error) {
    if (!sqlStateOf(error).startsWith('42')) throw error
    await target.run('ROLLBACK TO SAVEPOINT one_policy')
  }
}

const columnsOf = async (target: Target, table: string): Promise<string[]> => {
  const rows = await target.rows(
    'SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped',
    [table],
  )
  return rows.map(([name]) => name ?? '')
}

/** The table has these rights and no other. Columns that it does not have are left out. */
export const giveRights = async (target: Target, place: Place, rights: Rights): Promise<void> => {
  const table = nameOf(place)
  const before = (await readRights(target, place)) ?? none
  await revoke(target, place, before)
  const columns = new Set(
    rights.grants.some(({ column }) => column !== null) ? await columnsOf(target, table) : [],
  )
  for (const { grantee, privilege, isGrantable, column } of rights.grants) {
    if (column !== null && !columns.has(column)) continue
    const what = column === null ? privilege : `${privilege} (${quotePostgres(column)})`
    await target.run(`GRANT ${what} ON ${table} TO ${grantee}${isGrantable ? ' WITH GRANT OPTION' : ''}`)
  }
  if (before.hasRowSecurity !== rights.hasRowSecurity)
    await target.run(
      `ALTER TABLE ${table} ${rights.hasRowSecurity ? 'ENABLE' : 'DISABLE'} ROW LEVEL SECURITY`,
    )
  if (before.isRowSecurityForced !== rights.isRowSecurityForced)
    await target.run(
      `ALTER TABLE ${table} ${rights.isRowSecurityForced ? '' : 'NO '}FORCE ROW LEVEL SECURITY`,
    )
  for (const { name } of before.policies) await target.run(`DROP POLICY ${quotePostgres(name)} ON ${table}`)
  for (const { name, body } of rights.policies) await addPolicy(target, table, name, body)
}

/** Of the table that stands there, or, where none does, of a new one. */
export const rightsAt = async (target: Target, place: Place): Promise<Rights> =>
  (await readRights(target, place)) ?? defaultRights(target, place.schema)
