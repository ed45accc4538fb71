import type { ComponentChildren } from 'preact'
import { speaking } from '../words.ts'

interface LabelledProps {
  readonly name: string
  readonly label: string
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
}

/** Whose label, hint and error are read out with it. Its id is its name, so that a summary can link to it. */
const attributes = ({ name, hint, error }: LabelledProps) => {
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ')
  return {
    class: 'input',
    id: name,
    name,
    'aria-invalid': error ? ('true' as const) : undefined,
    'aria-describedby': described === '' ? undefined : described,
  }
}

const Labelled = speaking(
  ({ name, label, hint, error, children }: LabelledProps & { children: ComponentChildren }, words) => (
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
          <span class="sr-only">{words.error}: </span>
          {error}
        </p>
      )}
      {children}
    </div>
  ),
)

export interface FieldProps extends LabelledProps {
  /** kept as it was typed; never given for a password */
  readonly value?: string | undefined
  readonly type?: 'text' | 'password' | 'search'
  readonly autocomplete?: string
  readonly inputmode?: 'text' | 'numeric' | 'search'
  readonly maxlength?: number
  readonly spellcheck?: boolean
}

export const Field = ({
  name,
  label,
  value,
  hint,
  error,
  type = 'text',
  spellcheck = false,
  ...rest
}: FieldProps) => {
  const labelled = { name, label, hint, error }
  // the types tie an input's roles to each type; as no role is given, any of the three will do
  const typed = { type } as { type: 'text' }
  return (
    <Labelled {...labelled}>
      <input
        {...attributes(labelled)}
        {...typed}
        value={value}
        spellcheck={spellcheck}
        autocapitalize="none"
        {...rest}
      />
    </Labelled>
  )
}

export interface SelectProps extends LabelledProps {
  readonly value?: string | undefined
  readonly options: readonly (readonly [value: string, words: string])[]
}

export const Select = ({ value, options, ...labelled }: SelectProps) => (
  <Labelled {...labelled}>
    <select {...attributes(labelled)}>
      {options.map(([key, words]) => (
        <option value={key} selected={key === value} key={key}>
          {words}
        </option>
      ))}
    </select>
  </Labelled>
)

/** A tick with its words; `children` may add a second line. */
export const Checkbox = ({
  name,
  value,
  label,
  checked = false,
  form,
}: {
  name: string
  value: string
  label: ComponentChildren
  checked?: boolean
  /** the id of a form that the tick does not stand in */
  form?: string
}) => (
  <label class="check cursor-pointer py-1">
    <input class="tick" type="checkbox" name={name} value={value} checked={checked} form={form} />
    <span>{label}</span>
  </label>
)
