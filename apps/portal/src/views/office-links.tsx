/** The sections with which one is one choice, such as a lecture and its laboratories. */
import { Badge, Button, Cell, ErrorSummary, Field, LinkButton, Row, Table } from '@matricula/ui'
import type { LinkedSection } from '../catalogue/office-sections.ts'
import type { SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Meetings } from './meetings.tsx'
import { Done, errorOf, type FormState } from './office-parts.tsx'
import { componentWords, count, label } from './words.ts'

interface LinksView {
  readonly section: SectionRow
  readonly links: readonly LinkedSection[]
  readonly form: FormState
}

const columns = [{ head: 'Section' }, { head: 'Days and times' }, { head: '', hidden: 'Take the link away' }]

/** 'A student who takes it takes one of the laboratories and one of the discussions.' */
const rule = (links: readonly LinkedSection[], ctx: PageContext): string => {
  const kinds = [...new Set(links.map(({ section }) => section.component))]
  return `Whoever takes it takes with it ${ctx.format.list(kinds.map((kind) => `one ${componentWords[kind].toLowerCase()}`))} of these.`
}

export const linksPage = (ctx: PageContext, { section, links, form }: LinksView): string => {
  const action = `/registrar/sections/${section.id}/links`
  const alone = Math.max(0, ...links.map((link) => link.alone))
  return layout(ctx, {
    title: `Links of ${label(section)}`,
    current: '/registrar',
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-3xl gap-6">
        <ErrorSummary errors={form.errors} />
        <Done words={form.done} />
        <header class="grid gap-1">
          <h1>
            Taken together with <span class="figures">{label(section)}</span> {section.title}
          </h1>
          <p class="text-soft">
            {componentWords[section.component]}, {section.term.name}.{' '}
            <a href={`/registrar/sections/${section.id}`}>Back to its seats</a>
          </p>
        </header>
        {links.length === 0 ? (
          <p>It stands alone: nothing has to be taken with it.</p>
        ) : (
          <>
            <p>{rule(links, ctx)}</p>
            {alone > 0 && (
              <p>
                {count(alone, 'student holds', 'students hold', ctx.format)} it without one. They keep their
                seats; the link is asked for when they next change something.
              </p>
            )}
            <div class="card">
              <Table caption={`Sections linked to ${label(section)}`} columns={columns}>
                {links.map(({ section: partner }) => (
                  <Row key={partner.id}>
                    <Cell>
                      <a class="figures font-medium" href={`/registrar/sections/${partner.id}`}>
                        {label(partner)}
                      </a>{' '}
                      {partner.status === 'cancelled' && <Badge tone="stop">Cancelled</Badge>}
                      <span class="text-soft block text-sm">
                        {componentWords[partner.component]}, CRN <span class="figures">{partner.crn}</span>
                      </span>
                    </Cell>
                    <Cell>
                      <Meetings section={partner} format={ctx.format} />
                    </Cell>
                    <Cell>
                      <form method="post" action={`${action}/remove`}>
                        <Button
                          small
                          name="partner"
                          value={String(partner.id)}
                          label={`Take the link to ${label(partner)} away`}
                        >
                          Take away
                        </Button>
                      </form>
                    </Cell>
                  </Row>
                ))}
              </Table>
            </div>
          </>
        )}
        <form method="post" action={action} class="card grid gap-4 p-5" novalidate>
          <h2>Link it to other sections</h2>
          <Field
            name="crns"
            label="CRN of each"
            hint="Several with blanks between. All of one kind are choices: the student takes one of them."
            value={form.values['crns']}
            error={errorOf(form.errors, 'crns')}
            maxlength={200}
            autocomplete="off"
          />
          <div class="flex flex-wrap gap-3">
            <Button kind="primary">Link them</Button>
            <LinkButton href={`/registrar/sections/${section.id}`}>Back to its seats</LinkButton>
          </div>
        </form>
      </div>
    ),
  })
}
