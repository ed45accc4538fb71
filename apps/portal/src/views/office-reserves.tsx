/** Seats of a section that are kept for a group: those in force, and a new one. */
import { Button } from '@matricula/ui'
import type { SectionPage } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { Disclosed, FormField, FormSelect, type FormState, Key, levels, OfficeForm } from './office-form.tsx'

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
      <Disclosed words={t('reserves.keep')} form={form}>
        <OfficeForm action={action} form={form} of="reserve" button={t('reserves.button')}>
          {fields.map((name) => (
            <FormField
              key={name}
              form={form}
              name={name}
              label={t(`reserves.${name}`)}
              hint={t(`reserves.${name}_hint`)}
            />
          ))}
          <FormSelect form={form} name="level" label={t('office.level')} options={levels(ctx)} />
          <FormField
            form={form}
            name="until"
            label={t('office.until')}
            hint={t('reserves.until_hint', { zone: ctx.timeZone })}
            maxlength={30}
          />
        </OfficeForm>
      </Disclosed>
    </section>
  )
}
