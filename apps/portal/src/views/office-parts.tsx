/** Pieces that the pages of the registrar's office share; its forms: office-form.tsx. */
import { ErrorSummary, Notice } from '@matricula/ui'
import type { ComponentChildren } from 'preact'
import type { SectionRow } from '../catalogue/types.ts'
import { overrideRules } from '../policy/rules.ts'
import type { Language } from '../texts/index.ts'
import type { PageContext } from './context.ts'
import { type Crumb, layout } from './layout.tsx'
import type { FormState } from './office-form.tsx'
import { label } from './words.ts'

/** The way back to where the office's work begins. */
export const deskCrumb = ({ t }: Language): Crumb => ({ href: '/registrar', words: t('desk.title') })

/** Wherever the office reads a student's name: the way to the file. */
export const StudentLink = ({
  student: { name, number },
}: {
  student: { readonly name: string; readonly number: string }
}) => (
  <a class="wrap-anywhere" href={`/registrar/students/${encodeURIComponent(number)}`}>
    {name} <span class="figures">{number}</span>
  </a>
)

/** The rule's words; a code of a newer portal as it is. */
export const ruleWords = (rule: string, { t }: Language): string =>
  overrideRules.filter((known) => known === rule).map((known) => t(`rule.${known}`))[0] ?? rule

export const Done = ({ words }: { words: string | undefined }) =>
  words === undefined ? null : (
    <Notice tone="good" live>
      <p>{words}</p>
    </Notice>
  )

/** For a text that names a section within a heading. */
export const headingOf = (section: SectionRow) => ({
  section: label(section),
  title: section.title,
  figures: (words: ComponentChildren) => <span class="figures whitespace-nowrap">{words}</span>,
})

/** A page about what is done to one section; the way back leads to its seats. */
export const sectionTaskPage = (
  ctx: PageContext,
  {
    section,
    title,
    heading,
    about,
    form,
    children,
  }: {
    section: SectionRow
    title: string
    heading: ComponentChildren
    about?: ComponentChildren
    form: FormState
    children: ComponentChildren
  },
): string =>
  layout(ctx, {
    title,
    current: '/registrar',
    crumbs: [
      deskCrumb(ctx),
      { href: `/registrar/sections/${section.id}`, words: ctx.t('seats.title', { section: label(section) }) },
    ],
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-3xl gap-6">
        <ErrorSummary errors={form.errors} />
        <Done words={form.done} />
        <header class="grid gap-1">
          <h1>{heading}</h1>
          {about && <p class="text-soft">{about}</p>}
        </header>
        {children}
      </div>
    ),
  })
