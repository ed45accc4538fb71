/**
 * `mirror run`: follows the source until it is told to stop. What the engine does is told in the log; with --listen
 * also over HTTP. The service comes first, so that /readyz can say what is waited for from the first moment.
 */
import { MirrorError } from '../../errors.ts'
import { awaited } from '../../service/activity.ts'
import { remedyOf } from '../../service/sentence.ts'
import type { Service } from '../../service/server.ts'
import type { EngineEvent, SyncReport } from '../../types.ts'
import { CommandLineError } from '../codes.ts'
import type { CommandSpec, Task } from '../command.ts'
import { flagsOfGroup } from '../flags.ts'
import type { Logger } from '../log.ts'
import { plural } from '../output.ts'

const rowsOf = (report: SyncReport): number =>
  Object.values(report.tables).reduce((sum, table) => sum + table.inserted + table.updated + table.deleted, 0)

/** By the code the line is found in docs/errors.md, whatever its words. */
const codeOf = (error: Error): string => (error instanceof MirrorError ? error.code : error.name)

/** One line an event; a cycle that changed nothing is only told at level debug, or the log would be a clock. */
function tell(log: Logger): (event: EngineEvent) => void {
  let told = ''
  let leader: string | null | undefined
  return (event) => {
    switch (event.type) {
      case 'cycle': {
        const { cycle, ms, brakes } = event.report
        const rows = rowsOf(event.report)
        log[rows > 0 ? 'info' : 'debug'](`cycle ${cycle}: ${plural(rows, 'row')} in ${Math.round(ms)} ms`)
        const held = brakes
          .map((brake) => `${brake.table ?? 'the whole mirror'}: ${brake.reason}. ${remedyOf(brake)}`)
          .join(' | ')
        // the same brake holds in every cycle until someone decides: once is enough
        if (held !== told && held !== '') log.warn(`stopped by a brake, ${held}`)
        if (held === '' && told !== '') log.info('no brake holds any more')
        told = held
        return
      }
      case 'waiting': {
        const { error, attempt, delayMs } = event
        const seconds = (delayMs / 1_000).toFixed(1)
        log.warn(
          `waiting for ${awaited(error)}: ${error.message} (${codeOf(error)}, attempt ${attempt}, again in ${seconds} s)`,
        )
        return
      }
      case 'standby':
        // asked again twice a second: told once for each leader
        if (event.leader !== leader) {
          log.info(
            `standing by: ${event.leader === null ? 'another mirror holds the target' : `${event.leader} leads`}`,
          )
        }
        leader = event.leader
        return
      case 'paused':
        log.info('paused; mirror resume goes on')
        return
      case 'leading':
        leader = undefined
        log.info(`leading, epoch ${event.epoch}`)
        return
      case 'progress':
      case 'unmatched':
      // shown by whoever shows them for any command (progress.ts, program.ts)
    }
  }
}

async function listen({ mirror, settings, log, scrub }: Task): Promise<Service | null> {
  if (settings.listen === undefined) return null
  // loaded only here: the other commands start faster without a web server
  const { startService } = await import('../../service/server.ts')
  const { host, port } = settings.listen
  try {
    const service = await startService({ mirror, host, port, pollMs: settings.options.pollMs, scrub })
    log.info(`listening on ${service.url}`)
    if (!service.loopback)
      log.warn('whoever can reach this address may read the state and the history, without a password')
    return service
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new CommandLineError('MIRROR_0003', `${host}:${port} cannot be listened on (${reason}).`, 1)
  }
}

export const run: CommandSpec = {
  name: 'run',
  summary: 'follow the source until stopped',
  flags: flagsOfGroup('run'),
  tunable: true,
  async act(task) {
    const { mirror, log, signal } = task
    let cycles = 0
    const unsubscribe = mirror.on((event) => {
      if (event.type === 'cycle') cycles += 1
    })
    const silence = mirror.on(tell(log))
    const service = await listen(task)
    try {
      await mirror.run(signal)
    } finally {
      unsubscribe()
      silence()
      await service?.close()
    }
    log.info('stopped')
    return { json: { stopped: true, cycles }, text: '', exit: 0 }
  },
}
