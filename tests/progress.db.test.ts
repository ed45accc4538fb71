/** The progress of a load on a real terminal, given by util-linux's `script`. What it draws: progress.test.ts. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { onSource, repository } from '../packages/devstack/src/index.ts'
import { mainOf } from '../scripts/programs.mjs'
import { describeSource, describeWith, freshDatabase, freshTarget } from './support/servers.ts'

const noScript =
  spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'no script command: on Debian it is part of bsdutils'

const main = mainOf('mirror')

/** Runs `mirror sync` with a terminal of this width; standard output and error come as the terminal got them. */
async function onTerminal(
  columns: number,
  flags: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly exit: number | null; readonly seen: string }> {
  const command = `stty cols ${columns} rows 30; exec '${process.execPath}' '${main}' sync ${flags}`
  // Node takes a build server's terminal for one without colors
  const { CI: _ci, NO_COLOR: _none, FORCE_COLOR: _force, ...surroundings } = process.env
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: repository,
    env: { ...surroundings, TERM: 'xterm-256color', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let seen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text))
  await once(child, 'close')
  return { exit: child.exitCode, seen }
}

describeWith('a terminal', noScript, () => {
  // a terminal knows no flavour
  describeSource(
    'the progress of a load',
    (flavour) => {
      it('is drawn on a terminal, never wider than it, and leaves nothing behind', async () => {
        const database = await freshDatabase(flavour)
        await onSource(database.url, async (connection) => {
          const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} d`).join(' UNION ALL ')
          await connection.query('CREATE TABLE mark (id INT PRIMARY KEY, note VARCHAR(40)) ENGINE=InnoDB')
          await connection.query(
            `INSERT INTO mark SELECT a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d, 'a note' FROM (${digits}) a, (${digits}) b, (${digits}) c, (${digits}) e, (${digits}) f`,
          )
        })
        const run = async (columns: number, flags: string, more: Readonly<Record<string, string>> = {}) => {
          const target = await freshTarget()
          return onTerminal(columns, flags, {
            MIRROR_SOURCE: database.mirrorUrl,
            MIRROR_TARGET: target.url,
            ...more,
          })
        }
        const wide = await run(120, '')
        expect(wide.exit, wide.seen).toBe(0)
        expect(wide.seen).toMatch(/mark {2}\S*█.*%.* rows/)
        expect(wide.seen).toContain('\u001b[32m')
        // after the last picture the line is cleared, and the result stands alone
        const last = wide.seen.slice(wide.seen.lastIndexOf('\u001b[J') + 3)
        expect(last).toMatch(/^Cycle \d+/)
        expect(last).toContain('100,000 rows')

        const narrow = await run(40, '--json', { NO_COLOR: '1' })
        expect(narrow.exit, narrow.seen).toBe(0)
        expect(narrow.seen).not.toContain('\u001b[32m')
        const pictures = narrow.seen
          .replaceAll('\r\u001b[J', '\n')
          .split('\n')
          .filter((part) => part.includes('%'))
        expect(pictures.length).toBeGreaterThan(0)
        for (const picture of pictures) expect(picture.length, picture).toBeLessThan(40)

        const quiet = await run(120, '--quiet')
        expect(quiet.exit, quiet.seen).toBe(0)
        expect(quiet.seen).toMatch(/^Cycle \d+/)
        expect(quiet.seen).not.toContain('\u001b')
      })
    },
    ['mariadb'],
  )
})
