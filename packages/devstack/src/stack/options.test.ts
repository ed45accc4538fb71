import { describe, expect, it } from 'vitest'
import { parseOptions, UsageError } from './options.ts'

describe('the options of npm start', () => {
  it('need none', () => {
    expect(parseOptions([])).toEqual({
      flavour: 'mariadb-binlog',
      port: undefined,
      source: undefined,
      mirrorSource: undefined,
      target: undefined,
      dev: false,
    })
  })

  it('may come from the environment, where others do not see the password', () => {
    const source = 'mysql://portal:a@127.0.0.1/school'
    const target = 'postgres://mirror:b@127.0.0.1/standby'
    const env = { MATRICULA_SOURCE: source, MATRICULA_TARGET: target }
    expect(parseOptions([], env)).toMatchObject({ source, mirrorSource: source, target })
    const other = 'mysql://portal:a@127.0.0.1/other'
    expect(parseOptions(['--source', other], env)).toMatchObject({ source: other, mirrorSource: other })
    expect(() => parseOptions([], { MATRICULA_SOURCE: 'portal:secret@' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    )
  })

  it('give the mirror the portal’s address unless it has its own', () => {
    const source = 'mysql://portal:a@127.0.0.1/school'
    const mirror = 'mysql://mirror:b@127.0.0.1/school'
    expect(parseOptions(['--source', source])).toMatchObject({ source, mirrorSource: source })
    expect(parseOptions(['--source', source, '--mirror-source', mirror])).toMatchObject({
      mirrorSource: mirror,
    })
  })

  it.each([
    ['an unknown one', ['--prot', '5'], /--prot/],
    ['a word that belongs to none', ['5000'], /5000/],
    ['no port', ['--port', '99999'], /--port: .*65535/],
    ['no server', ['--server', 'oracle'], /--server: one of mariadb/],
    ['no address', ['--source', 'foo'], /--source: .*mysql:\/\//],
    ['an address without a database', ['--target', 'postgres://u:p@127.0.0.1'], /--target: /],
    ['an address of the other kind', ['--source', 'postgres://u:p@127.0.0.1/x'], /--source: /],
    ['a mirror’s address alone', ['--mirror-source', 'mysql://u:p@127.0.0.1/x'], /--source/],
  ])('are refused with a reason: %s', (_, args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
    expect(() => parseOptions(args)).toThrow(message)
  })

  it('never repeat a password', () => {
    for (const address of ['mysql://u:s3cret@', 'http://u:s3cret@h/x', 'u:s3cret@h']) {
      for (const option of ['--source', '--target', '--mirror-source']) {
        let said = ''
        try {
          parseOptions([option, address])
        } catch (error) {
          said = String(error)
        }
        expect(said).not.toBe('')
        expect(said).not.toContain('s3cret')
      }
    }
  })
})
