/** The bulletin's text → subjects and courses. */
import { bulletin } from './data/courses.ts'

export type CourseKind = 'lecture' | 'laboratory' | 'discussion' | 'seminar' | 'studio'

export interface SampleSubject {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly department: string
}

export interface SampleCourse {
  readonly id: number
  readonly subject: SampleSubject
  readonly number: string
  readonly title: string
  readonly description: string
  readonly creditsMin: number
  readonly creditsMax: number
  readonly kind: CourseKind
}

const kinds: Readonly<Record<string, CourseKind>> = {
  L: 'lecture',
  B: 'laboratory',
  D: 'discussion',
  S: 'seminar',
  T: 'studio',
}

const manner: Readonly<Record<CourseKind, string>> = {
  lecture: 'Lectures with weekly problem sets or readings, a midterm, and a final examination.',
  laboratory: 'Three hours of lecture and one laboratory a week; register for one section of each.',
  discussion: 'Lectures with a weekly discussion in small groups.',
  seminar: 'A small class that reads, argues, and writes; grades rest on papers and participation.',
  studio: 'Studio work in class with regular critique. Some materials have to be bought.',
}

const stage = (number: string): string =>
  number < '200'
    ? 'An introduction that assumes no earlier study of the subject.'
    : number < '300'
      ? 'Builds on a first course in the subject.'
      : number < '400'
        ? 'For students with a firm grounding in the subject.'
        : 'For advanced students; original work is expected.'

export const readBulletin = (): { subjects: readonly SampleSubject[]; courses: readonly SampleCourse[] } => {
  const subjects: SampleSubject[] = []
  const courses: SampleCourse[] = []
  const abouts = new Map<number, string>()
  for (const line of bulletin.trim().split('\n')) {
    if (line.includes('|')) {
      const [code = '', name = '', department = '', about = ''] = line.split('|')
      const subject = { id: subjects.length + 1, code, name, department }
      subjects.push(subject)
      abouts.set(subject.id, about)
      continue
    }
    const [, number = '', low = '', high, letter = '', title = ''] =
      /^(\d+) (\d+)(?:-(\d+))? (\w) (.+)$/.exec(line) ?? []
    const subject = subjects.at(-1)
    const kind = kinds[letter]
    if (subject === undefined || kind === undefined) throw new Error(`bulletin: cannot read "${line}"`)
    const about = abouts.get(subject.id) ?? ''
    courses.push({
      id: courses.length + 1,
      subject,
      number,
      title,
      description: `${title}, a course about ${about}. ${stage(number)} ${manner[kind]}`,
      creditsMin: Number(low),
      creditsMax: Number(high ?? low),
      kind,
    })
  }
  return { subjects, courses }
}
