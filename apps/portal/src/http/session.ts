/** Who sends this request: the session's cookie, its person, and the rule that every personal route begins with. */
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AccountService, Person, SignedIn } from '../account/index.ts'
import { PortalError } from '../errors.ts'
import { HttpError } from './problems.ts'
import { said } from '../texts/index.ts'

declare module 'fastify' {
  interface FastifyRequest {
    person: Person | null
    /** false: a failure came before the session was looked for, so that `person` says nothing */
    personKnown: boolean
  }
}

export interface StudentPerson extends Person {
  readonly studentId: number
}

/** Behind TLS the name begins with __Host-, so that no sub-domain and no plain connection can plant a cookie. */
const cookieName = (secure: boolean): string => (secure ? '__Host-matricula' : 'matricula')

export interface Sessions {
  /** The token of the request's cookie, if it has one. */
  token(request: FastifyRequest): string | undefined
  /** What an earlier sign-in left on this device (account/device.ts); it outlives the session and its end. */
  device(request: FastifyRequest): string | undefined
  load(request: FastifyRequest): Promise<Person | null>
  begin(reply: FastifyReply, signedIn: SignedIn): void
  end(reply: FastifyReply): void
}

export const createSessions = (accounts: AccountService, secure: boolean): Sessions => {
  const name = cookieName(secure)
  const deviceName = `${name}-device`
  const read = (request: FastifyRequest, wanted: string): string | undefined => {
    const header = request.headers.cookie
    // a token is 64 characters; whatever is much longer was not made by us
    const value = header === undefined ? undefined : parseCookie(header)[wanted]
    return value === undefined || value === '' || value.length > 200 ? undefined : value
  }
  const token = (request: FastifyRequest): string | undefined => read(request, name)
  const cookie = (value: string, expires: Date, of = name) =>
    stringifySetCookie({ name: of, value, expires, path: '/', httpOnly: true, sameSite: 'lax', secure })
  return {
    token,
    device: (request) => read(request, deviceName),
    load: (request) => {
      const value = token(request)
      return value === undefined ? Promise.resolve(null) : accounts.session(value)
    },
    begin: (reply, signedIn) => {
      const { device } = signedIn
      reply.header('set-cookie', cookie(device.token, new Date(device.expiresAt), deviceName))
      reply.header('set-cookie', cookie(signedIn.token, new Date(signedIn.expiresAt)))
    },
    end: (reply) => {
      reply.header('set-cookie', cookie('', new Date(0)))
    },
  }
}

/** Policy of every personal page: a signed-in student. */
export const requireStudent = (request: FastifyRequest): StudentPerson => {
  const { person } = request
  if (person === null) throw new PortalError('sign_in_needed')
  if (person.studentId === null) throw new HttpError('students_only')
  return { ...person, studentId: person.studentId }
}

/** Policy of every page of the registrar's office: a signed-in member of it. */
export const requireRegistrar = (request: FastifyRequest): Person => {
  const { person } = request
  if (person === null) throw new PortalError('sign_in_needed', { detail: said('error.sign_in_needed.staff') })
  if (person.role !== 'registrar') throw new HttpError('staff_only')
  return person
}

/** Where somebody's work begins, for who asked for nothing else. */
export const homeOf = ({ role }: Pick<Person, 'role'>): string =>
  role === 'registrar' ? '/registrar' : role === 'instructor' ? '/teaching' : '/catalogue'

/** Where to go after signing in: a path of our own, or nowhere. '//evil' and '/\evil' are other hosts to a browser. */
export const localPath = (next: string | undefined): string | undefined => {
  if (next === undefined || next.length > 1000 || !/^\/(?![/\\])[\x21-\x7e]*$/.test(next)) return undefined
  const base = 'http://portal.invalid'
  return URL.canParse(next, base) && new URL(next, base).origin === base ? next : undefined
}
