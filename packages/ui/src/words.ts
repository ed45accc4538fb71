/**
 * What the components say themselves, in the language of the page. `renderDocument` is given it; a component asks for it. So a
 * page cannot be drawn half in one language.
 */
import { type ComponentChild, createContext, createElement, type FunctionComponent } from 'preact'

export interface UiWords {
  readonly skip: string
  readonly navigation: string
  readonly pages: string
  readonly previous: string
  readonly next: string
  readonly page: (number: number) => string
  readonly pageOf: (number: number, pages: number) => string
  readonly problem: string
  /** before the words of a field's error, for those who do not see its colour */
  readonly error: string
  readonly errorTitle: (title: string) => string
  readonly full: string
  readonly left: (seats: number) => string
  readonly open: (seats: number) => string
  readonly ofSeats: (capacity: number) => string
  readonly seats: (capacity: number) => string
  readonly overfull: (taken: number, capacity: number) => string
  readonly conflict: string
  /** of a block of the week: what is not to be seen by those who hear it */
  readonly block: (block: {
    readonly planned: boolean
    readonly start: string
    readonly end: string
    readonly conflictsWith: readonly string[]
  }) => string
}

export const Words = createContext<UiWords | undefined>(undefined)

/**
 * A component that speaks: it is given the page's words beside its props. No hook does it, since with hooks loaded each
 * component of a page takes longer, the hundreds that have none included.
 */
export const speaking = <Props extends object>(
  draw: (props: Props, words: UiWords) => ComponentChild,
): FunctionComponent<Props> => {
  const Speaking: FunctionComponent<Props> = (props) =>
    createElement(Words.Consumer, {
      children: (words) => {
        if (words === undefined) throw new Error('a component that speaks stands outside of renderDocument')
        return draw(props, words)
      },
    })
  return Speaking
}
