import { expect, it } from 'vitest'
import { staffSettings } from '../cli/settings.ts'
import { readStudentFile } from '../intake/import/students-file.ts'

it('is one rule for a member of staff and for a file of students', () => {
  const staff = (email: string) =>
    staffSettings.safeParse({ number: 'T1', given: 'A', family: 'B', email }).success
  const student = (email: string) =>
    readStudentFile(`number,given_name,family_name,email\nS1,A,B,"${email}"\n`, 'f').students.length === 1
  const addresses = {
    good: ['a@x.y', 'ann@localhost', "o'neil+x@example.edu", `${'a'.repeat(148)}@example.edu`],
    // the third would be two addresses to a mail server, the fourth another one
    bad: ['ann', 'a b@x.y', 'a,b@x.y', '<a>@x.y', 'a@b@c', 'a@x..y', `${'a'.repeat(149)}@example.edu`],
  }
  for (const address of addresses.good)
    expect([staff(address), student(address)], address).toEqual([true, true])
  for (const address of addresses.bad)
    expect([staff(address), student(address)], address).toEqual([false, false])
})
