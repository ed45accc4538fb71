import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ImportError } from './failure.ts'
import { readRecords } from './records.ts'
import { decodeText } from './text.ts'

const read = (text: string) => {
  const { delimiter, records, rejected } = readRecords(decodeText(Buffer.from(text), 'f').text, 'f')
  return {
    delimiter,
    records: records.map(({ line, fields }) => [line, ...fields]),
    rejected: rejected.map(({ line, reason }) => [line, reason]),
  }
}

describe('records of a file', () => {
  it('begin on the line that an editor shows, whatever stands before them', () => {
    expect(read('a,b\n1,"two\nlines"\n\n3,"say ""hi"""\n5,6')).toEqual({
      delimiter: ',',
      records: [
        [2, '1', 'two\nlines'],
        [5, '3', 'say "hi"'],
        [6, '5', '6'],
      ],
      rejected: [],
    })
    expect(read('\r\n\r\na;b\r\n1;"x\r\ny"\r\n2;3\r\n').records).toEqual([
      [4, '1', 'x\ny'],
      [6, '2', '3'],
    ])
  })

  it('are told apart by what the header holds most of', () => {
    expect(read('a;b;"c,d,e,f"\n1,5;2;3\n').records).toEqual([[2, '1,5', '2', '3']])
    expect(read('a\tb\n1,5\t2\n')).toMatchObject({ delimiter: '\t', records: [[2, '1,5', '2']] })
    expect(read('\ufeffa,b\n1,2\n').records).toEqual([[2, '1', '2']])
  })

  it('are set aside alone when they have too few or too many fields', () => {
    expect(read('a,b\n1\n2,3\n4,5,6\n,\n')).toEqual({
      delimiter: ',',
      records: [[3, '2', '3']],
      rejected: [
        [2, 'has 1 field where the header has 2'],
        [4, 'has 3 fields where the header has 2'],
      ],
    })
  })

  it('after a quote that is never closed are read all the same', () => {
    expect(read('a,b\n1,2\n3,"open\n5,6\n7,8\n')).toEqual({
      delimiter: ',',
      records: [
        [2, '1', '2'],
        [4, '5', '6'],
        [5, '7', '8'],
      ],
      rejected: [[3, 'has a quote that is never closed, or text behind one']],
    })
    // the next quoted field would close it, in the middle of another row
    const swallowed = read('a,b\n1,"open\n5,"six"\n7,8\n')
    expect(swallowed.records).toEqual([
      [3, '5', 'six'],
      [4, '7', '8'],
    ])
    expect(swallowed.rejected.map(([line]) => line)).toEqual([2])
  })

  it('may hold quotes within a field that does not begin with one', () => {
    expect(read('a,b\n1,Robert "Bob" Lee\n2,"six"\n')).toMatchObject({
      records: [
        [2, '1', 'Robert "Bob" Lee'],
        [3, '2', 'six'],
      ],
      rejected: [],
    })
    // the first row is never taken for the header in the place of a broken one
    expect(() => read('a,"b\n1,2\n')).toThrow(/the header, in line 1/)
  })

  it('are no records in a file without rows, which is not an empty list', () => {
    expect(() => read('a,b\n')).toThrow(/header and no rows/)
    expect(() => read('a,b')).toThrow(ImportError)
    expect(() => read(' \n\n')).toThrow(/is empty/)
  })

  it('come back as they were written, with any text in them', () => {
    const cell = fc
      .string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', ' ', "'", '-') })
      // a row without content is no row
      .map((text) => `x${text}`)
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
        let line = 2
        const expected = rows.map((row) => {
          const here = line
          line += row.join('').split('\n').length
          return [here, ...row]
        })
        const text = ['a,b,c', ...rows.map((row) => row.map(quote).join(','))].join('\n')
        expect(read(text)).toEqual({ delimiter: ',', records: expected, rejected: [] })
      }),
    )
  })
})

describe('bytes of a file', () => {
  it('are UTF-8, UTF-16 or Latin-1', () => {
    expect(decodeText(Buffer.from('Zoë, “a”'), 'f')).toEqual({ text: 'Zoë, “a”', encoding: 'utf-8' })
    expect(decodeText(Buffer.from('Zoë', 'latin1'), 'f')).toEqual({ text: 'Zoë', encoding: 'windows-1252' })
    expect(decodeText(Buffer.from([0x93, 0x61, 0x94]), 'f').text).toBe('“a”')
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Zoë', 'utf16le')])
    expect(decodeText(wide, 'f')).toEqual({ text: 'Zoë', encoding: 'utf-16' })
  })

  const utf8 = (text: string) => Buffer.from(text)
  const latin = (text: string) => Buffer.from(text, 'latin1')
  const taken = (...parts: readonly Buffer[]) => {
    const { text, encoding } = decodeText(Buffer.concat(parts), 'f')
    const { records, rejected } = readRecords(text, 'f')
    return [encoding, records.map(({ fields }) => fields[0]), rejected.map(({ line }) => line)]
  }

  it('of another encoding than the rest cost their own rows, and never spoil the others', () => {
    // bad bytes in UTF-8
    expect(taken(utf8('a,b\nMüller,1\n'), latin('Zoë,2\n'), utf8('Álvarez,3\n'))).toEqual([
      'utf-8',
      ['Müller', 'Álvarez'],
      [3],
    ])
    // one of each kind is not guessed; with the mark there is nothing to guess
    expect(taken(utf8('a,b\nMüller,1\n'), latin('Zoë,2\n'))).toEqual(['utf-8', ['Müller'], [3]])
    expect(taken(utf8('\ufeffa,b\nx,1\n'), latin('Zoë,2\n'))).toEqual(['utf-8', ['x'], [3]])
    // UTF-8 in Latin-1
    expect(taken(latin('a,b\nMüller,1\nZoë,2\n'), utf8('Álvarez,3\n'))).toEqual([
      'windows-1252',
      ['Müller', 'Zoë'],
      [4],
    ])
    expect(taken(latin('a,b\nMüller,1\nZoë,2\n'))).toEqual(['windows-1252', ['Müller', 'Zoë'], []])
    // half a letter at the end of UTF-16
    const wide = Buffer.from('\ufeffa,b\nx,1\ny,2', 'utf16le')
    expect(taken(wide.subarray(0, -1))).toEqual(['utf-16', ['x'], [3]])
    expect(() => taken(utf8('ä,b,é'), latin('ö\nx,1\n'))).toThrow(/the header, in line 1, has letters/)
  })

  it('that are no text are refused in words', () => {
    const cases: readonly (readonly [readonly number[], RegExp])[] = [
      [[0x50, 0x4b, 3, 4, 9], /spreadsheet or a ZIP.*Save it as CSV/],
      [[0x1f, 0x8b, 8], /compressed/],
      [[0x61, 0, 0x62], /not a text file/],
      [[0x7f, 0x45, 0x4c, 0x46, 2, 1], /not a text file/],
      [[], /is empty/],
    ]
    for (const [bytes, words] of cases) expect(() => decodeText(Buffer.from(bytes), 'f')).toThrow(words)
  })
})
