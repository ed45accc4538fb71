/**
 * The two addresses, and the passwords that may come beside them.
 *
 * No message here repeats an address: one that cannot be read may hold its password anywhere.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { addressParameters, fileParameters, readTls, readTlsFiles, type Side } from '../tls.ts'
import { didYouMean } from '../suggest.ts'

export type { Side }

const schemes: Readonly<Record<Side, readonly string[]>> = {
  source: ['mysql:', 'mariadb:'],
  target: ['postgres:', 'postgresql:'],
}

const example: Readonly<Record<Side, string>> = {
  source: 'mysql://USER@HOST:3306/DATABASE',
  target: 'postgres://USER@HOST:5432/DATABASE',
}

/** URL.parse came with Node 22; the constructor's own error would carry the address along. */
const parseUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)

/** Throws an Error with a message when the address cannot be used; else returns it as it was given. */
export function checkAddress(side: Side, text: string): string {
  const hint = `write ${example[side]}`
  const url = parseUrl(text)
  if (url === null) {
    throw new Error(
      `is not an address: ${hint}; in a password, % # / ? @ and : are written %25 %23 %2F %3F %40 %3A`,
    )
  }
  if (!schemes[side].includes(url.protocol))
    throw new Error(`does not begin with ${schemes[side][0]}//: ${hint}`)
  if (url.hostname === '' && !url.searchParams.has('host')) throw new Error(`names no host: ${hint}`)
  // an unescaped # / ? in a password ends the host early and lands here
  if (url.hash !== '' || !/^\/[^/@]+$/.test(url.pathname)) {
    throw new Error(`names no database, or its password needs escaping: ${hint}`)
  }
  if (url.username === '') throw new Error(`names no user: ${hint}`)
  for (const part of [url.username, url.password, url.pathname]) {
    try {
      decodeURIComponent(part)
    } catch {
      throw new Error('has a % that begins no escape: write %25')
    }
  }
  checkParameters(side, url)
  readTlsFiles(side, readTls(side, url))
  return text
}

/** What stands after the ?. A name that does not look like one is not echoed. */
function checkParameters(side: Side, url: URL): void {
  const known = addressParameters[side]
  const seen = new Set<string>()
  for (const [name, value] of url.searchParams) {
    if (!known.includes(name)) {
      const shown = /^[\w-]{1,40}$/.test(name) ? `the parameter ${name}` : 'an unreadable parameter'
      const near = didYouMean(name, known)
      throw new Error(
        `has ${shown}, which it does not take.${near === '' ? ` Known: ${known.join(', ')}` : near}`,
      )
    }
    if (seen.has(name)) throw new Error(`has ${name} twice`)
    if (value === '') throw new Error(`has ${name} without a value`)
    seen.add(name)
  }
}

/** An address of a file of settings: the files that it names are meant from where that file stands. */
export function placeFiles(side: Side, address: string, folder: string): string {
  const url = parseUrl(address)
  if (url === null) return address
  const relative = fileParameters[side].flatMap((name) => {
    const path = url.searchParams.get(name)
    return path === null || path === '' ? [] : [[name, resolve(folder, path)] as const]
  })
  // an address without any stays as it was written
  if (relative.length === 0) return address
  for (const [name, path] of relative) url.searchParams.set(name, path)
  return url.href
}

/** The password within an address as the server will get it, or undefined. */
export function passwordOf(address: string): string | undefined {
  const password = parseUrl(address)?.password ?? ''
  return password === '' ? undefined : decodeURIComponent(password)
}

export function withPassword(address: string, password: string): string {
  const url = new URL(address)
  url.password = encodeURIComponent(password)
  return url.href
}

/** A password's file: its first line, so that an editor's final newline does no harm. */
export function readPasswordFile(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new Error(`names a file that cannot be read (${reason})`, { cause: error })
  }
  const password = text.split(/\r?\n/, 1)[0] ?? ''
  if (password === '') throw new Error('names an empty file')
  return password
}
