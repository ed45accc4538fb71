/** The portal while its database is empty, away, and back again. */
import { expect, it } from 'vitest'
import { Client, startPortal } from './support/portal.ts'
import { describeSource, makeDatabase, privateSource } from './support/servers.ts'
import { until } from './support/until.ts'

describeSource(
  'the portal without its database',
  (flavour) => {
    it('is there before the first import, says when the database is away, and comes back with it', async () => {
      const server = await privateSource(flavour)
      const database = await makeDatabase(server.adminUrl, 'school')
      const portal = await startPortal(database.url)
      const client = new Client(portal.url)
      const empty = await client.page('/catalogue')
      expect([empty.status, empty.text.includes('No term yet')]).toEqual([200, true])

      await server.kill()
      const away = await client.page('/catalogue')
      expect(away.status).toBe(503)
      expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(away.text).toContain('cannot be reached at the moment')
      expect(away.text).toContain('>Try again</a>')
      const signIn = await client.post('/sign-in', { number: 'S1', password: 'x' })
      expect(signIn.status).toBe(503)
      const json = await client.send('/catalogue', { headers: { accept: 'application/json' } })
      expect(JSON.parse(json.text)).toMatchObject({ error: { code: 'database_away' } })
      expect((await client.page('/readyz')).status).toBe(503)
      expect((await client.page('/healthz')).status).toBe(200)
      // the sign-in page asks the database nothing
      expect((await client.page('/sign-in')).status).toBe(200)

      await server.restart()
      await until('the portal is ready again', async () => (await client.page('/readyz')).status === 200)
      expect((await client.page('/catalogue')).status).toBe(200)
      expect(await portal.stop()).toBe(0)
    })
  },
  ['mariadb', 'mysql'],
)
