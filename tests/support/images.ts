/** Programs of the images without an engine: a clean folder to build in, and processes with a container's environment. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { repository } from '../../packages/devstack/src/index.ts'
import { atEnd, scratchFolder } from './scope.ts'
import { until } from './until.ts'

export interface Outcome {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** Runs a program to its end; never rejects. */
export const run = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd = repository,
): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(command, [...args], { env, cwd, encoding: 'utf8' }, (error, out, err) => {
      const status = typeof error?.code === 'number' ? error.code : 1
      resolve({ status: error === null ? 0 : status, out, err })
    })
  })

/** The least that a container has, with this Node first. */
export const bare = {
  PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
  HOME: '/nonexistent',
}

/** What compose.yaml mounts as four volumes. */
export function passwordFolders(): string {
  const folder = scratchFolder('passwords')
  for (const name of ['mysql', 'postgres', 'portal', 'mirror']) mkdirSync(join(folder, name))
  return folder
}

/** An empty folder outside of the repository, where no package is found by looking upwards; removed at the end. */
export function outsideFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'matricula-images-'))
  atEnd(async () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What .dockerignore lets through, in a folder of its own, with this clone's packages in place of npm's. */
export function buildContext(): string {
  const folder = outsideFolder()
  const rules = readFileSync(join(repository, '.dockerignore'), 'utf8').split('\n')
  const left = rules.filter((rule) => rule.startsWith('**/')).map((rule) => rule.slice(3))
  const isLeft = (name: string): boolean =>
    left.some((rule) => (rule.startsWith('*') ? name.endsWith(rule.slice(1)) : name === rule))
  for (const name of rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1))) {
    cpSync(join(repository, name), join(folder, name), {
      recursive: true,
      filter: (source) => !isLeft(source.slice(source.lastIndexOf('/') + 1)),
    })
  }
  for (const workspace of ['.', 'apps/portal', 'packages/mirror', 'packages/ui']) {
    const from = join(repository, workspace, 'node_modules')
    if (!existsSync(from)) continue
    mkdirSync(join(folder, workspace, 'node_modules'))
    for (const name of readdirSync(from).filter((entry) => entry !== '@matricula'))
      symlinkSync(join(from, name), join(folder, workspace, 'node_modules', name))
  }
  mkdirSync(join(folder, 'node_modules/@matricula'))
  symlinkSync(join(folder, 'packages/ui'), join(folder, 'node_modules/@matricula/ui'))
  return folder
}

/** A program of an image that goes on, from its folder /app. */
export async function start(app: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const [name = '', ...rest] = args
  const child = spawn(join(app, 'bin', name), rest, { env, cwd: app, stdio: ['ignore', 'ignore', 'pipe'] })
  const gone = once(child, 'close')
  atEnd(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await gone
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const url = await until(
    `${name} to listen`,
    () => {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${log}`)
      return /listening on (http:\S+)/.exec(log)?.[1]
    },
    () => log,
  )
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM')
    await gone
    return child.exitCode
  }
  return { url, log: () => log, stop }
}
