/** Seats of a section that are kept for a group: those in force, and a new one. */
import { Button, Field } from '@matricula/ui'
import type { SectionPage } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { errorOf, type FormState, Select } from './office-parts.tsx'
import { levels } from './office-term.tsx'

const fields = [
  ['seats', 'Seats', 'How many of the section’s seats'],
  ['label', 'For whom', 'As students read it: “students of computer science”'],
  ['programme', 'Programme', 'As their records have it. Empty: any'],
  ['class_year', 'Class year', 'Such as 2030. Empty: any'],
] as const

export const Reserves = ({ page, form, ctx }: { page: SectionPage; form: FormState; ctx: PageContext }) => {
  const { section, reserves } = page
  const action = `/registrar/sections/${section.id}/reserves`
  return (
    <section class="grid gap-3" aria-labelledby="reserves">
      <h2 id="reserves">Seats kept for groups</h2>
      {reserves.map(({ id, label, seats, taken }) => (
        <form
          method="post"
          action={`${action}/end`}
          class="flex flex-wrap items-center gap-x-4 gap-y-2"
          key={id}
        >
          <span>
            {ctx.format.number(seats)} for {label}, {ctx.format.number(taken)} of them taken
          </span>
          <Button small name="reserve" value={String(id)} label={`Give back the seats kept for ${label}`}>
            Give them back
          </Button>
        </form>
      ))}
      <details class="disclosure" open={form.errors.length > 0}>
        <summary>Keep seats for a group</summary>
        <form method="post" action={action} class="card mt-2 grid gap-4 p-5" novalidate>
          {fields.map(([name, words, hint]) => (
            <Field
              key={name}
              name={name}
              label={words}
              hint={hint}
              value={form.values[name]}
              error={errorOf(form.errors, name)}
              maxlength={80}
              autocomplete="off"
            />
          ))}
          <Select name="level" label="Level" options={levels} value={form.values['level']} />
          <Field
            name="until"
            label="Until"
            hint={`Such as 2026-12-01 17:00, in ${ctx.timeZone}. Then they are anybody’s. Empty: until they are given back.`}
            value={form.values['until']}
            error={errorOf(form.errors, 'until')}
            maxlength={30}
            autocomplete="off"
          />
          <div>
            <Button>Keep the seats</Button>
          </div>
        </form>
      </details>
    </section>
  )
}
