/** What npm may run while it installs: nothing but the scripts of packages that package.json names. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { repository } from '../packages/devstack/src/index.ts'

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      hasInstallScript: z.boolean().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
})
const manifest = z.object({
  allowScripts: z.record(z.string(), z.boolean()),
  scripts: z.record(z.string(), z.string()).default({}),
})
type Lock = z.output<typeof lockFile>

const json = (name: string): unknown => JSON.parse(readFileSync(join(repository, name), 'utf8'))
/** node_modules/a/node_modules/@b/c → @b/c */
const nameOf = (place: string): string => place.slice(place.lastIndexOf('node_modules/') + 13)

const withScripts = (lock: Lock): readonly string[] => [
  ...new Set(
    Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([place]) => nameOf(place)),
  ),
]

const lock = lockFile.parse(json('package-lock.json'))
const { allowScripts } = manifest.parse(json('package.json'))

it('no package has an install script that is not named in allowScripts', () => {
  expect(withScripts(lock).filter((name) => !(name in allowScripts))).toEqual([])
  // the search itself can fail
  const planted = {
    packages: { ...lock.packages, 'node_modules/a/node_modules/@b/c': { hasInstallScript: true } },
  }
  expect(withScripts(planted).filter((name) => !(name in allowScripts))).toEqual(['@b/c'])
})

it('allowScripts names no package that is not there', () => {
  const names = new Set(Object.keys(lock.packages).map(nameOf))
  expect(Object.keys(allowScripts).filter((name) => !names.has(name))).toEqual([])
})

it('every package is pinned by its content', () => {
  const unpinned = Object.entries(lock.packages)
    .filter(
      ([place, { link, integrity }]) =>
        place.includes('node_modules/') && link !== true && integrity === undefined,
    )
    .map(([place]) => place)
  expect(unpinned).toEqual([])
})

it('the clone itself runs nothing at install', () => {
  for (const place of [
    'package.json',
    'apps/portal/package.json',
    'packages/mirror/package.json',
    'packages/ui/package.json',
    'packages/devstack/package.json',
  ]) {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()).default({}) }).parse(json(place))
    expect(
      Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name)),
      place,
    ).toEqual([])
  }
})
