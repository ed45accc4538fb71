import type { SectionRow } from '../catalogue/types.ts'
import type { Language } from '../texts/index.ts'
import { dayWords, timeWords } from './words.ts'

/** When and where, one line a meeting, for tables and lists. */
export const Meetings = ({ section, ctx }: { section: SectionRow; ctx: Language }) => {
  const { t } = ctx
  const online = section.mode === 'online'
  if (section.meetings.length === 0)
    return <span class="text-soft">{t(online ? 'words.online_no_times' : 'words.arranged')}</span>
  return (
    <ul class="grid gap-1.5">
      {section.meetings.map((meeting) => {
        const times = timeWords(meeting, ctx)
        const place = meeting.place ?? (online ? t('mode.online') : undefined)
        return (
          <li key={`${meeting.days.join('')} ${meeting.startsAt} ${meeting.startsOn}`}>
            {times === undefined ? (
              <span class="text-soft">{t(online ? 'words.no_times' : 'words.arranged')}</span>
            ) : (
              // days and hours may stand in two lines, where a column is narrow
              <span class="figures">
                {dayWords(meeting, ctx)} <span class="whitespace-nowrap">{times}</span>
              </span>
            )}
            {place && <span class="text-soft block text-sm">{place}</span>}
          </li>
        )
      })}
    </ul>
  )
}
