import { Cell, Empty, LinkButton, Row, Table } from '@matricula/ui'
import type { AcademicRecord, RecordLine } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { creditWords } from './words.ts'

const columns = [
  { head: 'Course' },
  { head: 'Credits', number: true },
  { head: 'Grade' },
  { head: '', hidden: 'From where' },
]

const sources: Readonly<Record<AcademicRecord['elsewhere'][number]['source'], string>> = {
  transfer: 'Transferred',
  examination: 'By examination',
  earlier: 'Before this system',
}

const Line = ({ line, ctx, from }: { line: RecordLine; ctx: PageContext; from?: string }) => (
  <Row>
    <Cell>
      <span class="figures font-medium">{line.course}</span> {line.title}
    </Cell>
    <Cell kind="number" label="Credits">
      {ctx.format.number(line.credits)}
    </Cell>
    <Cell label="Grade">
      {line.grade === null ? (
        <span class="text-soft">In progress</span>
      ) : (
        <strong class="font-semibold">{line.grade}</strong>
      )}
    </Cell>
    <Cell>
      <span class="text-soft">{from}</span>
    </Cell>
  </Row>
)

export const historyPage = (ctx: PageContext, record: AcademicRecord): string =>
  layout(ctx, {
    title: 'Academic history',
    current: '/schedule',
    children: (
      <div class="grid max-w-4xl gap-8">
        <div class="grid gap-1">
          <h1>Academic history</h1>
          <p class="text-soft figures">
            {creditWords(record.creditsEarned, ctx.format)} earned, each course counted once. This is what
            registration goes by; it is no transcript.
          </p>
        </div>
        {record.terms.length + record.elsewhere.length === 0 && (
          <Empty title="Nothing here yet">
            <p>The courses that you take stand here with their grades.</p>
            <LinkButton kind="primary" href="/catalogue">
              Search the catalogue
            </LinkButton>
          </Empty>
        )}
        {record.terms.map(({ name, lines }) => (
          <section class="grid gap-3" aria-label={name} key={name}>
            <h2>{name}</h2>
            <div class="card">
              <Table caption={`Courses in ${name}`} columns={columns}>
                {lines.map((line, index) => (
                  <Line key={`${line.course} ${index}`} line={line} ctx={ctx} />
                ))}
              </Table>
            </div>
          </section>
        ))}
        {record.elsewhere.length > 0 && (
          <section class="grid gap-3" aria-labelledby="elsewhere">
            <h2 id="elsewhere">From elsewhere</h2>
            <div class="card">
              <Table caption="Courses completed elsewhere" columns={columns}>
                {record.elsewhere.map((line, index) => (
                  <Line
                    key={`${line.course} ${index}`}
                    line={line}
                    ctx={ctx}
                    from={`${sources[line.source]}, ${ctx.format.day(line.completedOn)}`}
                  />
                ))}
              </Table>
            </div>
          </section>
        )}
        <div>
          <LinkButton href="/schedule">Back to the schedule</LinkButton>
        </div>
      </div>
    ),
  })
