/** Certificates made for one test file, by the openssl command. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder } from './scope.ts'

export interface KeyPair {
  /** paths of PEM files */
  readonly cert: string
  readonly key: string
}

export interface Authority {
  /** path of the PEM file that clients are given */
  readonly ca: string
  /** A certificate for a server of this name, or for a client. */
  issue(name: string): KeyPair
}

/** Why there can be no certificates here; undefined when there can. */
export const noOpenssl = ((): string | undefined => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'no openssl command: on Debian, apt-get install openssl'
  }
})()

const openssl = (folder: string, ...args: readonly string[]): void => {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const

export function makeAuthority(title: string): Authority {
  const folder = scratchFolder('certificates')
  const subject = `/CN=${title}`
  openssl(
    folder,
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    subject,
  )
  return {
    ca: join(folder, 'ca.pem'),
    issue(name) {
      const own = join(folder, name)
      mkdirSync(own)
      writeFileSync(join(own, 'extensions'), `subjectAltName=DNS:${name}\n`)
      openssl(own, 'req', ...newKey, '-keyout', 'own.key', '-out', 'own.csr', '-subj', `/CN=${name}`)
      const signed = ['-CA', '../ca.pem', '-CAkey', '../ca.key', '-CAcreateserial', '-days', '2']
      openssl(own, 'x509', '-req', '-in', 'own.csr', ...signed, '-extfile', 'extensions', '-out', 'own.pem')
      return { cert: join(own, 'own.pem'), key: join(own, 'own.key') }
    },
  }
}
