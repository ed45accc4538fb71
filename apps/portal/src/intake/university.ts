/** The sample university as rows: a pure function of a seed and a day. */
import { instructorSearchText, sectionSearchText, sectionSortKey } from '../catalogue/text.ts'
import { formatDays } from '../policy/meeting.ts'
import { readBulletin } from './bulletin.ts'
import { sampleTerms } from './calendar.ts'
import { buildings } from './data/names.ts'
import { makeEnrolments, settleSeats } from './enrolments.ts'
import { ruledSubjects } from './data/prerequisites.ts'
import { makeInstructors, makeStaff, makeStudents, sampleLogins } from './people.ts'
import { createRandom, type Random } from './random.ts'
import { courseRules, makeRules, newcomer, termRules } from './rules.ts'
import { makeTimetable, type SampleRoom } from './timetable.ts'

const campuses = [
  { id: 1, code: 'MAIN', name: 'Main Campus' },
  { id: 2, code: 'RIVER', name: 'Riverside' },
] as const

const roomSizes = [16, 20, 20, 24, 30, 30, 40, 48, 60, 80]

const makeRooms = (random: Random): readonly SampleRoom[] =>
  buildings
    .flatMap((building) =>
      Array.from({ length: building.rooms }, (_, index) => ({
        building: building.name,
        campusId: building.campus === 'MAIN' ? 1 : 2,
        number: String(100 * (1 + Math.floor(index / 6)) + 1 + (index % 6) * 3),
        seats: random.pick(roomSizes),
      })),
    )
    .map((room, index) => ({ id: index + 1, ...room }))

export interface SampleOptions {
  readonly seed: string
  /** 'YYYY-MM-DD' */
  readonly today: string
  /** IANA name of the campus's zone, default UTC: in which registration windows end with a day */
  readonly timeZone?: string
  /** default 2,000 */
  readonly students?: number
}

/** Everything of the sample but accounts; keys are table names, values are rows as `db/tables.ts` wants them. */
export const makeUniversity = ({ seed, today, timeZone, students: studentCount = 2_000 }: SampleOptions) => {
  const random = createRandom(seed)
  const terms = sampleTerms(today, timeZone)
  const { subjects, courses } = readBulletin()
  const rooms = makeRooms(random)
  const instructors = makeInstructors(random, subjects.length * 10)
  const faculty = new Map(
    subjects.map((subject, index) => [subject.code, instructors.slice(index * 10, index * 10 + 10)]),
  )
  const students = makeStudents(random, studentCount, Number(today.slice(0, 4)))
  const known: readonly string[] = sampleLogins.map(({ number }) => number)
  const numberOf = new Map(students.map(({ id, number }) => [id, number]))
  let nextSection = 1
  const taught = terms.map((term) => {
    const scale = term.phase === 'open' ? 1 : 0.75
    const sections = makeTimetable({ random, term, courses, rooms, faculty, scale, firstId: nextSection })
    nextSection += sections.length
    // the known students may take whatever has no rule: their own record lies in the subjects that have
    const enrolments = makeEnrolments(random, sections, students, today).filter(
      ({ studentId, section }) =>
        term.phase === 'open' ||
        !known.includes(numberOf.get(studentId) ?? '') ||
        (ruledSubjects.has(section.course.subject.code) && numberOf.get(studentId) !== newcomer),
    )
    return { sections, enrolments, counts: settleSeats(random, sections, enrolments) }
  })
  const sections = taught.flatMap((term) => term.sections)
  const [open, openTaught] = [terms.at(-1), taught.at(-1)]
  if (open === undefined || openTaught === undefined) throw new Error('the sample has no term')
  const zone = timeZone ?? 'UTC'
  const rules = makeRules({ seed, today, timeZone: zone, open, students, known, ...openTaught })
  return {
    terms,
    students,
    staff: makeStaff(),
    rows: {
      ...rules.rows,
      term: terms.map((term) => ({
        id: term.id,
        code: term.code,
        name: term.name,
        starts_on: term.startsOn,
        ends_on: term.endsOn,
        registration_opens_at: term.opensAt,
        registration_closes_at: term.closesAt,
        ...termRules(term, zone),
      })),
      subject: subjects,
      course: courses.map((course) => ({
        id: course.id,
        subject_id: course.subject.id,
        number: course.number,
        title: course.title,
        description: course.description,
        level: 'undergraduate' as const,
        credits_min: course.creditsMin.toFixed(2),
        credits_max: course.creditsMax.toFixed(2),
        ...courseRules(course),
      })),
      campus: campuses,
      room: rooms.map(({ id, campusId, building, number, seats }) => ({
        id,
        campus_id: campusId,
        building,
        number,
        seats,
      })),
      instructor: instructors.map(({ id, number, given, family, email }) => ({
        id,
        number,
        given_name: given,
        family_name: family,
        email,
        search_text: instructorSearchText(`${given} ${family}`),
      })),
      student: students.map((student) => ({
        id: student.id,
        number: student.number,
        given_name: student.given,
        family_name: student.family,
        preferred_name: student.preferred,
        email: student.email,
        level: student.level,
        programme: student.programme,
        class_year: student.classYear,
        status: student.status,
        admitted_on: student.admittedOn,
      })),
      section: taught.flatMap(({ sections: own, counts }) =>
        own.map((section) => ({
          id: section.id,
          term_id: section.term.id,
          course_id: section.course.id,
          crn: section.crn,
          code: section.code,
          component: section.component,
          mode: section.mode,
          campus_id: section.campusId,
          credits_min: section.creditsMin.toFixed(2),
          credits_max: section.creditsMax.toFixed(2),
          status: section.status,
          capacity: section.capacity,
          enrolled: counts.get(section.id) ?? 0,
          held: section.held,
          overfull: section.overfull,
          reserved: rules.reserved.get(section.id) ?? 0,
          search_text: sectionSearchText({
            subject: section.course.subject.code,
            subjectName: section.course.subject.name,
            number: section.course.number,
            code: section.code,
            title: section.course.title,
            instructors:
              section.instructor === null ? [] : [`${section.instructor.given} ${section.instructor.family}`],
          }),
          sort_key: sectionSortKey(section.course.subject.code, section.course.number, section.code),
        })),
      ),
      meeting: sections.flatMap((section) =>
        section.meetings.map((meeting) => ({
          section_id: section.id,
          days: formatDays(meeting.days),
          starts_at: meeting.startsAt,
          ends_at: meeting.endsAt,
          starts_on: meeting.startsOn,
          ends_on: meeting.endsOn,
          room_id: meeting.roomId,
          instructor_id: meeting.instructorId,
        })),
      ),
      enrolment: taught.flatMap(({ enrolments }) =>
        enrolments.map((enrolment) => ({
          student_id: enrolment.studentId,
          section_id: enrolment.section.id,
          credits: enrolment.credits.toFixed(2),
          enrolled_at: enrolment.enrolledAt,
          grade: enrolment.grade,
          graded_at: enrolment.gradedAt,
        })),
      ),
    },
  }
}
