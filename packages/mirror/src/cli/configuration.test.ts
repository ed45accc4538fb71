import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addressParameters } from '../tls.ts'
import { configurationDocument } from './configuration-document.ts'
import { runCommandLine } from './program.ts'
import { definitionOf, defaults, envName, settingNames } from './settings.ts'

const path = join(import.meta.dirname, '../../../../docs/configuration.md')

async function help(command: string): Promise<string> {
  let out = ''
  await runCommandLine([command, '--help'], {
    env: {},
    signal: new AbortController().signal,
    out: (text) => void (out += text),
    err: () => undefined,
    openMirror: () => {
      throw new Error('help opens nothing')
    },
  })
  return out
}

describe('settings', () => {
  test('docs/configuration.md is what the definitions say', async () => {
    await expect(configurationDocument()).toMatchFileSnapshot(path)
  })

  test('each stands there with flag, variable, key, default and its reason; so does each parameter of an address', () => {
    const text = readFileSync(path, 'utf8')
    for (const name of settingNames) {
      const { help: sentence, default: given, reason, flag } = definitionOf(name)
      const section = text.split('### ').find((part) => part.startsWith(`${name}\n`)) ?? ''
      expect(section, name).toContain(sentence)
      expect(section, name).toContain(`\`${envName(name)}\``)
      expect(section, name).toContain(`\`${name}:\``)
      expect(section.includes(`--${name}`), name).toBe(flag !== false)
      if (given !== undefined) {
        expect(section, name).toContain(`\`${given}\``)
        expect(reason, `${name} has a default without a reason`).toBeDefined()
      }
    }
    for (const parameter of Object.values(addressParameters).flat()) expect(text).toContain(`${parameter}=`)
  })

  test('--help of each command is made of them, and a secret is no flag', async () => {
    const run = await help('run')
    const restore = await help('restore')
    for (const name of settingNames) {
      const { group, flag } = definitionOf(name)
      expect((group === 'restore' ? restore : run).includes(`  --${name} `), name).toBe(flag !== false)
    }
    const status = await help('status')
    expect(status).toContain('--source-id')
    for (const other of ['--poll', '--max-share', '--listen', '--to']) expect(status).not.toContain(other)
  })

  test('defaults are read by the same schema as what a person writes', () => {
    expect(defaults).toEqual({
      poll: 1_000,
      'max-share': 0.1,
      'max-threads-running': 25,
      'snapshot-age': 30_000,
      'max-delete': 0.2,
      'statement-limit': 10_000,
      'deep-scan': 3_600_000,
      layers: ['token', 'hint'],
      'hint-above': 100,
      'on-drift': [{ table: null, policy: 'repair' }],
      'drift-check': 3_600_000,
      quiet: false,
      'log-level': 'info',
      'log-format': 'text',
    })
  })
})
