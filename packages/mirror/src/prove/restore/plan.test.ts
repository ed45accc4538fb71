import { describe, expect, test } from 'vitest'
import type { KeptDefinitions } from '../../record/definitions.ts'
import type { Mirrored } from './mirrored.ts'
import {
  essenceOf,
  isSameVersion,
  type Landing,
  nextNumber,
  type PlannedTable,
  refuseFolding,
  refuseSource,
  reservations,
} from './plan.ts'

const landing: Landing = {
  flavour: 'mysql',
  version: '8.4.3',
  mark: 'one',
  database: 'school',
  folding: 0,
  charset: 'utf8mb4',
  collation: 'utf8mb4_bin',
}
const mirroredFrom = (flavour: string, version: string): Mirrored =>
  ({ definitions: { flavour, version, serverMark: 'one' } as KeptDefinitions }) as Mirrored
const named = (...names: readonly string[]): readonly PlannedTable[] =>
  names.map((name) => ({ name }) as PlannedTable)

describe('equality is promised', () => {
  test.each([
    ['mysql', '8.4.3', true],
    ['mysql', '8.4.2', true],
    ['mysql', '8.0.40', true],
    ['mysql', '8.4.10', false],
    ['mysql', '9.0.0', false],
    ['mariadb', '5.5.5-10.11.1-MariaDB', false],
  ])('of a source %s %s on MySQL 8.4.3: %s', (flavour, version, promised) => {
    expect(reservations(mirroredFrom(flavour, version), landing)).toHaveLength(promised ? 0 : 1)
  })

  test('the same version is told from a newer one', () => {
    expect(isSameVersion(mirroredFrom('mysql', '8.4.3-log'), landing)).toBe(true)
    expect(isSameVersion(mirroredFrom('mysql', '8.4.2'), landing)).toBe(false)
  })
})

test('the source is known by server and name, and another name on the same server is no source', () => {
  const from = mirroredFrom('mysql', '8.4.3')
  expect(() => refuseSource(from, landing, 'school')).toThrow('the source itself')
  expect(() => refuseSource(from, { ...landing, folding: 1 }, 'School')).toThrow('the source itself')
  refuseSource(from, landing, 'School')
  refuseSource(from, { ...landing, mark: 'another' }, 'school')
})

test('names that a server folds are refused where they would meet or change', () => {
  refuseFolding(named('Course', 'course'), landing)
  refuseFolding(named('Course', 'section'), { ...landing, folding: 2 })
  expect(() => refuseFolding(named('Course', 'course'), { ...landing, folding: 2 })).toThrow(
    'Course and course',
  )
  expect(() => refuseFolding(named('Course'), { ...landing, folding: 1 })).toThrow(
    'Course would become course',
  )
})

test.each([
  ['int', 'int', 500n, 77n, '1500'],
  ['int', 'int', 500n, 900n, '1901'],
  ['int', 'int', null, null, '1001'],
  ['tinyint', 'tinyint', 1n, null, '127'],
  ['tinyint', 'tinyint unsigned', 250n, 254n, '255'],
  ['bigint', 'bigint unsigned', 2n ** 64n - 1n, 2n ** 64n - 1n, String(2n ** 64n - 1n)],
  ['double', 'double', 500n, null, 'undefined'],
] as const)('%s (%s) after %s, highest %s: %s', (dataType, columnType, recorded, highest, next) => {
  expect(String(nextNumber({ dataType, columnType }, recorded, highest, 1_000))).toBe(next)
})

test('two wordings of one definition are one; a comment that looks like an option is not touched', () => {
  const one =
    'CREATE TABLE `t` (\n  `c` char(1) COLLATE latin1_bin\n) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=latin1'
  const two =
    'CREATE TABLE `t` (\n  `c` char(1) CHARACTER SET latin1 COLLATE latin1_bin\n) ENGINE=InnoDB DEFAULT CHARSET=latin1'
  expect(essenceOf(one)).toBe(essenceOf(two))
  expect(essenceOf(one.replace('latin1_bin', 'latin1_german1_ci'))).not.toBe(essenceOf(two))
  const comment = ") ENGINE=InnoDB COMMENT=' AUTO_INCREMENT=7'"
  expect(essenceOf(comment)).toBe(comment)
})
