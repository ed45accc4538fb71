import { expect, test } from 'vitest'
import type { Catalogue } from '../source/tables.ts'
import { unmatchedNames } from './unmatched.ts'

/** What the check looks at of a catalogue: `student` is followed, `heap` refused, `log` left out, `roll` a view. */
const catalogue = {
  tables: new Map([
    ['student', { name: 'student', columns: [{ name: 'id' }, { name: 'Email' }] }],
    ['a.b', { name: 'a.b', columns: [{ name: 'c.d' }] }],
  ]),
  refused: new Map([['heap', { name: 'heap' }]]),
  createdAt: new Map([
    ['student', ''],
    ['a.b', ''],
    ['heap', ''],
    ['log', ''],
  ]),
  others: ['roll'],
} as unknown as Catalogue

const none = { tables: [], exclude: [], redact: [] }

test('names that fit are not told', () => {
  expect(unmatchedNames(none, catalogue)).toEqual([])
  expect(
    unmatchedNames(
      {
        tables: ['stud*', 'roll', 'he?p'],
        exclude: ['log'],
        redact: ['Student.email', 'heap.a', 'log.b', 'A.b.c.d'],
      },
      catalogue,
    ),
  ).toEqual([])
})

test('names that fit nothing are told with their flag', () => {
  expect(
    unmatchedNames(
      {
        tables: ['student', 'cuorse'],
        exclude: ['tmp_*'],
        redact: ['student.emial', 'studnet.email', 'a.b.c'],
      },
      catalogue,
    ),
  ).toEqual([
    '--tables cuorse',
    '--exclude tmp_*',
    '--redact student.emial',
    '--redact studnet.email',
    '--redact a.b.c',
  ])
  // tables are compared as MySQL does where it tells capitals apart
  expect(unmatchedNames({ ...none, exclude: ['STUDENT'] }, catalogue)).toEqual(['--exclude STUDENT'])
})
