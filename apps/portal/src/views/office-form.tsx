/** Forms of the registrar's office: sent without a script, refused with all errors at once, and done once however often they are sent. */
import {
  Button,
  type ButtonKind,
  Disclosure,
  errorOf,
  Field,
  type FieldProps,
  type FormError,
  Select,
  type SelectProps,
} from '@matricula/ui'
import type { ComponentChildren } from 'preact'
import type { Language, T } from '../texts/index.ts'

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

type Bound<Props> = Omit<Props, 'value' | 'error'> & { readonly form: FormState }

/** A field with what was typed into it and what is wrong with that. */
export const FormField = ({ form, ...field }: Bound<FieldProps>) => (
  <Field
    value={form.values[field.name]}
    error={errorOf(form.errors, field.name)}
    maxlength={80}
    autocomplete="off"
    {...field}
  />
)

export const FormSelect = ({ form, ...select }: Bound<SelectProps>) => (
  <Select value={form.values[select.name]} error={errorOf(form.errors, select.name)} {...select} />
)

/** Fields in two columns: those with hints beside those with hints, so that labels stand in line. `Wide` takes both. */
export const OfficeForm = ({
  action,
  form,
  of,
  button,
  kind = 'secondary',
  children,
}: {
  action: string
  form: FormState
  /** of its key */
  of: string
  button: string
  kind?: ButtonKind
  children: ComponentChildren
}) => (
  <form method="post" action={action} class="card grid items-end gap-4 p-5 sm:grid-cols-2" novalidate>
    <Key form={form} of={of} />
    {children}
    <div class="sm:col-span-2">
      <Button kind={kind}>{button}</Button>
    </div>
  </form>
)

export const Wide = ({ children }: { children: ComponentChildren }) => (
  <div class="sm:col-span-2">{children}</div>
)

/** A form that is wanted now and then: closed, unless it is to be mended. */
export const Disclosed = ({
  words,
  form,
  fields,
  children,
}: {
  words: string
  form: Pick<FormState, 'errors'>
  /** of this form; undefined: no other form of the page has errors */
  fields?: readonly string[]
  children: ComponentChildren
}) => (
  <Disclosure
    summary={words}
    open={form.errors.some(
      ({ field }) => fields === undefined || (field !== undefined && fields.includes(field)),
    )}
  >
    <div class="mt-2">{children}</div>
  </Disclosure>
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

/** Choices of a form that concerns some students or all. */
export const levels = ({ t }: Language) =>
  [
    ['', t('office.all_students')],
    ['undergraduate', t('office.undergraduate')],
    ['graduate', t('office.graduate')],
  ] as const
