/**
 * The servers that all test files of a run share: one of each flavour and one PostgreSQL, with hostile defaults.
 *
 * They belong to the run's main process and start when the first test file asks. Test files run in processes of
 * their own, and ask over HTTP on loopback: GET /mysql answers {"adminUrl", "version"}, or 503 and why there is none;
 * GET /chromium answers what findChromium() found.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import {
  findChromium,
  repository,
  startSource,
  startTarget,
  type PrivateServer,
} from '../../packages/devstack/src/index.ts'
import { buildPrograms } from '../../scripts/programs.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** address of the broker below */
    broker: string
    /** folder for what a run leaves on the disk; removed at its end */
    scratch: string
  }
}

const all = join(repository, '.matricula', 'test')

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // what tests start as processes of their own, and what browsers load from them
  await Promise.all([
    buildPrograms(),
    promisify(execFile)(process.execPath, [join(repository, 'scripts/build.mjs')]),
  ])
  removeDeadRuns()
  const scratch = join(all, String(process.pid))
  mkdirSync(scratch, { recursive: true, mode: 0o700 })

  const servers = new Map<string, Promise<PrivateServer>>()
  const start = (name: string): Promise<PrivateServer> => {
    const dir = join(scratch, name)
    switch (name) {
      case 'postgres':
        return startTarget({ dir, hostile: true })
      case 'mysql':
      case 'mariadb':
      case 'mariadb-binlog':
        return startSource({ flavour: name, dir, hostile: true })
      default:
        return Promise.reject(new Error(`There is no server named ${name}.`))
    }
  }
  let browser: ReturnType<typeof findChromium> | undefined
  const answer = async (name: string): Promise<unknown> => {
    if (name === 'chromium') {
      const found = await (browser ??= findChromium())
      if (found === undefined)
        throw new Error('No Chromium is here, nor could it be unpacked from Debian’s packages.')
      return found
    }
    const server = servers.get(name) ?? start(name)
    servers.set(name, server)
    const { adminUrl, version } = await server
    return { adminUrl, version }
  }
  const broker = createServer((request, response) => {
    answer((request.url ?? '').slice(1)).then(
      (found) => response.end(JSON.stringify(found)),
      (error: unknown) => {
        response.statusCode = 503
        response.end(error instanceof Error ? error.message : String(error))
      },
    )
  })
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve))
  project.provide('broker', `http://127.0.0.1:${(broker.address() as AddressInfo).port}`)
  project.provide('scratch', scratch)

  return async () => {
    broker.closeAllConnections()
    broker.close()
    // nothing in them is needed any more: no clean shutdown
    await Promise.allSettled([...servers.values()].map(async (server) => (await server).kill()))
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Runs that were killed could not clean up; their servers are gone with them. */
function removeDeadRuns(): void {
  mkdirSync(all, { recursive: true })
  for (const entry of readdirSync(all)) {
    try {
      process.kill(Number(entry), 0)
    } catch {
      rmSync(join(all, entry), { recursive: true, force: true })
    }
  }
}
