import { Badge, Cell, Empty, LinkButton, Row, SeatMeter, Table } from '@matricula/ui'
import type { Roster, RosterLine, SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { count, label } from './words.ts'

const sectionColumns = [{ head: 'Section' }, { head: 'Days and times' }, { head: 'Seats' }]

const Section = ({ section, ctx }: { section: SectionRow; ctx: PageContext }) => (
  <Row>
    <Cell>
      <a class="font-medium" href={`/teaching/${section.id}`}>
        <span class="figures">{label(section)}</span> {section.title}
      </a>
      {section.status === 'cancelled' && (
        <span class="block">
          <Badge tone="stop">Cancelled</Badge>
        </span>
      )}
    </Cell>
    <Cell>
      <Meetings section={section} ctx={ctx} />
    </Cell>
    <Cell>
      <SeatMeter {...section.seats} />
    </Cell>
  </Row>
)

/** Newest term first, as they come. */
export const teachingPage = (ctx: PageContext, sections: readonly SectionRow[]): string => {
  const terms = [...new Map(sections.map(({ term }) => [term.id, term])).values()]
  return layout(ctx, {
    title: 'Teaching',
    current: '/teaching',
    children: (
      <div class="grid gap-8">
        <h1>Teaching</h1>
        {terms.length === 0 && (
          <Empty title="No sections yet">
            <p>No section names you as its instructor. The registrar’s office enters who teaches what.</p>
          </Empty>
        )}
        {terms.map((term) => (
          <section class="grid gap-3" aria-labelledby={`term-${term.code}`} key={term.id}>
            <h2 id={`term-${term.code}`}>{term.name}</h2>
            <div class="card">
              <Table caption={`Your sections in ${term.name}`} columns={sectionColumns}>
                {sections
                  .filter((section) => section.term.id === term.id)
                  .map((section) => (
                    <Section key={section.id} section={section} ctx={ctx} />
                  ))}
              </Table>
            </div>
          </section>
        ))}
      </div>
    ),
  })
}

const rosterColumns = [
  { head: 'No.', number: true },
  { head: 'Student' },
  { head: 'Programme' },
  { head: 'Credits', number: true },
  { head: 'Since' },
]

const Student = ({ student, index, ctx }: { student: RosterLine; index: number; ctx: PageContext }) => (
  <Row>
    <Cell kind="number" label="No.">
      {ctx.format.number(index + 1)}
    </Cell>
    <Cell>
      {student.name} <span class="text-soft figures">{student.number}</span>
      <a class="block text-sm break-all" href={`mailto:${encodeURIComponent(student.email)}`}>
        {student.email}
      </a>
    </Cell>
    <Cell>{student.programme}</Cell>
    <Cell kind="number" label="Credits">
      {ctx.format.number(student.credits)}
    </Cell>
    <Cell label="Since">
      <span class="figures">{ctx.format.moment(student.enrolledAt)}</span>
    </Cell>
  </Row>
)

export const rosterPage = (ctx: PageContext, { section, students }: Roster): string =>
  layout(ctx, {
    title: `Roster of ${label(section)}`,
    current: '/teaching',
    children: (
      <div class="grid gap-6">
        <header class="grid gap-1">
          <h1>
            Roster of <span class="figures">{label(section)}</span> {section.title}
          </h1>
          <p class="text-soft">
            {section.term.name}, CRN <span class="figures">{section.crn}</span>:{' '}
            {count(students.length, 'student', 'students', ctx.format)} of{' '}
            <span class="figures">{ctx.format.number(section.seats.capacity)}</span>
            {section.seats.waiting > 0 && `, ${ctx.format.number(section.seats.waiting)} waiting`}.{' '}
            <a href={`/sections/${section.id}`}>The section’s page</a>
          </p>
        </header>
        {students.length === 0 ? (
          <Empty title="Nobody is enrolled">
            <p>Students appear here as soon as they register.</p>
          </Empty>
        ) : (
          <>
            <div>
              <LinkButton href={`/teaching/${section.id}/roster.csv`}>Download as CSV</LinkButton>
            </div>
            <div class="card">
              <Table caption={`Students of ${label(section)}, by family name`} columns={rosterColumns}>
                {students.map((student, index) => (
                  <Student key={student.number} student={student} index={index} ctx={ctx} />
                ))}
              </Table>
            </div>
          </>
        )}
        <div>
          <LinkButton href="/teaching">All your sections</LinkButton>
        </div>
      </div>
    ),
  })
