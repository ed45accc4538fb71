/** Students, instructors and staff of the sample. */
import { normalise } from '../catalogue/text.ts'
import { familyNames, givenNames, programmes } from './data/names.ts'
import type { Random } from './random.ts'

export interface SamplePerson {
  readonly id: number
  readonly number: string
  readonly given: string
  readonly family: string
  readonly email: string
}

export interface SampleStudent extends SamplePerson {
  readonly preferred: string | null
  readonly level: 'undergraduate' | 'graduate'
  readonly programme: string
  readonly classYear: number | null
  readonly status: 'active' | 'on_leave'
  readonly admittedOn: string
}

/**
 * Known passwords exist in the sample alone. The first four have different schedules to try things on; the fifth has just come, and is
 * kept from registering by several rules.
 */
export const sampleLogins = [
  { role: 'student', number: 'S100001', password: 'maple-harbor-41', given: 'Maya', family: 'Okonkwo' },
  { role: 'student', number: 'S100002', password: 'quiet-lantern-27', given: 'Daniel', family: 'Álvarez' },
  { role: 'student', number: 'S100003', password: 'copper-violin-63', given: 'Linh', family: 'Nguyen' },
  { role: 'student', number: 'S100004', password: 'winter-orchard-58', given: 'Zoë', family: 'Bergström' },
  { role: 'student', number: 'S100005', password: 'silver-meadow-72', given: 'Tomás', family: 'Okafor' },
  {
    role: 'registrar',
    number: 'R100001',
    password: 'granite-compass-19',
    given: 'Helen',
    family: 'Fitzgerald',
  },
  {
    role: 'instructor',
    number: 'I20001',
    password: 'amber-theorem-72',
    given: 'Ruth',
    family: 'Castellanos',
  },
] as const

const email = (given: string, family: string, id: number, host: string): string =>
  `${normalise(given).replaceAll(' ', '')}.${normalise(family).replaceAll(' ', '')}${id}@${host}`

export const makeStudents = (random: Random, count: number, firstYear: number): readonly SampleStudent[] =>
  Array.from({ length: count }, (_, index): SampleStudent => {
    const id = index + 1
    const known = sampleLogins.find(
      (login) => login.role === 'student' && login.number === `S${100_000 + id}`,
    )
    const given = known?.given ?? random.pick(givenNames)
    const family = known?.family ?? random.pick(familyNames)
    const years = known === undefined ? random.int(0, 3) : known.number === 'S100005' ? 0 : 2
    const graduate = known === undefined && random.chance(0.05)
    const programme = random.pick(programmes)
    return {
      id,
      number: `S${100_000 + id}`,
      given,
      family,
      email: email(given, family, id, 'students.example.edu'),
      preferred: known === undefined && random.chance(0.04) ? given.slice(0, 3) : null,
      level: graduate ? 'graduate' : 'undergraduate',
      programme: graduate ? programme.replace(/^B\w* /, 'MA ') : programme,
      classYear: graduate ? null : firstYear - years + 4,
      status: known === undefined && random.chance(0.02) ? 'on_leave' : 'active',
      admittedOn: `${firstYear - years}-08-15`,
    }
  })

export const makeInstructors = (random: Random, count: number): readonly SamplePerson[] =>
  Array.from({ length: count }, (_, index) => {
    const id = index + 1
    const number = `I${20_000 + id}`
    const known = sampleLogins.find((login) => login.number === number)
    // picked in any case, so that nobody else's name hangs on it
    const [anyGiven, anyFamily] = [random.pick(givenNames), random.pick(familyNames)]
    const [given, family] = [known?.given ?? anyGiven, known?.family ?? anyFamily]
    return { id, number, given, family, email: email(given, family, id, 'example.edu') }
  })

export const makeStaff = (): readonly SamplePerson[] =>
  sampleLogins
    .filter((login) => login.role === 'registrar')
    .map((login, index) => ({
      id: index + 1,
      number: login.number,
      given: login.given,
      family: login.family,
      email: email(login.given, login.family, index + 1, 'example.edu'),
    }))
