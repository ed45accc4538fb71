/** The ground that every other test stands on: the servers are what they are said to be. */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import {
  describeSource,
  describeTarget,
  freshDatabase,
  freshTarget,
  privateSource,
  privateTarget,
} from './support/servers.ts'

async function rows(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  return onSource(url, async (connection) => (await connection.query(sql))[0] as Record<string, unknown>[])
}

describeSource('a shared source', (flavour) => {
  it('is of its flavour, with hostile defaults', async () => {
    const { adminUrl } = await freshDatabase(flavour)
    const [row] = await rows(
      adminUrl,
      'SELECT VERSION() v, @@global.log_bin b, @@global.time_zone z, @@global.sql_mode m, @@global.character_set_server c',
    )
    expect(/mariadb/i.test(String(row?.['v']))).toBe(flavour !== 'mysql')
    expect(row?.['b']).toBe(flavour === 'mariadb' ? 0 : 1)
    expect(row?.['z']).toBe('+05:45')
    expect(row?.['m']).toContain('PAD_CHAR_TO_FULL_LENGTH')
    expect(row?.['c']).toBe('latin1')
  })

  it('gives the owner all rights on one database, and the mirror SELECT alone', async () => {
    const [one, other] = [await freshDatabase(flavour), await freshDatabase(flavour)]
    await rows(one.url, 'CREATE TABLE t (id INT PRIMARY KEY)')
    await rows(one.url, 'INSERT INTO t VALUES (1)')
    expect(await rows(one.mirrorUrl, 'SELECT id FROM t')).toEqual([{ id: 1 }])
    await expect(rows(one.mirrorUrl, 'INSERT INTO t VALUES (2)')).rejects.toThrow(/denied/)
    await expect(rows(one.url, `CREATE TABLE ${other.name}.t (id INT)`)).rejects.toThrow(/denied/)
    const grants = (await rows(one.mirrorUrl, 'SHOW GRANTS')).flatMap((row) => Object.values(row)).map(String)
    expect(grants).toHaveLength(2)
    expect(grants[0]).toMatch(/^GRANT USAGE ON/)
    expect(grants[1]).toMatch(/^GRANT SELECT ON/)
  })
})

describeSource('a private source', (flavour) => {
  it('keeps committed rows through SIGKILL, hangs while suspended, and is another one after wipe', async () => {
    const server = await privateSource(flavour)
    const identity = flavour === 'mysql' ? '@@server_uuid' : "'none'"
    const [before] = await rows(server.adminUrl, `SELECT ${identity} u`)
    await rows(server.adminUrl, 'CREATE DATABASE d')
    await rows(server.adminUrl, 'CREATE TABLE d.t (id INT PRIMARY KEY)')
    await rows(server.adminUrl, 'INSERT INTO d.t VALUES (1)')
    const { port, pid } = server
    await server.kill()
    expect(server.running).toBe(false)
    expect(() => process.kill(pid, 0)).toThrow()
    await expect(rows(server.adminUrl, 'SELECT 1')).rejects.toThrow()
    await server.restart()
    expect(server.port).toBe(port)
    expect(await rows(server.adminUrl, 'SELECT id FROM d.t')).toEqual([{ id: 1 }])

    server.suspend()
    let answered = false
    const late = rows(server.adminUrl, 'SELECT 1 AS one').then((result) => {
      answered = true
      return result
    })
    await expect
      .poll(() => answered, { timeout: 300 })
      .toBe(true)
      .catch(() => undefined)
    expect(answered).toBe(false)
    server.resume()
    expect(await late).toEqual([{ one: 1 }])

    await server.wipe()
    await server.restart()
    await expect(rows(server.adminUrl, 'SELECT id FROM d.t')).rejects.toThrow(/d\.t|Unknown database/)
    const [after] = await rows(server.adminUrl, `SELECT ${identity} u`)
    if (flavour === 'mysql') expect(after?.['u']).not.toBe(before?.['u'])
    await server.stop()
  })
})

describeTarget('a target', () => {
  it('lets the reader read what the owner makes later', async () => {
    const { url, readerUrl } = await freshTarget()
    await onTarget(url, (client) =>
      client.query('CREATE SCHEMA s CREATE TABLE t (id int); INSERT INTO s.t VALUES (1)'),
    )
    const found = await onTarget(readerUrl, (client) => client.query('SELECT id FROM s.t'))
    expect(found.rows).toEqual([{ id: 1 }])
    await expect(onTarget(readerUrl, (client) => client.query('DELETE FROM s.t'))).rejects.toThrow(/denied/)
  })

  it('keeps committed rows through SIGKILL, and starts again at once', async () => {
    const server = await privateTarget()
    await onTarget(server.adminUrl, (client) => client.query('CREATE TABLE t AS SELECT 1 AS id'))
    await server.kill()
    expect(server.running).toBe(false)
    await server.restart()
    const found = await onTarget(server.adminUrl, (client) => client.query('SELECT id FROM t'))
    expect(found.rows).toEqual([{ id: 1 }])
  })
})
