/** What disagrees where somebody wrote to the database past the portal: `one` is what the first of the two says, `other` the second. */
export const faults = {
  'fault.enrolments': 'the counter says {one, number} enrolled, there are {other, number} enrolments',
  'fault.holders': 'the counter says {one, number} enrolled, the ledger has {other, number} holders',
  'fault.permitted': 'there are {one, number} seats by permission, the ledger has {other, number} of them',
  'fault.overfull': 'the counter says {one, number} beyond the capacity, there are {other, number} of them',
  'fault.beyond':
    'the ledger has {one, number} seats that were given beyond the capacity without a permission, there should be {other, number} of them',
  'fault.waiting': 'the counter says {one, number} waiting, there are {other, number} places in force',
  'fault.reserved': 'the counter says {one, number} reserved, the reserves have {other, number} seats left',
  'fault.reserve_taken':
    'the reserves say {one, number} taken, there are {other, number} holders of such seats',
  'fault.list': 'there are {one, number} places on the list, the ledger has {other, number} places',
  'fault.list_waiting':
    'the counter says {one, number} waiting, the ledger has {other, number} places in force',
  'fault.newest_enrolled':
    'the section says {one, number} enrolled, its newest event says {other, number} enrolled',
  'fault.newest_waiting':
    'the section says {one, number} waiting, its newest event says {other, number} waiting',
  'fault.newest_capacity':
    'the section says {one, number} capacity, its newest event says {other, number} capacity',
  'fault.newest_held': 'the section says {one, number} held, its newest event says {other, number} held',
} as const
