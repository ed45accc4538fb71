/**
 * How far a load has come, on standard error: on a terminal one line that is drawn over itself, with bar, rows, rate
 * and remaining time; elsewhere a line of the log every few seconds. It draws nothing but these, and knows how to get
 * out of the way: whoever writes a line meanwhile goes through `aside`.
 *
 * The number of rows is the server's guess, so that the bar is one too: it stops short of the end until the load says
 * that it is there.
 */
import type { EngineEvent } from '../types.ts'
import { count } from './output.ts'

/** Often enough to move, seldom enough to cost nothing. */
const drawMs = 100
/** Often enough to see that it goes on, seldom enough that an hour of it fits on a page. */
const tellMs = 5_000
/** The rate is of about so long a time: it follows what the servers do now, and does not jump. */
const rateMs = 5_000

export interface Terminal {
  /** now: the window may change its size at any time */
  readonly columns: () => number
  readonly color: boolean
}

export interface LoadProgress {
  readonly table: string
  readonly rows: number
  /** the server's guess, not less than `rows` */
  readonly total: number
  /** null until there is something to judge by */
  readonly rowsPerSecond: number | null
}

/** 5 s, 3 min 20 s, 2 h 05 min */
export const spanOf = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const two = (value: number): string => String(value).padStart(2, '0')
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  return `${Math.floor(whole / 3_600)} h ${two(Math.floor((whole % 3_600) / 60))} min`
}

const shareOf = ({ rows, total }: LoadProgress): number => (total === 0 ? 0 : Math.min(0.99, rows / total))

const figuresOf = (load: LoadProgress): readonly string[] => {
  const { rows, total, rowsPerSecond } = load
  const rate = rowsPerSecond === null ? [] : [`${count(Math.round(rowsPerSecond))} rows/s`]
  const left =
    rowsPerSecond === null || rowsPerSecond < 1 || rows >= total
      ? []
      : [`${spanOf((total - rows) / rowsPerSecond)} left`]
  const of = rows >= total ? `${count(rows)} rows` : `${count(rows)} of about ${count(total)} rows`
  return [of, ...rate, ...left]
}

export const plainLine = (load: LoadProgress): string =>
  `loading ${load.table}: ${figuresOf(load).join(', ')} (${Math.floor(100 * shareOf(load))} %)`

const barWidth = 24

/**
 * At most `columns` − 1 characters, so that no terminal breaks the line. What does not fit goes in this order: the
 * bar, the remaining time, the rate, the end of the table's name.
 */
export const barLine = (load: LoadProgress, columns: number, color: boolean): string => {
  const width = Math.max(1, columns - 1)
  const share = shareOf(load)
  const percent = `${Math.floor(100 * share)} %`.padStart(4)
  const full = Math.round(barWidth * share)
  const bar = `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`
  // a name of another script may be wider than it is long, and a control character could move the cursor
  const name = load.table.replaceAll(/[^ -~¡-ɏ]/g, '') || 'table'
  const figures = figuresOf(load)
  const tails = figures.map((_, index) => figures.slice(0, figures.length - index).join('  '))
  const candidates = [
    `${name}  ${bar} ${percent}  ${tails[0]}`,
    ...tails.map((tail) => `${name}  ${percent}  ${tail}`),
  ]
  const line =
    candidates.find((candidate) => candidate.length <= width) ?? `${percent}  ${name}`.slice(0, width)
  return color ? line.replace(/█+/, (part) => `\u001b[32m${part}\u001b[39m`) : line
}

export interface Progress {
  readonly listen: (event: EngineEvent) => void
  /** Runs `write`, which puts whole lines out, with the bar out of its way. */
  readonly aside: (write: () => void) => void
  /** Takes the bar away for good. */
  readonly end: () => void
}

export const createProgress = (options: {
  /** undefined: standard error is no terminal */
  readonly terminal: Terminal | undefined
  readonly quiet: boolean
  /** to the terminal */
  readonly write: (text: string) => void
  /** to the log */
  readonly tell: (line: string) => void
  readonly now: () => number
}): Progress => {
  const { terminal, quiet, write, tell, now } = options
  let load: LoadProgress | undefined
  let drawn = 0
  let lastShown: number | undefined
  let ended = false
  let mark: { at: number; rows: number } | undefined
  let begun = 0

  /** A window that became narrower has broken the line into several: the cursor stands in the last. */
  const erase = (): void => {
    if (drawn === 0 || terminal === undefined) return
    const above = Math.ceil(drawn / Math.max(1, terminal.columns())) - 1
    write(`\r${above > 0 ? `\u001b[${above}A` : ''}\u001b[J`)
    drawn = 0
  }
  const draw = (): void => {
    if (load === undefined || terminal === undefined || ended) return
    erase()
    const columns = terminal.columns()
    drawn = barLine(load, columns, false).length
    write(barLine(load, columns, terminal.color))
  }
  const show = (): void => {
    if (load === undefined) return
    const at = now()
    const wait = terminal === undefined ? tellMs : drawMs
    // a log is told of a load only once it has lasted
    if (lastShown === undefined && terminal === undefined) lastShown = at
    if (lastShown !== undefined && at - lastShown < wait) return
    lastShown = at
    if (terminal === undefined) tell(plainLine(load))
    else draw()
  }
  const finish = (): void => {
    erase()
    load = undefined
    mark = undefined
    lastShown = undefined
  }
  return {
    listen: (event) => {
      if (quiet || ended) return
      if (event.type !== 'progress') {
        finish()
        return
      }
      const at = now()
      const { table, rows, total } = event
      if (load?.table !== table || load.rows > rows) {
        load = undefined
        mark = undefined
      }
      if (mark === undefined) begun = at
      const since = mark ?? { at, rows }
      mark ??= since
      const ms = at - since.at
      const current = ms < drawMs ? null : (1_000 * (rows - since.rows)) / ms
      const before = load?.rowsPerSecond ?? null
      // weighed by how long it stands for: the mean of all at first, of the last seconds later
      const weight = Math.min(1, ms / Math.min(rateMs, Math.max(drawMs, at - begun)))
      const rowsPerSecond =
        current === null ? before : before === null ? current : before + weight * (current - before)
      if (current !== null) mark = { at, rows }
      load = { table, rows, total, rowsPerSecond }
      show()
    },
    aside: (writeLines) => {
      erase()
      writeLines()
      draw()
    },
    end: () => {
      finish()
      ended = true
    },
  }
}
