/** The registrar's desk: any receipt, any section, and the ways to students, terms and the trail. */
import { Button, ErrorSummary, errorOf, Field, type FieldProps, type FormError } from '@matricula/ui'
import type { ComponentChildren } from 'preact'
import type { SectionPage } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { label } from './words.ts'

export interface DeskView {
  readonly receipt: string
  readonly crn: string
  /** several terms may have the same CRN */
  readonly sections: readonly SectionPage[]
  readonly errors: readonly FormError[]
}

/** A form of one field that finds something; `children`: what of several was meant. */
const LookUp = ({
  action,
  title,
  button,
  children,
  ...field
}: FieldProps & { action: string; title: string; button: string; children?: ComponentChildren }) => (
  <form method="get" action={action} class="card grid gap-4 p-5">
    <h2>{title}</h2>
    <Field autocomplete="off" maxlength={64} {...field} />
    <div>
      <Button kind="primary">{button}</Button>
    </div>
    {children}
  </form>
)

const ways = [
  { href: '/registrar/terms', words: 'terms.title', about: 'desk.terms' },
  { href: '/registrar/trail', words: 'trail.title', about: 'desk.trail' },
] as const

export const registrarPage = (ctx: PageContext, { receipt, crn, sections, errors }: DeskView): string =>
  layout(ctx, {
    title: ctx.t('desk.title'),
    current: '/registrar',
    error: errors.length > 0,
    children: (
      <div class="grid max-w-5xl gap-6">
        <ErrorSummary errors={errors} />
        <h1>{ctx.t('desk.title')}</h1>
        <div class="wide:grid-cols-2 grid items-start gap-6">
          <LookUp
            action="/registrar/students"
            title={ctx.t('desk.student')}
            name="q"
            label={ctx.t('students.search')}
            hint={ctx.t('desk.student_hint')}
            value=""
            button={ctx.t('students.find')}
          />
          <LookUp
            action="/registrar"
            title={ctx.t('desk.seats')}
            name="crn"
            label={ctx.t('desk.crn')}
            hint={ctx.t('desk.crn_hint')}
            value={crn}
            error={errorOf(errors, 'crn')}
            button={ctx.t('desk.seats_show')}
          >
            {sections.length > 0 && (
              <ul class="grid gap-2">
                {sections.map(({ section, term }) => (
                  <li key={section.id}>
                    <a href={`/registrar/sections/${section.id}`}>
                      {ctx.t('desk.section_of', {
                        section: label(section),
                        title: section.title,
                        term: term.name,
                        figures: (words) => <span class="figures">{words}</span>,
                      })}
                    </a>
                  </li>
                ))}
              </ul>
            )}
          </LookUp>
          <LookUp
            action="/registrar"
            title={ctx.t('desk.receipt')}
            name="receipt"
            label={ctx.t('desk.receipt_number')}
            hint={ctx.t('desk.receipt_hint')}
            value={receipt}
            error={errorOf(errors, 'receipt')}
            button={ctx.t('desk.receipt_find')}
          />
          <section class="card grid gap-4 p-5" aria-labelledby="office">
            <h2 id="office">{ctx.t('desk.office')}</h2>
            <ul class="grid gap-4">
              {ways.map(({ href, words, about }) => (
                <li key={href}>
                  <a class="font-medium" href={href}>
                    {ctx.t(words)}
                  </a>
                  <span class="text-soft block text-sm">{ctx.t(about)}</span>
                </li>
              ))}
            </ul>
          </section>
        </div>
      </div>
    ),
  })
