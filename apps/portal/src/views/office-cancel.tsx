/** Cancelling a section: first whom it would hurt. */
import { Button, LinkButton, Notice } from '@matricula/ui'
import type { Hurt } from '../catalogue/office-hurt.ts'
import type { SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { FormField, type FormState, Key } from './office-form.tsx'
import { headingOf, sectionTaskPage } from './office-parts.tsx'
import { label } from './words.ts'

/** Who would lose what, in whole sentences. */
const lossWords = ({ enrolled, waiting, carts, besides, alone }: Hurt, { t, format }: PageContext): string =>
  [
    waiting > 0
      ? t('cancel.lose_both', { enrolled, waiting })
      : enrolled > 0
        ? t('cancel.lose', { enrolled })
        : t('cancel.lose_none'),
    besides.length > 0
      ? t('cancel.besides', {
          lists: format.list(
            besides.map(({ section, places }) => t('cancel.places_of', { section, count: places })),
          ),
        })
      : '',
    alone.length > 0
      ? t('cancel.alone', {
          sections: format.list(
            alone.map(({ section, students }) => t('cancel.students_of', { section, count: students })),
          ),
        })
      : '',
    carts > 0 ? t('cancel.carts', { carts }) : '',
    t('cancel.final'),
  ]
    .filter((words) => words !== '')
    .join(' ')

export const cancelPage = (
  ctx: PageContext,
  { section, hurt, form }: { section: SectionRow; hurt: Hurt; form: FormState },
): string => {
  const { t } = ctx
  return sectionTaskPage(ctx, {
    section,
    form,
    title: t('cancel.title', { section: label(section) }),
    heading: t('cancel.heading', headingOf(section)),
    children: (
      <>
        <Notice tone="attention" title={t('office.what_it_would_do')}>
          <p>{lossWords(hurt, ctx)}</p>
        </Notice>
        <form
          method="post"
          action={`/registrar/sections/${section.id}/cancel`}
          class="card grid gap-4 p-5"
          novalidate
        >
          <Key form={form} of="cancel" />
          <FormField
            form={form}
            name="reason"
            label={t('office.why')}
            hint={t('cancel.why_hint')}
            maxlength={200}
          />
          <input type="hidden" name="base" value={hurt.base} />
          <div class="flex flex-wrap gap-3">
            <Button kind="stop">{t('cancel.button')}</Button>
            <LinkButton href={`/registrar/sections/${section.id}`}>{t('office.leave')}</LinkButton>
          </div>
        </form>
      </>
    ),
  })
}
