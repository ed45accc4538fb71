/**
 * compose.yaml and the images without a Docker engine: the file by the Compose specification and by its promises, every
 * script of docker/ on real servers, the build's own steps in a clean folder, and the programs that come out of it,
 * with the environment that compose.yaml gives them.
 *
 * MySQL 9.7 stands in for the image's 8.4, PostgreSQL 18 for 17. What the images do themselves before they run our
 * scripts (the database, the portal's account) is done here as their documentation says.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { onSource, onTarget, repository } from '../packages/devstack/src/index.ts'
import {
  composeText,
  execForm,
  instructionsOf,
  interpolate,
  promises,
  readCompose,
  serviceOf,
} from './support/compose.ts'
import {
  bare,
  buildContext,
  type Outcome,
  outsideFolder,
  passwordFolders,
  run,
  start,
} from './support/images.ts'
import { Client } from './support/portal.ts'
import { attemptsToWrite } from './support/standby-rights.ts'
import { describeSource, privateSource, privateTarget, scratchFolder } from './support/servers.ts'
import { until } from './support/until.ts'

const compose = readCompose()

describe('compose.yaml', () => {
  const findings = z.array(
    z.object({ messages: z.array(z.object({ rule: z.string(), type: z.string(), message: z.string() })) }),
  )
  /** Images that are built have a name too, so that two services share one; and port 5000 is meant for everybody. */
  const meant = new Set(['no-build-and-image', 'no-unbound-port-interfaces'])
  const errorsOf = async (text: string): Promise<readonly string[]> => {
    const file = join(scratchFolder('compose'), 'compose.yaml')
    writeFileSync(file, text)
    const linter = join(repository, 'node_modules/.bin/dclint')
    const { out } = await run(linter, ['--formatter', 'json', file], process.env)
    return findings
      .parse(JSON.parse(out))
      .flatMap(({ messages }) => messages)
      .filter(({ rule, type }) => type === 'error' && !meant.has(rule))
      .map(({ rule, message }) => `${rule}: ${message}`)
  }

  it('is valid by the schema of the Compose specification', async () => {
    expect(await errorsOf(composeText)).toEqual([])
    // the schema itself can fail
    const wrong = composeText.replace('condition: service_healthy', 'condition: service_is_healthy')
    expect(await errorsOf(wrong)).toEqual([expect.stringMatching(/^invalid-schema/)])
  })

  it('keeps its promises', () => {
    for (const [promise, broken] of Object.entries(promises)) expect(broken(compose), promise).toEqual([])
  })

  it.each([
    ['image: mysql:8.4', 'image: mysql:latest'],
    ['condition: service_healthy', 'condition: service_started'],
    ['healthcheck:\n', 'x-healthcheck:\n'],
    ['mysql://portal@', 'mysql://portal:school@'],
    ['MYSQL_ROOT_PASSWORD_FILE: /run/passwords/root', 'MYSQL_ROOT_PASSWORD: root'],
    ['- portal-passwords:/run/passwords:ro', '- mysql-passwords:/run/passwords:ro'],
    ['"127.0.0.1:8080:8080"', '"8080:8080"'],
    ['internal: true', 'internal: false'],
    ['- mysql-data:/var/lib/mysql', '- ./data:/var/lib/mysql'],
    ['restart: unless-stopped', 'restart: on-failure'],
    ['read_only: true', 'read_only: false'],
  ])('the promises notice %j → %j', (from, to) => {
    const changed = composeText.replace(from, to)
    expect(changed).not.toBe(composeText)
    const broken = Object.values(promises).flatMap((promise) => promise(readCompose(changed)))
    expect(broken).not.toEqual([])
  })

  it('names files that are there', () => {
    for (const { volumes } of Object.values(compose.services)) {
      const bound = volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':')[0])
      for (const place of bound) expect(readdirSync(join(repository, place ?? '')).length).toBeGreaterThan(0)
    }
  })
})

describe('the passwords', () => {
  const program = join(repository, 'docker/portal/passwords')
  const all = (folder: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => [file.slice(folder.length + 1), readFileSync(file, 'utf8')]),
    )

  it('are made once, kept, and mended from the copy that is left', async () => {
    const folder = passwordFolders()
    expect(await run('sh', [program, folder], bare)).toMatchObject({ status: 0, out: '', err: '' })
    const made = all(folder)
    expect(Object.keys(made).sort()).toEqual([
      'mirror/source',
      'mirror/target',
      'mysql/mirror',
      'mysql/portal',
      'mysql/root',
      'portal/database',
      'portal/standby',
      'postgres/mirror',
      'postgres/portal_reader',
      'postgres/root',
    ])
    for (const password of Object.values(made)) expect(password).toMatch(/^[0-9a-f]{48}\n$/)
    // ten files, six passwords: four are shared by two services
    expect(new Set(Object.values(made)).size).toBe(6)
    expect(made['mysql/mirror']).toBe(made['mirror/source'])
    await run('sh', [program, folder], bare)
    expect(all(folder)).toEqual(made)
    rmSync(join(folder, 'mysql/portal'))
    writeFileSync(join(folder, 'mirror/source'), '')
    await run('sh', [program, folder], bare)
    expect(all(folder)).toEqual(made)
  })
})

describeSource('from nothing to a university', () => {
  const passwords = passwordFolders()
  const apps = outsideFolder()
  let servers: { readonly mysql: string; readonly postgres: string }

  const password = (file: string): string => readFileSync(join(passwords, file), 'utf8').trim()
  /** The environment of a service: as in compose.yaml, with the test's servers and folders in place of the network's. */
  const environment = (name: string, given: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
    const { environment: stated } = serviceOf(compose, name)
    const place = (text: string): string =>
      text
        .replace('/run/passwords', join(passwords, name))
        .replace('@mysql:3306', `@${new URL(servers.mysql).host}`)
        .replace('@postgres:5432', `@${new URL(servers.postgres).host}`)
    const own = Object.entries(stated).map(([key, value]) => [key, place(interpolate(value, given))])
    return { ...bare, ...Object.fromEntries(own) }
  }
  /** A script in the image of a database, with a client of that name. */
  const inDatabase = async (name: 'mysql' | 'postgres', command: readonly string[]): Promise<Outcome> => {
    const clients = scratchFolder('clients')
    const client = name === 'mysql' ? 'mysql' : 'psql'
    const words = [process.execPath, '--import', 'tsx', join(repository, 'tests/support/sql-client.ts')]
    writeFileSync(join(clients, client), `#!/bin/sh\nexec ${words.join(' ')} ${client} "$@"\n`, {
      mode: 0o755,
    })
    const admin = new URL(servers[name])
    const exported =
      name === 'mysql'
        ? { MYSQL_ROOT_PASSWORD: admin.password }
        : { POSTGRES_USER: admin.username, PGPASSWORD: admin.password }
    const [program = '', ...args] = command
    return run(program, args, {
      ...environment(name),
      ...exported,
      PATH: `${clients}${delimiter}${bare.PATH}`,
      PASSWORDS: join(passwords, name),
      SQL_CLIENT_SERVER: servers[name],
    })
  }
  const healthOf = async (name: 'mysql' | 'postgres'): Promise<number> => {
    const [kind, command = ''] = serviceOf(compose, name).healthcheck?.test ?? []
    expect(kind).toBe('CMD-SHELL')
    const shell = interpolate(command, {}).replace('/run/passwords', join(passwords, name))
    return (await inDatabase(name, ['sh', '-c', shell])).status
  }

  beforeAll(async () => {
    const [source, target] = await Promise.all([privateSource('mysql'), privateTarget()])
    servers = { mysql: source.adminUrl, postgres: target.adminUrl }
  })

  it('the build’s steps make two programs that need no package', async () => {
    const context = buildContext()
    const [install, ...steps] = instructionsOf('build', 'RUN')
    expect(install).toMatch(/^npm install .*--ignore-scripts/)
    expect(steps.length).toBeGreaterThan(0)
    for (const step of steps)
      expect(await run('sh', ['-c', step], bare, context)).toMatchObject({ status: 0 })
    for (const name of ['portal', 'mirror']) {
      const copied = instructionsOf(name, 'COPY').map((words) => words.split(' ').at(-2) ?? '')
      expect(copied).toEqual([`/build/dist/images/${name}`])
      cpSync(join(context, `dist/images/${name}`), join(apps, name), { recursive: true })
    }
    const found = await run('node', ['-e', 'import("fastify")'], bare, join(apps, 'portal'))
    expect(found.err).toMatch(/ERR_MODULE_NOT_FOUND/)
    expect((await run(join(apps, 'mirror/bin/mirror'), ['--version'], bare)).out).toBe('0.1.0\n')
  })

  it('the servers are set up by the images’ own steps and ours', async () => {
    const [program, folder] = [
      ...(serviceOf(compose, 'passwords').entrypoint ?? []),
      ...(serviceOf(compose, 'passwords').command ?? []),
    ]
    expect([program, folder]).toEqual(['/app/bin/passwords', '/passwords'])
    const made = await run(join(apps, 'portal/bin/passwords'), [passwords], bare)
    expect(made).toMatchObject({ status: 0 })

    expect(await healthOf('mysql')).not.toBe(0)
    expect(await healthOf('postgres')).not.toBe(0)
    const { MYSQL_DATABASE, MYSQL_USER } = serviceOf(compose, 'mysql').environment
    await onSource(servers.mysql, async (connection) => {
      await connection.query(`CREATE DATABASE \`${MYSQL_DATABASE}\``)
      await connection.query(`CREATE USER '${MYSQL_USER}'@'%' IDENTIFIED BY ?`, [password('mysql/portal')])
      await connection.query(`GRANT ALL ON \`${MYSQL_DATABASE}\`.* TO '${MYSQL_USER}'@'%'`)
    })
    const { POSTGRES_DB } = serviceOf(compose, 'postgres').environment
    await onTarget(servers.postgres, (client) => client.query(`CREATE DATABASE ${POSTGRES_DB}`))

    const nothing = { status: 0, out: '', err: '' }
    expect(await inDatabase('mysql', [join(repository, 'docker/mysql/10-mirror.sh')])).toEqual(nothing)
    expect(await inDatabase('postgres', [join(repository, 'docker/postgres/10-roles.sh')])).toEqual(nothing)
    expect(await healthOf('mysql')).toBe(0)
    expect(await healthOf('postgres')).toBe(0)

    const rights = await onSource(servers.mysql, async (connection) => {
      const [rows] = await connection.query("SHOW GRANTS FOR 'mirror'@'%'")
      return z.array(z.record(z.string(), z.string())).parse(rows).flatMap(Object.values)
    })
    expect(rights).toEqual([
      'GRANT USAGE ON *.* TO `mirror`@`%`',
      `GRANT SELECT ON \`${MYSQL_DATABASE}\`.* TO \`mirror\`@\`%\``,
    ])
  })

  it('a script refuses a password that would change its SQL', async () => {
    const file = join(passwords, 'mysql/mirror')
    const kept = readFileSync(file)
    rmSync(file)
    writeFileSync(file, "x'; DROP USER root; --\n")
    const refused = await inDatabase('mysql', [join(repository, 'docker/mysql/10-mirror.sh')])
    rmSync(file)
    writeFileSync(file, kept)
    expect(refused).toMatchObject({ status: 1, err: expect.stringMatching(/letters, digits/) })
  })

  it('portal and mirror run with what compose.yaml gives them', async () => {
    const [portalApp, mirrorApp] = [join(apps, 'portal'), join(apps, 'mirror')]
    const words = (name: string): readonly string[] =>
      [...instructionsOf(name, 'ENTRYPOINT'), ...instructionsOf(name, 'CMD')]
        .flatMap(execForm)
        // a free port, and nobody else's
        .map((word) => word.replace('0.0.0.0', '127.0.0.1').replace(/^5000$|(?<=:)8080$/, '0'))
    const portal = await start(
      portalApp,
      words('portal'),
      environment('portal', { PORTAL_SAMPLE: 'yes', PORTAL_TIME_ZONE: 'America/Chicago' }),
    )
    const healthy = async (app: string, name: string, url: string): Promise<number> => {
      const check = /CMD (\[.*\])$/.exec(instructionsOf(name, 'HEALTHCHECK')[0] ?? '')?.[1]
      const [program = '', ...args] = execForm(check)
      const placed = args.map((word) => word.replace(/^http:\/\/127\.0\.0\.1:\d+/, url))
      return (await run(program, placed, bare, app)).status
    }
    expect(await healthy(portalApp, 'portal', portal.url)).toBe(0)
    expect(await healthy(portalApp, 'portal', 'http://127.0.0.1:1')).toBe(1)
    expect((await fetch(`${portal.url}/healthz`)).status).toBe(200)

    const client = new Client(portal.url)
    const page = await client.page('/sign-in')
    const styles = /href="(\/assets\/[^"]+\.css)"/.exec(page.text)?.[1] ?? 'no style sheet'
    expect((await client.page(styles)).status).toBe(200)
    const [, number = '', secret = ''] = /^student\t(\S+)\t(\S+)$/m.exec(portal.log()) ?? []
    const signedIn = await client.post('/sign-in', { number, password: secret })
    expect(signedIn).toMatchObject({ status: 303 })
    expect((await client.page('/catalogue')).status).toBe(200)
    const code = await run(join(portalApp, 'bin/portal'), ['code', number], environment('portal'))
    expect(code.out).toMatch(/^([0-9A-Z]{4}-){3}[0-9A-Z]{4}\n$/)

    const mirror = await start(mirrorApp, words('mirror'), environment('mirror'))
    expect(await healthy(mirrorApp, 'mirror', mirror.url)).toBe(0)
    await until('the first copy', async () => (await fetch(`${mirror.url}/readyz`)).status === 200)
    const checked = await run(join(mirrorApp, 'bin/mirror'), ['verify', '--json'], environment('mirror'))
    expect(JSON.parse(checked.out)).toMatchObject({ equal: true })

    const reader = new URL(servers.postgres)
    Object.assign(reader, {
      username: 'portal_reader',
      password: password('portal/standby'),
      pathname: '/standby',
    })
    await onTarget(reader.href, async (connection) => {
      const { rows } = await connection.query('SELECT count(*)::int AS sections FROM school.section')
      expect(rows).toEqual([{ sections: expect.any(Number) }])
      await connection.query('SET default_transaction_read_only = off')
      for (const write of attemptsToWrite('school'))
        await expect(connection.query(write), write).rejects.toThrow(/permission denied|must be owner/)
    })
    expect([await portal.stop(), await mirror.stop()]).toEqual([0, 0])
    for (const log of [portal.log(), mirror.log()]) {
      for (const file of ['mysql/portal', 'mysql/mirror', 'postgres/mirror', 'postgres/portal_reader'])
        expect(log).not.toContain(password(file))
    }
  })

  it('the portal’s command says what is wrong with a password’s file', async () => {
    const command = join(apps, 'portal/bin/portal')
    const missing = { ...environment('portal'), PORTAL_DATABASE_PASSWORD_FILE: join(passwords, 'none') }
    const answer = await run(command, ['migrate'], missing)
    expect(answer).toMatchObject({
      status: 2,
      err: expect.stringMatching(/PORTAL_DATABASE_PASSWORD_FILE names/),
    })
    const sample = await run(command, ['serve'], { ...environment('portal'), PORTAL_SAMPLE: 'perhaps' })
    expect(sample).toMatchObject({ status: 2, err: expect.stringMatching(/neither yes nor no/) })
  })
}, ['mysql'])
