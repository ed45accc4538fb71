import { expect, test } from 'vitest'
import { StateCache } from './state.ts'

test('of cycles that an ALTER may have met two in a row are thrown away, and the third is not', () => {
  const cache = new StateCache('school')
  const passes = (...isSame: readonly boolean[]): boolean[] => isSame.map((same) => cache.mayPass(same))
  expect(passes(true, false, false, false)).toEqual([true, false, false, true])
  // one that met none lets the count begin anew
  expect(passes(false, true, false, false, false)).toEqual([false, true, false, false, true])
  // and what is forgotten of the copy when a cycle fails does not
  expect(passes(false)).toEqual([false])
  cache.forget()
  expect(passes(false, false)).toEqual([false, true])
})
