/** Cancelling a section: first whom it would hurt. */
import { Button, ErrorSummary, Field, LinkButton, Notice } from '@matricula/ui'
import type { Hurt } from '../catalogue/office-hurt.ts'
import type { SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { deskCrumb, errorOf, type FormState, Key } from './office-parts.tsx'
import { label } from './words.ts'

/** '14 students are enrolled, 3 of them would have a conflict' */
export const hurtWords = ({ enrolled, waiting, conflicts }: Hurt, { t }: PageContext): string => {
  const hurt = new Set(conflicts.map(({ number }) => number)).size
  const seats =
    enrolled === 0
      ? t('hurt.enrolled', { count: enrolled })
      : hurt === 0
        ? t('hurt.enrolled_none', { count: enrolled })
        : t('hurt.enrolled_some', { count: enrolled, conflicts: hurt })
  return waiting === 0 ? seats : `${seats} ${t('hurt.waiting', { count: waiting })}`
}

/** Who would lose what, in whole sentences. */
const lossWords = ({ enrolled, waiting, carts }: Hurt, { t }: PageContext): string =>
  [
    waiting > 0
      ? t('cancel.lose_both', { enrolled, waiting })
      : enrolled > 0
        ? t('cancel.lose', { enrolled })
        : t('cancel.lose_none'),
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
  return layout(ctx, {
    title: t('cancel.title', { section: label(section) }),
    current: '/registrar',
    crumbs: [
      deskCrumb(ctx),
      { href: `/registrar/sections/${section.id}`, words: t('seats.title', { section: label(section) }) },
    ],
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-3xl gap-6">
        <ErrorSummary errors={form.errors} />
        <h1>
          {t('cancel.heading', {
            section: label(section),
            title: section.title,
            figures: (words) => <span class="figures whitespace-nowrap">{words}</span>,
          })}
        </h1>
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
          <Field
            name="reason"
            label={t('office.why')}
            hint={t('cancel.why_hint')}
            value={form.values['reason']}
            error={errorOf(form.errors, 'reason')}
            maxlength={200}
            autocomplete="off"
          />
          <input type="hidden" name="base" value={hurt.base} />
          <div class="flex flex-wrap gap-3">
            <Button kind="stop">{t('cancel.button')}</Button>
            <LinkButton href={`/registrar/sections/${section.id}`}>{t('office.leave')}</LinkButton>
          </div>
        </form>
      </div>
    ),
  })
}
