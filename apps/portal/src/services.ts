/** Everything the web application and the command need, on one connection pool each. */
import { sql } from 'kysely'
import { createAccounts, createFeeds } from './account/index.ts'
import { createCatalogue, createOfficeReader, createStandbyReader } from './catalogue/index.ts'
import { parseAddress } from './db/address.ts'
import { connectSource, connectStandbyPool, type Db } from './db/connect.ts'
import { readAgain } from './db/failures.ts'
import type { Services } from './http/config.ts'
import { createMailer, type Mailer, type MailOptions } from './mail/index.ts'
import { createCarts, createNotices, createRegistrar } from './registrar/index.ts'
import { createOffice } from './registrar/office/index.ts'

export interface ServiceOptions {
  /** mysql://… */
  readonly database: string
  /** postgres://…, the mirror's target; undefined: receipts say nothing of a standby */
  readonly standby?: string | undefined
  /** undefined: notices are not sent by e-mail */
  readonly mail?: MailOptions | undefined
  /** IANA name of the university's zone, whose days terms begin and end with; default UTC */
  readonly timeZone?: string | undefined
  /** connections to the database, default 24: what is read together (turns.ts) saves a tenth of a submission beside 16, and more of them no more */
  readonly connections?: number | undefined
}

export interface OpenServices extends Services {
  readonly db: Db
  readonly mailer: Mailer | undefined
  readonly close: () => Promise<void>
}

/** Reads survive a restart of the server, and fail in words that the pages can show as they are. */
const readingAgain = <T extends object>(service: T): T =>
  new Proxy(service, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return (...given: unknown[]) => readAgain(async () => (await member.apply(target, given)) as unknown)
    },
  })

const standbyWords = {
  not_loaded:
    'the mirror has not loaded this database there. If that lasts, check PORTAL_STANDBY and the mirror.',
  misconfigured: 'account, password, rights or database are wrong. Check PORTAL_STANDBY.',
  away: 'it does not answer.',
} as const

/** Opens no connection yet: the first use does. @throws AddressError */
export const openServices = (options: ServiceOptions): OpenServices => {
  const { database: name } = parseAddress(options.database, 'PORTAL_DATABASE', 'mysql')
  const connections = options.connections ?? 24
  const db = connectSource(options.database, { size: connections })
  const standby = createStandbyReader(
    options.standby === undefined ? null : connectStandbyPool(options.standby),
    name,
    ({ code, kind }) =>
      process.stderr.write(
        `portal: the standby cannot be asked for receipts (${code || 'no code'}): ${standbyWords[kind]}\n`,
      ),
  )
  // half of the connections stay free for reading
  const registrar = createRegistrar(db, {
    atOnce: Math.max(1, Math.floor(connections / 2)),
    onFailure: (error) =>
      process.stderr.write(
        `portal: a waiting list could not be served and is tried again: ${error instanceof Error ? error.message : 'unknown'}\n`,
      ),
  })
  const mailer =
    options.mail === undefined
      ? undefined
      : createMailer(db, options.mail, (words) =>
          process.stderr.write(`portal: ${words}; what is not given up is tried again\n`),
        )
  return {
    db,
    mailer,
    accounts: createAccounts(db),
    feeds: createFeeds(db),
    registrar,
    carts: createCarts(db),
    notices: createNotices(db),
    catalogue: readingAgain(createCatalogue(db, undefined, options.timeZone)),
    files: readingAgain(createOfficeReader(db)),
    office: createOffice(db, registrar.promoter),
    standby,
    ping: async () => {
      await sql`SELECT 1 FROM setting LIMIT 1`.execute(db)
    },
    close: async () => {
      await registrar.promoter.stop()
      await mailer?.stop()
      await standby.close()
      await db.destroy()
    },
  }
}
