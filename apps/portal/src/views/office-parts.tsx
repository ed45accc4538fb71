/** Pieces that the pages of the registrar's office share. */
import { Button, Disclosure, type FormError, Notice } from '@matricula/ui'
import type { ComponentChildren } from 'preact'
import type { Crumb } from './layout.tsx'
import { overrideRules } from '../policy/rules.ts'
import type { Language, T } from '../texts/index.ts'

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

/** Choices of a form that concerns some students or all. */
export const levels = ({ t }: Language) =>
  [
    ['', t('office.all_students')],
    ['undergraduate', t('office.undergraduate')],
    ['graduate', t('office.graduate')],
  ] as const

/** The rule's words; a code of a newer portal as it is. */
export const ruleWords = (rule: string, { t }: Language): string =>
  overrideRules.filter((known) => known === rule).map((known) => t(`rule.${known}`))[0] ?? rule

export interface FormState {
  /** as it was typed */
  readonly values: Readonly<Record<string, string>>
  readonly errors: readonly FormError[]
  /** what the form before this page did */
  readonly done: string | undefined
  /** of this page: its forms make their request keys of it */
  readonly request: string
}

/** The form's own key: sent twice, it is done once. @param of unlike on any other form of the page */
export const Key = ({ form, of }: { form: Pick<FormState, 'request'>; of: string }) => (
  <input type="hidden" name="request" value={`${form.request}-${of}`} />
)

export const errorOf = (errors: readonly FormError[], field: string): string | undefined =>
  errors.find((error) => error.field === field)?.message

/** A form that is wanted now and then: closed, unless one of its fields is to be mended. */
export const Disclosed = ({
  words,
  form,
  fields,
  children,
}: {
  words: string
  form: Pick<FormState, 'errors'>
  fields: readonly string[]
  children: ComponentChildren
}) => (
  <Disclosure
    summary={words}
    open={form.errors.some(({ field }) => field !== undefined && fields.includes(field))}
  >
    {children}
  </Disclosure>
)

export const Done = ({ words }: { words: string | undefined }) =>
  words === undefined ? null : (
    <Notice tone="good" live>
      <p>{words}</p>
    </Notice>
  )

export const Select = ({
  t,
  name,
  label,
  hint,
  options,
  value,
  error,
}: {
  t: T
  name: string
  label: string
  hint?: string
  error?: string | undefined
  options: readonly (readonly [value: string, words: string])[]
  value: string | undefined
}) => (
  <div class="grid gap-1">
    <label class="label" for={name}>
      {label}
    </label>
    {hint && (
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    )}
    {error && (
      <p class="field-error" id={`${name}-error`}>
        <span class="sr-only">{t('ui.error')}: </span>
        {error}
      </p>
    )}
    <select
      class="input"
      id={name}
      name={name}
      aria-invalid={error ? 'true' : undefined}
      aria-describedby={
        [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ') || undefined
      }
    >
      {options.map(([key, words]) => (
        <option value={key} selected={key === value} key={key}>
          {words}
        </option>
      ))}
    </select>
  </div>
)

/** Ends a record of a list, with a reason: closed until it is wanted. */
export const End = ({
  t,
  form,
  action,
  id,
  words,
  label,
}: {
  t: T
  form: Pick<FormState, 'request'>
  action: string
  /** unique on the page */
  id: string
  words: string
  /** whole, for those who do not see what it stands beside */
  label: string
}) => (
  <details class="disclosure">
    <summary aria-label={label}>{words}</summary>
    <form method="post" action={action} class="mt-2 grid gap-2">
      <Key form={form} of={id} />
      <label class="label" for={id}>
        {t('office.why')}
      </label>
      <input class="input" id={id} name="reason" maxlength={200} autocomplete="off" required />
      <div>
        <Button small>{label}</Button>
      </div>
    </form>
  </details>
)
