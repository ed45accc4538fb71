/** Changing a section's meetings: first what it would do and whom it would hurt, then, by a second button, the change. */
import { Button, ErrorSummary, Field, LinkButton, Notice } from '@matricula/ui'
import type { Hurt, OwnMeeting, Room } from '../catalogue/office-sections.ts'
import type { SectionRow, Term } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { errorOf, type FormState, Select } from './office-parts.tsx'
import { hurtWords } from './office-section.tsx'
import { label, momentsIn } from './words.ts'

interface ChangeView {
  readonly section: SectionRow
  readonly term: Term
  readonly meetings: readonly OwnMeeting[]
  readonly rooms: readonly Room[]
  readonly form: FormState
  /** of the form as it was typed; undefined: nothing was asked yet */
  readonly preview:
    | { readonly hurt: Hurt; readonly lines: readonly string[]; readonly digest: string }
    | undefined
}

type Preview = NonNullable<ChangeView['preview']>

const PreviewNotice = ({ preview: { hurt, lines }, ctx }: { preview: Preview; ctx: PageContext }) => (
  <Notice
    tone={hurt.conflicts.length + hurt.taken.length > 0 ? 'attention' : 'neutral'}
    title="What it would do"
  >
    {lines.length === 0 ? (
      <p>It would have no meeting any more: no fixed times.</p>
    ) : (
      <>
        <p>It would meet:</p>
        <ul class="list-disc pl-5">
          {lines.map((words) => (
            <li key={words}>{momentsIn(words, ctx.format)}</li>
          ))}
        </ul>
      </>
    )}
    <p>
      {hurtWords(hurt, ctx)}
      {hurt.enrolled + hurt.waiting > 0 && ' All of them are told when you change it.'}
    </p>
    {hurt.conflicts.length > 0 && (
      <ul class="list-disc pl-5">
        {hurt.conflicts.slice(0, 50).map((one) => (
          <li key={`${one.number} ${one.words}`}>
            <a href={`/registrar/students/${one.number}`}>
              {one.name} <span class="figures">{one.number}</span>
            </a>
            : {momentsIn(one.words, ctx.format)}
          </li>
        ))}
        {hurt.conflicts.length > 50 && <li>and {ctx.format.number(hurt.conflicts.length - 50)} more</li>}
      </ul>
    )}
    {hurt.taken.length > 0 && (
      <>
        <p>At the same time, the room or the instructor is elsewhere:</p>
        <ul class="list-disc pl-5">
          {hurt.taken.map((words) => (
            <li key={words}>{momentsIn(words, ctx.format)}</li>
          ))}
        </ul>
      </>
    )}
  </Notice>
)

const texts = [
  ['days', 'Days', 'Letters of M T W R F S U'],
  ['starts', 'From', 'Such as 13:30'],
  ['ends', 'To', 'Such as 14:45'],
] as const
const dates = [
  ['from', 'First day', 'Such as 2027-01-25'],
  ['until', 'Last day', 'Such as 2027-05-14'],
] as const

interface PartProps {
  readonly view: ChangeView
  readonly of: string
  readonly name: string
  readonly rooms: readonly (readonly [string, string])[]
  readonly rhythm: number | undefined
  readonly ctx: PageContext
}

/** The fields of one meeting. */
const Part = ({ view, of, name, rooms, rhythm, ctx }: PartProps) => {
  const { form } = view
  const field = ([id, words, hint]: readonly [string, string, string]) => (
    <Field
      key={id}
      name={`${id}_${of}`}
      label={words}
      hint={hint}
      value={form.values[`${id}_${of}`]}
      error={errorOf(form.errors, `${id}_${of}`)}
      maxlength={10}
      autocomplete="off"
    />
  )
  const weeks = [
    ['every', 'Every week'],
    ['odd', 'Odd weeks of the term (1st, 3rd …)'],
    ['even', 'Even weeks of the term (2nd, 4th …)'],
    ...(rhythm !== undefined && rhythm > 2
      ? [['other', `Every ${ctx.format.number(rhythm)} weeks, as now`] as const]
      : []),
  ] as const
  return (
    <fieldset class="grid gap-4">
      <legend class="label">{name}</legend>
      <div class="grid items-end gap-4 sm:grid-cols-3">{texts.map(field)}</div>
      <div class="grid items-end gap-4 sm:grid-cols-3">
        {dates.map(field)}
        <Select
          name={`weeks_${of}`}
          label="Weeks"
          options={weeks}
          value={form.values[`weeks_${of}`]}
          error={errorOf(form.errors, `weeks_${of}`)}
        />
      </div>
      <Select
        name={`room_${of}`}
        label="Place"
        options={rooms}
        value={form.values[`room_${of}`]}
        error={errorOf(form.errors, `room_${of}`)}
      />
      {of !== 'new' && (
        <label class="flex items-center gap-2">
          <input
            class="tick"
            type="checkbox"
            name={`remove_${of}`}
            value="1"
            checked={(form.values[`remove_${of}`] ?? '') !== ''}
          />
          Take this meeting away
        </label>
      )}
    </fieldset>
  )
}

const roomOptions = ({ rooms, meetings, section }: ChangeView): PartProps['rooms'] => {
  const strange = section.meetings.flatMap((meeting, index) => {
    const id = meetings[index]?.roomId ?? null
    return id === null || rooms.some((room) => room.id === id)
      ? []
      : [[String(id), meeting.place ?? ''] as const]
  })
  return [
    ['', 'No room, or not set yet'],
    ...strange,
    ...rooms.map(
      ({ id, place, seats }) => [String(id), seats > 0 ? `${place} (${seats} seats)` : place] as const,
    ),
  ]
}

export const changePage = (ctx: PageContext, view: ChangeView): string => {
  const { section, term, meetings, form, preview } = view
  const rooms = roomOptions(view)
  const adds = (form.values['add'] ?? '') !== '' || form.errors.some(({ field }) => field?.endsWith('_new'))
  return layout(ctx, {
    title: `Meetings of ${label(section)}`,
    current: '/registrar',
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-3xl gap-6">
        <ErrorSummary errors={form.errors} />
        <header class="grid gap-1">
          <h1>
            Meetings of <span class="figures">{label(section)}</span> {section.title}
          </h1>
          <p class="text-soft">
            {term.name}, {ctx.format.day(term.startsOn)} to {ctx.format.day(term.endsOn)}; its first week is
            the one in which it begins. R is Thursday, U is Sunday. Days and times left empty: arranged.
          </p>
        </header>
        {preview !== undefined && <PreviewNotice preview={preview} ctx={ctx} />}
        <form
          method="post"
          action={`/registrar/sections/${section.id}/change`}
          class="card grid gap-8 p-5"
          novalidate
        >
          {meetings.length === 0 && <p>It has no meetings so far.</p>}
          {meetings.map(({ id, everyWeeks, instructor }, index) => (
            <Part
              key={id}
              view={view}
              of={String(id)}
              name={`Meeting ${index + 1}${instructor === null ? '' : `, ${instructor}`}`}
              rooms={rooms}
              rhythm={everyWeeks}
              ctx={ctx}
            />
          ))}
          <details class="disclosure" open={adds || meetings.length === 0}>
            <summary>Add a meeting</summary>
            <div class="mt-3 grid gap-4">
              <Part view={view} of="new" name="One more meeting" rooms={rooms} rhythm={undefined} ctx={ctx} />
              <label class="flex items-center gap-2">
                <input class="tick" type="checkbox" name="add" value="1" checked={adds} />
                Add it also without days and times: arranged
              </label>
            </div>
          </details>
          {preview !== undefined && <input type="hidden" name="seen" value={preview.digest} />}
          <div class="flex flex-wrap gap-3">
            <Button kind={preview === undefined ? 'primary' : 'secondary'} name="step" value="preview">
              Show whom it would hurt
            </Button>
            {preview !== undefined && form.errors.length === 0 && (
              <Button kind="primary" name="step" value="change">
                Change it, and tell them
              </Button>
            )}
            <LinkButton href={`/registrar/sections/${section.id}`}>Leave it as it is</LinkButton>
          </div>
        </form>
      </div>
    ),
  })
}
