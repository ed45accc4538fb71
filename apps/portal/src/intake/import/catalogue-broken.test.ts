import { expect, it } from 'vitest'
import { ownerOf } from './catalogue-broken.ts'

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
