/**
 * The web application: what happens to a request, in this order.
 *
 *   headers → overload → is a write sent by us? → whose session is it? → rate limit → body → route → page or failure
 *
 * A route reads as: parse → policy → transaction → view. The application keeps nothing of anyone in its process but the
 * counters of the rate limit, so that any number of them may run side by side.
 */
import { randomUUID } from 'node:crypto'
import rateLimit from '@fastify/rate-limit'
import serveStatic from '@fastify/static'
import underPressure from '@fastify/under-pressure'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { assetsPrefix, loadAssets } from './assets.ts'
import { LIMIT, registerBody } from './body.ts'
import type { AppConfig, Services } from './config.ts'
import { answerUnparsable, answerUnreadable, handleFailures } from './failures.ts'
import { registerHeaders } from './headers.ts'
import { createLog, logRequests } from './log.ts'
import { sentByUs } from './origin.ts'
import { registerPageTurns } from './page-turns.ts'
import { createPages, type Pages } from './pages.ts'
import { HttpError } from './problems.ts'
import { accountRoutes } from './routes/account.ts'
import { activateRoutes } from './routes/activate.ts'
import { calendarRoutes } from './routes/calendar.ts'
import { cartRoutes } from './routes/cart.ts'
import { catalogueRoutes } from './routes/catalogue.ts'
import { healthRoutes } from './routes/health.ts'
import { officeMeetingRoutes } from './routes/office-meetings.ts'
import { officeSectionRoutes } from './routes/office-sections.ts'
import { officeTermRoutes } from './routes/office-terms.ts'
import { officeRoutes } from './routes/office.ts'
import { historyRoutes } from './routes/history.ts'
import { noticeRoutes } from './routes/notices.ts'
import { receiptRoutes } from './routes/receipts.ts'
import { registerRoutes } from './routes/register.ts'
import { registrarRoutes } from './routes/registrar.ts'
import { scheduleRoutes } from './routes/schedule.ts'
import { sectionRoutes } from './routes/sections.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { teachingRoutes } from './routes/teaching.ts'
import { waitingRoutes } from './routes/waiting.ts'
import { createSessions, type Sessions } from './session.ts'

/** What every route is given. */
export interface Deps extends Services {
  readonly pages: Pages
  readonly sessions: Sessions
  /** where people open the portal, 'https://register.example.edu' */
  readonly origin: () => string
  readonly timeZone: string
}

/** `origins` is asked for each write, since the port is known only once the server listens. */
export type AppOptions = Omit<AppConfig, 'origins'> & {
  readonly origins: () => readonly string[]
  readonly secure: boolean
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Probes ask whether the process lives and can serve: neither a limit nor a busy moment may answer for it. */
const isProbe = (request: FastifyRequest): boolean =>
  request.routeOptions.url === '/healthz' || request.routeOptions.url === '/readyz'

const isAsset = (request: FastifyRequest): boolean =>
  request.routeOptions.url?.startsWith(assetsPrefix) ?? false

/** Under which limit it is counted. */
const kindOf = ({ person, method }: FastifyRequest): keyof AppConfig['limits'] =>
  person === null ? 'address' : safeMethods.has(method) ? 'person' : 'writes'

const registerGuards = async (
  app: FastifyInstance,
  options: AppOptions,
  sessions: Sessions,
): Promise<void> => {
  // a second of delay means a queue that grows: saying so at once is kinder than a page after half a minute
  await app.register(underPressure, {
    maxEventLoopDelay: 1_000,
    pressureHandler: async (request) => {
      if (!isProbe(request)) throw new HttpError('overloaded')
    },
  })
  app.addHook('onRequest', async (request) => {
    if (!safeMethods.has(request.method) && !sentByUs(request.headers, options.origins())) {
      throw new HttpError('forged_form')
    }
  })
  app.decorateRequest('person', null)
  app.decorateRequest('personKnown', false)
  app.addHook('onRequest', async (request) => {
    // neither the probes nor files need to know who asks
    if (isProbe(request) || isAsset(request)) return
    request.person = await sessions.load(request)
    request.personKnown = true
  })
  await app.register(rateLimit, {
    hook: 'preParsing',
    timeWindow: 60_000,
    cache: 20_000,
    max: (request) => options.limits[kindOf(request)],
    keyGenerator: (request) => `${kindOf(request)} ${request.person?.accountId ?? request.ip}`,
    // nor are a page's parts counted: the page that says "slow down" would stand there without its style
    allowList: (request) => isProbe(request) || isAsset(request),
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
    addHeaders: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
      'retry-after': true,
    },
  })
}

export const createApp = async (services: Services, options: AppOptions): Promise<FastifyInstance> => {
  const assets = loadAssets()
  const log: FastifyBaseLogger = createLog(options.logLevel)
  const sessions = createSessions(services.accounts, options.secure)
  const pages = createPages(assets, options, services)
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy.length === 0 ? false : [...options.trustProxy],
    genReqId: () => randomUUID(),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 100 },
    frameworkErrors: answerUnreadable(pages),
    clientErrorHandler: answerUnparsable,
    return503OnClosing: false,
    bodyLimit: LIMIT,
    // an idle connection of a browser does not hold up a stop
    forceCloseConnections: 'idle',
  })
  const origin = () => options.origins()[0] ?? 'http://localhost'
  const deps: Deps = { ...services, pages, sessions, origin, timeZone: options.timeZone }

  handleFailures(app, pages)
  logRequests(app)
  await registerHeaders(app, options.secure)
  await registerGuards(app, options, sessions)
  await registerBody(app, options.bodyWithinMs)
  registerPageTurns(
    app,
    // a cart's form takes no seat
    (request) =>
      (safeMethods.has(request.method) || request.routeOptions.url === '/cart') &&
      !isProbe(request) &&
      !isAsset(request),
    services.registrar.waited,
  )
  await app.register(serveStatic, {
    root: assets.folder,
    prefix: assetsPrefix,
    immutable: true,
    maxAge: '365d',
    index: false,
    // the files are named by their content; everything else in the folder is not for browsers
    allowedPath: (path) => /-[0-9a-f]{10}\.(css|js|svg)$/.test(path),
  })
  for (const routes of [
    healthRoutes,
    signInRoutes,
    activateRoutes,
    accountRoutes,
    catalogueRoutes,
    sectionRoutes,
    cartRoutes,
    registerRoutes,
    scheduleRoutes,
    receiptRoutes,
    waitingRoutes,
    noticeRoutes,
    calendarRoutes,
    historyRoutes,
    teachingRoutes,
    registrarRoutes,
    officeRoutes,
    officeTermRoutes,
    officeSectionRoutes,
    officeMeetingRoutes,
  ]) {
    routes(app, deps)
  }
  return app
}
