/** One-time codes: sixteen of 32 signs (80 bits), in groups of four, without signs that are mistaken for others. */
import { createHash, randomInt } from 'node:crypto'

/** Crockford's: no I, L, O, U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** @param draw a number 0…31, from a secret source unless it is for the sample */
export const formatCode = (draw: () => number = () => randomInt(32)): string =>
  Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => alphabet.charAt(draw())).join('')).join('-')

/** What was typed, as it was meant: case, blanks and dashes do not matter, O is 0, I and L are 1. */
const plain = (typed: string): string =>
  typed
    .slice(0, 100)
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')

/** 80 random bits need no slow hash: guessing them is out of reach whatever the hash costs. */
export const codeHash = (typed: string): Buffer => createHash('sha256').update(plain(typed)).digest()
