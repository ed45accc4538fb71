import { layoutWeek, type PlacedBlock, type WeekBlock } from './week-layout.ts'

interface WeekGridProps {
  readonly blocks: readonly WeekBlock[]
  /** 1 → 'Mon', in the reader's language; `long` → 'Monday' */
  readonly dayName: (day: number, style: 'short' | 'long') => string
  /** minutes since midnight → '10:50' or '10:50 AM' */
  readonly clock: (minutes: number) => string
  readonly labelledBy: string
}

const Block = ({ block, clock }: { block: PlacedBlock; clock: WeekGridProps['clock'] }) => {
  const column = block.lanesInGroup === 1 ? 'col-span-full' : `col-start-${block.lane + 1}`
  const state = block.conflictsWith.length > 0 ? ' week-conflict' : ''
  return (
    <li
      class={`week-block row-start-${block.rowStart} row-end-${block.rowEnd} ${column}${block.planned ? ' week-planned' : ''}${state}`}
    >
      <span class="block">
        {block.href === undefined ? (
          <strong class="font-semibold">{block.title}</strong>
        ) : (
          <a href={block.href}>{block.title}</a>
        )}
        <span class="sr-only">
          {block.planned ? ', planned' : ''}, {clock(block.start)} to {clock(block.end)}
          {block.conflictsWith.length > 0 ? `, at the same time as ${block.conflictsWith.join(' and ')}` : ''}
        </span>
      </span>
      {block.conflictsWith.length > 0 && (
        <span class="week-detail text-stop block text-xs font-medium" aria-hidden="true">
          Conflict
        </span>
      )}
      <span class="week-detail figures block text-xs" aria-hidden="true">
        {clock(block.start)}
      </span>
      {block.detail && <span class="week-detail block text-xs">{block.detail}</span>}
    </li>
  )
}

/**
 * The week, drawn to scale. A list that says the same belongs beside it: on a narrow screen the blocks show no more
 * than what meets when.
 */
export const WeekGrid = ({ blocks, dayName, clock, labelledBy }: WeekGridProps) => {
  const { firstHour, lastHour, days } = layoutWeek(blocks)
  const hours = Array.from({ length: lastHour - firstHour }, (_, index) => firstHour + index)
  return (
    <section class={`week week-days-${days.length}`} aria-labelledby={labelledBy}>
      <div class="week-hours row-start-2" aria-hidden="true">
        {hours.map((hour) => (
          <span class="week-hour" key={hour}>
            {clock(hour * 60).replace(':00', '')}
          </span>
        ))}
      </div>
      {days.map(({ day, lanes, blocks: placed }) => (
        <div class="contents" key={day}>
          <h3 class={`week-head row-start-1 col-start-${day + 1}`} id={`${labelledBy}-${day}`}>
            <abbr class="no-underline" title={dayName(day, 'long')}>
              {dayName(day, 'short')}
            </abbr>
          </h3>
          <ul
            class={`week-column row-start-2 col-start-${day + 1} grid-cols-${lanes}`}
            aria-labelledby={`${labelledBy}-${day}`}
          >
            {placed.map((block) => (
              <Block block={block} clock={clock} key={`${block.title} ${block.start}`} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  )
}
