/**
 * Somebody writes into the copy. What is done about it is the policy's to say: repair, keep or stop; and every row that was met
 * stands recorded with both versions, found by the comparison of the copy with its record, or where the row is written next.
 *
 * Negative control: where the comparison is not due and nothing is written, the same edit is not seen.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget, type SourceFlavour } from './support/servers.ts'
import { until } from './support/until.ts'

const now = ['--drift-check', '1ms'] as const
const notNow = ['--drift-check', '500h'] as const

async function mirrored(flavour: SourceFlavour) {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const run = async (...list: readonly string[]): Promise<void> =>
    onSource(database.adminUrl, async (connection) => {
      await connection.query("SET SESSION sql_mode = ''")
      for (const sql of list) await connection.query(sql)
    })
  await run(
    'CREATE TABLE grade (id INT PRIMARY KEY, mark DOUBLE NOT NULL, secret VARCHAR(20) NULL, day DATE NULL) ENGINE=InnoDB',
    "INSERT INTO grade VALUES (1, 1.25, 'one', '2026-11-01'), (2, 2, NULL, '0000-00-00'), (3, 3.5, 'three', NULL), (4, 1e300, 'x', NULL)",
    // a number of decimals prints zeros that the value does not have: no conflict
    'CREATE TABLE other (id INT PRIMARY KEY, v INT NOT NULL, price DOUBLE(12,2) NOT NULL DEFAULT 7.5) ENGINE=InnoDB',
    'INSERT INTO other (id, v) VALUES (1, 1), (2, 2)',
    'CREATE TABLE heap (v INT NULL) ENGINE=InnoDB',
    'INSERT INTO heap VALUES (1), (1), (NULL)',
  )
  const sides = { source: database.mirrorUrl, target: target.url }
  const sync = async (...flags: readonly string[]) =>
    mirror(sides, 'sync', '--redact', 'grade.secret', ...flags)
  await sync()
  // nobody has changed anything: nothing is met
  const calm = await sync(...now)
  expect([calm.exit, calm.json.tables['grade']]).toMatchObject([0, { inserted: 0, updated: 0, deleted: 0 }])
  expect((await mirror(sides, 'history')).json.conflicts).toEqual([])
  const edit = async (...list: readonly string[]): Promise<void> =>
    onTarget(target.adminUrl, async (client) => {
      await client.query(`SET search_path = "${database.name}"`)
      for (const sql of list) await client.query(sql)
    })
  const compare = async () => {
    const { equal, differences } = await compareSides({ source: database.adminUrl, target: target.adminUrl })
    return { equal, differences }
  }
  const conflicts = async () => (await mirror(sides, 'history')).json.conflicts
  const gradeStatus = async () => (await mirror(sides, 'status')).json.tables['grade']
  return { sides, run, sync, edit, compare, conflicts, gradeStatus }
}

const equal = { equal: true, differences: [] }

/** One row of each kind. */
const edits = [
  "UPDATE grade SET mark = 9, secret = 'stolen' WHERE id = 1",
  'DELETE FROM grade WHERE id = 2',
  "INSERT INTO grade VALUES (99, 5, 'new', NULL)",
]

describeSource(
  'drift of the copy',
  (flavour) => {
    it('repair: the source’s version takes its place, both versions are recorded', async () => {
      const { sync, edit, compare, conflicts, gradeStatus } = await mirrored(flavour)
      await edit(...edits)
      // negative control: not due, and nothing is written
      expect((await sync(...notNow)).exit).toBe(0)
      expect((await compare()).equal).toBe(false)
      expect(await conflicts()).toEqual([])

      const repaired = await sync(...now)
      expect(repaired.exit).toBe(0)
      expect(repaired.json.tables['grade']).toMatchObject({ inserted: 1, updated: 1, deleted: 1 })
      const { differences } = await compare()
      // the exact value of row 2 was never lost
      expect(differences).toEqual([])
      const met = await conflicts()
      expect(met.map(({ key, kind, outcome }) => [key, kind, outcome])).toEqual(
        expect.arrayContaining([
          [['1'], 'changed', 'repaired'],
          [['2'], 'missing', 'repaired'],
          [['99'], 'extra', 'repaired'],
        ]),
      )
      const changed = met.find(({ kind }) => kind === 'changed')
      expect(changed).toMatchObject({ table: 'grade', expected: { mark: '1.25' }, found: { mark: '9' } })
      // redaction is respected
      expect(JSON.stringify(met)).not.toMatch(/stolen|"one"|"new"/)
      expect(changed?.found?.['secret']).toMatch(/^redacted:/)
      expect(await gradeStatus()).toMatchObject({ conflicts: 3, kept: 0, state: 'live' })
      expect((await sync(...now)).json.tables['grade']).toMatchObject({ inserted: 0, updated: 0, deleted: 0 })
      expect(await conflicts()).toHaveLength(3)
    })

    it('found at the latest where the row is written next', async () => {
      const { run, sync, edit, compare, conflicts } = await mirrored(flavour)
      await edit(...edits, 'INSERT INTO grade VALUES (7, 7, NULL, NULL)')
      await run(
        'UPDATE grade SET mark = mark + 1 WHERE id IN (1, 2, 3)',
        "INSERT INTO grade VALUES (99, 6, 'mine', NULL), (100, 1, NULL, NULL)",
      )
      await sync(...notNow)
      expect((await conflicts()).map(({ key, kind }) => `${key[0]} ${kind}`).toSorted()).toEqual([
        '1 changed',
        '2 missing',
        '99 extra',
      ])
      // what was not written is for the comparison to find
      expect((await compare()).differences).toHaveLength(1)
      await sync(...now)
      expect(await compare()).toEqual(equal)
    })

    it('keep: the row stays as somebody else made it, is counted, and verify names it', async () => {
      const { sides, run, sync, edit, compare, conflicts, gradeStatus } = await mirrored(flavour)
      await edit(...edits)
      const keep = ['--on-drift', 'keep'] as const
      expect((await sync(...now, ...keep)).exit).toBe(0)
      expect(await gradeStatus()).toMatchObject({ conflicts: 3, kept: 3 })
      const verified = await mirror(sides, 'verify')
      expect(verified.exit).toBe(3)
      expect(
        verified.json.tables['grade']?.differences.map(({ key, kind }) => [key[0], kind]).toSorted(),
      ).toEqual([
        ['1', 'changed'],
        ['2', 'missing'],
        ['99', 'extra'],
      ])
      // met again and again, recorded once; a new version of the source is another conflict
      await sync(...now, ...keep)
      expect(await conflicts()).toHaveLength(3)
      await run('UPDATE grade SET mark = 1.5 WHERE id IN (1, 3)')
      await sync(...notNow, ...keep)
      const [latest] = await conflicts()
      expect(latest).toMatchObject({
        key: ['1'],
        expected: { mark: '1.5' },
        found: { mark: '9' },
        outcome: 'kept',
      })
      expect(await gradeStatus()).toMatchObject({ conflicts: 4, kept: 3 })
      // whoever asks for repair gets it, whatever the policy
      expect((await mirror(sides, 'verify', '--repair', ...keep)).exit).toBe(0)
      expect(await compare()).toEqual(equal)
      expect(await gradeStatus()).toMatchObject({ kept: 0 })
    })

    it('what somebody else put in trips no brake on deletes, kept or taken away', async () => {
      const { sync, edit, compare } = await mirrored(flavour)
      const many = (table: string, rest: string): string =>
        `INSERT INTO ${table} SELECT n, n, ${rest} FROM generate_series(1001, 2500) AS n`
      await edit(many('grade', 'NULL, NULL'), many('other', '7.5'))
      expect((await sync(...now, '--on-drift', 'keep')).json.brakes).toEqual([])
      const repaired = await sync(...now)
      expect([repaired.exit, repaired.json.tables['grade']?.deleted], repaired.out).toEqual([0, 1_500])
      expect(await compare()).toEqual(equal)
    })

    it('a secret stays hidden under its column’s and its table’s new names', async () => {
      const { sides, run, sync, compare } = await mirrored(flavour)
      await run('ALTER TABLE grade RENAME COLUMN secret TO hidden')
      expect((await sync()).json.tables['grade']).toMatchObject({ how: 'digest' })
      await run("UPDATE grade SET hidden = 'unheard-of' WHERE id = 1")
      await sync()
      await run('RENAME TABLE grade TO mark', 'CREATE TABLE copied LIKE mark')
      expect((await sync()).exit).toBe(0)
      await run(
        "UPDATE mark SET hidden = 'unspeakable' WHERE id = 1",
        'INSERT INTO copied SELECT * FROM mark',
      )
      expect((await sync()).json.tables).toMatchObject({ mark: { updated: 1 }, copied: { inserted: 4 } })
      const { out, json } = await mirror(sides, 'history')
      expect(json.changes.map(({ table }) => table)).toContain('mark')
      expect(out).not.toMatch(/unheard-of|unspeakable/)
      expect(out).toContain('redacted:')
      expect(await compare()).toEqual(equal)
    })

    it('a reload replaces what somebody made of the copy, and tells; with stop it waits', async () => {
      const { sides, run, sync, edit, compare, conflicts } = await mirrored(flavour)
      await edit(...edits, 'UPDATE other SET v = 5 WHERE id = 1', 'DELETE FROM heap WHERE v IS NULL')
      await run(
        'ALTER TABLE grade ADD COLUMN more INT NOT NULL DEFAULT 3',
        'ALTER TABLE other ADD COLUMN more INT NOT NULL DEFAULT 3',
        'ALTER TABLE heap ADD COLUMN more INT NULL',
      )
      const braked = await sync(...notNow, '--on-drift', 'other=stop')
      expect([braked.exit, braked.json.brakes], braked.out).toMatchObject([
        4,
        [{ table: 'other', code: 'MIRROR_4106' }],
      ])
      expect(braked.json.tables).toMatchObject({ grade: { how: 'load' }, heap: { how: 'load' } })
      const met = await conflicts()
      expect(
        met.map(({ table, key, kind, outcome }) => [table, ...key, kind, outcome].join(' ')).toSorted(),
      ).toEqual([
        'grade 1 changed repaired',
        'grade 2 missing repaired',
        'grade 99 extra repaired',
        'heap changed repaired',
        'other 1 changed stopped',
      ])
      const changed = met.find(({ table, key }) => table === 'grade' && key[0] === '1')
      expect(changed).toMatchObject({ expected: { mark: '1.25', more: '3' }, found: { mark: '9' } })
      expect(JSON.stringify(met)).not.toContain('stolen')
      // accepted, it is loaded
      expect((await mirror(sides, 'resume', '--accept', 'other')).exit).toBe(0)
      expect((await sync(...notNow, '--on-drift', 'other=stop')).json.tables['other']?.how).toBe('load')
      expect(await compare()).toEqual(equal)
    })

    it('stop: a brake on the table, until somebody accepts; the others go on', async () => {
      const { sides, run, sync, edit, compare, conflicts } = await mirrored(flavour)
      await edit(...edits, 'UPDATE other SET v = 5 WHERE id = 1')
      await run('UPDATE other SET v = 3 WHERE id = 2')
      const policies = ['--on-drift', 'grade=stop', '--on-drift', 'keep'] as const
      const braked = await sync(...now, ...policies)
      expect(braked.exit).toBe(4)
      expect(braked.json.brakes).toMatchObject([{ table: 'grade', code: 'MIRROR_4106' }])
      expect(braked.json.tables['other']).toMatchObject({ updated: 1 })
      // nothing of the table was written
      const { differences } = await compare()
      expect(differences.filter((line) => line.startsWith('grade:'))).toHaveLength(5)
      const met = await conflicts()
      expect(met.filter(({ table }) => table === 'grade').map(({ outcome }) => outcome)).toContain('stopped')
      expect(met.filter(({ table }) => table === 'other').map(({ outcome }) => outcome)).toEqual(['kept'])
      expect((await sync(...now, ...policies)).exit).toBe(4)
      expect((await mirror(sides, 'resume', '--accept', 'grade')).exit).toBe(0)
      // found again at once, due or not
      expect((await sync(...notNow, ...policies)).exit).toBe(0)
      expect((await compare()).differences.filter((line) => line.startsWith('grade:'))).toEqual([])
      // the decision was for once
      await edit('UPDATE grade SET mark = 9 WHERE id = 1')
      expect((await sync(...now, ...policies)).exit).toBe(4)
      // and due beside
      expect((await mirror(sides, 'resume', '--accept', 'grade')).exit).toBe(0)
      const accepted = await sync(...now, ...policies)
      expect([accepted.exit, accepted.json.tables?.['grade']?.updated], accepted.out).toEqual([0, 1])
    })

    it('a table without a key is compared as a whole', async () => {
      const { sync, edit, compare, conflicts } = await mirrored(flavour)
      await edit('UPDATE heap SET v = 4 WHERE v IS NULL')
      expect((await sync(...now, '--on-drift', 'heap=stop')).exit).toBe(4)
      expect((await compare()).equal).toBe(false)
      const other = await mirrored(flavour)
      await other.edit('DELETE FROM heap WHERE v IS NULL')
      expect((await other.sync(...now)).json.tables['heap']).toMatchObject({ how: 'load' })
      expect(await other.compare()).toEqual(equal)
      expect(await other.conflicts()).toMatchObject([{ table: 'heap', key: [], outcome: 'repaired' }])
      expect(await conflicts()).toMatchObject([{ table: 'heap', key: [], outcome: 'stopped' }])
    })

    it('values of every kind, and rows that are kept whole, are compared with what is recorded', async () => {
      const { run, sync, edit, compare, conflicts } = await mirrored(flavour)
      const address = flavour === 'mysql' ? 'VARCHAR(40)' : 'INET6'
      await run(
        `CREATE TABLE kind (k VARCHAR(10) PRIMARY KEY, z INT(6) ZEROFILL, d DECIMAL(8,2) ZEROFILL, x DOUBLE, f FLOAT, u VARCHAR(9) CHARACTER SET ucs2,
           s VARCHAR(9) CHARACTER SET sjis, a ${address}) ENGINE=InnoDB`,
        "INSERT INTO kind VALUES ('plain', 42, 7.5, 1e300, 0.1, 'é', NULL, '1:0:2::1'), ('n\0l', 1, 2, 3, 4, 'five', NULL, '::')",
        "INSERT INTO kind VALUES ('more', NULL, NULL, -2.5e-20, 1e20, '', NULL, '::1.2.3.4'), ('no\0', 5, 0, 0, 0, 'ö', NULL, '::2')",
        "INSERT INTO kind VALUES ('sjis', 1, 1, 1, 1, '1', 'ア', '::')",
        'CREATE TABLE legacy (id INT PRIMARY KEY, s VARCHAR(9) CHARACTER SET sjis, c VARCHAR(9) CHARACTER SET cp1251, g TEXT CHARACTER SET gbk) ENGINE=InnoDB',
        "INSERT INTO legacy VALUES (11, 'アイ', 'да', '你好'), (12, 'ア', 'ад', '好'), (13, 'イア', 'ад', '好你'), (14, '林\\\\', '', ''), (15, 'イ', 'а', '你')",
      )
      await sync(...notNow)
      // negative control: nobody has changed anything
      await sync(...now)
      expect(await conflicts()).toEqual([])
      const whole = (set: string, key: string): string =>
        `UPDATE mirror.exact_row SET ${set} WHERE table_name = 'kind' AND key[1] = '${key}'`
      await edit(
        "UPDATE kind SET z = 43 WHERE k = 'plain'",
        "UPDATE kind SET a = '::3' WHERE k = 'more'",
        whole("source_bytes[2] = '000009'", 'n\\000l'),
        whole("key[1] = 'other'", 'no\\000'),
        // what is shown beside an exact value
        "UPDATE grade SET day = '2000-01-01' WHERE id = 2",
        // how its character is stored no other row shows
        "UPDATE kind SET z = 9 WHERE k = 'sjis'",
        "UPDATE legacy SET c = 'д' WHERE id = 14",
        // these characters others have, before it or behind
        "UPDATE legacy SET c = 'д' WHERE id = 15",
        "UPDATE legacy SET s = 'イア' WHERE id = 11",
        "UPDATE legacy SET g = '你' WHERE id = 12",
      )
      await sync(...now)
      const met = (await conflicts()).map(({ key, kind, outcome }) => `${key[0]} ${kind} ${outcome}`)
      expect(met.toSorted()).toEqual([
        '11 changed repaired',
        '12 changed repaired',
        '15 changed repaired',
        '2 changed repaired',
        'more changed repaired',
        'n\0l changed repaired',
        'no\0 changed repaired',
        'plain changed repaired',
      ])
      expect((await compare()).equal).toBe(false)
      // met where it is written, at the latest
      await run(
        "UPDATE kind SET z = 2 WHERE k IN ('sjis', 'n\0l')",
        "UPDATE legacy SET g = 'g' WHERE id = 14",
      )
      await edit(whole("source_bytes[4] = '7'", 'n\\000l'))
      await sync(...notNow)
      const [first, ...rest] = await conflicts()
      expect([first?.key, first?.expected?.['z'], first?.found?.['x'], rest.length]).toEqual([
        ['n\0l'],
        '2',
        '7',
        8,
      ])
      expect(await compare()).toEqual(equal)
    })

    it('so is what is gone from the record’s own tables, and what is shown beside exact values', async () => {
      const { sides, run, sync, edit, compare, conflicts } = await mirrored(flavour)
      const mysql = flavour === 'mysql'
      await run(
        `CREATE TABLE aside (k VARCHAR(10) PRIMARY KEY, e ENUM('a', 'b') NOT NULL, j ${mysql ? 'JSON' : 'TEXT'}, n VARCHAR(9), s SET('', 'a', 'b')) ENGINE=InnoDB`,
        `INSERT INTO aside VALUES ('enum', '', NULL, NULL, 3), ('json', 'a', '{"b": -0.0, "a": 1e20}', 'x\\0', 1), ('text', 'a', '{"b": 1}', 'x\\0', 0),
           ('l\\0st', 'a', '[1]', NULL, 2), ('k\\0pt', 'b', '[2]', NULL, 3), ('plain', 'b', '[3]', 'x', 6), ('set', 'b', '[4]', 'x', 7)`,
        'CREATE TABLE zero (d DATE NULL, v INT NULL) ENGINE=InnoDB',
        "INSERT INTO zero VALUES ('0000-00-00', 1), ('0000-00-00', 1), (NULL, 1), ('2026-00-01', 2), ('2026-11-28', 3)",
      )
      await sync(...notNow)
      // negative control: nobody has changed anything
      await sync(...now)
      expect(await conflicts()).toEqual([])
      const kept = (where: string): string => `FROM mirror.exact_row WHERE table_name = 'aside' AND ${where}`
      await edit(
        "UPDATE aside SET e = 'b' WHERE k = 'enum'",
        ...(mysql ? [`UPDATE aside SET j = '{"a": 7}' WHERE k = 'json'`] : []),
        "UPDATE aside SET n = 'y' WHERE k = 'text'",
        // beside number 7, whose text is that of number 6
        "UPDATE aside SET s = 'b' WHERE k = 'set'",
        `DELETE ${kept("key[1] = 'l\\000st'")}`,
        // a row of nobody's
        `INSERT INTO mirror.exact_row SELECT source_id, table_name, '\\x00', ARRAY['\\x61'::bytea], column_names, source_bytes, reason ${kept("key[1] = 'k\\000pt'")}`,
        "UPDATE mirror.exact_value SET bytes = '0000-00-09' WHERE table_name = 'zero' AND bytes = '0000-00-00'",
      )
      expect((await sync(...now)).json.tables).toMatchObject({ zero: { how: 'load' } })
      const told = (await conflicts()).map(({ table, key, kind }) => [table, ...key, kind].join(' '))
      expect(told.filter((line) => !line.includes('extra')).toSorted()).toEqual([
        'aside enum changed',
        ...(mysql ? ['aside json changed'] : []),
        'aside l\0st missing',
        'aside set changed',
        'aside text changed',
        'zero changed',
      ])
      expect(told.filter((line) => line.includes('extra'))).toHaveLength(1)
      expect(await compare()).toEqual(equal)
      expect((await mirror(sides, 'verify')).json.equal).toBe(true)
      // gone, and added, without a trace in any number
      await edit("DELETE FROM mirror.exact_value WHERE table_name = 'zero' AND bytes = '2026-00-01'")
      expect((await sync(...now)).json.tables).toMatchObject({ zero: { how: 'load' } })
      expect((await sync(...now)).json.tables).toMatchObject({ zero: { how: 'digest' } })
      expect((await mirror(sides, 'verify')).json.equal).toBe(true)
    })

    it('a running mirror finds it on a source that stands still', async () => {
      const { sides, edit, compare } = await mirrored(flavour)
      const running = await startMirror(sides, '--poll', '20ms', '--drift-check', '300ms')
      await until('the mirror to lead', async () => (await running.ready())?.ready)
      await edit(...edits)
      await until(
        'the copy to be mended',
        async () => (await compare()).equal,
        () => running.log().slice(-1_500),
      )
      await until('the page to tell', async () =>
        (await (await fetch(running.url)).text()).includes('Rows that somebody else changed'),
      )
      expect(await running.stop()).toBe(0)
    })

    it('a policy that is none is told', async () => {
      const { sides } = await mirrored(flavour)
      const wrong = await mirror(sides, 'sync', '--on-drift', 'grade=mend')
      expect(wrong.exit).toBe(2)
      expect(wrong.out).toContain('--on-drift holds grade=mend, which is none of repair, keep, stop')
    })
  },
  // what is compared lies in PostgreSQL: of the source the digests alone count, which are one on both MariaDBs
  ['mariadb', 'mysql'],
)
