import { expect, it } from 'vitest'
import { LearnedCharsets } from './learned-charsets.ts'

const hex = (bytes: Buffer | undefined): string | undefined => bytes?.toString('hex')

it('a character is known when a digest has proved it, in its own character set alone', () => {
  const learned = new LearnedCharsets()
  learned.begin()
  expect(hex(learned.encode('sjis', 'アa'))).toBe('834161')
  expect(learned.isGuess).toBe(true)
  // its digest was another: nothing is learned
  learned.begin()
  expect(learned.isGuess).toBe(false)
  learned.encode('sjis', 'aア')
  expect(learned.isGuess).toBe(true)
  learned.prove()
  learned.begin()
  expect(hex(learned.encode('sjis', 'アアa'))).toBe('8341834161')
  expect(learned.isGuess).toBe(false)
  learned.encode('sjis', 'アイ')
  expect(learned.isGuess).toBe(true)
  learned.begin()
  expect(hex(learned.encode('cp932', 'ア'))).toBe('8341')
  expect(learned.isGuess).toBe(true)
})

it('of one byte or two; what no table has is not guessed', () => {
  const learned = new LearnedCharsets()
  expect(hex(learned.encode('cp1251', 'да'))).toBe('e4e0')
  expect(hex(learned.encode('gbk', '你'))).toBe('c4e3')
  expect(hex(learned.encode('euckr', '가'))).toBe('b0a1')
  expect(hex(learned.encode('latin2', ''))).toBe('')
  expect(learned.encode('cp1251', '你')).toBeUndefined()
  expect(learned.encode('gbk', '😀')).toBeUndefined()
  expect(learned.encode('dec8', 'a')).toBeUndefined()
})
