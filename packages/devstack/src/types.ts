/**
 * Private database servers for `npm start`, tests and benchmarks.
 *
 * source   a server of the MySQL family, of one flavour
 * target   a PostgreSQL server
 * flavour  mysql · mariadb (its default: no binary log) · mariadb-binlog
 * private  a folder of its own, 127.0.0.1 only, a free port; no other server of the machine is ever touched
 */
export type SourceFlavour = 'mysql' | 'mariadb' | 'mariadb-binlog'

export interface PrivateServer {
  /** as the server's program says it, for example 10.11.19 */
  readonly version: string
  readonly host: '127.0.0.1'
  readonly port: number
  /** the server's process; changes with restart(), 0 while it is down */
  readonly pid: number
  readonly dataDir: string
  readonly logFile: string
  /** address of the all-powerful account, with its password: never print it */
  readonly adminUrl: string
  /** address for another account of this server */
  url(user: string, password: string, database: string): string
  /** false: it was stopped, killed, or died by itself */
  readonly running: boolean
  /** Clean shutdown; returns when the process and its children are gone. Nothing to do when it is down. */
  stop(): Promise<void>
  /** Kills the server and its children; returns when they are gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again with the same port and data; stops it first when it runs. */
  restart(): Promise<void>
  /** SIGSTOP: connections stay open, nothing answers. */
  suspend(): void
  /** SIGCONT */
  resume(): void
  /** Replaces the data by those of a fresh, empty server of another identity. Stops it; restart() follows. */
  wipe(): Promise<void>
}

export interface SourceServer extends PrivateServer {
  readonly flavour: SourceFlavour
  /** a path; longer than 107 bytes no client can use it, the port is always there */
  readonly socket: string
}

export type TargetServer = PrivateServer

export interface ServerOptions {
  /** The server's own folder: data, log, state. Made when it is missing; started from when it is there. */
  readonly dir: string
  /** absent: the port of last time when it is free, else a free one */
  readonly port?: number
  /** survives power loss (fsync); default false, which is for tests and many times faster */
  readonly durable?: boolean
  /** where a line about long work goes (downloads); default: standard error */
  readonly progress?: (line: string) => void
}

export interface SourceOptions extends ServerOptions {
  readonly flavour: SourceFlavour
  /** Defaults that break careless clients; see servers/hostile.ts. Accounts that are not administrators also get an init_connect. */
  readonly hostile?: boolean
  /** further settings in the server's own spelling, such as `--ssl-ca=FILE` */
  readonly settings?: readonly string[]
}

export interface TargetOptions extends ServerOptions {
  /** Defaults that change how values look as text; see servers/hostile.ts. */
  readonly hostile?: boolean
}

/** A thing that this machine lacks: the message names every way to get it. */
export class MissingServerError extends Error {
  override readonly name = 'MissingServerError'
}
