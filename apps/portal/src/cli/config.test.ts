import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { configurationDocument } from './config-document.ts'
import { environmentName, readConfig, settingNames, settingOptions, strangeVariables } from './config.ts'
import { sampleZone } from '../http/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'portal-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const database = 'mysql://portal@db/school'

it.each([
  ['UTC', 'America/Chicago'],
  ['Etc/UTC', 'America/Chicago'],
  ['GMT', 'America/Chicago'],
  ['Europe/Berlin', 'Europe/Berlin'],
])('puts the sample university into a place: on a machine of %s in %s', (here, zone) => {
  expect(sampleZone(here)).toBe(zone)
})
const secret = 'hunter2-topsecret'

const refusal = (flags: object, env: NodeJS.ProcessEnv, of: 'every' | 'serve' = 'serve'): string => {
  try {
    readConfig(flags, of, env)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'taken'
}

describe('the settings', () => {
  it('are documented: docs/configuration-portal.md is what the table says', async () => {
    const place = join(import.meta.dirname, '../../../../docs/configuration-portal.md')
    await expect(configurationDocument()).toMatchFileSnapshot(place)
  })

  it('are flags, one for each, and --config', () => {
    expect(settingOptions('serve').map((option) => option.long)).toHaveLength(settingNames.length + 1)
    expect(settingOptions('every').map((option) => option.long)).toEqual([
      '--database',
      '--database-password-file',
      '--config',
    ])
  })

  it('come from file, environment and flags, each over the one before', () => {
    const config = file(
      'order.yaml',
      `database: ${database}\nport: 1\ntime-zone: UTC\norigin: [https://a.example]\n`,
    )
    const env = {
      PORTAL_CONFIG: config,
      PORTAL_PORT: '2',
      PORTAL_ORIGIN: 'https://b.example,https://c.example',
    }
    const read = readConfig({ port: '3', trustProxy: ['10.0.0.1', '10.0.0.2'] }, 'serve', env)
    expect(read).toMatchObject({
      database,
      port: 3,
      timeZone: 'UTC',
      origin: ['https://b.example', 'https://c.example'],
      trustProxy: ['10.0.0.1', '10.0.0.2'],
      host: '127.0.0.1',
      logLevel: 'info',
    })
    const networks = ['172.16.0.0/12', 'fd00::/8', '::1', 'loopback']
    expect(readConfig({ database, trustProxy: networks }, 'serve', {}).trustProxy).toEqual(networks)
    expect(readConfig({}, 'serve', { PORTAL_CONFIG: config })).toMatchObject({ port: 1 })
    expect(readConfig({ config }, 'serve', {}).origin).toEqual(['https://a.example'])
  })

  it('take a password from the first line of a file, whatever signs it holds', () => {
    file('password', 'p@ss/w:rd%20\nsecond line\n')
    const config = file('password.yaml', `database: ${database}\ndatabase-password-file: password\n`)
    expect(decodeURIComponent(new URL(readConfig({ config }, 'every', {}).database).password)).toBe(
      'p@ss/w:rd%20',
    )
    const env = { PORTAL_DATABASE: database, PORTAL_DATABASE_PASSWORD_FILE: join(folder, 'none') }
    expect(refusal({}, env)).toMatch(
      /^PORTAL_DATABASE_PASSWORD_FILE names a file that cannot be read \(ENOENT\)/,
    )
    expect(refusal({}, { ...env, PORTAL_DATABASE_PASSWORD_FILE: file('empty', '\n') })).toMatch(
      /an empty file/,
    )
    const twice = { ...env, PORTAL_DATABASE: `mysql://portal:${secret}@db/school` }
    expect(refusal({}, twice)).toMatch(/given twice/)
    expect(refusal({}, twice)).not.toContain(secret)
  })

  it.each([
    ['nothing', {}, {}, /^No database is named\. Set PORTAL_DATABASE/],
    ['an empty variable', {}, { PORTAL_DATABASE: '' }, /^No database is named/],
    [
      'everything at once',
      { port: '70000', origin: ['example.edu'] },
      { PORTAL_TIME_ZONE: 'Mars', PORTAL_DATABASE: database },
      /^PORTAL_TIME_ZONE is not a time zone[^]*--port is not[^]*--origin is not/,
    ],
    [
      'a proxy that is none',
      { trustProxy: ['proxy.example', '10.0.0.0/99'] },
      { PORTAL_DATABASE: database },
      /^--trust-proxy is not an address or a network/,
    ],
    ['an unknown key', { config: 'unknown.yaml' }, {}, /^unknown\.yaml: databse is not a setting\.$/],
    [
      'a password as a key',
      { config: 'secret.yaml' },
      {},
      /^secret\.yaml: an unreadable key is not a setting\.$/,
    ],
    ['no YAML', { config: 'broken.yaml' }, {}, /^--config: broken\.yaml is not YAML \(line \d\)\.$/],
    ['a list', { config: 'list.yaml' }, {}, /is not a list of settings/],
    ['a folder', { config: '.' }, {}, /cannot be read \(EISDIR\)/],
    ['no file', { config: 'none.yaml' }, {}, /none\.yaml cannot be read \(ENOENT\)/],
    ['a map for a text', { config: 'map.yaml' }, {}, /^map\.yaml: host is neither a text nor a number\.$/],
    [
      'a standby of the wrong kind',
      { standby: `mysql://u:${secret}@h/d` },
      { PORTAL_DATABASE: database },
      /^--standby does not begin with postgres:/,
    ],
    ['an address that is none', {}, { PORTAL_DATABASE: `${secret}@` }, /^PORTAL_DATABASE is not an address/],
  ])('refuse %s in words, without a secret', (_, flags, env, words) => {
    file('unknown.yaml', `databse: ${secret}\n`)
    file('secret.yaml', `"${secret} is my password": x\n`)
    file('broken.yaml', `database: ${database}\n  password: "${secret}\n`)
    file('list.yaml', `- ${secret}\n`)
    file('map.yaml', `host: { a: ${secret} }\n`)
    const placed = 'config' in flags ? { ...flags, config: join(folder, flags.config) } : flags
    const message = refusal(placed, env)
    expect(message).toMatch(words)
    expect(message).not.toContain(secret)
  })

  it('of `serve` trouble no other command, and the scheduler’s variables trouble nobody', () => {
    expect(refusal({}, { PORTAL_DATABASE: database, PORTAL_PORT: 'x' }, 'every')).toBe('taken')
    const kubernetes = {
      PORTAL_SERVICE_HOST: '10.0.0.1',
      PORTAL_PORT: 'tcp://10.0.0.1:5000',
      PORTAL_PORT_5000_TCP: 'tcp://10.0.0.1:5000',
    }
    expect(readConfig({}, 'serve', { ...kubernetes, PORTAL_DATABASE: database }).port).toBe(5_000)
    expect(
      strangeVariables({ ...kubernetes, PORTAL_TIMEZONE: 'UTC', PORTAL_SAMPLE: 'no', HOME: '/' }),
    ).toEqual(['PORTAL_TIMEZONE'])
    expect(
      strangeVariables(Object.fromEntries(settingNames.map((name) => [environmentName(name), 'x']))),
    ).toEqual([])
  })
})
