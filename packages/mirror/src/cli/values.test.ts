import { describe, expect, test } from 'vitest'
import { nearest } from '../suggest.ts'
import { parseDuration, parseKey, parseList, parseListen, parseShare, parseSince } from './values.ts'

describe('values', () => {
  test('durations', () => {
    expect(['500ms', '1s', '1.5s', '2m', '1h'].map(parseDuration)).toEqual([
      500, 1_000, 1_500, 120_000, 3_600_000,
    ])
    for (const bad of ['', '1', '0s', '-1s', '1d', '1 s', 's', '1s2s', '1e3s'])
      expect(() => parseDuration(bad), bad).toThrow('duration')
  })

  test('shares', () => {
    expect(['0.1', '10%', '.5', '1', '100%'].map(parseShare)).toEqual([0.1, 0.1, 0.5, 1, 1])
    for (const bad of ['0', '0%', '1.1', '101%', '-1', 'ten', ''])
      expect(() => parseShare(bad), bad).toThrow('share')
  })

  test('lists', () => {
    expect(parseList(['a, b', 'c', 'a'])).toEqual(['a', 'b', 'c'])
    // for names that hold a comma, or begin with a blank
    expect(parseList(['["a,b", " c"]', 'd'])).toEqual(['a,b', ' c', 'd'])
    expect(parseList(['[ab]*', '["a"'])).toEqual(['[ab]*', '["a"'])
  })

  test('addresses to listen on', () => {
    expect(parseListen('0.0.0.0:80')).toEqual({ host: '0.0.0.0', port: 80 })
    expect(parseListen('[::1]:0')).toEqual({ host: '::1', port: 0 })
    // a port alone must not mean every interface
    expect(parseListen('9300')).toEqual({ host: '127.0.0.1', port: 9_300 })
    for (const bad of [':80', 'host', 'host:', 'a b:1', 'h:99999'])
      expect(() => parseListen(bad), bad).toThrow('HOST:PORT')
  })

  test('keys', () => {
    expect(parseKey('7')).toEqual(['7'])
    expect(parseKey('7,2026')).toEqual(['7', '2026'])
    expect(parseKey('["a,b",2]')).toEqual(['a,b', '2'])
    // 2^53 + 1 has been rounded by the time it can be looked at
    for (const bad of ['[]', '[9007199254740993]', '[null]', '[[1]]', '['])
      expect(() => parseKey(bad), bad).toThrow('key')
  })

  test('times', () => {
    expect(parseSince('5m', 600_000).getTime()).toBe(300_000)
    expect(parseSince('2026-11-22T14:03:07Z', 0).toISOString()).toBe('2026-11-22T14:03:07.000Z')
    for (const bad of ['yesterday', '2026-13-01', '7']) expect(() => parseSince(bad, 0), bad).toThrow('time')
  })

  test('suggestions are near or none', () => {
    expect(nearest('--sorce', ['--source', '--target'])).toBe('--source')
    expect(nearest('--tbales', ['--source', '--tables'])).toBe('--tables')
    expect(nearest('--everything', ['--source', '--target'])).toBeUndefined()
  })
})
