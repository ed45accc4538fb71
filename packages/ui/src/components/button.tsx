import type { ComponentChildren } from 'preact'

export type ButtonKind = 'primary' | 'secondary' | 'stop' | 'plain'

const classes: Record<ButtonKind, string> = {
  primary: 'btn btn-primary',
  secondary: 'btn',
  stop: 'btn btn-stop',
  plain: 'btn-plain',
}

interface ButtonProps {
  readonly children: ComponentChildren
  readonly kind?: ButtonKind
  readonly small?: boolean
  readonly name?: string
  readonly value?: string
  /** sends the form to another address than its own */
  readonly formaction?: string
  /** the id of a form that the button does not stand in */
  readonly form?: string
  /** the whole name for those who cannot see what the button stands beside: 'Drop CS 101-001' */
  readonly label?: string
}

/** Sends a form. What only leads to another page is a link (LinkButton), not a button. */
export const Button = ({ children, kind = 'secondary', small = false, label, ...rest }: ButtonProps) => (
  <button type="submit" class={`${classes[kind]}${small ? ' btn-small' : ''}`} aria-label={label} {...rest}>
    {children}
  </button>
)

export const LinkButton = ({
  children,
  href,
  kind = 'secondary',
  small = false,
  label,
}: {
  children: ComponentChildren
  href: string
  kind?: ButtonKind
  small?: boolean
  label?: string
}) => (
  <a href={href} class={`${classes[kind]}${small ? ' btn-small' : ''}`} aria-label={label}>
    {children}
  </a>
)
