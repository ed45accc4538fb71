import type { ComponentChildren } from 'preact'

export interface Column {
  /** '' for a column that needs no visible head, such as ticks; then `hidden` names it */
  readonly head: string
  readonly hidden?: string
  readonly number?: boolean
}

/**
 * A table that becomes a list below 54rem. The roles are stated because `display: block` would take them away from
 * screen readers. Rows are made of `Cell`s, in the order of the columns.
 */
export const Table = ({
  caption,
  columns,
  even = false,
  children,
}: {
  caption: string
  /** the same widths whatever stands in it: for tables below each other */
  even?: boolean
  columns: readonly Column[]
  children: ComponentChildren
}) => (
  <table class={even ? 'table table-even' : 'table'} role="table">
    <caption class="sr-only">{caption}</caption>
    <thead role="rowgroup">
      <tr role="row">
        {columns.map(({ head, hidden, number }) => (
          <th key={head || hidden} scope="col" role="columnheader" class={number ? 'number' : undefined}>
            {head === '' ? <span class="sr-only">{hidden}</span> : head}
          </th>
        ))}
      </tr>
    </thead>
    <tbody role="rowgroup">{children}</tbody>
  </table>
)

export const Row = ({ children, id }: { children: ComponentChildren; id?: string }) => (
  <tr role="row" id={id}>
    {children}
  </tr>
)

/** `label` stands before the value where the table has become a list; leave it out where the value speaks for itself. */
export const Cell = ({
  children,
  label,
  kind,
}: {
  children?: ComponentChildren
  label?: string
  kind?: 'tick' | 'number'
}) => (
  <td role="cell" data-label={label} class={kind === 'tick' ? 'cell-tick' : kind}>
    {children}
  </td>
)
