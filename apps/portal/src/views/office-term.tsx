/** A term's registration, days, limits and windows at the registrar's office; and the list of terms. */
import { Button, Cell, ErrorSummary, Row, Table } from '@matricula/ui'
import type { TermOffice } from '../catalogue/office.ts'
import type { Term } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import {
  Disclosed,
  FormField,
  FormSelect,
  type FormState,
  Key,
  levels,
  OfficeForm,
  Wide,
} from './office-form.tsx'
import { deskCrumb, Done } from './office-parts.tsx'
import { windowWords } from './words.ts'

/** Whom a window is for, where its name does not say so already. */
const Cohort = ({
  window: { label, level, programme, creditsFrom },
  ctx: { t },
}: {
  window: TermOffice['windows'][number]
  ctx: PageContext
}) => {
  const words =
    [
      level === null ? null : t(`office.${level}`),
      programme,
      creditsFrom === null ? null : t('term.credits_or_more', { credits: creditsFrom }),
    ]
      .filter((part) => part !== null)
      .join(', ') || t('office.all_students')
  return words === label ? null : <span class="text-soft block text-sm">{words}</span>
}

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
                  <Cohort window={window} ctx={ctx} />
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
        <OfficeForm
          action={`/registrar/terms/${office.term.code}/windows`}
          form={form}
          of="window"
          button={t('term.add_window_button')}
        >
          <FormField name="label" label={t('term.name')} hint={t('term.name_hint')} form={form} />
          <FormField
            name="opens"
            label={t('term.opens')}
            hint={t('term.opens_hint', { zone: ctx.timeZone })}
            form={form}
          />
          <FormField name="programme" label={t('office.programme')} hint={t('office.any')} form={form} />
          <FormField name="credits_from" label={t('term.credits_from')} hint={t('office.any')} form={form} />
          <FormSelect form={form} name="level" label={t('office.level')} options={levels(ctx)} />
        </OfficeForm>
      </Disclosed>
    </section>
  )
}

const registrationFields = ['registration_opens', 'registration_closes'] as const
const dateFields = ['starts_on', 'ends_on'] as const
const dayFields = [
  'add_until',
  'drop_until',
  'withdraw_until',
  'credits_undergraduate',
  'credits_graduate',
  'requirements',
  'repeat_from',
  'most_attempts',
] as const

/** The page's fields as they are saved. */
type Saved = Readonly<
  Record<(typeof registrationFields | typeof dateFields | typeof dayFields)[number], string>
>

interface PartProps {
  readonly office: TermOffice
  readonly ctx: PageContext
  readonly form: FormState
  readonly saved: Saved
}

/** So that what somebody else changed meanwhile, and this form does not, stays so. */
const Shown = ({ saved, fields }: { saved: Saved; fields: readonly (keyof Saved)[] }) => (
  <>
    {fields.map((name) => (
      <input key={name} type="hidden" name={`was_${name}`} value={saved[name]} />
    ))}
  </>
)

/** Apart from the days and limits: it stops or lets in everybody at once, and asks for a reason. */
const Registration = ({ office, ctx, form, saved }: PartProps) => {
  const { t } = ctx
  const hint = t('term.opens_hint', { zone: ctx.timeZone })
  return (
    <OfficeForm
      action={`/registrar/terms/${office.term.code}/registration`}
      form={form}
      of="registration"
      button={t('term.move')}
    >
      <Shown saved={saved} fields={registrationFields} />
      <h2 class="sm:col-span-2">{t('term.registration')}</h2>
      <p class="hint sm:col-span-2">{t('term.registration_words')}</p>
      <FormField name="registration_opens" label={t('term.registration_opens')} hint={hint} form={form} />
      <FormField name="registration_closes" label={t('term.registration_closes')} hint={hint} form={form} />
      <Wide>
        <FormField
          name="registration_reason"
          label={t('office.why')}
          hint={t('term.registration_reason_hint')}
          form={form}
          maxlength={200}
        />
      </Wide>
    </OfficeForm>
  )
}

/** The days between which its sections meet. */
const Dates = ({ office, ctx: { t }, form, saved }: PartProps) => (
  <OfficeForm
    action={`/registrar/terms/${office.term.code}/dates`}
    form={form}
    of="dates"
    button={t('term.move_dates')}
  >
    <Shown saved={saved} fields={dateFields} />
    <h2 class="sm:col-span-2">{t('term.dates')}</h2>
    <p class="hint sm:col-span-2">{t('term.dates_words')}</p>
    <FormField name="starts_on" label={t('term.starts_on')} hint={t('term.day_hint')} form={form} />
    <FormField name="ends_on" label={t('term.ends_on')} hint={t('term.day_hint')} form={form} />
    <Wide>
      <FormField
        name="dates_reason"
        label={t('office.why')}
        hint={t('term.registration_reason_hint')}
        form={form}
        maxlength={200}
      />
    </Wide>
  </OfficeForm>
)

export const termPage = (ctx: PageContext, office: TermOffice, form: FormState, saved: Saved): string => {
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
        <Registration office={office} ctx={ctx} form={form} saved={saved} />
        <Dates office={office} ctx={ctx} form={form} saved={saved} />
        <OfficeForm
          action={`/registrar/terms/${office.term.code}`}
          form={form}
          of="term"
          button={t('term.save')}
          kind="primary"
        >
          <Shown saved={saved} fields={dayFields} />
          <h2 class="sm:col-span-2">{t('term.days')}</h2>
          <p class="hint sm:col-span-2">{t('term.days_hint', { zone: ctx.timeZone })}</p>
          <FormField name="add_until" label={t('term.add_until')} form={form} />
          <FormField name="drop_until" label={t('term.drop_until')} form={form} />
          <Wide>
            <FormField name="withdraw_until" label={t('term.withdraw_until')} form={form} />
          </Wide>
          <FormField
            name="credits_undergraduate"
            label={t('term.credits_undergraduate')}
            hint={t('term.no_limit')}
            form={form}
          />
          <FormField
            name="credits_graduate"
            label={t('term.credits_graduate')}
            hint={t('term.no_limit')}
            form={form}
          />
          <Wide>
            <FormSelect
              form={form}
              name="requirements"
              label={t('term.requirements')}
              hint={t('term.requirements_hint')}
              options={[
                ['advise', t('term.advise')],
                ['enforce', t('term.enforce')],
              ]}
            />
          </Wide>
          <FormField
            name="repeat_from"
            label={t('term.repeat_from')}
            hint={t('term.repeat_hint')}
            form={form}
          />
          <FormField
            name="most_attempts"
            label={t('term.attempts')}
            hint={t('term.attempts_hint')}
            form={form}
          />
          <Wide>
            <FormField
              name="term_reason"
              label={t('office.why')}
              hint={t('term.reason_hint')}
              form={form}
              maxlength={200}
            />
          </Wide>
        </OfficeForm>
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
