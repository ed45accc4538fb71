import { expect, it } from 'vitest'
import { originsFor, originWarning, sentByUs } from './origin.ts'
import { loggable, problemOf } from './problems.ts'
import { localPath } from './session.ts'

const ours = originsFor([], 5000)

it.each([
  [{}, true],
  [{ origin: 'http://127.0.0.1:5000' }, true],
  [{ origin: 'http://localhost:5000' }, true],
  [{ origin: 'http://LOCALHOST:5000' }, true],
  [{ origin: 'http://localhost:5001' }, false],
  [{ origin: 'https://localhost:5000' }, false],
  [{ origin: 'null' }, false],
  [{ origin: '' }, false],
  // the name of the page wins over the browser's own opinion
  [{ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }, false],
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'none' }, true],
  [{ 'sec-fetch-site': 'same-site' }, false],
  [{ 'sec-fetch-site': 'cross-site' }, false],
  [{ 'sec-fetch-site': ['same-origin', 'cross-site'] }, false],
])('a write with %j: %s', (headers, allowed) => {
  expect(sentByUs(headers, ours)).toBe(allowed)
})

it('takes configured origins instead of the loopback ones', () => {
  expect(originsFor(['https://Register.Example.edu/'], 5000)).toEqual(['https://register.example.edu'])
})

it('names origins as browsers do, and the one address that it listens on', () => {
  expect(sentByUs({ origin: 'http://localhost' }, originsFor([], 80))).toBe(true)
  expect(originsFor([], 5000, '192.0.2.7')).toContain('http://192.0.2.7:5000')
  expect(originsFor([], 5000, '2001:db8::7')).toContain('http://[2001:db8::7]:5000')
  // whoever can choose the name of the page could else send any form
  expect(originsFor([], 5000, '0.0.0.0')).toEqual(ours)
  expect(originWarning([], 5000, '0.0.0.0')).toContain('--origin')
  expect(originWarning([], 5000, '127.0.0.1')).toBeUndefined()
  expect(originWarning(['https://register.example.edu'], 5000, '0.0.0.0')).toBeUndefined()
})

it.each([
  ['/cart', '/cart'],
  ['/catalogue?q=cs%20101&day=1', '/catalogue?q=cs%20101&day=1'],
  ['', undefined],
  ['cart', undefined],
  ['//evil.example', undefined],
  ['/\\evil.example', undefined],
  ['/\t/evil.example', undefined],
  ['http://evil.example/', undefined],
  ['/x\r\nset-cookie: a=b', undefined],
  [`/${'x'.repeat(2000)}`, undefined],
])('after signing in, %j leads to %j', (next, path) => {
  expect(localPath(next)).toBe(path)
})

it('tells a fault without its words, and logs a driver’s without its values', () => {
  const fault = Object.assign(new Error("Duplicate entry 'S100001' for key 'number'"), {
    code: 'ER_DUP_ENTRY',
    errno: 1062,
    sql: "INSERT … 'S100001'",
  })
  const problem = problemOf(fault)
  expect([problem.status, problem.code]).toEqual([500, 'broken'])
  expect(JSON.stringify([problem, loggable(fault)])).not.toContain('S100001')
  expect(loggable(fault)['code']).toBe('ER_DUP_ENTRY')
  expect(problemOf(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })).status).toBe(503)
})
