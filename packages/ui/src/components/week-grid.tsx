import { speaking, type UiWords } from '../words.ts'
import { layoutWeek, type PlacedBlock, type WeekBlock } from './week-layout.ts'

interface WeekGridProps {
  readonly blocks: readonly WeekBlock[]
  /** 1 → 'Mon', in the reader's language; `long` → 'Monday' */
  readonly dayName: (day: number, style: 'short' | 'long') => string
  /** minutes since midnight → '10:50' or '10:50 AM' */
  readonly clock: (minutes: number) => string
  /** the hour at the edge: '10' or '10 AM' */
  readonly hour: (minutes: number) => string
  readonly labelledBy: string
}

/**
 * The lines that fit beneath the title: a minute is a pixel (5 px a slot), a line of the title takes 18 of them, any other
 * 16, the padding 8; in half a day's width the title takes two lines. What does not fit is left out, not cut.
 */
const linesThatFit = (block: PlacedBlock): number =>
  Math.max(0, Math.floor((block.end - block.start - (block.lanes > 1 ? 44 : 26)) / 16))

const details = (block: PlacedBlock, clock: WeekGridProps['clock'], words: UiWords) => {
  const narrow = block.lanes > 2
  const lines = [
    block.conflictsWith.length > 0 ? { text: words.conflict, class: 'text-stop font-medium' } : undefined,
    // before the hour, which the place on the scale tells as well
    block.rhythm === undefined ? undefined : { text: block.rhythm, class: '' },
    { text: clock(block.start), class: 'figures' },
    block.detail === undefined ? undefined : { text: block.detail, class: 'truncate' },
  ]
  return narrow ? [] : lines.filter((line) => line !== undefined).slice(0, linesThatFit(block))
}

const Block = speaking(({ block, clock }: { block: PlacedBlock; clock: WeekGridProps['clock'] }, words) => {
  const { rowStart, rowEnd, colStart, colEnd, planned, conflictsWith } = block
  const place = `row-start-${rowStart} row-end-${rowEnd} col-start-${colStart} col-end-${colEnd}`
  const look = `${planned ? ' week-planned' : ''}${conflictsWith.length > 0 ? ' week-conflict' : ''}${block.lanes > 1 ? ' week-beside' : ''}${block.lanes > 3 ? ' week-crowded' : ''}`
  const title = (
    <>
      {block.title}
      {/* a third of a day is as wide as the title alone; the list beside the grid names the section */}
      {block.part && <span class={block.lanes > 2 ? 'sr-only' : 'week-part'}>{block.part}</span>}
    </>
  )
  return (
    <li class={`week-block ${place}${look}`}>
      <span class="block">
        {/* side by side on a small screen they are too narrow to hit: the list beside the grid has the links */}
        {block.href === undefined || block.lanes > 1 ? (
          <strong class="font-semibold">{title}</strong>
        ) : (
          <a href={block.href}>{title}</a>
        )}
        <span class="sr-only">
          {words.block({
            planned: planned ?? false,
            start: clock(block.start),
            end: clock(block.end),
            conflictsWith,
          })}
          {block.rhythm !== undefined && `, ${block.rhythm}`}
        </span>
      </span>
      {details(block, clock, words).map((line) => (
        <span class={`week-detail text-xs ${line.class}`} aria-hidden="true" key={line.text}>
          {line.text}
        </span>
      ))}
    </li>
  )
})

/**
 * The week, drawn to scale. A list that says the same belongs beside it: on a narrow screen the blocks show no more
 * than what meets when.
 */
export const WeekGrid = ({ blocks, dayName, clock, hour: hourName, labelledBy }: WeekGridProps) => {
  const { firstHour, lastHour, days } = layoutWeek(blocks)
  const hours = Array.from({ length: lastHour - firstHour }, (_, index) => firstHour + index)
  return (
    <section class={`week week-days-${days.length}`} aria-labelledby={labelledBy}>
      <div class="week-hours row-start-2" aria-hidden="true">
        {hours.map((hour) => (
          <span class="week-hour" key={hour}>
            {hourName(hour * 60)}
          </span>
        ))}
      </div>
      {days.map(({ day, blocks: placed }) => (
        <div class="contents" key={day}>
          <h3 class={`week-head row-start-1 col-start-${day + 1}`} id={`${labelledBy}-${day}`}>
            <abbr class="no-underline" title={dayName(day, 'long')}>
              {dayName(day, 'short')}
            </abbr>
          </h3>
          <ul class={`week-column row-start-2 col-start-${day + 1}`} aria-labelledby={`${labelledBy}-${day}`}>
            {placed.map((block) => (
              <Block block={block} clock={clock} key={`${block.title} ${block.start}`} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  )
}
