// What must be there before anything else can run: Node, the packages of package-lock.json, the built assets. Plain Node
// and no packages, since a bare clone has none. Asks nothing.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from '../packages/devstack/src/machine/lock.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))

const OLDEST_NODE = [20, 19]

/** Ends this process with what to do when Node is too old. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  console.error(
    `Matricula needs Node.js ${OLDEST_NODE.join('.')} or later; this is ${process.versions.node}.\n` +
      'Install a newer one (https://nodejs.org/, or your system’s packages) and try again. Nothing was changed.',
  )
  process.exit(1)
}

/** Runs a program with our output. A signal that ends us is passed on to it, so that nothing stays behind. */
export function runVisibly(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options })
    const pass = (name) => child.kill(name)
    process.on('SIGTERM', pass).on('SIGINT', pass)
    const done = (status) => {
      process.off('SIGTERM', pass).off('SIGINT', pass)
      resolve(status)
    }
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`)
      done(127)
    })
    child.on('close', (code, name) => {
      done(code ?? 1)
      if (name === 'SIGTERM' || name === 'SIGINT') process.exit(1)
    })
  })
}

/** The packages that are installed are those of package-lock.json? Optional ones may be missing: other platforms'. */
export function packagesAreInstalled() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const there = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages
    return Object.entries(wanted).every(
      ([path, entry]) =>
        !path.startsWith('node_modules/') ||
        entry.link === true ||
        entry.optional === true ||
        entry.devOptional === true ||
        (there[path]?.version === entry.version && existsSync(join(root, path, 'package.json'))),
    )
  } catch {
    return false
  }
}

/** Installs them when they are not. Two commands at once in one clone wait for each other. */
export async function installPackages() {
  if (packagesAreInstalled()) return
  const waiting = () => console.log('Another command installs npm packages here; waiting for it')
  await withLock(join(root, '.matricula/install.lock'), waiting, async () => {
    if (packagesAreInstalled()) return
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
    console.log(
      `Installing npm packages into node_modules (up to ${Object.keys(packages).length}, about 200 MB to fetch the first time)`,
    )
    // npm tells where it is itself; its own configuration must not leave out what is needed here
    const npm = process.env.npm_execpath
    const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
    // Not `npm ci`: it refuses a lock file from which npm left out packages for other platforms, as npm does. The
    // versions are those of the lock file all the same, and --no-save leaves it as it is.
    const args = [
      'install',
      '--no-save',
      '--include=dev',
      '--include=optional',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
    ]
    // npm draws its progress on a terminal only; elsewhere it says nothing for half a minute and more
    const began = Date.now()
    const say = () => {
      const there = existsSync(join(root, 'node_modules'))
        ? readdirSync(join(root, 'node_modules')).length
        : 0
      console.log(`  npm: ${Math.round((Date.now() - began) / 1000)} s, ${there} folders in node_modules`)
    }
    const beat = process.stdout.isTTY ? undefined : setInterval(say, 5000)
    const status = await runVisibly(command, [...first, ...args])
    clearInterval(beat)
    say()
    if (status === 0 && packagesAreInstalled()) return
    console.error(
      `npm could not install the packages (status ${status}); what it said stands above.\n` +
        'Check the network and the disk’s space, then try again: what was fetched is kept in npm’s cache.',
    )
    process.exit(1)
  })
}

/** Builds what browsers load, when it is stale; the script decides that itself. */
export async function buildAssets() {
  if (!existsSync(join(root, 'scripts/build.mjs'))) return
  const status = await runVisibly(process.execPath, ['scripts/build.mjs'])
  if (status === 0) return
  console.error(`The pages’ assets could not be built (status ${status}); what went wrong stands above.`)
  process.exit(1)
}
