/**
 * Sends what stands in the outbox, in every process of the portal that has a mail server: each e-mail is claimed by one of
 * them (outbox.ts). A mail server that is away or refuses is tried again, later and later; registration never waits for it.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { createTransport } from 'nodemailer'
import type { Tables } from '../db/tables.ts'
import { languageFor } from '../texts/index.ts'
import { letterOf } from './letter.ts'
import { claimDue, type DueEmail, giveUpOld, settleFailed, settleSent } from './outbox.ts'

export interface MailOptions {
  /** smtp://user:password@host:port or smtps://… */
  readonly smtp: string
  /** 'Registrar <registrar@example.edu>' or the address alone */
  readonly from: string
  /** where people open the portal; undefined: e-mails hold no link */
  readonly portal: string | undefined
  readonly timeZone: string
}

export interface Mailer {
  /** Sends what is due now. @returns how many were sent, and the faults of the others */
  sweep(): Promise<{ readonly sent: number; readonly faults: readonly string[] }>
  /** Looks about once a second, until `stop`. */
  start(): void
  /** Ends with what is under way. */
  stop(): Promise<void>
}

/** As many as are sent at once; with the time limits below a batch ends well within the lease. */
const batch = 10
const connections = 4
const limitMs = 20_000

const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host)

/** A password goes out on an encrypted connection only, this machine's own mail server excepted. */
const transportOf = (smtp: string) => {
  const url = new URL(smtp)
  return createTransport({
    pool: true,
    maxConnections: connections,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'smtps:' ? 465 : 587) : Number(url.port),
    secure: url.protocol === 'smtps:',
    requireTLS: url.protocol === 'smtp:' && url.username !== '' && !isLoopback(url.hostname),
    // the certificate of this machine's own mail server is rarely one that names it
    tls: { rejectUnauthorized: !isLoopback(url.hostname) },
    connectionTimeout: limitMs,
    greetingTimeout: limitMs,
    socketTimeout: limitMs,
    // an e-mail is text that we have made: nothing is read from files or addresses
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(url.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
  })
}

const textOf = (error: unknown, key: string): unknown =>
  typeof error === 'object' && error !== null ? (Reflect.get(error, key) as unknown) : undefined

/** Code or number alone: a server's words quote the address. Final is what it says of this one recipient or message. */
const failureOf = (error: unknown): { readonly fault: string; readonly final: boolean } => {
  const [code, number] = [textOf(error, 'code'), textOf(error, 'responseCode')]
  const fault = [code, number].filter((part) => typeof part === 'string' || typeof part === 'number')
  const ofThis = code === 'EENVELOPE' || code === 'EMESSAGE'
  return {
    fault: fault.length === 0 ? 'unknown' : fault.join(' '),
    final: ofThis && typeof number === 'number' && number >= 500,
  }
}

const domainOf = (from: string): string => /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'

/** @param onFailure hears of each sweep in which something failed, without names and addresses */
export const createMailer = (
  db: Kysely<Tables>,
  options: MailOptions,
  onFailure: (words: string) => void = () => undefined,
): Mailer => {
  const transport = transportOf(options.smtp)
  // what a person reads best is not known here
  const language = languageFor('en-GB', options.timeZone)
  const ending = new AbortController()
  let looking: Promise<void> = Promise.resolve()

  const send = async (email: DueEmail, claim: string): Promise<string | undefined> => {
    try {
      await transport.sendMail({
        from: options.from,
        to: email.to,
        ...letterOf(email.notice, email.to.name, language, options.portal),
        // the same however often it is tried
        messageId: `<${email.name}@${domainOf(options.from)}>`,
        date: new Date(email.createdAt),
        // no out-of-office message answers to it
        headers: { 'Auto-Submitted': 'auto-generated' },
      })
    } catch (error) {
      const failure = failureOf(error)
      const again = await settleFailed(db, email, claim, Date.now(), failure)
      return `${failure.fault}${again ? '' : ', given up'}`
    }
    await settleSent(db, email, claim, Date.now())
    return undefined
  }

  const sweep: Mailer['sweep'] = async () => {
    const faults: string[] = []
    let sent = 0
    await giveUpOld(db, Date.now())
    for (;;) {
      const claim = randomBytes(10).toString('hex')
      const due = await claimDue(db, claim, Date.now(), batch)
      const results = await Promise.all(due.map((email) => send(email, claim)))
      for (const fault of results) {
        if (fault === undefined) sent += 1
        else faults.push(fault)
      }
      // whoever is being stopped leaves the rest to the others
      if (due.length < batch || faults.length > 0 || ending.signal.aborted) return { sent, faults }
    }
  }

  const look = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      let pauseMs = 750 + Math.random() * 500
      try {
        const { faults } = await sweep()
        if (faults.length > 0) {
          onFailure(`${faults.length} e-mails were not sent (${[...new Set(faults)].join('; ')})`)
          pauseMs *= 10
        }
      } catch (error) {
        // the database is away, or it made us give way: the next look is another one
        const code = textOf(error, 'code')
        onFailure(`the outbox could not be read (${typeof code === 'string' ? code : 'unknown'})`)
        pauseMs *= 10
      }
      await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  return {
    sweep,
    start: () => {
      looking = look()
    },
    stop: async () => {
      ending.abort()
      await looking
      transport.close()
    },
  }
}
