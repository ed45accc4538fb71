/**
 * Where each meeting stands in the week: pure arithmetic on minutes of the day, no markup.
 *
 * The grid's row is five minutes (SLOT); a time between two rows is rounded outwards, so that nothing looks shorter
 * than it is. Meetings of one day that overlap stand side by side in lanes. Whether an overlap is a conflict is not
 * decided here: two halves of a term may share a time.
 */
export const SLOT = 5

export interface WeekBlock {
  /** ISO weekday, 1 is Monday */
  readonly day: number
  /** minutes since midnight */
  readonly start: number
  readonly end: number
  /** 'CS 101' */
  readonly title: string
  /** '-001', left away where there is no room */
  readonly part?: string
  readonly href?: string
  /** place, instructor: what fits beneath */
  readonly detail?: string
  /** where it is not held every week */
  readonly rhythm?: string
  /** planned: in the cart, not enrolled yet */
  readonly planned?: boolean
  /** titles that it conflicts with; empty when it does not */
  readonly conflictsWith: readonly string[]
}

export interface PlacedBlock extends WeekBlock {
  readonly rowStart: number
  readonly rowEnd: number
  /** from and to, in twelfths of the day's width, from 1 */
  readonly colStart: number
  readonly colEnd: number
  /** how many stand side by side here */
  readonly lanes: number
}

export interface WeekDay {
  readonly day: number
  readonly blocks: readonly PlacedBlock[]
}

export interface WeekLayout {
  readonly firstHour: number
  readonly lastHour: number
  readonly days: readonly WeekDay[]
}

/** Lanes are first fit by start; more than six at once (which nobody can attend) share the sixth. */
const MAX_LANES = 6
const COLUMNS = 12

const placeDay = (day: number, blocks: readonly WeekBlock[], firstHour: number): WeekDay => {
  const sorted = [...blocks].sort(
    (a, b) => a.start - b.start || a.end - b.end || a.title.localeCompare(b.title),
  )
  const placed: PlacedBlock[] = []
  let group: { block: WeekBlock; lane: number }[] = []
  let laneEnds: number[] = []
  let groupEnd = -1

  const closeGroup = () => {
    // twelfths cannot hold five lanes: six then, with one of them empty
    const lanes = laneEnds.length === 5 ? 6 : laneEnds.length
    const width = COLUMNS / lanes
    for (const { block, lane } of group) {
      placed.push({
        ...block,
        rowStart: Math.floor((block.start - firstHour * 60) / SLOT) + 1,
        rowEnd: Math.ceil((block.end - firstHour * 60) / SLOT) + 1,
        colStart: lane * width + 1,
        colEnd: (lane + 1) * width + 1,
        lanes,
      })
    }
    group = []
    laneEnds = []
  }

  for (const block of sorted) {
    if (block.start >= groupEnd) closeGroup()
    const free = laneEnds.findIndex((end) => end <= block.start)
    const lane = free >= 0 ? free : Math.min(laneEnds.length, MAX_LANES - 1)
    laneEnds[lane] = block.end
    group.push({ block, lane })
    groupEnd = Math.max(groupEnd, block.end)
  }
  closeGroup()
  return { day, blocks: placed }
}

/** Monday to Friday always stand; Saturday and Sunday when something meets on them. From 8 to 17 h at least. */
export const layoutWeek = (blocks: readonly WeekBlock[]): WeekLayout => {
  const firstHour = Math.min(8, ...blocks.map(({ start }) => Math.floor(start / 60)))
  const lastHour = Math.max(17, ...blocks.map(({ end }) => Math.ceil(end / 60)))
  const lastDay = Math.max(5, ...blocks.map(({ day }) => day))
  const days = Array.from({ length: lastDay }, (_, index) => {
    const day = index + 1
    return placeDay(
      day,
      blocks.filter((block) => block.day === day),
      firstHour,
    )
  })
  return { firstHour, lastHour, days }
}
