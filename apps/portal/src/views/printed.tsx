/** On paper there is no head of the page: whose it is, and as of when. */
import type { PageContext } from './context.ts'

export const Printed = ({ ctx: { person, t, format, timeZone } }: { ctx: PageContext }) =>
  person === null ? null : (
    <p class="print-only">
      {t('layout.printed', {
        name: person.name,
        number: person.number,
        moment: format.moment(new Date().toISOString()),
        zone: timeZone,
      })}
    </p>
  )
