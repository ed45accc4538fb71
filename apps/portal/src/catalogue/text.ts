/**
 * One normal form for what is searched and what is searched for, so that MySQL, MariaDB and PostgreSQL find the
 * same: lower case, no accents, words apart by single blanks. The columns that hold it compare byte by byte.
 */
const special: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
  ħ: 'h',
}

/** 'Émile Łukasiewicz' → 'emile lukasiewicz'; letters of other scripts stay. */
export const normalise = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    // capitals such as İ decompose when they become small
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[ßæœøđðłþıħ]/g, (letter) => special[letter] ?? letter)
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/** The words of a query, without repetition; more than ten say nothing more. */
export const queryWords = (text: string): readonly string[] =>
  [
    ...new Set(
      normalise(text.slice(0, 200))
        .split(' ')
        .filter((word) => word !== ''),
    ),
  ].slice(0, 10)

/**
 * What a section is found by. It begins with a blank, so that '% word%' finds beginnings of words:
 * 'art' is not to find 'start'.
 */
export const sectionSearchText = (section: {
  readonly subject: string
  readonly subjectName: string
  readonly number: string
  readonly code: string
  readonly title: string
  readonly instructors: readonly string[]
}): string => {
  const { subject, subjectName, number, code, title, instructors } = section
  const words = normalise([subject, number, code, title, subjectName, ...instructors].join(' '))
  // 'cs101' is one word to many people
  return ` ${normalise(subject + number)} ${words}`.slice(0, 500)
}

export const instructorSearchText = (name: string): string => ` ${normalise(name)}`.slice(0, 255)

/** Sorts by subject, number and section on every server alike, as it is compared as bytes. At most 40. */
export const sectionSortKey = (subject: string, number: string, code: string): Buffer => {
  const [, digits = '', suffix = ''] = /^(\d*)(.*)$/.exec(number) ?? []
  return Buffer.from(`${subject.padEnd(8)} ${digits.padStart(5, '0')}${suffix.padEnd(3)} ${code}`, 'latin1')
}
