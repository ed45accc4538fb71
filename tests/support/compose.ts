/** compose.yaml and Dockerfile as data, and the promises that they make. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { repository } from '../../packages/devstack/src/index.ts'

const service = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), target: z.string() }).optional(),
  user: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  network_mode: z.string().optional(),
  restart: z.string().optional(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
})
const document = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.unknown()),
})

export type ComposeService = z.output<typeof service>
export type Compose = z.output<typeof document>

export const composeText = readFileSync(join(repository, 'compose.yaml'), 'utf8')
export const readCompose = (text = composeText): Compose => document.parse(parse(text, { merge: true }))

export const serviceOf = (compose: Compose, name: string): ComposeService => {
  const found = compose.services[name]
  if (found === undefined) throw new Error(`compose.yaml has no service ${name}`)
  return found
}

/** `${NAME:-default}`, `${NAME-default}` and `$$`, as Compose reads them. */
export const interpolate = (text: string, given: Readonly<Record<string, string>>): string =>
  text.replaceAll(
    /\$\$|\$\{(\w+)(:?)-([^}]*)\}/g,
    (_, name: string | undefined, colon: string, other: string) => {
      if (name === undefined) return '$'
      const value = given[name]
      return value === undefined || (colon === ':' && value === '') ? other : value
    },
  )

interface Stage {
  /** name of the instruction, its words */
  readonly lines: readonly (readonly [instruction: string, words: string])[]
}

/** Dockerfile → stages by name. Ours has no continued lines. */
export const readDockerfile = (): ReadonlyMap<string, Stage> => {
  const stages = new Map<string, Stage>()
  const parts = readFileSync(join(repository, 'Dockerfile'), 'utf8').split(/^FROM /m)
  for (const part of parts.slice(1)) {
    const [first = '', ...rest] = part.split('\n')
    const lines = rest.flatMap((line) => {
      const [, instruction, words] = /^([A-Z]+) (.+)$/.exec(line) ?? []
      return instruction === undefined || words === undefined ? [] : [[instruction, words] as const]
    })
    stages.set(/ AS (\w+)$/.exec(first)?.[1] ?? first, { lines })
  }
  return stages
}

/** All words of an instruction in a stage, in order. */
export const instructionsOf = (stage: string, instruction: string): readonly string[] =>
  (readDockerfile().get(stage)?.lines ?? [])
    .filter(([name]) => name === instruction)
    .map(([, words]) => words)

/** `["a", "b"]` → a, b */
export const execForm = (words: string | undefined): readonly string[] =>
  z.array(z.string()).parse(JSON.parse(words ?? ''))

const programs = ['portal', 'mirror'] as const
const databases = ['mysql', 'postgres'] as const
/** What keeps its data somewhere: volume by the folder within. */
const dataFolders = { mysql: '/var/lib/mysql', postgres: '/var/lib/postgresql/data' } as const

const isSecret = (name: string): boolean => /PASSWORD|SECRET|TOKEN|KEY/.test(name)
const holdsPassword = (value: string): boolean => /:\/\/[^/\s:@]+:[^@\s]+@/.test(value)

/** Each promise → the services that break it. */
export const promises: Readonly<Record<string, (compose: Compose) => readonly string[]>> = {
  'images are the official ones, of a stated version': (compose) => {
    const wanted = { mysql: 'mysql:8.4', postgres: 'postgres:17' }
    return databases.filter((name) => serviceOf(compose, name).image !== wanted[name])
  },
  'nothing starts before what it needs is healthy': (compose) => {
    const wanted: readonly (readonly [string, string, string])[] = [
      ['mysql', 'passwords', 'service_completed_successfully'],
      ['postgres', 'passwords', 'service_completed_successfully'],
      ['portal', 'mysql', 'service_healthy'],
      ['mirror', 'mysql', 'service_healthy'],
      ['mirror', 'postgres', 'service_healthy'],
      ['mirror', 'portal', 'service_healthy'],
    ]
    return wanted
      .filter(([name, needs, how]) => serviceOf(compose, name).depends_on[needs]?.condition !== how)
      .map(([name]) => name)
  },
  'what is waited for says whether it is healthy': (compose) => {
    const waited = Object.values(compose.services).flatMap(({ depends_on }) =>
      Object.entries(depends_on)
        .filter(([, { condition }]) => condition === 'service_healthy')
        .map(([name]) => name),
    )
    return waited.filter((name) => {
      const { healthcheck, build } = serviceOf(compose, name)
      return healthcheck === undefined && instructionsOf(build?.target ?? '', 'HEALTHCHECK').length !== 1
    })
  },
  'no password stands in the file': (compose) =>
    Object.entries(compose.services)
      .filter(([, { environment }]) =>
        Object.entries(environment).some(
          ([name, value]) =>
            holdsPassword(value) ||
            (isSecret(name) && !(name.endsWith('_FILE') && value.startsWith('/run/passwords/'))),
        ),
      )
      .map(([name]) => name),
  'each service sees its own passwords alone': (compose) =>
    [...programs, ...databases].filter((name) => {
      const mounts = serviceOf(compose, name).volumes.filter((volume) => volume.includes('passwords'))
      return mounts.join() !== `${name}-passwords:/run/passwords:ro`
    }),
  'only the portal can be reached from elsewhere': (compose) =>
    Object.entries(compose.services)
      .filter(([name, { ports }]) => {
        if (name === 'portal') return ports.join() !== '5000:5000'
        return ports.some((port) => !port.startsWith('127.0.0.1:'))
      })
      .map(([name]) => name),
  'the databases are on a network without a way in or out': (compose) =>
    databases.filter((name) => {
      const { networks, ports } = serviceOf(compose, name)
      return ports.length > 0 || networks.some((network) => compose.networks[network]?.internal !== true)
    }),
  'data outlive their containers': (compose) =>
    databases.filter((name) => {
      const volume = serviceOf(compose, name).volumes.find((entry) => entry.endsWith(`:${dataFolders[name]}`))
      return volume === undefined || !((volume.split(':')[0] ?? '') in compose.volumes)
    }),
  'what ends is started again': (compose) =>
    Object.entries(compose.services)
      .filter(([name, { restart }]) => restart !== (name === 'passwords' ? 'no' : 'unless-stopped'))
      .map(([name]) => name),
  'our programs are not root, and can change nothing but what they are given': (compose) =>
    programs.filter((name) => {
      const { build, user, read_only, cap_drop, security_opt } = serviceOf(compose, name)
      const runsAs = user ?? instructionsOf(build?.target ?? '', 'USER').join()
      const bound = read_only && cap_drop.join() === 'ALL'
      return runsAs !== 'node' || !bound || !security_opt.includes('no-new-privileges:true')
    }),
}
