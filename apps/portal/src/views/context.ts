import type { Language } from '../texts/index.ts'

/** What every page knows of its reader. Made by http/pages.ts; pages hold no other state. Its texts are the reader's. */
export interface PageContext extends Language {
  /** null: nobody is signed in */
  readonly person: {
    readonly name: string
    readonly number: string
    readonly role: 'student' | 'registrar' | 'instructor'
  } | null
  /** false: a failure came before it could be found out, so that neither "Sign in" nor "Sign out" would be true */
  readonly personKnown: boolean
  /** how many sections lie in the cart */
  readonly cartCount: number
  /** notices that were not marked as read */
  readonly unread: number
  readonly assets: {
    readonly styles: string
    readonly icon: string
    readonly scripts: Readonly<Record<string, string>>
  }
  /** the mirror's status page */
  readonly console: string | undefined
  readonly timeZone: string
}
