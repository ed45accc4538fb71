import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { claim } from '../stack/instance.ts'
import { bornAt, createWhole, lives, processOf, removeStale, withLock } from './lock.mjs'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'matricula-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('tells a process from an earlier one of its number and command line', () => {
  const self = processOf(process.pid)
  expect(lives(self)).toBe(true)
  expect(lives({ ...self, born: `${self.born}0` })).toBe(false)
  expect(lives({ ...self, born: '' })).toBe(false)
  expect(bornAt(0)).toBeUndefined()
})

it('npm start does not take itself for the one before, nor a stranger who has its number', async () => {
  const file = join(folder, 'launcher.json')
  // as a container leaves it that was killed and started again: 1 is somebody's number always
  for (const pid of [process.pid, 1]) {
    await writeFile(file, JSON.stringify({ pid, born: 'another-boot/1', npm: null, stopping: false }))
    const instance = await claim(folder, () => undefined)
    await expect(claim(folder, () => undefined)).rejects.toThrow(/runs here already/)
    instance.release()
  }
})

/** Makes and removes the file in a process of its own, again and again, while this one reads; counts empty reads. */
async function emptyReads(make: string): Promise<number> {
  const file = join(folder, 'lock')
  const script = `import { rmSync, writeFileSync } from 'node:fs'
    import { createWhole } from ${JSON.stringify(new URL('lock.mjs', import.meta.url).href)}
    const file = ${JSON.stringify(file)}
    for (let n = 0; n < 3000; n += 1) { ${make}; rmSync(file) }`
  const state = { busy: true }
  const maker = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]).finally(() => {
    state.busy = false
  })
  let empty = 0
  while (state.busy) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === '') empty += 1
  }
  await maker
  return empty
}

it('a lock is never seen empty', async () => {
  // the control: this reader does see what is made in two steps
  expect(await emptyReads("writeFileSync(file, 'whole', { flag: 'wx' })")).toBeGreaterThan(0)
  expect(await emptyReads("createWhole(file, 'whole')")).toBe(0)
})

it('takes over the lock of the dead and no other', async () => {
  const file = join(folder, 'lock')
  const dead = JSON.stringify({ pid: process.pid, born: 'another-boot/1' })
  for (const content of [dead, '', '4711']) {
    writeFileSync(file, content)
    expect(
      await withLock(
        file,
        () => undefined,
        () => readFile(file, 'utf8'),
      ),
    ).toContain(String(process.pid))
  }
  // read as stale, and another was quicker: its lock stays
  expect(createWhole(file, 'new')).toBe(true)
  removeStale(file, dead)
  expect(await readFile(file, 'utf8')).toBe('new')
  expect(createWhole(file, 'mine')).toBe(false)
})
