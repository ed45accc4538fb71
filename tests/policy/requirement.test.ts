/** Prerequisite texts → trees: cases from a real university's catalogue, and the property that printing and parsing agree. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRequirement } from '../../apps/portal/src/policy/requirement-text.ts'
import {
  coursesOf,
  join,
  type Known,
  printRequirement,
  readRequirement,
  type Requirement,
  unmet,
} from '../../apps/portal/src/policy/requirement.ts'
import { newSeed } from '../support/registrations.ts'

const read = (text: string): string => {
  const result = parseRequirement(text)
  return result.state === 'tree' ? printRequirement(result.requirement) : `(${result.state})`
}
const same = ' (before or at the same time)'

describe('a prerequisite text of Fall 2024', () => {
  it.each([
    // one course, with and without a heading
    ['Prerequisites: CSCI 2300', 'CSCI 2300'],
    ['CSCI 1100', 'CSCI 1100'],
    ['Prerequisite:BMED 2540 or equivalent', 'BMED 2540 or an equivalent'],
    ['Prerequisites/Corequisites: ENGR 2530 or MANE-2960', `ENGR 2530${same} or MANE 2960${same}`],
    // lists
    ['Prerequisites: CHME 2050, CHME 4040, and CHME 4500.', 'CHME 2050 and CHME 4040 and CHME 4500'],
    ['Prerequisites: ARCH 6630, ARCH 6750', 'ARCH 6630 and ARCH 6750'],
    [
      'Prerequisite: CHEM 1100 or CHEM 1110 or CHEM 1120, or equivalent.',
      'CHEM 1100 or CHEM 1110 or CHEM 1120 or an equivalent',
    ],
    // parentheses, also within each other
    ['Prerequisites: CSCI 4150 AND (CSCI 4390 OR CSCI 6390)', 'CSCI 4150 and (CSCI 4390 or CSCI 6390)'],
    [
      'Prerequisites: ECSE 2010 and (MATH 2010 or (MATH 2011 and MATH 2012 )) and (PHYS 1200 or PHYS 1250 ).',
      'ECSE 2010 and (MATH 2010 or (MATH 2011 and MATH 2012)) and (PHYS 1200 or PHYS 1250)',
    ],
    // semicolons and commas bind less than and, or
    [
      'Prerequisite: CSCI 2300; and CSCI 2210 or MATH 4100, or permission of instructor.',
      'CSCI 2300 and (CSCI 2210 or MATH 4100 or permission of the instructor)',
    ],
    [
      'Prerequisites: MANE 2710 and MANE 2720; or permission of instructor.',
      '(MANE 2710 and MANE 2720) or permission of the instructor',
    ],
    ['Prerequisites: CHEM 2250 and; BIOL 1010 or BIOL 2120', 'CHEM 2250 and (BIOL 1010 or BIOL 2120)'],
    [
      'Prerequisites: ENGR 2050 or MANE 2220, and senior standing.',
      '(ENGR 2050 or MANE 2220) and senior standing',
    ],
    // one of several
    [
      'Prerequisite: BIOL 2120 and one of the following: BIOL 4620 or BIOL 4760.',
      'BIOL 2120 and (BIOL 4620 or BIOL 4760)',
    ],
    [
      'Prerequisites: One of the following: STSO 2100, STSO 2210, or permission of instructor',
      'STSO 2100 or STSO 2210 or permission of the instructor',
    ],
    // the same time
    ['Prerequisites/Corequisites: Corequisite: ARCH 4820', `ARCH 4820${same}`],
    ['Prerequisite: ITWS 1100. Corequisite: CSCI 1200.', `ITWS 1100 and CSCI 1200${same}`],
    ['Prerequisite - CHEM 2120; Pre or Corequisite - CHEM 4410', `CHEM 2120 and CHEM 4410${same}`],
    [
      'Prerequisites: MANE 2710 and MANE 2720 and MANE 4730 *. (*can also be taken simultaneously)',
      `MANE 2710 and MANE 2720 and MANE 4730${same}`,
    ],
    // grades, standing, permission
    [
      'Prerequisite: Requires a C- or higher in CSCI 1100 or permission of instructor.',
      'C- or higher in CSCI 1100 or permission of the instructor',
    ],
    [
      'Junior or senior standing, or permission of instructor.',
      'junior standing or permission of the instructor',
    ],
    ['Graduate student status required.', 'graduate standing'],
    ['By permission of instructor only.', 'permission of the instructor'],
    // advice asks for nothing
    ['Prerequisites: MANE 2710 and MANE 2720. MANE 4740 is recommended.', 'MANE 2710 and MANE 2720'],
    ['Prerequisites: ECSE 2050 and ECSE 2610; ECSE 2210 recommended.', 'ECSE 2050 and ECSE 2610'],
    ['Prerequisite: MATH 2400 is required, and MATH 2010 is recommended.', 'MATH 2400'],
    [
      'Prerequisites: BIOL 2120, BIOL 2125, and BIOL 4620.Attributes Data Intensive 2',
      'BIOL 2120 and BIOL 2125 and BIOL 4620',
    ],
    // nothing
    ['', '(none)'],
    ['None.', '(none)'],
    ['Prerequisite: None.', '(none)'],
    ['Prerequisites/Corequisites: ERTH 1100 recommended but not required.', '(none)'],
  ])('%s', (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  // what can be read in two ways, or is not understood to its last word, is no rule
  it.each([
    'Prerequisite: MATH 1020 and PHYS 1200 or PHYS 1250.',
    'Prerequisites: MATH 2400, MANE 2110, or permission of the instructor.',
    'Prerequisites: MATH 1020, BIOL 4620 and CSCI 1200, or equivalents.',
    'Prerequisites: PSYC 2310, ENGR 2600 or MGMT 2100.Attributes Data Intensive 2',
    'Prerequisites: BIOL 1010/BIOL 1015 and BIOL 2120/BIOL 2125',
    'Prerequisites: CSCI 1200 and CSCI 4380 preferred.',
    'Prerequisites/Corequisites: CHME 1100 (preferred) or ENGR 1100.',
    'Prerequisites/Corequisites: ERTH 1100 corequisite (preferred) or prerequisite.',
    'Prerequisite: MANE 2110 and MANE 2400 and (MATH 2010 or (MATH 2011 and MATH 2012 )',
    'Prerequisites: ENGR 1100 or ECSE 1010 or MANE 1960 titled Mechanics I), MATH 2400',
    'Prerequisites/Corequisites: MGMT 6100 and either MGMT 6460',
    'Prerequisites/Corequisites: There are no prerequisites for this course.',
    'Prerequisite: one course in philosophy.',
    'Prerequisites/Corequisites: MANE 4100 is strongly recommended but not required. Restricted to AERO and ASPC majors with senior standing; other majors are encouraged to request permission of the instructor based on interest and applicable background.',
    'Restricted to first year Biology graduate students.',
    'Prerequisite:',
    '((((',
    'Prerequisite: and',
    'MATH 1010 and and MATH 1020',
  ])('stays text: %s', (text) => {
    expect(read(text)).toBe('(text)')
  })

  it('is read in time that grows with its length, however it is made', () => {
    const begin = performance.now()
    for (const text of [
      '('.repeat(8_000),
      ' and'.repeat(4_000),
      'A 1 ('.repeat(2_500),
      `${'MATH 1010 or '.repeat(1_200)}MATH 1020`,
    ])
      read(text)
    expect(performance.now() - begin).toBeLessThan(20_000)
  })
})

const leaf: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({
    kind: fc.constant('course' as const),
    course: fc.constantFrom('CS 101', 'MATH 2010', 'A&S 10', 'PHYS 1200L'),
    grade: fc.constantFrom(null, 'C-', 'B'),
    timing: fc.constantFrom('before' as const, 'with' as const),
  }),
  fc
    .constantFrom('sophomore', 'junior', 'senior', 'graduate')
    .map((least) => ({ kind: 'standing' as const, least })) as fc.Arbitrary<Requirement>,
  fc
    .constantFrom('instructor', 'department', 'adviser')
    .map((of) => ({ kind: 'permission' as const, of })) as fc.Arbitrary<Requirement>,
  fc.constant({ kind: 'equivalent' as const }),
)
/** As `join` makes them: no group of the same kind within a group. */
const tree = (depth: number): fc.Arbitrary<Requirement> =>
  depth === 0
    ? leaf
    : fc.oneof(
        leaf,
        fc
          .tuple(
            fc.constantFrom('all' as const, 'any' as const),
            fc.array(tree(depth - 1), { minLength: 2, maxLength: 4 }),
          )
          .map(([kind, of]) => join(kind, of)),
      )

describe('a tree', () => {
  it('is read back from its print, and from its JSON', () => {
    const seed = newSeed()
    console.log(`TEST_SEED=${seed}`)
    fc.assert(
      fc.property(tree(3), (one) => {
        expect(parseRequirement(printRequirement(one))).toEqual({ state: 'tree', requirement: one })
        expect(readRequirement(JSON.stringify(one))).toEqual(one)
      }),
      { seed, numRuns: 500 },
    )
  })

  it('is met exactly where a plain evaluation says so, and what is missing would be enough', () => {
    const seed = newSeed()
    console.log(`TEST_SEED=${seed}`)
    const holds = (one: Requirement, known: Known): boolean => {
      if (one.kind === 'all') return one.of.every((part) => holds(part, known))
      if (one.kind === 'any') return one.of.some((part) => holds(part, known))
      if (one.kind === 'course')
        return known.has(one.course, one.grade) || (one.timing === 'with' && known.together(one.course))
      return one.kind === 'standing' && known.standing(one.least)
    }
    fc.assert(
      fc.property(tree(3), fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (one, bits) => {
        const of = (text: string) =>
          bits[Array.from(text).reduce((sum, sign) => sum + (sign.codePointAt(0) ?? 0), 0) % 12] === true
        const known: Known = {
          has: (course, grade) => of(`${course}${grade}`),
          together: (course) => of(`with ${course}`),
          standing: (least) => of(least),
        }
        const missing = unmet(one, known)
        expect(missing === null).toBe(holds(one, known))
        if (missing === null) return
        expect(holds(missing, known)).toBe(false)
        expect(new Set(coursesOf(one))).toEqual(new Set([...coursesOf(one), ...coursesOf(missing)]))
      }),
      { seed, numRuns: 500 },
    )
  })

  it.each([null, '', 'null', '{', '{"kind":"all","of":[]}', '{"kind":"course"}', '[1]'])(
    'is no tree: %s',
    (json) => {
      expect(readRequirement(json)).toBe(null)
    },
  )
})
