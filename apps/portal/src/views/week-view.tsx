import { WeekGrid } from '@matricula/ui'
import type { SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { weekBlocks, withoutTimes } from './week.ts'
import { label } from './words.ts'

interface WeekProps {
  readonly ctx: PageContext
  readonly title: string
  /** unlike on any other week of the page */
  readonly id?: string
  readonly held: readonly { readonly section: SectionRow; readonly planned: boolean }[]
}

const Key = ({ planned, conflict, t }: { planned: boolean; conflict: boolean } & Pick<PageContext, 't'>) =>
  planned || conflict ? (
    <ul class="text-soft flex flex-wrap gap-x-5 gap-y-1 text-sm" aria-label={t('week.key')}>
      <li class="flex items-center gap-2">
        <span class="week-block size-4" aria-hidden="true" />
        {t('words.enrolled')}
      </li>
      {planned && (
        <li class="flex items-center gap-2">
          <span class="week-block week-planned size-4" aria-hidden="true" />
          {t('words.in_cart')}
        </li>
      )}
      {conflict && (
        <li class="flex items-center gap-2">
          <span class="week-block week-conflict size-4" aria-hidden="true" />
          {t('week.same_time')}
        </li>
      )}
    </ul>
  ) : null

/** The week with its title, its key where it needs one, and what has no fixed time. */
export const Week = ({ ctx, title, held, id = 'week' }: WeekProps) => {
  const blocks = weekBlocks(held, (weeks) => ctx.t('week.rhythm', { weeks }))
  const timeless = withoutTimes(held.map(({ section }) => section))
  return (
    <div class="grid content-start gap-3">
      <div class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <h2 id={id}>{title}</h2>
        <Key
          t={ctx.t}
          planned={held.some(({ planned }) => planned)}
          conflict={blocks.some((block) => block.conflictsWith.length > 0)}
        />
      </div>
      <div class="card overflow-hidden">
        <WeekGrid
          blocks={blocks}
          labelledBy={id}
          dayName={ctx.format.weekday}
          clock={ctx.format.clockOfMinutes}
          hour={ctx.format.hour}
        />
      </div>
      {timeless.length > 0 && (
        <p class="text-soft text-sm">
          {ctx.t('week.timeless', { sections: ctx.format.list(timeless.map(label)) })}
        </p>
      )}
    </div>
  )
}
