/** The audit trail: what staff did, and what they and instructors looked at. */
import { Cell, Empty, LinkButton, Row, Table } from '@matricula/ui'
import type { TrailEntry } from '../catalogue/office-trail.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { deskCrumb, StudentLink } from './office-parts.tsx'
import { actionWords, trailWords } from './trail-words.ts'

const Detail = ({ words }: { words: string }) =>
  words === '' ? null : <span class="text-soft block text-sm wrap-anywhere">{words}</span>

const Author = ({ entry: { staff, instructor }, ctx: { t } }: { entry: TrailEntry; ctx: PageContext }) => {
  const who = staff ?? instructor
  if (who === null) return t('trail.import')
  return (
    <>
      {who.name}{' '}
      <span class="text-soft figures">
        {staff === null ? t('trail.instructor', { number: who.number }) : who.number}
      </span>
    </>
  )
}

export const trailPage = (
  ctx: PageContext,
  entries: readonly TrailEntry[],
  student: string,
  more: number | undefined,
): string =>
  layout(ctx, {
    title: ctx.t('trail.title'),
    current: '/registrar',
    crumbs: [deskCrumb(ctx)],
    children: (
      <div class="grid gap-6">
        <header class="grid gap-1">
          <h1>{ctx.t('trail.title')}</h1>
          <p class="text-soft">
            {student === '' ? ctx.t('trail.words') : ctx.t('trail.words_of', { student })}
          </p>
        </header>
        {entries.length === 0 ? (
          <Empty title={ctx.t('trail.nothing')}>
            <p>{ctx.t('trail.nothing_words')}</p>
          </Empty>
        ) : (
          <div class="card">
            <Table
              caption={ctx.t('trail.caption')}
              columns={[
                { head: ctx.t('column.when') },
                { head: ctx.t('trail.who') },
                { head: ctx.t('column.what') },
                { head: ctx.t('trail.concerns') },
              ]}
            >
              {entries.map((entry) => (
                <Row key={entry.id}>
                  <Cell label={ctx.t('column.when')}>
                    <span class="figures">{ctx.format.moment(entry.at)}</span>
                  </Cell>
                  <Cell label={ctx.t('trail.who')}>
                    <Author entry={entry} ctx={ctx} />
                  </Cell>
                  <Cell>
                    <span class="font-medium">{actionWords(entry.action, ctx)}</span>
                    <Detail words={trailWords(entry, ctx)} />
                  </Cell>
                  <Cell label={ctx.t('trail.concerns')}>
                    <span class="inline-flex flex-col">
                      {entry.student !== null && <StudentLink student={entry.student} />}
                      {entry.section !== null && (
                        <a class="figures" href={`/registrar/sections/${entry.section.id}`}>
                          {entry.section.label}
                        </a>
                      )}
                      {entry.term}
                    </span>
                  </Cell>
                </Row>
              ))}
            </Table>
          </div>
        )}
        {more !== undefined && (
          <div>
            <LinkButton
              href={`/registrar/trail?${new URLSearchParams({ student, before: String(more) }).toString()}`}
            >
              {ctx.t('trail.older')}
            </LinkButton>
          </div>
        )}
      </div>
    ),
  })
