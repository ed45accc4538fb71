/**
 * The real commands as processes, with everything that they write, by name; and the search for what should not be in it.
 * The programs are those that `npm start` runs: built from the sources, plain JavaScript.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repository } from '../../packages/devstack/src/index.ts'
import { atEnd } from './scope.ts'

const programs = {
  portal: join(repository, 'apps/portal/dist/cli/main.js'),
  mirror: join(repository, 'packages/mirror/dist/cli/main.js'),
} as const

/** Builds pages' files and programs where they are stale. */
export async function buildAll(): Promise<void> {
  mkdirSync(join(repository, '.matricula'), { recursive: true, mode: 0o700 })
  const run = promisify(execFile)
  await run(process.execPath, ['scripts/build.mjs'], { cwd: repository })
  const build = "import('./scripts/programs.mjs').then((programs) => programs.buildPrograms())"
  await run(process.execPath, ['--input-type=module', '-e', build], { cwd: repository })
}

export interface Text {
  /** where it was found: 'portal serve, stderr' */
  readonly where: string
  readonly text: string
}

export interface Server {
  readonly url: string
  /** SIGTERM; resolves with the exit status */
  stop(): Promise<number | null>
}

export class Transcript {
  readonly #texts: { where: string; text: string }[] = []

  /** All that was written so far. */
  get texts(): readonly Text[] {
    return this.#texts
  }

  add(where: string, text: string): void {
    this.#texts.push({ where, text })
  }

  #start(program: keyof typeof programs, args: readonly string[], env: Readonly<Record<string, string>>) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(PORTAL|MIRROR)_/.test(name))
    const child = spawn(process.execPath, [programs[program], ...args], {
      cwd: repository,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const gone = once(child, 'close')
    atEnd(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await gone
    })
    const name = `${program} ${args.join(' ').slice(0, 60)}`
    const out = { where: `${name}, stdout`, text: '' }
    const err = { where: `${name}, stderr`, text: '' }
    this.#texts.push(out, err)
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out.text += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err.text += text))
    return { child, gone, out, err }
  }

  /** A command, to its end. */
  async run(
    program: keyof typeof programs,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number | null; readonly out: string; readonly err: string }> {
    const { child, gone, out, err } = this.#start(program, args, env)
    await gone
    return { status: child.exitCode, out: out.text, err: err.text }
  }

  /** A command that serves; resolves when it listens. */
  async serve(
    program: keyof typeof programs,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Server> {
    const { child, gone, out, err } = this.#start(program, args, env)
    const url = await new Promise<string>((resolve, reject) => {
      child.stderr.on('data', () => {
        const found = /listening on (http:\S+)/.exec(err.text)?.[1]
        if (found !== undefined) resolve(found)
      })
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${out.text}${err.text}`)))
    })
    return {
      url,
      stop: async () => {
        child.kill('SIGTERM')
        await gone
        return child.exitCode
      },
    }
  }
}

/** How a value may stand in a log: plain, in an address, in JSON, in HTML, as bytes in hex, in base64. */
const spellings = (value: string): readonly string[] => {
  const bytes = Buffer.from(value)
  return [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ v: value }).toString().slice(2),
    JSON.stringify(value).slice(1, -1),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ].map((text) => text.toLowerCase())
}

/** 'what in where', for each value that is found in a text in any spelling; case does not matter. */
export function leaks(texts: readonly Text[], values: Readonly<Record<string, string>>): readonly string[] {
  const wanted = Object.entries(values).map(([what, value]) => {
    // a value of three letters would be found by chance, and an empty one everywhere
    if (value.length < 5) throw new Error(`${what} is too short to be searched for`)
    return [what, [...new Set(spellings(value))]] as const
  })
  return texts.flatMap(({ where, text }) => {
    const folded = text.toLowerCase()
    return wanted
      .filter(([, forms]) => forms.some((form) => folded.includes(form)))
      .map(([what]) => `${what} in ${where}`)
  })
}
