/** The command line up to the point where a mirror would be opened; what lies behind it is tested on real servers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { MirrorOptions } from '../types.ts'
import { runCommandLine } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'mirror-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const SOURCE = 'mysql://reader:s3cret%23word@127.0.0.1:1/school'
const TARGET = 'postgres://mirror:0ther%2Fword@127.0.0.1:1/standby'
const both = ['--source', SOURCE, '--target', TARGET]
const PASSWORDS = ['s3cret', '0ther', '%23word', '%2Fword']

class Opened extends Error {}

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  let out = ''
  let err = ''
  let options: MirrorOptions | undefined
  const exit = await runCommandLine(argv, {
    env,
    signal: new AbortController().signal,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    openMirror: (given) => {
      options = given
      throw new Opened('opened')
    },
  })
  for (const password of PASSWORDS) {
    expect(out, 'a password was printed').not.toContain(password)
    expect(err, 'a password was printed').not.toContain(password)
  }
  return { exit, out, err, options }
}

/** The settings that a command would have opened the mirror with. */
async function settingsOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { options, err } = await run(argv, env)
  if (options === undefined) throw new Error(`refused: ${err}`)
  return options
}

describe('mistakes end with status 2, say what is wrong, and open nothing', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['no command', [], 'A command is missing'],
    ['unknown command', ['stats', ...both], 'There is no command stats. Did you mean status?'],
    ['unknown flag', ['sync', ...both, '--tabels', 'a'], 'There is no flag --tabels. Did you mean --tables?'],
    [
      'unknown flag with an address',
      ['sync', `--sorce=${SOURCE}`],
      'There is no flag --sorce. Did you mean --source?',
    ],
    ['an address as command', [SOURCE], 'The first word is no command'],
    ['an address as a word too many', ['sync', ...both, SOURCE], 'a word too many'],
    ['flag of another command', ['status', ...both, '--poll', '1s'], 'There is no flag --poll'],
    ['flag without a value', ['sync', '--target', TARGET, '--source'], '--source needs a value'],
    ['flag twice', ['sync', ...both, '--source', SOURCE], '--source is given twice'],
    [
      'no source',
      ['sync', '--target', TARGET],
      'No source was given: use --source, MIRROR_SOURCE, or source:',
    ],
    ['no target', ['sync', '--source', SOURCE], 'No target was given'],
    [
      'sides confused',
      ['sync', '--source', TARGET, '--target', SOURCE],
      '--source does not begin with mysql://',
    ],
    ['not an address', ['sync', '--source', 'localhost', '--target', TARGET], '--source is not an address'],
    ['no user', ['sync', '--source', 'mysql://h:1/d', '--target', TARGET], '--source names no user'],
    [
      'no database',
      ['sync', '--source', 'mysql://u:s3cret@h:1/', '--target', TARGET],
      '--source names no database',
    ],
    [
      'unescaped #',
      ['sync', '--source', 'mysql://u:1#s3cret@h/d', '--target', TARGET],
      'its password needs escaping',
    ],
    [
      'unescaped %',
      ['sync', '--source', 'mysql://u:s3cret%zz@h/d', '--target', TARGET],
      'a % that begins no escape',
    ],
    ['bare number', ['run', ...both, '--poll', '1000'], '--poll is not a duration: write 500ms'],
    ['no time at all', ['run', ...both, '--poll', '0s'], '--poll is not a duration'],
    ['share above the whole', ['sync', ...both, '--max-share', '1.5'], '--max-share is not a share'],
    ['share of nothing', ['sync', ...both, '--max-delete', '0%'], '--max-delete is not a share'],
    ['time too long', ['sync', ...both, '--deep-scan', '700h'], '--deep-scan is too long'],
    ['listen', ['run', ...both, '--listen', 'localhost'], '--listen is not an address: write HOST:PORT'],
    ['listen port', ['run', ...both, '--listen', '127.0.0.1:70000'], '--listen is not an address'],
    ['redact', ['sync', ...both, '--redact', 'password'], '--redact holds an entry that is not TABLE.COLUMN'],
    ['empty entry', ['sync', ...both, '--tables', 'a,,b'], '--tables has an empty entry'],
    [
      'contradiction',
      ['sync', ...both, '--tables', 'a', '--exclude', 'a'],
      'contradict each other: both name a',
    ],
    [
      'log level',
      ['sync', ...both, '--log-level', 'debgu'],
      '--log-level is none of debug, info, warn, error, silent. Did you mean debug?',
    ],
    ['history limit', ['history', ...both, '--limit', '0'], '--limit is not a whole number from 1 to 10000'],
    ['history key alone', ['history', ...both, '--key', '7'], '--key needs --table'],
    ['history key', ['history', ...both, '--table', 't', '--key', '[7'], '--key is not a key'],
    ['history cursor', ['history', ...both, '--after', 'x'], '--after is no cursor'],
    ['history since', ['history', ...both, '--since', 'yesterday'], '--since is not a time'],
    ['verify limit', ['verify', ...both, '--limit', 'many'], '--limit is not a whole number'],
    [
      'password file',
      ['sync', '--source', 'mysql://u@h/d', '--target', TARGET, '--source-password-file', '/nowhere'],
      'cannot be read (ENOENT)',
    ],
    [
      'password twice',
      ['sync', ...both, '--source-password-file', '/nowhere'],
      'The password of the source is given twice',
    ],
    [
      'unknown parameter of the source',
      ['sync', '--source', `${SOURCE}?ssl_mode=REQUIRED`, '--target', TARGET],
      '--source has the parameter ssl_mode, which it does not take. Did you mean ssl-mode?',
    ],
    [
      'parameter of the other side',
      ['sync', '--source', SOURCE, '--target', `${TARGET}?ssl-mode=REQUIRED`],
      '--target has the parameter ssl-mode, which it does not take. Did you mean sslmode?',
    ],
    [
      'parameter that is no name',
      ['sync', '--source', `${SOURCE}?s3cret%40x=1`, '--target', TARGET],
      'an unreadable parameter, which it does not take. Known: ssl-mode',
    ],
    [
      'parameter twice',
      ['sync', '--source', `${SOURCE}?ssl-mode=REQUIRED&ssl-mode=DISABLED`, '--target', TARGET],
      '--source has ssl-mode twice',
    ],
    [
      'parameter without a value',
      ['sync', '--source', `${SOURCE}?ssl-ca=`, '--target', TARGET],
      'has ssl-ca without a value',
    ],
    [
      'ssl-mode that is none',
      ['sync', '--source', `${SOURCE}?ssl-mode=require`, '--target', TARGET],
      'that is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY',
    ],
    [
      'a CA file that is not there',
      ['sync', '--source', `${SOURCE}?ssl-ca=/nowhere.pem`, '--target', TARGET],
      '--source names a file as ssl-ca that cannot be read (ENOENT)',
    ],
    [
      'a CA file that is none',
      [
        'sync',
        '--source',
        SOURCE,
        '--target',
        `${TARGET}?sslrootcert=${join(import.meta.dirname, '../../package.json')}`,
      ],
      '--target names a file as sslrootcert that is not PEM',
    ],
    [
      'a CA that nobody looks at',
      ['sync', '--source', `${SOURCE}?ssl-mode=REQUIRED&ssl-ca=/x`, '--target', TARGET],
      'ssl-mode=REQUIRED does not look at: write VERIFY_CA or VERIFY_IDENTITY',
    ],
    [
      'a CA for no encryption',
      ['sync', '--source', SOURCE, '--target', `${TARGET}?sslmode=disable&sslrootcert=/x`],
      'turns encryption off by sslmode and names a certificate',
    ],
    [
      'a check by no CA',
      ['sync', '--source', `${SOURCE}?ssl-mode=VERIFY_CA`, '--target', TARGET],
      'needs ssl-ca for ssl-mode=VERIFY_CA',
    ],
    [
      'half a certificate',
      ['sync', '--source', `${SOURCE}?ssl-cert=/x`, '--target', TARGET],
      'names one of ssl-cert and ssl-key',
    ],
    [
      'identity of a number',
      ['sync', '--source', `${SOURCE}?ssl-mode=VERIFY_IDENTITY`, '--target', TARGET],
      'needs a host by name for ssl-mode=VERIFY_IDENTITY',
    ],
    ['source id reserved', ['sync', ...both, '--source-id', 'pg_x'], '--source-id is reserved by PostgreSQL'],
    ['source id empty', ['sync', ...both, '--source-id', ''], '--source-id is empty'],
    [
      'database called mirror',
      ['sync', '--source', SOURCE.replace('/school', '/mirror'), '--target', TARGET],
      'The database’s name is the engine’s own schema in the target: give the source another with --source-id NAME.',
    ],
    ['a flag that takes no value', ['sync', ...both, '--quiet=no'], '--quiet takes no value'],
    ['config is a folder', ['sync', ...both, '--config', tmpdir()], 'cannot be read (EISDIR)'],
    ['config is binary', ['sync', '--config', process.execPath], 'is not a text file'],
    [
      'config missing',
      ['sync', '--config', '/nowhere.yaml'],
      '--config: nowhere.yaml cannot be read (ENOENT)',
    ],
  ]
  test.each(cases)('%s', async (_, argv, message) => {
    const { exit, out, err, options } = await run(argv)
    expect(err).toContain(message)
    expect(exit).toBe(2)
    expect(out).toBe('')
    expect(options).toBeUndefined()
  })

  test('all wrong settings are told at once', async () => {
    const { err } = await run(['run', '--source', 'x', '--poll', 'often', '--max-share', '2'])
    for (const part of ['--source is not', '--poll is not', '--max-share is not', 'No target'])
      expect(err).toContain(part)
  })

  test.each(cases)('with --json, one document: %s', async (_, argv, message) => {
    // not last: a flag that lacks its value would take --json for it
    const { exit, out, err } = await run([...argv.slice(0, 1), '--json', ...argv.slice(1)])
    const document: unknown = JSON.parse(out)
    expect(out.startsWith('{"version":1,')).toBe(true)
    expect(document).toMatchObject({
      version: 1,
      error: { code: expect.stringMatching(/^MIRROR_000[12]$/), retried: false },
    })
    expect(out).toContain(JSON.stringify(message).slice(1, -1))
    expect(err).toBe('')
    expect(exit).toBe(2)
  })
})

describe('settings', () => {
  test('the flag wins over the environment, the environment over the file', async () => {
    const config = file(
      'order.yaml',
      `source: ${SOURCE}\ntarget: ${TARGET}\npoll: 3s\nmax-share: 0.3\nmax-delete: 30%\n`,
    )
    const env = { MIRROR_POLL: '2s', MIRROR_MAX_SHARE: '20%', MIRROR_CONFIG: '' }
    const options = await settingsOf(['run', '--config', config, '--poll', '1m'], env)
    expect(options).toMatchObject({ source: SOURCE, pollMs: 60_000, maxShare: 0.2, maxDelete: 0.3 })
  })

  test('what is not given has a default', async () => {
    expect(await settingsOf(['sync', ...both])).toEqual({
      source: SOURCE,
      target: TARGET,
      tables: [],
      exclude: [],
      redact: [],
      pollMs: 1_000,
      maxShare: 0.1,
      maxThreadsRunning: 25,
      snapshotAgeMs: 30_000,
      maxDelete: 0.2,
      statementLimitMs: 10_000,
      deepScanMs: 3_600_000,
      layers: ['token', 'hint'],
      hintAboveMs: 100,
      onDrift: 'repair',
      onDriftOf: {},
      driftCheckMs: 3_600_000,
    })
  })

  test('layers: one, none, and a name that is none of them', async () => {
    const layers = async (text: string) => (await settingsOf(['run', ...both, '--layers', text])).layers
    expect(await layers('hint')).toEqual(['hint'])
    expect(await layers('hint,token')).toEqual(['token', 'hint'])
    expect(await layers('none')).toEqual([])
    const { exit, err } = await run(['run', ...both, '--layers', 'hint,log'])
    expect(exit).toBe(2)
    expect(err).toContain('holds log')
  })

  test('lists: repeated, with commas, from a file', async () => {
    const flags = ['--tables', 'course*,section', '--tables', 'term', '--redact', 'account.password_hash']
    const options = await settingsOf(['sync', ...both, ...flags])
    expect(options.tables).toEqual(['course*', 'section', 'term'])
    expect(options.redact).toEqual(['account.password_hash'])
    const config = file('lists.yaml', 'exclude: [a, "b*"]\nredact: account.code\n')
    const fromFile = await settingsOf(['sync', ...both, '--config', config])
    expect(fromFile.exclude).toEqual(['a', 'b*'])
    expect(fromFile.redact).toEqual(['account.code'])
  })

  test('a password from a file, the environment, or a file named in the configuration, whatever it holds', async () => {
    const password = 'p%@:/#? ä"\'\\'
    const path = file('password', `${password}\n`)
    const bare = ['--source', 'mysql://reader@db/school', '--target', TARGET]
    const expected = `mysql://reader:${encodeURIComponent(password)}@db/school`
    const env = { MIRROR_SOURCE_PASSWORD: password }
    const config = file('password.yaml', 'source-password-file: password\n')
    const given = await Promise.all([
      settingsOf(['sync', ...bare, '--source-password-file', path]),
      settingsOf(['sync', ...bare], env),
      settingsOf(['sync', ...bare], { MIRROR_SOURCE_PASSWORD_FILE: path }),
      settingsOf(['sync', ...bare, '--config', config]),
    ])
    for (const { source } of given) {
      expect(source).toBe(expected)
      expect(decodeURIComponent(new URL(source).password)).toBe(password)
    }
  })

  test('unknown keys of the file are errors with a suggestion', async () => {
    const config = file(
      'slip.yaml',
      `source: ${SOURCE}\ntarget: ${TARGET}\nmax-shar: 0.3\n"mysql://u:s3cret@h/d": 1\n`,
    )
    const { exit, err } = await run(['sync', '--config', config])
    expect(err).toContain('slip.yaml: max-shar is not a setting. Did you mean max-share?')
    expect(err).toContain('an unreadable key is not a setting')
    expect(exit).toBe(2)
  })

  test('an empty file of settings says nothing, and what is missing is told', async () => {
    const config = file('empty.yaml', '')
    const { exit, err } = await run(['sync', '--config', config])
    expect(err).toContain('No source was given')
    expect(exit).toBe(2)
    expect((await settingsOf(['sync', '--config', config, ...both])).source).toBe(SOURCE)
  })

  test('only what is wrong is told: a good address beside a bad time is not missing', async () => {
    const { err } = await run(['run', ...both, '--poll', 'often'])
    expect(err).toContain('--poll is not')
    expect(err).not.toContain('was given')
  })

  test('certificates named in a file are meant from where it stands', async () => {
    const pem = file('ca.pem', '-----BEGIN CERTIFICATE-----\n')
    // one that were looked for elsewhere would not be found, and refused
    const to = 'to: mysql://o:w@h/d?ssl-ca=ca.pem'
    const config = file(
      'tls.yaml',
      `source: ${SOURCE}?ssl-ca=ca.pem\ntarget: ${TARGET}\n${to}\nquiet: true\n`,
    )
    const { source } = await settingsOf(['sync', '--config', config])
    expect(new URL(source).searchParams.get('ssl-ca')).toBe(pem)
    expect(decodeURIComponent(new URL(source).password)).toBe('s3cret#word')
  })

  test('--source-id is the library’s sourceId', async () => {
    expect((await settingsOf(['sync', ...both, '--source-id', 'north'])).sourceId).toBe('north')
  })

  test('a file that is no YAML is not quoted', async () => {
    const config = file('broken.yaml', `poll: 1s\nsource: "mysql://u:s3cret@h/d\n  : [`)
    const { exit, err } = await run(['sync', '--config', config])
    expect(err).toMatch(/broken\.yaml is not YAML \(line \d\)/)
    expect(exit).toBe(2)
  })

  test('a slip in the environment is told, foreign variables are not', async () => {
    const { err } = await run(['sync', ...both], { MIRROR_SORCE: SOURCE, MIRROR_SERVICE_HOST: '10.0.0.1' })
    expect(err).toContain('MIRROR_SORCE is not a setting. Did you mean MIRROR_SOURCE?')
    expect(err).not.toContain('SERVICE_HOST')
  })
})

test('an unknown error is a failure, not a mistake of the user', async () => {
  const { exit, out } = await run(['sync', ...both, '--json'])
  expect(JSON.parse(out)).toMatchObject({ version: 1, error: { code: 'MIRROR_0009', retried: false } })
  expect(exit).toBe(1)
})

test('help and version go to standard output and succeed', async () => {
  for (const argv of [['--help'], ['sync', '--help'], ['help', 'sync'], ['--version']]) {
    const { exit, out, err } = await run(argv)
    expect(exit, argv.join(' ')).toBe(0)
    expect(out).not.toBe('')
    expect(err).toBe('')
  }
  const { out } = await run(['--help'])
  for (const name of ['check', 'sync', 'run', 'verify', 'status', 'history', 'restore', 'pause', 'resume'])
    expect(out).toContain(`  ${name}`)
})
