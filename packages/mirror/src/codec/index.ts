/** Column definition → codec, or undefined for a type that is not known (yet): the table is then refused by name. */
import { inetCodec, uuidCodec } from './address.ts'
import { binaryCodec } from './binary.ts'
import type { Codec, ColumnDefinition } from './codec.ts'
import { jsonCodec } from './json.ts'
import { enumCodec, setCodec } from './members.ts'
import { bitCodec, decimalCodec, floatCodec, integerCodec, yearCodec } from './number.ts'
import { dateCodec, datetimeCodec, timeCodec } from './temporal.ts'
import { textCodec } from './text.ts'

export { printInet6 } from './address.ts'
export { latin1Bytes } from './charset.ts'
export { restoreSession } from './codec.ts'
export { fieldRoom, writeCanonical, writeJsonString, writePlain } from './copy-text.ts'
export type { Codec, ColumnDefinition, ExactPart, PlainText } from './codec.ts'
export { textOfSet } from './members.ts'
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
  inetCodec,
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
