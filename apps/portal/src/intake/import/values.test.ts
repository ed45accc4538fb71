import { describe, expect, it } from 'vitest'
import { readPlace } from './catalogue-row.ts'
import { sheetText } from './code-sheet.ts'
import {
  FieldFault,
  readClock,
  readCode,
  readCount,
  readCredits,
  readDay,
  readDays,
  readLine,
} from './values.ts'

const wrong = (read: (field: string, text: string) => unknown, texts: readonly string[]) => {
  for (const text of texts) expect(() => read('It', text), text).toThrow(FieldFault)
}

describe('fields', () => {
  it('of time', () => {
    const times = ['4:00PM', '4:00 p.m.', '16:00', '16:00:00', '04:00pm'].map((text) => readClock('It', text))
    expect(new Set(times)).toEqual(new Set(['16:00']))
    expect([readClock('It', '12:00AM'), readClock('It', '12:30PM')]).toEqual(['00:00', '12:30'])
    wrong(readClock, ['', '24:00', '13:00PM', '0:00AM', '9', '9:60', '9:5', 'noon', '-1:00'])
  })

  it('of days', () => {
    expect(readDays('It', 'RM')).toBe('MR')
    expect(readDays('It', '')).toBe('')
    wrong(readDays, ['X', 'MM', 'M1', 'Th'])
    expect([readDay('It', '2024-02-29'), readDay('It', '8/28/2024')]).toEqual(['2024-02-29', '2024-08-28'])
    wrong(readDay, ['', '2023-02-29', '2024-13-01', '28.8.2024', '2024-8-1', 'soon'])
  })

  it('of one line', () => {
    expect(readLine('It', 'Smith\r\n\t Jones', 80, 'needed')).toBe('Smith Jones')
    expect(readLine('It', 'a  b', 80, 'needed')).toBe('a  b')
    expect(() => readLine('It', '\u0085\n', 80, 'needed')).toThrow(FieldFault)
  })

  it('of credits and counts', () => {
    expect(readCredits('It', '1-15')).toEqual({ min: '1.00', max: '15.00' })
    expect(readCredits('It', '1.5')).toEqual({ min: '1.50', max: '1.50' })
    wrong(readCredits, ['', '4-1', 'four', '100', '1-', '-1', '1.234'])
    expect(readCount('It', '0')).toBe(0)
    wrong(readCount, ['', '-1', '1.5', '1e3', '9999999', '٣'])
  })

  it('that keys are made of hold no letter that a collation could take for another', () => {
    expect(readCode('It', 'cs', 8)).toBe('CS')
    wrong((field, text) => readCode(field, text, 4), ['', 'é', 'Ａ', 'TOOLONG', 'a b'])
  })

  it('of places', () => {
    const place = (text: string) => readPlace(text).place
    expect(place('Peoples Ave Complex J 3401')).toEqual({ building: 'Peoples Ave Complex J', number: '3401' })
    expect(place('Greene Building STU')).toEqual({ building: 'Greene Building', number: 'STU' })
    expect(place('258 Hoosick Street ')).toEqual({ building: '258 Hoosick Street', number: '' })
    expect(place('Amos Eaton Hall')).toEqual({ building: 'Amos Eaton Hall', number: '' })
    expect(place('TBA')).toBeNull()
    expect(readPlace('Online ')).toEqual({ place: null, online: true })
  })

  it('of the sheet of codes are text to a spreadsheet, too', () => {
    const line = { number: 'S1', name: '=HYPERLINK("x")', email: '@x', code: 'A-B', validUntil: '2026-01-01' }
    expect(sheetText([line]).split('\n')[1]).toBe(`"S1","'=HYPERLINK(""x"")","'@x","A-B","2026-01-01"`)
  })
})
