import type { ComponentChildren } from 'preact'
import { speaking } from '../words.ts'

interface FieldProps {
  readonly name: string
  readonly label: string
  /** kept as it was typed; never given for a password */
  readonly value?: string | undefined
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
  readonly type?: 'text' | 'password' | 'search'
  readonly autocomplete?: string
  readonly inputmode?: 'text' | 'numeric' | 'search'
  readonly maxlength?: number
  readonly spellcheck?: boolean
}

/** A labelled input whose hint and error are read out with it. Its id is its name, so that a summary can link to it. */
export const Field = speaking(
  ({ name, label, value, hint, error, type = 'text', spellcheck = false, ...rest }: FieldProps, words) => {
    const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ')
    // the types tie an input's roles to each type; as no role is given, any of the three will do
    const typed = { type } as { type: 'text' }
    return (
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
        <input
          class="input"
          id={name}
          name={name}
          {...typed}
          value={value}
          spellcheck={spellcheck}
          autocapitalize="none"
          aria-invalid={error ? 'true' : undefined}
          aria-describedby={described === '' ? undefined : described}
          {...rest}
        />
      </div>
    )
  },
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
