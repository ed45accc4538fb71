/** `portal serve`: the web application in this process, until it is told to stop. */
import { setFlagsFromString } from 'node:v8'
import { connectSource } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { defaultLimits, hereTimeZone } from '../http/config.ts'
import { keepCampusZone, readCampusZone } from '../intake/campus-zone.ts'
import { startServer } from '../http/server.ts'
import { openServices } from '../services.ts'
import { type Config, isTimeZone } from './config.ts'
import { UsageError } from './failure.ts'

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, as is usual. */
const stopped = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
  })

/** What is said here is the university's from now on; else what was said before, by whatever process. */
const zoneOf = async ({ database, timeZone }: Config): Promise<string> => {
  const db = connectSource(database, { size: 1 })
  try {
    // Harmless where the schema is new already; and several that start at once take turns.
    await migrate(db)
    const kept = await readCampusZone(db)
    if (timeZone !== undefined) {
      if (kept !== timeZone) await keepCampusZone(db, timeZone)
      if (kept !== undefined && kept !== timeZone)
        process.stderr.write(`portal: the university’s zone was ${kept}, and is ${timeZone} from now on\n`)
      return timeZone
    }
    if (kept !== undefined) {
      if (isTimeZone(kept)) return kept
      // of a newer runtime, or by another hand: every page with a time on it would fail
      throw new UsageError(
        `The database names the university’s zone ${kept}, which this machine’s zone data does not have. ` +
          'Name one that it has, with --time-zone America/Chicago for example, or install a newer Node.js.',
      )
    }
    const here = hereTimeZone()
    process.stderr.write(
      `portal: times are those of ${here}, this machine’s zone; --time-zone names the university’s\n`,
    )
    return here
  } finally {
    await db.destroy()
  }
}

/**
 * V8 puts the loops behind `map`, `filter` and the like into each function that it optimises. Our rules are chains of them, and were
 * compiled for longer than they ran: a fifth of all that a submission cost (decision 0077).
 */
const cheaperCompiling = '--no-turbo-inline-array-builtins'

/** The database must be there and have the newest schema when it starts; later it may come and go. */
export const serve = async (settings: Config): Promise<void> => {
  setFlagsFromString(cheaperCompiling)
  const stop = stopped()
  const timeZone = await zoneOf(settings)
  const [portal] = settings.origin
  const services = openServices({
    ...settings,
    timeZone,
    mail: settings.mail === undefined ? undefined : { ...settings.mail, portal, timeZone },
  })
  try {
    services.registrar.promoter.start()
    services.mailer?.start()
    const server = await startServer(
      services,
      {
        origins: settings.origin,
        trustProxy: settings.trustProxy,
        console: settings.console,
        timeZone,
        logLevel: settings.logLevel,
        limits: defaultLimits,
      },
      { host: settings.host, port: settings.port },
    )
    if (server.warning !== undefined) process.stderr.write(`portal: warning: ${server.warning}\n`)
    process.stderr.write(`portal: listening on ${server.url}\n`)
    process.stderr.write(`portal: ${await stop}, finishing what is under way\n`)
    await server.close()
  } finally {
    await services.close()
  }
}
