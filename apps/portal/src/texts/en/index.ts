/** English, the language that the others are made from. */
import { account } from './account.ts'
import { desk } from './desk.ts'
import { errors } from './errors.ts'
import { faults } from './faults.ts'
import { office } from './office.ts'
import { officePeople } from './office-people.ts'
import { parts } from './parts.ts'
import { records } from './records.ts'
import { reasons } from './reasons.ts'
import { student } from './student.ts'

export const en = {
  ...parts,
  ...account,
  ...desk,
  ...errors,
  ...faults,
  ...office,
  ...officePeople,
  ...reasons,
  ...records,
  ...student,
} as const
