/**
 * Encryption of both connections on real servers with certificates made here: what is encrypted is what the server
 * says is, and what is not as it was asked for is refused before a password is sent.
 */
import { chownSync, copyFileSync, chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { type Authority, type KeyPair, makeAuthority, noOpenssl } from './support/certificates.ts'
import { mirror } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import {
  describeSource,
  describeWith,
  type FreshDatabase,
  type FreshTarget,
  freshDatabase,
  freshTarget,
  makeDatabase,
  makeTarget,
  privateSource,
  privateTarget,
  type SourceServer,
  type TargetServer,
} from './support/servers.ts'

/** The address with another host and these parameters. */
function asking(address: string, parameters: Readonly<Record<string, string>>, host = 'localhost'): string {
  const url = new URL(address)
  url.hostname = host
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/** PostgreSQL reads its key only where it is its user's own. */
async function encryptTarget(server: TargetServer, { cert, key }: KeyPair): Promise<void> {
  const { uid, gid } = statSync(server.dataDir)
  for (const [from, name] of [
    [cert, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    const file = join(server.dataDir, name)
    copyFileSync(from, file)
    chmodSync(file, 0o600)
    if (process.getuid?.() === 0) chownSync(file, uid, gid)
  }
  await onTarget(server.adminUrl, async (client) => {
    await client.query('ALTER SYSTEM SET ssl = on')
    await client.query('SELECT pg_reload_conf()')
  })
}

/** The code of the only thing that `check` stops for, or of the error that `sync` ended with. */
async function refusal(sides: { source: string; target: string }): Promise<readonly (string | undefined)[]> {
  const sync = await mirror(sides, 'sync')
  expect(sync.exit, sync.out).toBe(1)
  const { error } = JSON.parse(sync.out) as { error: { code: string } }
  const check = await mirror(sides, 'check')
  expect(check.exit).toBe(1)
  return [error.code, ...check.json.problems.filter((p) => p.severity === 'block').map(({ code }) => code)]
}

describeWith('certificates', noOpenssl, () => {
  // the binary log has no part in a connection
  describeSource(
    'TLS to the source',
    (flavour) => {
      let authority: Authority
      let other: Authority
      let own: KeyPair
      let server: SourceServer
      let database: FreshDatabase
      let target: FreshTarget

      beforeAll(async () => {
        authority = makeAuthority('ours')
        other = makeAuthority('of somebody else')
        own = authority.issue('localhost')
        server = await privateSource(flavour, {
          settings: [`--ssl-ca=${authority.ca}`, `--ssl-cert=${own.cert}`, `--ssl-key=${own.key}`],
        })
        database = await makeDatabase(server.adminUrl, 'school')
        await createSchool(database.url)
        target = await freshTarget()
      })

      const sides = (parameters: Readonly<Record<string, string>>) => ({
        source: asking(database.mirrorUrl, parameters),
        target: target.url,
      })

      it('is used whenever the server offers it, and check says with what', async () => {
        const accepted: readonly (readonly [Readonly<Record<string, string>>, boolean])[] = [
          [{}, true],
          [{ 'ssl-mode': 'preferred' }, true],
          [{ 'ssl-mode': 'REQUIRED' }, true],
          [{ 'ssl-ca': authority.ca }, true],
          [{ 'ssl-mode': 'VERIFY_IDENTITY', 'ssl-ca': authority.ca }, true],
          [{ 'ssl-mode': 'DISABLED' }, false],
        ]
        for (const [parameters, encrypted] of accepted) {
          const { exit, json, out } = await mirror(sides(parameters), 'check')
          expect(exit, out).toBe(0)
          expect(json.capabilities['source.tls'], JSON.stringify(parameters)).toBe(encrypted)
          expect(json.capabilities['source.tlsCipher'] !== null).toBe(encrypted)
        }
      })

      it('as the server sees it, all of a mirror’s connections are encrypted when that is required', async () => {
        const account = decodeURIComponent(new URL(database.mirrorUrl).username)
        const demand = async (what: string): Promise<void> => {
          await onSource(database.adminUrl, (connection) =>
            connection.query(`ALTER USER '${account}'@'%' REQUIRE ${what}`),
          )
        }
        await demand('SSL')
        // the negative control: the server itself refuses what is not encrypted
        expect(await refusal(sides({ 'ssl-mode': 'DISABLED' }))).toContain('MIRROR_1002')
        const full = sides({ 'ssl-mode': 'VERIFY_IDENTITY', 'ssl-ca': authority.ca })
        expect((await mirror(full, 'sync')).exit).toBe(0)
        expect((await mirror(full, 'verify')).json).toMatchObject({ equal: true })
        await demand('X509')
        expect(await refusal(full)).toContain('MIRROR_1002')
        const { cert, key } = authority.issue('client')
        const known = sides({ 'ssl-ca': authority.ca, 'ssl-cert': cert, 'ssl-key': key })
        expect((await mirror(known, 'sync')).exit).toBe(0)
        await demand('NONE')
      })

      it('is kept by restore on its way to another database', async () => {
        const strict = { 'ssl-mode': 'VERIFY_IDENTITY', 'ssl-ca': authority.ca }
        expect((await mirror(sides(strict), 'sync')).exit).toBe(0)
        const to = await makeDatabase(server.adminUrl, 'school_again')
        const account = decodeURIComponent(new URL(to.url).username)
        await onSource(to.adminUrl, (connection) =>
          connection.query(`ALTER USER '${account}'@'%' REQUIRE SSL`),
        )
        const restore = async (parameters: Readonly<Record<string, string>>) =>
          mirror(sides(strict), 'restore', '--to', asking(to.url, parameters))
        for (const refused of [{ 'ssl-mode': 'DISABLED' }, { 'ssl-mode': 'VERIFY_CA', 'ssl-ca': other.ca }])
          expect((await restore(refused)).out).toContain('MIRROR_1101')
        const restored = await restore(strict)
        expect([restored.exit, restored.json.equal], restored.out).toEqual([0, true])
      })

      it('a certificate of another authority, or for another host, is refused', async () => {
        const wrong = { 'ssl-mode': 'VERIFY_CA', 'ssl-ca': other.ca }
        expect(await refusal(sides(wrong))).toEqual(['MIRROR_1021', 'MIRROR_1021'])
        const { json } = await mirror(sides(wrong), 'check')
        expect(json.problems[0]?.remedy).toContain('ssl-ca')
        const named = sides({ 'ssl-mode': 'VERIFY_IDENTITY', 'ssl-ca': authority.ca })
        expect((await mirror(named, 'check')).exit).toBe(0)
        const elsewhere = authority.issue('elsewhere')
        copyFileSync(elsewhere.cert, own.cert)
        copyFileSync(elsewhere.key, own.key)
        await server.restart()
        expect(await refusal(named)).toEqual(['MIRROR_1021', 'MIRROR_1021'])
        // the same server without the question about its name
        const byCa = sides({ 'ssl-mode': 'VERIFY_CA', 'ssl-ca': authority.ca })
        expect((await mirror(byCa, 'check')).exit).toBe(0)
      })

      it('a server without it is refused where it is required, and taken where it is only preferred', async () => {
        const bare =
          flavour === 'mysql'
            ? await makeDatabase(
                (await privateSource(flavour, { settings: ['--tls-version='] })).adminUrl,
                'bare',
              )
            : await freshDatabase(flavour)
        const ask = (parameters: Readonly<Record<string, string>>) => ({
          source: asking(bare.mirrorUrl, parameters, '127.0.0.1'),
          target: target.url,
        })
        expect(await refusal(ask({ 'ssl-mode': 'REQUIRED' }))).toEqual(['MIRROR_1020', 'MIRROR_1020'])
        const { exit, json, out } = await mirror(ask({}), 'check')
        expect(exit, out).toBe(0)
        expect(json.capabilities).toMatchObject({ 'source.tls': false, 'source.tlsCipher': null })
      })
    },
    ['mariadb', 'mysql'],
  )

  describeSource(
    'TLS to the target',
    (flavour) => {
      it('is what sslmode says, up to verify-full', async () => {
        const authority = makeAuthority('ours')
        const other = makeAuthority('of somebody else')
        const server = await privateTarget()
        const plain = await makeTarget(server.adminUrl, 'standby')
        const database = await freshDatabase(flavour)
        await createSchool(database.url)
        const sides = (parameters: Readonly<Record<string, string>>, host?: string) => ({
          source: database.mirrorUrl,
          target: asking(plain.url, parameters, host),
        })
        // before the server has a certificate
        expect(await refusal(sides({ sslmode: 'require' }))).toEqual(['MIRROR_3020', 'MIRROR_3020'])
        expect((await mirror(sides({}), 'check')).json.capabilities['target.tls']).toBe(false)

        await encryptTarget(server, authority.issue('localhost'))
        const accepted: readonly (readonly [Readonly<Record<string, string>>, boolean])[] = [
          [{}, true],
          [{ sslmode: 'require' }, true],
          [{ sslmode: 'verify-ca', sslrootcert: authority.ca }, true],
          [{ sslmode: 'verify-full', sslrootcert: authority.ca }, true],
          [{ sslrootcert: authority.ca }, true],
          [{ sslmode: 'disable' }, false],
        ]
        for (const [parameters, encrypted] of accepted) {
          const { exit, json, out } = await mirror(sides(parameters), 'check')
          expect(exit, out).toBe(0)
          expect(json.capabilities['target.tls'], JSON.stringify(parameters)).toBe(encrypted)
        }
        const foreign = { sslmode: 'verify-full', sslrootcert: other.ca }
        expect(await refusal(sides(foreign))).toEqual(['MIRROR_3021', 'MIRROR_3021'])
        const full = { sslmode: 'verify-full', sslrootcert: authority.ca }
        // 127.0.0.1 is the same server, and not the name in the certificate
        expect(await refusal(sides(full, '127.0.0.1'))).toEqual(['MIRROR_3021', 'MIRROR_3021'])
        const byCa = { sslmode: 'verify-ca', sslrootcert: authority.ca }
        expect((await mirror(sides(byCa, '127.0.0.1'), 'check')).exit).toBe(0)

        expect((await mirror(sides(full), 'sync')).exit).toBe(0)
        expect((await mirror(sides(full), 'verify')).json).toMatchObject({ equal: true })
      })
    },
    ['mariadb'],
  )
})
