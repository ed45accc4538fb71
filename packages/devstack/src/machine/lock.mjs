// Files that name the process which made them. Plain JavaScript without packages, since scripts/prepare.mjs needs it in a
// bare clone; lock.d.mts has its types.
import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const onLinux = existsSync('/proc/self/stat')

export function bornAt(pid) {
  if (!(pid > 0)) return undefined
  try {
    if (!onLinux)
      return (
        execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
      )
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // after the name in brackets, which may hold blanks and brackets itself: field 3 is the state, field 22 the start
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return undefined // there is no such process
  }
}

export const processOf = (pid) => ({ pid, born: bornAt(pid) ?? '' })

// an earlier version noted no birth: undefined is no proof of life
export const lives = (process) => Boolean(process?.born) && bornAt(process.pid) === process.born

let drafts = 0

export function createWhole(file, content) {
  // a file that is made and then written is empty for a moment, and whoever reads it then takes its maker for dead
  const draft = `${file}.${process.pid}-${(drafts += 1)}`
  writeFileSync(draft, content, { mode: 0o600 })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    // a folder shared with another system may know no links: then as well as can be
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(error.code)) throw error
    return createThere(file, content)
  } finally {
    rmSync(draft, { force: true })
  }
}

function createThere(file, content) {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

export function removeStale(file, content) {
  // Another may have removed it and put its own there since we read: what we took away is looked at once more.
  const taken = `${file}.${process.pid}-${(drafts += 1)}`
  try {
    renameSync(file, taken)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  const found = readFileSync(taken, 'utf8')
  if (found !== content) createWhole(file, found)
  rmSync(taken, { force: true })
}

export async function withLock(file, waiting, work) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const own = JSON.stringify(processOf(process.pid))
  for (let told = false; !createWhole(file, own); ) {
    const content = readOr(file)
    // let go of between our two looks
    if (content === undefined) continue
    if (!holderLives(content)) {
      removeStale(file, content)
      continue
    }
    if (!told) waiting()
    told = true
    await sleep(200)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function holderLives(content) {
  try {
    return lives(JSON.parse(content))
  } catch {
    return false // cut off by a crash of the machine
  }
}

function readOr(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
