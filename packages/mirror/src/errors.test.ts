import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandLineTable } from './cli/codes.ts'
import { type ErrorEntry, errorTable, MirrorError } from './errors.ts'
import { errorsDocument } from './errors-document.ts'

const docs = join(import.meta.dirname, '../../../docs')
const table: Readonly<Record<string, ErrorEntry>> = { ...commandLineTable, ...errorTable }

/** Codes that a text names and the tables do not know. */
const unknownIn = (text: string): readonly string[] =>
  [...text.matchAll(/MIRROR_\d{4}/g)].map(([code]) => code).filter((code) => !(code in table))

describe('errors', () => {
  test('docs/errors.md is what the tables say', async () => {
    await expect(errorsDocument()).toMatchFileSnapshot(join(docs, 'errors.md'))
  })

  test('each code stands in docs/errors.md with cause, remedy and whether it is retried', () => {
    const text = readFileSync(join(docs, 'errors.md'), 'utf8')
    for (const [code, { cause, remedy, retried }] of Object.entries(table)) {
      const section = text.split('### ').find((part) => part.startsWith(code)) ?? ''
      expect(section, code).toContain(cause)
      expect(section, code).toContain(remedy)
      expect(section, code).toContain(`**Retried:** ${retried ? 'yes' : 'no'}`)
    }
  })

  test('each code is found from a symptom in docs/troubleshooting.md', () => {
    const text = readFileSync(join(docs, 'troubleshooting.md'), 'utf8')
    expect(Object.keys(table).filter((code) => !text.includes(`\`${code}\``))).toEqual([])
  })

  test('no document names a code that does not exist', () => {
    const files = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.md'),
    )
    expect(files).toContain('errors.md')
    for (const file of files) expect(unknownIn(readFileSync(join(docs, file), 'utf8')), file).toEqual([])
    // the search itself can fail
    expect(unknownIn('see MIRROR_9876')).toEqual(['MIRROR_9876'])
  })

  test('an error says what, where and what to do', () => {
    const error = new MirrorError('MIRROR_1006', { table: 'course', detail: 'SELECT command denied' })
    expect(error.message).toBe(
      'course: The account may not read a table of the source. (SELECT command denied)',
    )
    expect(error.remedy).toContain('GRANT SELECT')
    expect(error.retried).toBe(true)
  })
})
