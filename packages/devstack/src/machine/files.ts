import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** What the file holds, or undefined when it is missing or not JSON. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Readable by the owner only, since most of what we keep holds passwords; whole or not at all. */
export function writeJson(file: string, content: unknown): void {
  const part = `${file}.${process.pid}.part`
  writeFileSync(part, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  renameSync(part, file)
}

/** The file's last lines; empty when there is none. */
export function tailOf(file: string, lines = 12): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}
