/**
 * A browser for tests: the PATH's, else Debian's chromium unpacked into the cache. Unlike the servers it cannot be
 * started by a loader of its own (it starts itself anew from /proc/self/exe), so it runs with the machine's libc and
 * only the libraries that the machine lacks.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, which } from '../machine/places.ts'
import { run } from '../machine/run.ts'
import { hasApt, isUnpacked, unpack, type Progress } from './debian.ts'

export interface Chromium {
  /** the program; Playwright's `executablePath` */
  readonly path: string
  /** surroundings that it needs; Playwright's `env` */
  readonly env: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly version: string
}

/** No sandbox: it needs rights that root and containers lack, and tests open pages of our own only. */
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const

const MACHINE_STATUS = '/var/lib/dpkg/status'

export interface ChromiumOptions {
  readonly progress?: Progress
  /** false: look on the PATH and in the cache only */
  readonly fetch?: boolean
  /** false: leave the PATH out */
  readonly path?: boolean
  /** the record of installed packages */
  readonly status?: string
}

/** A browser that starts, or undefined: `why` then says what was tried. */
export async function findChromium(options: ChromiumOptions = {}): Promise<Chromium | undefined> {
  const progress = options.progress ?? ((line: string) => console.error(line))
  const installed =
    options.path === false
      ? undefined
      : which('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
  if (installed !== undefined) {
    const found = await usable(installed, {})
    if (found !== undefined) return found
  }
  const folder = join(cacheFolder(), 'chromium')
  if (!isUnpacked(folder)) {
    if (options.fetch === false || !hasApt()) return undefined
    mkdirSync(cacheFolder(), { recursive: true })
    const set = {
      title: 'Chromium',
      // two families of fonts, so that text and widths do not depend on the machine
      packages: ['chromium', 'fonts-dejavu-core', 'fonts-liberation'],
      status: options.status ?? MACHINE_STATUS,
      // the machine's libc is in use already when the first library is looked for
      skip: /^libc6_/,
    }
    try {
      await unpack(folder, set, progress)
    } catch (error) {
      progress(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  return usable(join(folder, 'usr/lib/chromium/chromium'), surroundings(folder))
}

/** It counts only if it draws a page: a missing library shows at its start, missing fonts when it draws. */
async function usable(path: string, env: Readonly<Record<string, string>>): Promise<Chromium | undefined> {
  const { status, stdout } = await run(path, [...ARGS, '--version'], { env: { ...process.env, ...env } })
  const version = /\d+(\.\d+)+/.exec(stdout)?.[0]
  return status === 0 && version !== undefined ? { path, env, args: ARGS, version } : undefined
}

function surroundings(root: string): Readonly<Record<string, string>> {
  const libraries: string[] = []
  for (const parent of ['lib', 'usr/lib']) {
    const folder = join(root, parent)
    if (!existsSync(folder)) continue
    for (const entry of readdirSync(folder).filter((name) => name.includes('-linux-gnu'))) {
      libraries.push(join(folder, entry), join(folder, entry, 'nss'), join(folder, entry, 'pulseaudio'))
    }
  }
  const config = join(root, 'fonts.conf')
  const folders = [join(root, 'usr/share/fonts'), '/usr/share/fonts']
  writeFileSync(
    config,
    `<?xml version="1.0"?><fontconfig>${folders.map((dir) => `<dir>${dir}</dir>`).join('')}` +
      `<cachedir>${join(root, 'fontcache')}</cachedir>` +
      ['sans-serif:DejaVu Sans', 'serif:DejaVu Serif', 'monospace:DejaVu Sans Mono']
        .map((pair) => pair.split(':'))
        .map(
          ([family, font]) =>
            `<alias><family>${family}</family><prefer><family>${font}</family></prefer></alias>`,
        )
        .join('') +
      // Any other family, `ui-sans-serif` and `system-ui` among them: Chromium asks for its name alone, and fontconfig would
      // give the first font of the folders, which on a machine with DejaVu's extras is one for mathematics.
      '<match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>' +
      '</fontconfig>\n',
  )
  return { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: config }
}
