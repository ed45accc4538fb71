/**
 * A target out of disk: nothing is lost and nothing half written, `status` says what it waits for and what to do, and the mirror goes on by
 * itself when there is space again. The disk is real: a table space of PostgreSQL on a file system of a few megabytes.
 *
 * It is mounted in memory, which takes root; where that cannot be, the test is skipped by name.
 */
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { quickOptions, runHere } from './support/mirror-here.ts'
import { compareSides } from './support/compare.ts'
import {
  atEnd,
  describeWith,
  freshDatabase,
  makeTarget,
  privateTarget,
  scratchFolder,
} from './support/servers.ts'
import { until } from './support/until.ts'

const MEGABYTES = 12
const NOBODY = 65_534

const place = scratchFolder('disk')
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m,mode=755`, 'none', place])
const why =
  mounted.status === 0
    ? undefined
    : `no file system can be mounted here: ${String(mounted.stderr ?? '').trim()}`
if (why === undefined) atEnd(async () => void spawnSync('umount', ['--lazy', place]))

describeWith('a target out of disk', why, () => {
  it('is waited for, and followed again', async () => {
    const server = await privateTarget()
    const folder = join(place, 'space')
    mkdirSync(folder)
    const target = await makeTarget(server.adminUrl, 'standby')
    const space = `CREATE TABLESPACE small LOCATION '${folder}'`
    await onTarget(target.adminUrl, async (client) => {
      // the server runs as root of a namespace of its own, or as nobody
      await client.query(space).catch(async () => {
        chownSync(folder, NOBODY, NOBODY)
        await client.query(space)
      })
      await client.query(`GRANT CREATE ON TABLESPACE small TO PUBLIC`)
      await client.query('ALTER DATABASE standby SET default_tablespace = small')
    })
    const database = await freshDatabase('mariadb')
    const change = async (...list: readonly string[]): Promise<void> =>
      onSource(database.adminUrl, async (connection) => {
        for (const sql of list) await connection.query(sql)
      })
    await change(
      'CREATE TABLE course (id INT PRIMARY KEY, title VARCHAR(2000) NOT NULL) ENGINE=InnoDB',
      "INSERT INTO course VALUES (1, 'Algebra')",
    )
    const { mirror } = runHere(quickOptions({ source: database.mirrorUrl, target: target.url }))
    await until('the copy', async () => (await mirror.status()).tables['course']?.state === 'live')

    await onTarget(target.adminUrl, async (client) => {
      await client.query('CREATE TABLE public.filler (t text)')
      const fill = 'INSERT INTO public.filler SELECT repeat(md5(n::text), 15) FROM generate_series(1, 100) n'
      for (;;) {
        const code = await client.query(fill).then(
          () => undefined,
          (error: unknown) => (error as { code?: string }).code,
        )
        if (code === undefined) continue
        expect(code).toBe('53100')
        break
      }
    })
    const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} d`).join(' UNION ALL ')
    await change(
      `INSERT INTO course SELECT 10 + a.d + 10*b.d + 100*c.d, REPEAT(SHA2(RAND(), 256), 20) FROM (${digits}) a, (${digits}) b, (${digits}) c`,
    )
    const held = await until('it to wait', async () => {
      const status = await mirror.status()
      return status.state === 'lagging' ? status : undefined
    })
    expect(held.waiting).toMatchObject({
      code: 'MIRROR_3025',
      reason: expect.stringMatching(/out of disk space.*53100/),
      remedy: expect.stringMatching(/^Free some/),
    })
    // the last proved state stands, whole
    const rows = async (): Promise<number> =>
      onTarget(target.adminUrl, async (client) =>
        Number((await client.query(`SELECT count(*) FROM "${database.name}".course`)).rows[0]?.count),
      )
    expect(await rows()).toBe(1)
    expect(held.tables['course']).toMatchObject({ state: 'live', rows: 1 })

    await onTarget(target.adminUrl, async (client) => client.query('DROP TABLE public.filler'))
    await until('it to follow', async () => (await rows()) === 1_001)
    await until('it to say so', async () => (await mirror.status()).waiting === null)
    expect((await mirror.status()).state).toBe('live')
    expect((await mirror.history({ limit: 10 })).waits).toMatchObject([
      { code: 'MIRROR_3025', until: expect.any(String) },
    ])
    expect(await compareSides({ source: database.adminUrl, target: target.adminUrl })).toMatchObject({
      equal: true,
    })
  })
})
