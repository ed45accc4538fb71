import type { Format } from '@matricula/ui/format'
import type { SectionRow } from '../catalogue/types.ts'
import { dayWords, modeWords, timeWords } from './words.ts'

/** When and where, one line a meeting, for tables and lists. */
export const Meetings = ({ section, format }: { section: SectionRow; format: Format }) => {
  if (section.meetings.length === 0) {
    return (
      <span class="text-soft">{section.mode === 'online' ? 'Online, no fixed times' : 'Times arranged'}</span>
    )
  }
  return (
    <ul class="grid gap-1.5">
      {section.meetings.map((meeting) => {
        const times = timeWords(meeting, format)
        const place = meeting.place ?? (section.mode === 'online' ? modeWords.online : undefined)
        return (
          <li key={`${meeting.days.join('')} ${meeting.startsAt} ${meeting.startsOn}`}>
            {times === undefined ? (
              <span class="text-soft">{section.mode === 'online' ? 'No fixed times' : 'Times arranged'}</span>
            ) : (
              <span class="figures whitespace-nowrap">
                {dayWords(meeting, format)} <span class="whitespace-nowrap">{times}</span>
              </span>
            )}
            {place && <span class="text-soft block text-sm">{place}</span>}
          </li>
        )
      })}
    </ul>
  )
}
