/**
 * Two steps of what a cycle decides about a table, by themselves: keys of rows that are gone from what is kept aside are read from the source,
 * piece by piece; and what cannot be read stops its own table, and no other.
 *
 * Negative control: an error that is not of one table is nobody's refusal.
 */
import { expect, it } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { orRefusal } from '../packages/mirror/src/engine/decide-table.ts'
import type { Suspect } from '../packages/mirror/src/engine/drift.ts'
import { withLostKeys } from '../packages/mirror/src/engine/drift-lost.ts'
import { Pace } from '../packages/mirror/src/engine/pace.ts'
import { type KeyBytes, keyDigest, type Segment, wholeRowId } from '../packages/mirror/src/model.ts'
import { PostgresConnection } from '../packages/mirror/src/postgres.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { readKeyless, wholeDigestSql } from '../packages/mirror/src/source/keyless.ts'
import { openSnapshot } from '../packages/mirror/src/source/snapshot.ts'
import { readCatalogue } from '../packages/mirror/src/source/tables.ts'
import { atEnd, describeSource, freshDatabase, freshTarget } from './support/servers.ts'

const key = (name: string): KeyBytes => [Buffer.from(name)]

const segment = (id: number, low: string | null): Segment => ({
  id,
  low: low === null ? null : key(low),
  rows: 0,
  digest: 0n,
})

const whole = (name: string, of: number, more: Partial<Suspect> = {}): Suspect => ({
  segment: of,
  id: wholeRowId(keyDigest(key(name))),
  recorded: 7n,
  ...more,
})

const open = async (url: string, statementLimitMs = 10_000): Promise<SourceConnection> => {
  const connection = await SourceConnection.open({ url, statementLimitMs })
  atEnd(async () => connection.close())
  return connection
}

describeSource(
  'a table of a cycle',
  (flavour) => {
    it('has the keys of rows that are lost to the copy, as far as the source has them', async () => {
      const database = await freshDatabase(flavour)
      const names = Array.from({ length: 120 }, (_, index) => `k${String(index).padStart(3, '0')}\0`)
      await onSource(database.adminUrl, async (connection) => {
        await connection.query(
          'CREATE TABLE kept (name VARCHAR(9) CHARACTER SET utf8mb4 PRIMARY KEY) ENGINE=InnoDB',
        )
        await connection.query('INSERT INTO kept VALUES ?', [names.map((name) => [name])])
      })
      const source = await open(database.mirrorUrl)
      const table = (await readCatalogue(source, () => true)).tables.get('kept')
      if (table === undefined) throw new Error('no table')
      const snapshot = await openSnapshot(source)
      atEnd(async () => snapshot.close())
      const pace = new Pace()
      // so few keys a statement that there are several, and one that is the last of its piece
      while (pace.rows > 5) pace.limitReached()
      const statements: string[] = []
      const counted: typeof snapshot = {
        ...snapshot,
        eachUpTo: async (sql, ...rest) => {
          statements.push(sql)
          return snapshot.eachUpTo(sql, ...rest)
        },
      }
      const plain: Suspect = { segment: 0, id: 'k', recorded: 1n }
      const stray = whole('nobody', 1, { recorded: null })
      const found = whole('k002\0', 0, { bytes: key('as it stands') })
      const suspects = [
        plain,
        whole('k007\0', 0),
        stray,
        whole('gone\0', 1),
        found,
        whole('k119\0', 1),
        // recorded in a segment in which the source does not have it
        whole('k090\0', 0),
      ]
      const segments = [segment(0, null), segment(1, 'k060\0')]
      // neither the record nor the allowance is asked
      const context = { snapshot: counted, pace } as unknown as Parameters<typeof withLostKeys>[0]
      expect(await withLostKeys(context, table, segments, suspects)).toEqual([
        plain,
        { ...whole('k007\0', 0), bytes: key('k007\0') },
        stray,
        found,
        { ...whole('k119\0', 1), bytes: key('k119\0') },
      ])
      expect(statements.length).toBeGreaterThan(10)
      // negative control: where nothing is lost nothing is read
      statements.length = 0
      expect(await withLostKeys(context, table, segments, [plain, stray, found])).toEqual([
        plain,
        stray,
        found,
      ])
      expect(statements).toEqual([])
    })

    it('is refused by itself for what is its own, and for nothing else', async () => {
      const database = await freshDatabase(flavour)
      await onSource(database.adminUrl, async (connection) => {
        await connection.query('CREATE TABLE slow (v INT NOT NULL) ENGINE=InnoDB')
        await connection.query(`INSERT INTO slow VALUES ${Array.from({ length: 200 }, () => '(1)').join()}`)
      })
      const source = await open(database.mirrorUrl)
      const hasty = await open(database.mirrorUrl, 1_000)
      const table = (await readCatalogue(source, () => true)).tables.get('slow')
      if (table === undefined) throw new Error('no table')
      const target = await PostgresConnection.open({
        url: (await freshTarget()).url,
        deadlineMs: 10_000,
        applicationName: 'test',
      })
      atEnd(async () => target.close())
      const read = async (sql: string) => orRefusal(table, async () => source.rows(sql))

      expect(await read('SELECT COUNT(*) FROM slow')).toEqual({ value: [[Buffer.from('200')]] })
      // the source ends it at its limit, and nothing smaller can be asked for
      const slowly = wholeDigestSql({ ...table, digest: '(v + SLEEP(0.1))' })
      const slow = await orRefusal(table, async () =>
        readKeyless({ read: (sql) => hasty.rows(sql) }, table, slowly),
      )
      expect(slow).toMatchObject({ refusal: { code: 'MIRROR_2011' } })
      // what PostgreSQL does not take of it
      const value = await orRefusal(table, async () => target.rows("SELECT 'x'::int"))
      expect(value).toMatchObject({ refusal: { code: 'MIRROR_3006' } })
      expect('refusal' in value && value.refusal.remedy).toBeTruthy()

      // negative controls: a definition that moved is another cycle's, and named; a server that is away is everybody's
      await expect(read('SELECT gone FROM slow')).rejects.toMatchObject({
        code: 'MIRROR_2004',
        table: 'slow',
      })
      target.destroy()
      const away = orRefusal(table, async () => target.rows('SELECT 1'))
      await expect(away).rejects.toMatchObject({ code: 'MIRROR_3005' })
    })
  },
  // what is decided by is the same for all; how a server ends a statement at its limit is not
  ['mariadb', 'mysql'],
)
