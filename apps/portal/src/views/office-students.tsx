/** Finding a student at the registrar's office. */
import { Button, Cell, Empty, Field, Row, Table } from '@matricula/ui'
import type { StudentHead } from '../catalogue/office.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { deskCrumb, StudentLink } from './office-parts.tsx'

interface StudentsView {
  /** what was looked for */
  readonly q: string
  readonly found: readonly StudentHead[]
  /** there may be others */
  readonly more: boolean
}

export const studentsPage = (ctx: PageContext, { q, found, more }: StudentsView): string =>
  layout(ctx, {
    title: ctx.t('students.title'),
    current: '/registrar',
    crumbs: [deskCrumb(ctx)],
    children: (
      <div class="grid max-w-3xl gap-6">
        <h1>{ctx.t('students.title')}</h1>
        <form method="get" action="/registrar/students" class="card grid gap-4 p-5">
          <Field
            name="q"
            label={ctx.t('students.search')}
            hint={ctx.t('students.search_hint')}
            value={q}
            autocomplete="off"
            maxlength={64}
          />
          <div>
            <Button kind="primary">{ctx.t('students.find')}</Button>
          </div>
        </form>
        {q !== '' && found.length === 0 && (
          <Empty title={ctx.t('students.nobody')}>
            <p>{ctx.t('students.nobody_words')}</p>
          </Empty>
        )}
        {more && <p>{ctx.t('students.more', { count: found.length })}</p>}
        {found.length > 0 && (
          <div class="card">
            <Table
              caption={ctx.t('students.caption')}
              columns={[{ head: ctx.t('roster.student') }, { head: ctx.t('roster.programme') }]}
            >
              {found.map((student) => (
                <Row key={student.id}>
                  <Cell>
                    <StudentLink student={student} />
                  </Cell>
                  <Cell>{student.programme}</Cell>
                </Row>
              ))}
            </Table>
          </div>
        )}
      </div>
    ),
  })
