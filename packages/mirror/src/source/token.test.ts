import { expect, it } from 'vitest'
import { sameToken } from './token.ts'

it('tokens are the same where nothing was written, and by one process of the server', () => {
  expect(sameToken('redo:1000:48248', 'redo:1000:48248')).toBe(true)
  // its clock is counted in whole seconds, and ours is another
  expect(sameToken('redo:1000:48248', 'redo:1002:48248')).toBe(true)
  // a crash may take the position back to where it was
  expect(sameToken('redo:1000:48248', 'redo:1003:48248')).toBe(false)
  expect(sameToken('redo:1000:48248', 'redo:1000:48249')).toBe(false)
  expect(sameToken('redo:1000:48248:3:77', 'redo:1000:48248:4:77')).toBe(false)
  expect(sameToken('3e11fa47-71ca:1-5', '3e11fa47-71ca:1-5')).toBe(true)
  expect(sameToken('redo:1000:48248', '3e11fa47-71ca:1-5')).toBe(false)
  // a log that began anew and came as far; one of another kind
  expect(sameToken('log:1000:7:1-5', 'log:1001:7:1-5')).toBe(true)
  expect(sameToken('log:1000:7:1-5', 'log:1000:8:1-5')).toBe(false)
  expect(sameToken('log:1000:7:1-5', 'log:1900:7:1-5')).toBe(false)
  expect(sameToken('log:1000:7:1-5', 'redo:1000:7:1-5')).toBe(false)
  // what is not told is not the same
  expect(sameToken(undefined, null)).toBe(false)
})
