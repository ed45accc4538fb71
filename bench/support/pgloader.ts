/**
 * pgloader as a yardstick: the PATH's, else Debian's, unpacked into the cache and not installed. Like the browser it starts
 * itself anew from /proc/self/exe, so that it runs with the machine's libc.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, hasApt, run, unpack, which } from '../../packages/devstack/src/index.ts'

export interface Pgloader {
  readonly version: string
  /**
   * Copies one table; returns all that it said (its exit status is 0 for most lost rows). A whole database at once would be
   * lost with the first table that it cannot create.
   */
  load(source: string, target: string, table: string): Promise<string>
}

export const findPgloader = async (say: (line: string) => void): Promise<Pgloader | undefined> => {
  const found = which('pgloader')
  const folder = join(cacheFolder(), 'pgloader')
  if (found === undefined) {
    if (!hasApt()) return undefined
    const set = { title: 'pgloader', packages: ['pgloader'], status: '/var/lib/dpkg/status' }
    try {
      await unpack(folder, set, say)
    } catch (error) {
      say(`pgloader: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
  const path = found ?? join(folder, 'usr/bin/pgloader')
  const libraries = join(folder, 'usr/lib/x86_64-linux-gnu')
  const env = { ...process.env, ...(existsSync(libraries) ? { LD_LIBRARY_PATH: libraries } : {}) }
  const { status, stdout } = await run(path, ['--version'], { env })
  const version = /version "([^"]+)"/.exec(stdout)?.[1]
  if (status !== 0 || version === undefined) return undefined
  return {
    version,
    load: async (source, target, table) => {
      const dir = mkdtempSync(join(tmpdir(), 'pgloader-'))
      try {
        const file = join(dir, 'table.load')
        const command = `LOAD DATABASE FROM ${source} INTO ${target.replace('postgres:', 'postgresql:')}
          INCLUDING ONLY TABLE NAMES MATCHING '${table}';\n`
        writeFileSync(file, command, { mode: 0o600 })
        const done = await run(path, ['--root-dir', dir, file], { env })
        return `${done.stdout}\n${done.stderr}`
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    },
  }
}
