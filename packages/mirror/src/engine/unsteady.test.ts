import { expect, test } from 'vitest'
import type { Catalogue, SourceTable } from '../source/tables.ts'
import { UnsteadyTables } from './unsteady.ts'

const tables = new Map(['a', 'b'].map((name) => [name, { name } as unknown as SourceTable]))
const catalogue = { tables, refused: new Map() } as unknown as Catalogue

test('a table that strikes again and again is left out, ever longer, until a cycle holds it', () => {
  let now = 1_000
  const unsteady = new UnsteadyTables(() => now)
  const follows = (): string => [...unsteady.leaveOut(catalogue).tables.keys()].join('')
  const strike = (times: number): void => {
    for (let time = 0; time < times; time += 1) unsteady.struck('a')
  }
  strike(3)
  unsteady.struck(undefined)
  expect([follows(), unsteady.isDue]).toEqual(['ab', false])
  strike(1)
  expect([follows(), unsteady.isDue]).toEqual(['b', false])
  expect(unsteady.leaveOut(catalogue).refused.get('a')).toMatchObject({ code: 'MIRROR_2012' })
  unsteady.passed(['b'])
  now += 2_000
  expect([follows(), unsteady.isDue]).toEqual(['ab', true])
  strike(1)
  now += 3_999
  expect([follows(), unsteady.isDue]).toEqual(['b', false])
  now += 1
  expect(follows()).toBe('ab')
  unsteady.passed(['a', 'b'])
  strike(3)
  expect([follows(), unsteady.isDue]).toEqual(['ab', false])
  strike(60)
  now += 300_000
  expect(follows()).toBe('ab')
})
