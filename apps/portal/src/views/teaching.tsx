import { Badge, Cell, Empty, LinkButton, Row, Table } from '@matricula/ui'
import type { Roster, RosterLine, SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { label } from './words.ts'

const sectionColumns = ({ t }: PageContext) => [
  { head: t('column.section') },
  { head: t('column.times') },
  { head: t('teaching.students') },
]

const Section = ({ section, ctx }: { section: SectionRow; ctx: PageContext }) => (
  <Row>
    <Cell>
      <a class="font-medium" href={`/teaching/${section.id}`}>
        <span class="figures">{label(section)}</span> {section.title}
      </a>
      {section.status === 'cancelled' && (
        <span class="block">
          <Badge tone="stop">{ctx.t('words.cancelled')}</Badge>
        </span>
      )}
    </Cell>
    <Cell>
      <Meetings section={section} ctx={ctx} />
    </Cell>
    <Cell label={ctx.t('teaching.students')}>
      <span class="figures whitespace-nowrap">
        {ctx.t('seats.taken', { taken: section.seats.taken, capacity: section.seats.capacity })}
      </span>
      {section.seats.waiting > 0 && (
        <span class="text-soft figures block text-sm">
          {ctx.t('seats.waiting', { waiting: section.seats.waiting })}
        </span>
      )}
    </Cell>
  </Row>
)

/** Newest term first, as they come. */
export const teachingPage = (ctx: PageContext, sections: readonly SectionRow[]): string => {
  const terms = [...new Map(sections.map(({ term }) => [term.id, term])).values()]
  return layout(ctx, {
    title: ctx.t('teaching.title'),
    current: '/teaching',
    children: (
      <div class="grid gap-8">
        <h1>{ctx.t('teaching.title')}</h1>
        {terms.length === 0 && (
          <Empty title={ctx.t('teaching.none')}>
            <p>{ctx.t('teaching.none_words')}</p>
          </Empty>
        )}
        {terms.map((term) => (
          <section class="grid gap-3" aria-labelledby={`term-${term.code}`} key={term.id}>
            <h2 id={`term-${term.code}`}>{term.name}</h2>
            <div class="card">
              <Table
                even
                caption={ctx.t('teaching.caption', { term: term.name })}
                columns={sectionColumns(ctx)}
              >
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

const rosterColumns = ({ t }: PageContext) => [
  { head: t('roster.number'), number: true },
  { head: t('roster.student') },
  { head: t('roster.programme') },
  { head: t('column.credits'), number: true },
  { head: t('roster.since') },
]

const Student = ({ student, index, ctx }: { student: RosterLine; index: number; ctx: PageContext }) => (
  <Row>
    <Cell kind="number" label={ctx.t('roster.number')}>
      {ctx.format.number(index + 1)}
    </Cell>
    <Cell>
      {student.name} <span class="text-soft figures">{student.number}</span>{' '}
      {student.withdrawn && <Badge>{ctx.t('words.withdrawn')}</Badge>}
      <a class="block text-sm break-all" href={`mailto:${encodeURIComponent(student.email)}`}>
        {student.email}
      </a>
    </Cell>
    <Cell>{student.programme}</Cell>
    <Cell kind="number" label={ctx.t('column.credits')}>
      {ctx.format.number(student.credits)}
    </Cell>
    <Cell label={ctx.t('roster.since')}>
      <span class="figures">{ctx.format.moment(student.enrolledAt)}</span>
    </Cell>
  </Row>
)

export const rosterPage = (ctx: PageContext, { section, students }: Roster): string =>
  layout(ctx, {
    title: ctx.t('roster.title', { section: label(section) }),
    current: '/teaching',
    crumbs: [{ href: '/teaching', words: ctx.t('teaching.title') }],
    children: (
      <div class="grid gap-6">
        <header class="grid gap-1">
          <h1>
            {ctx.t('roster.heading', {
              section: label(section),
              title: section.title,
              figures: (words) => <span class="figures whitespace-nowrap">{words}</span>,
            })}
          </h1>
          <p class="text-soft figures">
            {ctx.t(section.seats.waiting > 0 ? 'roster.about_waiting' : 'roster.about', {
              term: section.term.name,
              crn: section.crn,
              count: students.length,
              capacity: section.seats.capacity,
              waiting: section.seats.waiting,
            })}{' '}
            <a href={`/sections/${section.id}`}>{ctx.t('roster.section')}</a>
          </p>
        </header>
        {students.length === 0 ? (
          <Empty title={ctx.t('roster.none')}>
            <p>{ctx.t('roster.none_words')}</p>
          </Empty>
        ) : (
          <>
            <div>
              <LinkButton href={`/teaching/${section.id}/roster.csv`}>{ctx.t('roster.download')}</LinkButton>
            </div>
            <div class="card">
              <Table
                caption={ctx.t('roster.caption', { section: label(section) })}
                columns={rosterColumns(ctx)}
              >
                {students.map((student, index) => (
                  <Student key={student.number} student={student} index={index} ctx={ctx} />
                ))}
              </Table>
            </div>
          </>
        )}
        <div>
          <LinkButton href="/teaching">{ctx.t('roster.all')}</LinkButton>
        </div>
      </div>
    ),
  })
