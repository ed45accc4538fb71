/** A term's days, limits and windows at the registrar's office; and the trail of what staff did. */
import { Button, Cell, Empty, ErrorSummary, Field, LinkButton, Row, Select, Table } from '@matricula/ui'
import type { TermOffice } from '../catalogue/office.ts'
import type { TrailEntry } from '../catalogue/office-trail.ts'
import type { Term } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Disclosed, errorOf, type FormState, Key, levels } from './office-form.tsx'
import { deskCrumb, Done, StudentLink } from './office-parts.tsx'
import { actionWords, trailWords } from './trail-words.ts'
import { windowWords } from './words.ts'

const Text = ({
  name,
  label,
  hint,
  form,
  most = 80,
}: {
  name: string
  label: string
  hint?: string
  form: FormState
  most?: number
}) => (
  <Field
    name={name}
    label={label}
    hint={hint}
    value={form.values[name]}
    error={errorOf(form.errors, name)}
    maxlength={most}
    autocomplete="off"
  />
)

const Windows = ({ office, ctx, form }: { office: TermOffice; ctx: PageContext; form: FormState }) => {
  const { t } = ctx
  return (
    <section class="grid gap-3" aria-labelledby="windows">
      <h2 id="windows">{t('term.windows')}</h2>
      <p class="prose">{t('term.windows_words')}</p>
      {office.windows.length > 0 && (
        <div class="card">
          <Table
            caption={t('term.windows_caption')}
            columns={[
              { head: t('term.who') },
              { head: t('term.opens') },
              { head: '', hidden: t('term.remove') },
            ]}
          >
            {office.windows.map((window) => (
              <Row key={window.id}>
                <Cell>
                  {window.label}
                  <span class="text-soft block text-sm">
                    {[
                      window.level === null ? null : t(`office.${window.level}`),
                      window.programme,
                      window.creditsFrom === null
                        ? null
                        : t('term.credits_or_more', { credits: window.creditsFrom }),
                    ]
                      .filter((part) => part !== null)
                      .join(', ') || t('term.everybody')}
                  </span>
                </Cell>
                <Cell label={t('term.opens')}>{ctx.format.moment(window.opensAt)}</Cell>
                <Cell>
                  <form method="post" action={`/registrar/terms/${office.term.code}/windows/remove`}>
                    <Key form={form} of={`window-${window.id}`} />
                    <Button
                      kind="plain"
                      name="window"
                      value={String(window.id)}
                      label={t('term.remove_named', { window: window.label })}
                    >
                      {t('term.remove')}
                    </Button>
                  </form>
                </Cell>
              </Row>
            ))}
          </Table>
        </div>
      )}
      <Disclosed
        words={t('term.add_window')}
        form={form}
        fields={['label', 'level', 'programme', 'credits_from', 'opens']}
      >
        <form
          method="post"
          action={`/registrar/terms/${office.term.code}/windows`}
          class="card grid items-end gap-4 p-5 sm:grid-cols-2"
          novalidate
        >
          <Key form={form} of="window" />
          <Text name="label" label={t('term.name')} hint={t('term.name_hint')} form={form} />
          <Select name="level" label={t('office.level')} options={levels(ctx)} value={form.values['level']} />
          <Text name="programme" label={t('office.programme')} hint={t('office.any')} form={form} />
          <Text name="credits_from" label={t('term.credits_from')} hint={t('office.any')} form={form} />
          <Text
            name="opens"
            label={t('term.opens')}
            hint={t('term.opens_hint', { zone: ctx.timeZone })}
            form={form}
          />
          <div class="sm:col-span-2">
            <Button>{t('term.add_window_button')}</Button>
          </div>
        </form>
      </Disclosed>
    </section>
  )
}

/** Apart from the days and limits: it stops or lets in everybody at once, and asks for a reason. */
const Registration = ({ office, ctx, form }: { office: TermOffice; ctx: PageContext; form: FormState }) => {
  const { t } = ctx
  const hint = t('term.opens_hint', { zone: ctx.timeZone })
  return (
    <form
      method="post"
      action={`/registrar/terms/${office.term.code}/registration`}
      class="card grid items-end gap-4 p-5 sm:grid-cols-2"
      novalidate
    >
      <Key form={form} of="registration" />
      <h2 class="sm:col-span-2">{t('term.registration')}</h2>
      <p class="hint sm:col-span-2">{t('term.registration_words')}</p>
      <Text name="registration_opens" label={t('term.registration_opens')} hint={hint} form={form} />
      <Text name="registration_closes" label={t('term.registration_closes')} hint={hint} form={form} />
      <div class="sm:col-span-2">
        <Text
          name="registration_reason"
          label={t('office.why')}
          hint={t('term.registration_reason_hint')}
          form={form}
          most={200}
        />
      </div>
      <div class="sm:col-span-2">
        <Button>{t('term.move')}</Button>
      </div>
    </form>
  )
}

export const termPage = (ctx: PageContext, office: TermOffice, form: FormState): string => {
  const { t } = ctx
  return layout(ctx, {
    title: t('term.title', { term: office.term.name }),
    current: '/registrar',
    crumbs: [deskCrumb(ctx), { href: '/registrar/terms', words: t('terms.title') }],
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-3xl gap-8">
        <ErrorSummary errors={form.errors} />
        <Done words={form.done} />
        <header class="grid gap-1">
          <h1>{t('term.title', { term: office.term.name })}</h1>
          <p class="text-soft">{windowWords(office.term, ctx)}</p>
        </header>
        <Registration office={office} ctx={ctx} form={form} />
        <form
          method="post"
          action={`/registrar/terms/${office.term.code}`}
          class="card grid items-end gap-4 p-5 sm:grid-cols-2"
          novalidate
        >
          <Key form={form} of="term" />
          <h2 class="sm:col-span-2">{t('term.days')}</h2>
          <p class="hint sm:col-span-2">{t('term.days_hint', { zone: ctx.timeZone })}</p>
          <Text name="add_until" label={t('term.add_until')} form={form} />
          <Text name="drop_until" label={t('term.drop_until')} form={form} />
          <Text name="withdraw_until" label={t('term.withdraw_until')} form={form} />
          <Text
            name="credits_undergraduate"
            label={t('term.credits_undergraduate')}
            hint={t('term.no_limit')}
            form={form}
          />
          <Text
            name="credits_graduate"
            label={t('term.credits_graduate')}
            hint={t('term.no_limit')}
            form={form}
          />
          <Select
            name="requirements"
            label={t('term.requirements')}
            hint={t('term.requirements_hint')}
            options={[
              ['advise', t('term.advise')],
              ['enforce', t('term.enforce')],
            ]}
            value={form.values['requirements']}
          />
          <Text name="repeat_from" label={t('term.repeat_from')} hint={t('term.repeat_hint')} form={form} />
          <Text name="most_attempts" label={t('term.attempts')} hint={t('term.attempts_hint')} form={form} />
          <div class="sm:col-span-2">
            <Text
              name="term_reason"
              label={t('office.why')}
              hint={t('term.reason_hint')}
              form={form}
              most={200}
            />
          </div>
          <div class="sm:col-span-2">
            <Button kind="primary">{t('term.save')}</Button>
          </div>
        </form>
        <Windows office={office} ctx={ctx} form={form} />
      </div>
    ),
  })
}

export const termsPage = (ctx: PageContext, terms: readonly Term[]): string =>
  layout(ctx, {
    title: ctx.t('terms.title'),
    current: '/registrar',
    crumbs: [deskCrumb(ctx)],
    children: (
      <div class="grid max-w-3xl gap-6">
        <h1>{ctx.t('terms.title')}</h1>
        <ul class="card">
          {terms.map((term) => (
            <li key={term.id} class="border-line grid gap-1 border-b px-4 py-4 last:border-b-0">
              <a class="font-medium" href={`/registrar/terms/${term.code}`}>
                {ctx.t('terms.of', { term: term.name })}
              </a>
              <span class="text-soft">{windowWords(term, ctx)}</span>
            </li>
          ))}
        </ul>
      </div>
    ),
  })

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
                    {entry.student !== null && (
                      <span class="block">
                        <StudentLink student={entry.student} />
                      </span>
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
              {ctx.t('trail.older')}
            </LinkButton>
          </div>
        )}
      </div>
    ),
  })
