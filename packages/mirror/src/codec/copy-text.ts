/**
 * Source bytes → a field of COPY's text format, byte by byte: no string is made of a value whose text stands within its source bytes,
 * as nearly all do. What is written is what `encode` and `copyField` give, or nothing. A value lies between `start` and `end`.
 */
import type { PlainText } from './codec.ts'
import { characterBytes } from './utf8.ts'

const firstBeyondAscii = 0x80
const backslash = 0x5c
const quote = 0x22
const lastControl = 0x1f
const tab = 9
const newline = 10
const carriageReturn = 13
const letterT = 0x74
const letterN = 0x6e
const letterR = 0x72

/** Below it by hand, which is faster than a call; above it as a whole. */
const shortBytes = 64

/** What a field takes at most: each byte may be escaped; the rest is for what is shown behind it, the separator and slack. */
export const fieldRoom = (bytes: number): number => 2 * bytes + 16

const writeSame = (bytes: Buffer, from: number, end: number, out: Buffer, at: number): number => {
  if (end - from > shortBytes) return at + bytes.copy(out, at, from, end)
  let to = at
  for (let index = from; index < end; index += 1) {
    out[to] = bytes[index] ?? 0
    to += 1
  }
  return to
}

/** -1: it holds a NUL, or what is no UTF-8 */
const writeEscaped = (bytes: Buffer, from: number, end: number, out: Buffer, at: number): number => {
  let to = at
  for (let index = from; index < end; index += 1) {
    let byte = bytes[index] ?? 0
    if (byte <= carriageReturn || byte === backslash) {
      if (byte === 0) return -1
      const isEscaped = byte === backslash || byte === tab || byte === newline || byte === carriageReturn
      if (isEscaped) {
        out[to] = backslash
        to += 1
        if (byte === tab) byte = letterT
        else if (byte === newline) byte = letterN
        else if (byte === carriageReturn) byte = letterR
      }
    } else if (byte >= firstBeyondAscii) {
      const length = characterBytes(bytes, index, end)
      if (length === 0) return -1
      for (let left = length; left > 1; left -= 1) {
        out[to] = byte
        to += 1
        index += 1
        byte = bytes[index] ?? 0
      }
    }
    out[to] = byte
    to += 1
  }
  return to
}

/** What a free text of JSON, or an identity, may hold as it stands: UTF-8 without NUL. */
const isText = (bytes: Buffer, from: number, end: number): boolean => {
  for (let index = from; index < end; index += 1) {
    const byte = bytes[index] ?? 0
    if (byte === 0) return false
    if (byte < firstBeyondAscii) continue
    const length = characterBytes(bytes, index, end)
    if (length === 0) return false
    index += length - 1
  }
  return true
}

/** Writes the field into `out` from `at` on, where `fieldRoom` is left; where it ends, or -1: this value is one for `encode`. */
export const writePlain = (
  plain: PlainText,
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
): number => {
  const from = plain.from(bytes, start, end)
  if (from < 0) return -1
  if (plain.free) return writeEscaped(bytes, from, end, out, at)
  let to = writeSame(bytes, from, end, out, at)
  for (let index = 0; index < plain.suffix.length; index += 1) {
    out[to] = plain.suffix.charCodeAt(index)
    to += 1
  }
  return to
}

/** The canonical text as it is; where it ends, or -1: this value is one for `canonical`. */
export const writeCanonical = (
  plain: PlainText,
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
): number => {
  const from = plain.from(bytes, start, end)
  if (from < 0) return -1
  if (plain.free && !isText(bytes, from, end)) return -1
  return writeSame(bytes, from, end, out, at)
}

/** The canonical text as a string of JSON, where it stands there as it is; else -1. */
export const writeJsonString = (
  plain: PlainText,
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
): number => {
  const from = plain.from(bytes, start, end)
  if (from < 0) return -1
  if (plain.free) {
    if (!isText(bytes, from, end)) return -1
    for (let index = from; index < end; index += 1) {
      const byte = bytes[index] ?? 0
      if (byte <= lastControl || byte === quote || byte === backslash) return -1
    }
  }
  out[at] = quote
  const to = writeSame(bytes, from, end, out, at + 1)
  out[to] = quote
  return to + 1
}
