/**
 * UTF-8 as the standard, Node and PostgreSQL have it (Unicode 16, table 3-7). MariaDB takes more: half of a surrogate pair, ED A0 80 to
 * ED BF BF, may stand in its utf8mb4 and utf8mb3 columns. It is no character anywhere else, so that such a text is kept by its bytes.
 */

const isTail = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x80 && byte <= 0xbf

/** Bytes of the character that begins at `index` with a byte of 0x80 or more; 0: there is none, or it does not end before `end`. */
export const characterBytes = (bytes: Buffer, index: number, end: number): number => {
  const lead = bytes[index] ?? 0
  const second = bytes[index + 1] ?? 0
  if (lead < 0xc2 || lead > 0xf4) return 0
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (index + length > end || !isTail(second)) return 0
  // too long for what it says; a surrogate; beyond U+10FFFF
  if (lead === 0xe0 && second < 0xa0) return 0
  if (lead === 0xed && second > 0x9f) return 0
  if (lead === 0xf0 && second < 0x90) return 0
  if (lead === 0xf4 && second > 0x8f) return 0
  if (length > 2 && !isTail(bytes[index + 2])) return 0
  return length > 3 && !isTail(bytes[index + 3]) ? 0 : length
}
