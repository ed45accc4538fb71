import { expect, it } from 'vitest'
import { mayLack, ownerOf } from './catalogue-broken.ts'

const known = new Set(['10001', '10002', '1000'])
const owner = (row: string) => ownerOf(row.split(','), 2, 5, known)

it('tells whose a broken row is only where one known CRN can be meant', () => {
  // a separator too many, behind or before; one too few; as many as there should be
  expect(owner('t,l,10001,7,8,9').crn).toBe('10001')
  expect(owner('t,x,l,10001,7,8').crn).toBe('10001')
  expect(owner('l,10001,7,8').crn).toBe('10001')
  expect(owner('t,l,10001,7,"8').crn).toBe('10001')
  // nowhere, elsewhere, two, or perhaps cut off
  expect(owner('t,l,x0001,7,8,9')).toEqual({ crn: null, suspects: [] })
  expect(owner('10001,l,x,7,8,9')).toEqual({ crn: null, suspects: ['10001'] })
  expect(owner('t,l,10001,10002,8,9')).toEqual({ crn: null, suspects: ['10001', '10002'] })
  expect(owner('t,l,1000')).toEqual({ crn: null, suspects: ['1000'] })
})

it('tells which sections may lack a row: those that it names, else those that it stands between', () => {
  const row = (line: number, crn: string, number: string) => ({
    line,
    crn,
    subject: 'CS',
    number,
    code: '01',
  })
  const rows = [row(2, 'A', '1'), row(3, 'B', '2'), row(5, 'B', '2'), row(7, 'C', '3'), row(9, 'D', '4')]
  const lack = (line: number, cells: string, name: readonly [string, string, string] | null = null) => [
    ...mayLack([{ line, cells: cells.split(';'), name }], rows).keys(),
  ]
  expect(lack(6, 'too;few')).toEqual(['B', 'C'])
  expect(lack(1, 'too;few')).toEqual(['A'])
  expect(lack(10, 'too;few')).toEqual(['D'])
  // wherever it stands
  expect(lack(1, 'x;cs;4;01;y')).toEqual(['D'])
  expect(lack(4, '', ['CS', '3', '01'])).toEqual(['C'])
  // of a section that has no other row here
  expect(lack(4, '', ['CS', '9', '01'])).toEqual([])
})
