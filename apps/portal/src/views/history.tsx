import { Cell, Empty, LinkButton, Row, Table } from '@matricula/ui'
import type { AcademicRecord, RecordLine } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { componentWords } from './words.ts'

const columns = ({ t }: PageContext) => [
  { head: t('column.course') },
  { head: t('column.credits'), number: true },
  { head: t('column.grade') },
  { head: '', hidden: t('history.from_column') },
]

const Line = ({
  line,
  ctx,
  over = true,
  beside,
  from,
}: {
  line: RecordLine
  ctx: PageContext
  over?: boolean
  /** 'Laboratory', of what goes with a lecture */
  beside?: string | undefined
  from?: string
}) => (
  <Row>
    <Cell>
      <span class="figures font-medium">{line.course}</span> {line.title}
      {beside !== undefined && <span class="text-soft block text-sm">{beside}</span>}
    </Cell>
    <Cell kind="number" label={ctx.t('column.credits')}>
      {ctx.format.number(line.credits)}
    </Cell>
    <Cell label={ctx.t('column.grade')}>
      {line.grade === null ? (
        <span class="text-soft">{ctx.t(over ? 'history.no_grade' : 'history.in_progress')}</span>
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
    title: ctx.t('history.title'),
    current: '/schedule',
    crumbs: [{ href: '/schedule', words: ctx.t('layout.schedule') }],
    children: (
      <div class="grid max-w-4xl gap-8">
        <div class="grid gap-1">
          <h1>{ctx.t('history.title')}</h1>
          <p class="text-soft figures">{ctx.t('history.earned', { credits: record.creditsEarned })}</p>
        </div>
        {record.terms.length + record.elsewhere.length === 0 && (
          <Empty title={ctx.t('history.nothing')}>
            <p>{ctx.t('history.nothing_words')}</p>
            <LinkButton kind="primary" href="/catalogue">
              {ctx.t('words.search_catalogue')}
            </LinkButton>
          </Empty>
        )}
        {record.terms.map(({ name, over, lines }) => (
          <section class="grid gap-3" aria-label={name} key={name}>
            <h2>{name}</h2>
            <div class="card">
              <Table even caption={ctx.t('history.caption', { term: name })} columns={columns(ctx)}>
                {lines.map((line, index) => (
                  <Line
                    key={`${line.course} ${index}`}
                    line={line}
                    ctx={ctx}
                    over={over}
                    beside={line.component === 'lecture' ? undefined : componentWords(line.component, ctx)}
                  />
                ))}
              </Table>
            </div>
          </section>
        ))}
        {record.elsewhere.length > 0 && (
          <section class="grid gap-3" aria-labelledby="elsewhere">
            <h2 id="elsewhere">{ctx.t('history.elsewhere')}</h2>
            <div class="card">
              <Table even caption={ctx.t('history.elsewhere_caption')} columns={columns(ctx)}>
                {record.elsewhere.map((line, index) => (
                  <Line
                    key={`${line.course} ${index}`}
                    line={line}
                    ctx={ctx}
                    from={ctx.t(`history.source_${line.source}`, { day: ctx.format.day(line.completedOn) })}
                  />
                ))}
              </Table>
            </div>
          </section>
        )}
        <div>
          <LinkButton href="/schedule">{ctx.t('history.back')}</LinkButton>
        </div>
      </div>
    ),
  })
