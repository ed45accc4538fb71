/** Column definition → codec, or undefined for a type that is not known (yet): the table is then refused by name. */
import { binaryCodec } from './binary.ts'
import type { Codec, ColumnDefinition } from './codec.ts'
import { bitCodec, decimalCodec, floatCodec, integerCodec, yearCodec } from './number.ts'
import { dateCodec, datetimeCodec, timeCodec } from './temporal.ts'
import { enumCodec, jsonCodec, setCodec, textCodec, uuidCodec } from './text.ts'

export type { Codec, ColumnDefinition, ExactPart } from './codec.ts'
export { isLarge } from './text.ts'

const families = [
  integerCodec,
  decimalCodec,
  floatCodec,
  bitCodec,
  yearCodec,
  textCodec,
  enumCodec,
  setCodec,
  jsonCodec,
  uuidCodec,
  binaryCodec,
  dateCodec,
  datetimeCodec,
  timeCodec,
] as const

export const codecFor = (column: ColumnDefinition): Codec | undefined => {
  for (const family of families) {
    const codec = family(column)
    if (codec !== undefined) return codec
  }
  return undefined
}
