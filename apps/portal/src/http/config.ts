/** What the web application needs to know, decided once by the command line (cli/) and never read from the environment here. */
import type { AccountService, FeedService } from '../account/index.ts'
import type { CatalogueReader, OfficeReader, StandbyReader } from '../catalogue/index.ts'
import type { CartService, NoticeService, RegistrarService } from '../registrar/index.ts'
import type { OfficeService } from '../registrar/office/index.ts'
import type { LanguageTag } from '../texts/index.ts'

export interface AppConfig {
  /**
   * Addresses under which people open the portal, such as 'https://register.example.edu'. A write whose Origin is none
   * of them is refused, and a first one with https makes cookies Secure. Empty: the loopback addresses of `port`.
   */
  readonly origins: readonly string[]
  /** proxies whose X-Forwarded-For is believed, as addresses or networks; empty: none */
  readonly trustProxy: readonly string[]
  /** address of the mirror's status page, for links; undefined: no link */
  readonly console: string | undefined
  /** IANA name; in which zone moments are shown */
  readonly timeZone: string
  /** that pages are offered in, the one for everybody else first; English alone without it */
  readonly languages?: readonly [LanguageTag, ...LanguageTag[]] | undefined
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /**
   * Requests a minute: reads and, counted apart, writes of one signed-in person; anything of one address without a
   * session (a campus may share one).
   */
  readonly limits: { readonly person: number; readonly writes: number; readonly address: number }
  /** ms for a whole body to arrive; 30,000 without it */
  readonly bodyWithinMs?: number | undefined
}

export interface Services {
  readonly accounts: AccountService
  readonly feeds: FeedService
  readonly registrar: RegistrarService
  readonly carts: CartService
  readonly notices: NoticeService
  readonly catalogue: CatalogueReader
  /** what the registrar's office reads */
  readonly files: OfficeReader
  readonly office: OfficeService
  readonly standby: StandbyReader
  /** One cheap statement on the database; rejects when it is away. */
  readonly ping: () => Promise<void>
}

/**
 * Fifty requests a second, held for a minute, are no student; nor is a form every second, and each of those leaves up to
 * twenty lines in receipts and ledger for good. An address may be a whole campus behind one gateway.
 */
export const defaultLimits: AppConfig['limits'] = { person: 3_000, writes: 60, address: 120_000 }

export const hereTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/** A university has a place: on a machine whose clock has none, the sample's is one whose clock changes twice a year. */
export const sampleZone = (here: string): string =>
  /^(?:Etc\/|UTC$|GMT)/.test(here) ? 'America/Chicago' : here
