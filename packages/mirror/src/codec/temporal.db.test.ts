/** Dates and times: real ones stand in place with all their digits, the others aside; all come back. */
import { expect, it } from 'vitest'
import { type Sample, travel } from '../../../../tests/support/codec-values.ts'
import { describeSource, freshDatabase, freshTarget } from '../../../../tests/support/servers.ts'

const digits = [0, 1, 2, 3, 4, 5, 6]
const quote = (text: string): string => `'${text}'`
const cut = (text: string, to: number): string => (to === 0 ? text : `${text}.${'999999'.slice(0, to)}`)

const real: readonly Sample[] = [
  { type: 'DATE', values: ['0001-01-01', '1000-01-01', '1900-02-28', '2024-02-29', '9999-12-31'].map(quote) },
  ...digits.flatMap((to) => [
    {
      type: `DATETIME(${to})`,
      values: ['0001-01-01 00:00:00', cut('9999-12-31 23:59:59', to), '2024-02-29 12:00:00'].map(quote),
    },
    {
      type: `TIMESTAMP(${to})`,
      values: ['1970-01-01 00:00:01', cut('2038-01-19 03:14:07', to), '2024-03-31 02:30:00'].map(quote),
    },
    { type: `TIME(${to})`, values: ['00:00:00', cut('23:59:59', to), '12:30:00'].map(quote) },
  ]),
]

const aside: readonly Sample[] = [
  {
    type: 'DATE',
    values: ['0000-00-00', '2024-00-10', '2024-01-00', '2024-02-30', '2023-02-29', '0000-01-01'].map(quote),
  },
  ...digits.flatMap((to) => [
    {
      type: `DATETIME(${to})`,
      values: ['0000-00-00 00:00:00', cut('2024-02-30 23:59:59', to), '0000-12-31 00:00:00'].map(quote),
    },
    { type: `TIMESTAMP(${to})`, values: ['0000-00-00 00:00:00'].map(quote) },
    {
      type: `TIME(${to})`,
      values: [
        cut('838:59:58', to),
        cut('-838:59:58', to),
        '-838:59:59',
        '24:00:00',
        '100:00:00',
        '-00:00:01',
      ].map(quote),
    },
  ]),
]

describeSource(
  'dates and times',
  (flavour) => {
    it('come through PostgreSQL, or stand aside, and come back', async () => {
      const inPlace = await travel(await freshDatabase(flavour), await freshTarget(), real)
      expect(inPlace.filter(({ exact }) => exact !== null)).toEqual([])
      const apart = await travel(await freshDatabase(flavour), await freshTarget(), aside)
      expect(apart.filter(({ exact }) => exact === null)).toEqual([])
      expect(apart.every(({ shown }) => shown === null)).toBe(true)
      expect(apart[0]?.exact?.toString()).toBe('0000-00-00')
    })
  },
  ['mariadb', 'mysql'],
)
