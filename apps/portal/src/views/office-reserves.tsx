/** Seats of a section that are kept for a group: those in force, and a new one. */
import { Button, Field } from '@matricula/ui'
import type { SectionPage } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { errorOf, type FormState, Key, levels, Select } from './office-parts.tsx'

const fields = ['seats', 'label', 'programme', 'class_year'] as const

export const Reserves = ({ page, form, ctx }: { page: SectionPage; form: FormState; ctx: PageContext }) => {
  const { section, reserves } = page
  const { t } = ctx
  const action = `/registrar/sections/${section.id}/reserves`
  return (
    <section class="grid gap-3" aria-labelledby="reserves">
      <h2 id="reserves">{t('reserves.title')}</h2>
      {reserves.map(({ id, label, seats, taken }) => (
        <form
          method="post"
          action={`${action}/end`}
          class="flex flex-wrap items-center gap-x-4 gap-y-2"
          key={id}
        >
          <Key form={form} of={`reserve-${id}`} />
          <span>{t('reserves.kept', { seats, group: label, taken })}</span>
          <Button
            small
            name="reserve"
            value={String(id)}
            label={t('reserves.give_back_named', { group: label })}
          >
            {t('reserves.give_back')}
          </Button>
        </form>
      ))}
      <details class="disclosure" open={form.errors.length > 0}>
        <summary>{t('reserves.keep')}</summary>
        <form method="post" action={action} class="card mt-2 grid gap-4 p-5" novalidate>
          <Key form={form} of="reserve" />
          {fields.map((name) => (
            <Field
              key={name}
              name={name}
              label={t(`reserves.${name}`)}
              hint={t(`reserves.${name}_hint`)}
              value={form.values[name]}
              error={errorOf(form.errors, name)}
              maxlength={80}
              autocomplete="off"
            />
          ))}
          <Select
            t={t}
            name="level"
            label={t('office.level')}
            options={levels(ctx)}
            value={form.values['level']}
          />
          <Field
            name="until"
            label={t('office.until')}
            hint={t('reserves.until_hint', { zone: ctx.timeZone })}
            value={form.values['until']}
            error={errorOf(form.errors, 'until')}
            maxlength={30}
            autocomplete="off"
          />
          <div>
            <Button>{t('reserves.button')}</Button>
          </div>
        </form>
      </details>
    </section>
  )
}
