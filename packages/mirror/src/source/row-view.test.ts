import { expect, test } from 'vitest'
import { LastKey, RowView } from './row-view.ts'

/** A value as the text protocol sends it: its length in as few bytes as hold it. */
const sent = (value: Buffer | null, least = 1): Buffer => {
  if (value === null) return Buffer.from([0xfb])
  const { length } = value
  if (least === 1 && length < 0xfb) return Buffer.concat([Buffer.from([length]), value])
  const head = Buffer.alloc(9)
  head.writeUIntLE(length, 1, 6)
  const [mark, width] =
    least <= 2 && length < 2 ** 16 ? [0xfc, 2] : least <= 3 && length < 2 ** 24 ? [0xfd, 3] : [0xfe, 8]
  head[0] = mark
  return Buffer.concat([head.subarray(0, 1 + width), value])
}

const packetOf = (parts: readonly Buffer[]) => {
  // other packets stand around it
  const around = Buffer.from('before')
  const body = Buffer.concat(parts)
  return {
    buffer: Buffer.concat([around, body, Buffer.from('after')]),
    offset: around.length,
    end: around.length + body.length,
    isEOF: () => false,
  }
}

test('a row is the same from the bytes that came and from what the driver makes of them', () => {
  const rows = [
    [Buffer.from('1'), null, Buffer.alloc(0)],
    [Buffer.alloc(250, 'a'), Buffer.alloc(251, 'b'), Buffer.alloc(70_000, 'c')],
    [null, null, null, ...Array.from({ length: 40 }, (_, index) => Buffer.from(`column ${index}`))],
  ]
  const [fromPacket, fromFields] = [new RowView(), new RowView()]
  for (const row of rows) {
    fromPacket.readPacket(packetOf(row.map((value) => sent(value))))
    fromFields.readFields(row)
    expect(fromPacket.fields()).toEqual(row)
    expect(fromFields.fields()).toEqual(row)
    expect(fromPacket.size).toBe(row.reduce((sum, value) => sum + (value?.length ?? 1), 0))
    expect(fromFields.size).toBe(fromPacket.size)
  }
  // lengths may be written longer than they need
  for (const least of [2, 3, 8]) {
    fromPacket.readPacket(packetOf([sent(Buffer.from('long'), least), sent(Buffer.from('x'))]))
    expect(fromPacket.fields()).toEqual([Buffer.from('long'), Buffer.from('x')])
  }
})

test('the last key outlives its row', () => {
  const [row, key] = [new RowView(), new LastKey([2, 1])]
  row.readPacket(packetOf(['digest', 'b', 'a'].map((text) => sent(Buffer.from(text)))))
  key.keep(row)
  row.readPacket(packetOf(['other', 'y', 'x'].map((text) => sent(Buffer.from(text)))))
  expect(key.bytes).toEqual([Buffer.from('a'), Buffer.from('b')])
})
