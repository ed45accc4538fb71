import { expect, it } from 'vitest'
import { dayFaults, registrationFaults, unread } from './registration-dates.ts'

const now = new Date('2026-11-10T12:00:00.000Z')
const day = (text: string) => `2026-${text}T08:00:00.000Z`
const term = { registrationOpensAt: day('11-02'), registrationClosesAt: day('12-20') }
const free = { addUntil: null, dropUntil: null, withdrawUntil: null }

type Wanted = Parameters<typeof registrationFaults>[0]

const told = (
  wanted: Partial<Wanted>,
  rules: Partial<typeof free | Record<keyof typeof free, string>> = {},
  windows: readonly { label: string; opensAt: string }[] = [],
) =>
  registrationFaults({ ...term, ...wanted }, term, { ...free, ...rules }, windows, now).map(
    ({ field, words }) => `${field} ${words.key}`,
  )

it.each([
  ['nothing, though it opened a week ago', {}, {}, []],
  ['a later opening', { registrationOpensAt: day('11-20') }, {}, []],
  ['now', { registrationOpensAt: '2026-11-10T11:30:00.000Z' }, {}, []],
  [
    'a moment that has passed',
    { registrationOpensAt: day('11-09') },
    {},
    ['registration_opens form.opens_past'],
  ],
  [
    'an opening that has passed, beside a close that cannot be read',
    { registrationOpensAt: day('11-09'), registrationClosesAt: unread },
    {},
    ['registration_opens form.opens_past'],
  ],
  [
    'a close, not compared with an opening that cannot be read',
    { registrationOpensAt: unread, registrationClosesAt: day('12-01') },
    {},
    [],
  ],
  ['a close at once', { registrationClosesAt: '2026-11-10T11:55:00.000Z' }, {}, []],
  [
    'a close that has passed',
    { registrationClosesAt: day('11-09') },
    {},
    ['registration_closes form.closes_past'],
  ],
  [
    'a close before the opening',
    { registrationOpensAt: day('12-21') },
    {},
    ['registration_closes form.closes_early'],
  ],
  [
    'both wrong at once',
    { registrationOpensAt: day('11-09'), registrationClosesAt: day('11-08') },
    {},
    ['registration_opens form.opens_past', 'registration_closes form.closes_early'],
  ],
  [
    'an opening after the day to add',
    { registrationOpensAt: day('12-01') },
    { addUntil: day('12-01') },
    ['registration_opens form.opens_after_add'],
  ],
  [
    'an opening after the day to drop',
    { registrationOpensAt: day('12-01') },
    { dropUntil: day('11-30') },
    ['registration_opens form.opens_after_drop'],
  ],
  [
    'a close after the day to withdraw, with no day to drop',
    { registrationClosesAt: day('12-31') },
    { withdrawUntil: day('12-30') },
    ['registration_closes form.closes_after_withdraw'],
  ],
  [
    'the same with a day to drop',
    { registrationClosesAt: day('12-31') },
    { dropUntil: day('12-10'), withdrawUntil: day('12-30') },
    [],
  ],
  // what was wrong before, and is not touched, keeps nobody from moving the other one
  [
    'a close while adding was stopped long ago',
    { registrationClosesAt: day('12-31') },
    { addUntil: day('01-01') },
    [],
  ],
] as const)('judges %s', (_, wanted, rules, faults) => {
  expect(told(wanted, rules)).toEqual(faults)
})

it('closes before no window opens', () => {
  const windows = [{ label: 'Graduates', opensAt: day('12-10') }]
  expect(told({ registrationClosesAt: day('12-10') }, {}, windows)).toEqual([
    'registration_closes form.closes_before_window',
  ])
  expect(told({ registrationClosesAt: day('12-11') }, {}, windows)).toEqual([])
})

it.each([
  ['nothing that is as it was, in whatever order', {}, []],
  ['a day to add after the close', { addUntil: day('12-23') }, ['add_until form.window_late']],
  ['a day to add before it', { addUntil: day('12-19') }, []],
  ['no day to drop, so that it is the close', { dropUntil: null }, ['withdraw_until form.withdraw_early']],
  ['a day to withdraw after it', { withdrawUntil: day('12-28') }, []],
  [
    'both',
    { addUntil: day('12-23'), withdrawUntil: day('12-24') },
    ['add_until form.window_late', 'withdraw_until form.withdraw_early'],
  ],
] as const)('of the days judges %s', (_, wanted, faults) => {
  // the close was moved before the day to add, and the day to withdraw before the one to drop, by an import
  const rules = { addUntil: day('12-22'), dropUntil: day('12-27'), withdrawUntil: day('12-15') }
  expect(
    dayFaults({ ...rules, ...wanted }, rules, term).map(({ field, words }) => `${field} ${words.key}`),
  ).toEqual(faults)
})
