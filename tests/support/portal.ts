/**
 * The `portal` command as a process of its own on a sample university, and a client without a browser. What a test
 * does here goes over HTTP, as it would for anyone.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { sql } from 'kysely'
import type { Schedule } from '../../apps/portal/src/catalogue/types.ts'
import { runCommandLine } from '../../apps/portal/src/cli/program.ts'
import { connectSource, type Db } from '../../apps/portal/src/db/connect.ts'
import { migrate } from '../../apps/portal/src/db/migrate.ts'
import { makeSample, type SampleReport } from '../../apps/portal/src/intake/sample.ts'
import { repository } from '../../packages/devstack/src/index.ts'
import { mainOf } from '../../scripts/programs.mjs'
import { type FreshDatabase, freshDatabase, type SourceFlavour } from './servers.ts'
import { atEnd } from './scope.ts'
import { copyTemplate } from './template.ts'

export interface SampleSchool {
  readonly database: FreshDatabase
  readonly accounts: SampleReport['accounts']
  readonly activations: SampleReport['activations']
}

/**
 * A database of its own, filled with the sample university.
 * @param students as many as the sample has by default; fewer where their number is nothing to the test
 */
export async function sampleSchool(flavour: SourceFlavour, students?: number): Promise<SampleSchool> {
  const database = await freshDatabase(flavour)
  const today = new Date().toISOString().slice(0, 10)
  const sample = { seed: 'tests', today, ...(students === undefined ? {} : { students }) }
  const fill = async (db: Db): Promise<void> => {
    await migrate(db)
    await makeSample(db, sample)
  }
  await copyTemplate(
    flavour,
    { name: `sample_${today.replaceAll('-', '')}_${students ?? 'all'}`, fill },
    database,
  )
  const db = connectSource(database.url, { size: 1 })
  try {
    // it finds its own mark, and changes nothing
    const { accounts, activations } = await makeSample(db, sample)
    return { database, accounts, activations }
  } finally {
    await db.destroy()
  }
}

/** A second member of the registrar's office, with the first one's password. */
export const secondRegistrar = async ({ database, accounts }: SampleSchool) => {
  const first = accounts.find(({ role }) => role === 'registrar')
  if (first === undefined) throw new Error('the sample has no registrar')
  const number = 'R100002'
  const db = connectSource(database.url, { size: 1 })
  try {
    await sql`INSERT INTO staff (number, given_name, family_name, email, role)
      VALUES (${number}, 'Ines', 'Second', 'second@example.edu', 'registrar')`.execute(db)
    await sql`INSERT INTO account (number, staff_id, password_hash, password_set_at, created_at)
      SELECT s.number, s.id, a.password_hash, a.password_set_at, a.created_at
        FROM staff s JOIN account a ON a.number = ${first.number} WHERE s.number = ${number}`.execute(db)
  } finally {
    await db.destroy()
  }
  return { ...first, number }
}

export interface PortalOutcome {
  readonly status: number
  readonly out: string
  readonly err: string
}

/**
 * The `portal` command line in this process: the same code, without half a second of a processor for each of hundreds of commands.
 * `portalProcess` is for what only a process of its own shows.
 */
export const portalHere = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<PortalOutcome> => {
  let out = ''
  let err = ''
  const status = await runCommandLine(args, {
    env,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  })
  return { status, out, err }
}

/** Anything of the caller's own PORTAL_… would change what a test means. */
const environment = (own: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PORTAL_'))),
  ...own,
})

/** The `portal` command as people run it. */
export const portalProcess = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<PortalOutcome> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [mainOf('portal'), ...args],
      { cwd: repository, env: environment(env) },
      (_, out, err) => resolve({ status: child.exitCode ?? -1, out, err }),
    )
  })

export interface RunningPortal {
  /** http://127.0.0.1:port */
  readonly url: string
  /** all that it has logged */
  log(): string
  /** SIGTERM; resolves with the exit status */
  stop(): Promise<number | null>
}

/** `portal serve --port 0`; resolves when it listens. */
export async function startPortal(
  database: string,
  options: { readonly standby?: string; readonly flags?: readonly string[] } = {},
): Promise<RunningPortal> {
  const child = spawn(
    process.execPath,
    [mainOf('portal'), 'serve', '--port', '0', ...(options.flags ?? [])],
    {
      cwd: repository,
      env: environment({
        PORTAL_DATABASE: database,
        ...(options.standby === undefined ? {} : { PORTAL_STANDBY: options.standby }),
      }),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const gone = once(child, 'close')
  atEnd(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await gone
  })
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
      const found = /listening on (http:\S+)/.exec(log)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`portal serve ended with ${code}: ${log}`)))
  })
  return {
    url,
    log: () => log,
    async stop() {
      child.kill('SIGTERM')
      await gone
      return child.exitCode
    },
  }
}

export type Form = Readonly<Record<string, string | readonly string[]>>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** where a redirect leads, as a path */
  readonly location: string | undefined
}

const encode = (form: Form): URLSearchParams => {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) {
    for (const one of typeof value === 'string' ? [value] : value) body.append(name, one)
  }
  return body
}

/** What JSON says of a refusal. */
export const errorOf = (
  text: string,
): { readonly code: string; readonly message: string; readonly remedy: string } =>
  (JSON.parse(text) as { error: ReturnType<typeof errorOf> }).error

/** A client with a cookie jar. It follows no redirect: where one leads is part of the answer. */
export class Client {
  readonly #base: string
  readonly #jar = new Map<string, string>()

  constructor(base: string) {
    this.#base = base
  }

  /** the session's cookie, name=value */
  get cookie(): string | undefined {
    const value = this.#jar.get('matricula')
    return value === undefined ? undefined : `matricula=${value}`
  }

  async send(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers)
    if (!headers.has('accept')) headers.set('accept', 'text/html')
    if (this.#jar.size > 0)
      headers.set('cookie', [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(new URL(path, this.#base), { ...init, headers, redirect: 'manual' })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(set) ?? []
      if (value === '') this.#jar.delete(name)
      else this.#jar.set(name, value)
    }
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get('location') ?? undefined,
    }
  }

  async page(path: string): Promise<Answer> {
    return this.send(path)
  }

  async post(path: string, form: Form, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(path, { method: 'POST', body: encode(form), headers })
  }

  /** GET as JSON; throws unless it is answered 200. */
  async json<T>(path: string): Promise<T> {
    const answer = await this.send(path, { headers: { accept: 'application/json' } })
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return JSON.parse(answer.text) as T
  }

  async postJson(path: string, body: object): Promise<Answer> {
    return this.send(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', accept: 'application/json' },
    })
  }

  async signIn(account: { readonly number: string; readonly password: string }): Promise<void> {
    const answer = await this.post('/sign-in', { number: account.number, password: account.password })
    if (answer.status !== 303) throw new Error(`sign-in: ${answer.status} ${answer.text}`)
  }
}

/**
 * Signed in as the sample's student of this place in the list. Each test takes one of its own where it enrols, so that none depends
 * on another.
 */
export const studentOf = async (school: SampleSchool, index: number, url: string): Promise<Client> => {
  const account = school.accounts.filter(({ role }) => role === 'student')[index]
  if (account === undefined) throw new Error('the sample has too few accounts')
  const client = new Client(url)
  await client.signIn(account)
  return client
}

/** The sections of the student's schedule, by id. */
export const heldBy = async (client: Client): Promise<readonly number[]> =>
  (await client.json<Schedule>('/schedule')).entries.map(({ section }) => section.id).sort((a, b) => a - b)

/** Drops all that the student's schedule holds. */
export const clear = async (client: Client): Promise<void> => {
  for (const { enrolmentId } of (await client.json<Schedule>('/schedule')).entries) {
    const answer = await client.post('/drop', { enrolment: String(enrolmentId) })
    if (answer.status !== 303) throw new Error(`a drop was answered with ${answer.status}: ${answer.text}`)
  }
}
