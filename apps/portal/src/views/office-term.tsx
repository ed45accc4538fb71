/** A term's days, limits and windows at the registrar's office; and the trail of what staff did. */
import { Button, Cell, Empty, ErrorSummary, Field, LinkButton, Row, Table } from '@matricula/ui'
import type { TermOffice } from '../catalogue/office.ts'
import type { TrailEntry } from '../catalogue/office-trail.ts'
import type { Term } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Done, errorOf, type FormState, Select } from './office-parts.tsx'
import { windowWords } from './words.ts'

export const levels = [
  ['', 'All students'],
  ['undergraduate', 'Undergraduates'],
  ['graduate', 'Graduate students'],
] as const

const Text = ({
  name,
  label,
  hint,
  form,
}: {
  name: string
  label: string
  hint?: string
  form: FormState
}) => (
  <Field
    name={name}
    label={label}
    hint={hint}
    value={form.values[name]}
    error={errorOf(form.errors, name)}
    maxlength={80}
    autocomplete="off"
  />
)

const Windows = ({ office, ctx, form }: { office: TermOffice; ctx: PageContext; form: FormState }) => (
  <section class="grid gap-3" aria-labelledby="windows">
    <h2 id="windows">Windows</h2>
    <p class="prose">
      A student’s registration opens with the first window that fits. Who fits none begins with the term’s own
      registration.
    </p>
    {office.windows.length > 0 && (
      <div class="card">
        <Table
          caption="Registration windows"
          columns={[{ head: 'Who' }, { head: 'Opens' }, { head: '', hidden: 'Remove' }]}
        >
          {office.windows.map((window) => (
            <Row key={window.id}>
              <Cell>
                {window.label}
                <span class="text-soft block text-sm">
                  {[
                    window.level,
                    window.programme,
                    window.creditsFrom === null ? null : `${window.creditsFrom} credits or more`,
                  ]
                    .filter((part) => part !== null)
                    .join(', ') || 'everybody'}
                </span>
              </Cell>
              <Cell label="Opens">{ctx.format.moment(window.opensAt)}</Cell>
              <Cell>
                <form method="post" action={`/registrar/terms/${office.term.code}/windows/remove`}>
                  <Button
                    kind="plain"
                    name="window"
                    value={String(window.id)}
                    label={`Remove the window “${window.label}”`}
                  >
                    Remove
                  </Button>
                </form>
              </Cell>
            </Row>
          ))}
        </Table>
      </div>
    )}
    <form
      method="post"
      action={`/registrar/terms/${office.term.code}/windows`}
      class="card grid gap-4 p-5"
      novalidate
    >
      <h3>Add a window</h3>
      <Text name="label" label="Name" hint="“From 60 credits”" form={form} />
      <Select name="level" label="Level" options={levels} value={form.values['level']} />
      <Text name="programme" label="Programme" hint="Empty: any" form={form} />
      <Text name="credits_from" label="Credits earned at least" hint="Empty: any" form={form} />
      <Text name="opens" label="Opens" hint={`Such as 2026-11-02 08:00, in ${ctx.timeZone}`} form={form} />
      <div>
        <Button>Add the window</Button>
      </div>
    </form>
  </section>
)

export const termPage = (ctx: PageContext, office: TermOffice, form: FormState): string =>
  layout(ctx, {
    title: `Rules of ${office.term.name}`,
    current: '/registrar',
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-3xl gap-8">
        <ErrorSummary errors={form.errors} />
        <Done words={form.done} />
        <header class="grid gap-1">
          <h1>Rules of {office.term.name}</h1>
          <p class="text-soft">{windowWords(office.term, ctx.format)}</p>
        </header>
        <form
          method="post"
          action={`/registrar/terms/${office.term.code}`}
          class="card grid gap-4 p-5"
          novalidate
        >
          <h2>Days and limits</h2>
          <p class="hint">
            Times such as 2026-11-02 17:00, in {ctx.timeZone}. Empty: as long as registration is open; for
            withdrawal: not at all.
          </p>
          <Text name="add_until" label="Last moment to add" form={form} />
          <Text name="drop_until" label="Last moment to drop" form={form} />
          <Text name="withdraw_until" label="Last moment to withdraw, with a W" form={form} />
          <Text
            name="credits_undergraduate"
            label="Most credits, undergraduates"
            hint="Empty: no limit"
            form={form}
          />
          <Text
            name="credits_graduate"
            label="Most credits, graduate students"
            hint="Empty: no limit"
            form={form}
          />
          <Select
            name="requirements"
            label="Prerequisites"
            hint="Let them stop nobody until the records of your students are in the portal."
            options={[
              ['advise', 'Are shown, and stop nobody'],
              ['enforce', 'Are asked for'],
            ]}
            value={form.values['requirements']}
          />
          <Text
            name="repeat_from"
            label="No repeat from this grade on"
            hint="Such as C. Empty: courses may be repeated whatever the grade"
            form={form}
          />
          <Text name="most_attempts" label="Most attempts at a course" hint="Empty: any number" form={form} />
          <div>
            <Button kind="primary">Save</Button>
          </div>
        </form>
        <Windows office={office} ctx={ctx} form={form} />
      </div>
    ),
  })

export const termsPage = (ctx: PageContext, terms: readonly Term[]): string =>
  layout(ctx, {
    title: 'Terms',
    current: '/registrar',
    children: (
      <div class="grid max-w-3xl gap-6">
        <h1>Terms</h1>
        <ul class="card">
          {terms.map((term) => (
            <li key={term.id} class="border-line grid gap-1 border-b px-4 py-4 last:border-b-0">
              <a class="font-medium" href={`/registrar/terms/${term.code}`}>
                Days, limits and windows of {term.name}
              </a>
              <span class="text-soft">{windowWords(term, ctx.format)}</span>
            </li>
          ))}
        </ul>
      </div>
    ),
  })

const actionWords: Readonly<Record<string, string>> = {
  looked_at_student: 'Looked at the file',
  looked_at_receipt: 'Looked at a receipt',
  hold_placed: 'Placed a hold',
  hold_released: 'Released a hold',
  override_granted: 'Granted a permission',
  override_revoked: 'Revoked a permission',
  transcript_added: 'Added to the record',
  term_changed: 'Changed days or limits',
  window_added: 'Added a window',
  window_removed: 'Removed a window',
  capacity_changed: 'Changed the capacity',
  reserve_added: 'Kept seats for a group',
  reserve_ended: 'Ended the seats of a group',
  section_changed: 'Changed the times',
  section_cancelled: 'Cancelled the section',
  sections_linked: 'Linked sections',
  sections_unlinked: 'Took a link away',
}

export const trailPage = (
  ctx: PageContext,
  entries: readonly TrailEntry[],
  student: string,
  more: number | undefined,
): string =>
  layout(ctx, {
    title: 'Trail of the office',
    current: '/registrar',
    children: (
      <div class="grid gap-6">
        <header class="grid gap-1">
          <h1>Trail of the office</h1>
          <p class="text-soft">
            What members of staff changed, and whose records they looked at, newest first
            {student !== '' && `; of the student ${student} alone`}.
          </p>
        </header>
        {entries.length === 0 ? (
          <Empty title="Nothing yet">
            <p>Every change and every look leaves a line here.</p>
          </Empty>
        ) : (
          <div class="card">
            <Table
              caption="Actions of staff"
              columns={[{ head: 'When' }, { head: 'Who' }, { head: 'What' }, { head: 'Concerns' }]}
            >
              {entries.map((entry) => (
                <Row key={entry.id}>
                  <Cell label="When">
                    <span class="figures">{ctx.format.moment(entry.at)}</span>
                  </Cell>
                  <Cell label="Who">
                    {entry.staff.name} <span class="text-soft figures">{entry.staff.number}</span>
                  </Cell>
                  <Cell>
                    <span class="font-medium">{actionWords[entry.action] ?? entry.action}</span>
                    {entry.detail !== '' && (
                      <span class="text-soft block text-sm wrap-anywhere">{entry.detail}</span>
                    )}
                  </Cell>
                  <Cell label="Concerns">
                    {entry.student !== null && (
                      <a class="block" href={`/registrar/students/${entry.student.number}`}>
                        {entry.student.name} <span class="figures">{entry.student.number}</span>
                      </a>
                    )}
                    {entry.section !== null && (
                      <a class="figures block" href={`/registrar/sections/${entry.section.id}`}>
                        {entry.section.label}
                      </a>
                    )}
                    {entry.term}
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
              Older
            </LinkButton>
          </div>
        )}
      </div>
    ),
  })
