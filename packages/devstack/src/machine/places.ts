import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const repository = fileURLToPath(new URL('../../../../', import.meta.url))

/** Where unpacked servers lie; shared between clones by MATRICULA_CACHE. */
export function cacheFolder(): string {
  return resolve(process.env['MATRICULA_CACHE'] ?? join(repository, '.matricula', 'cache'))
}

/** Servers are often outside of a user's PATH. */
const SERVER_FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/libexec',
  '/usr/local/mysql/bin',
  '/opt/homebrew/bin',
]

/** The first program of one of these names on the PATH, or where servers usually lie. */
export function which(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SERVER_FOLDERS]
  for (const name of names) {
    for (const folder of folders) {
      if (folder === '') continue
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {
        // not here
      }
    }
  }
  return undefined
}
