/** Changing a section's meetings: first what it would do and whom it would hurt, then, by a second button, the change. */
import { Button, LinkButton, Notice } from '@matricula/ui'
import type { Hurt } from '../catalogue/office-hurt.ts'
import type { StoredMeeting } from '../catalogue/meetings.ts'
import type { Room } from '../catalogue/office-sections.ts'
import type { SectionRow, Term } from '../catalogue/types.ts'
import type { MeetingFact } from '../policy/notice-facts.ts'
import type { PageContext } from './context.ts'
import { FormField, FormSelect, type FormState, Key } from './office-form.tsx'
import { headingOf, sectionTaskPage } from './office-parts.tsx'
import { meetingWords } from './notice-words.ts'
import { label, momentsIn } from './words.ts'

interface ChangeView {
  readonly section: SectionRow
  readonly term: Term
  readonly meetings: readonly StoredMeeting[]
  readonly rooms: readonly Room[]
  readonly form: FormState
  /** of the form as it was typed; undefined: nothing was asked yet */
  readonly preview:
    | { readonly hurt: Hurt; readonly lines: readonly MeetingFact[]; readonly digest: string }
    | undefined
}

type Preview = NonNullable<ChangeView['preview']>

/** Names of a preview; of the others it says how many they are. */
export const conflictsShown = 50

/** '14 students are enrolled, 3 of them would have a conflict' */
const hurtWords = ({ enrolled, waiting, conflicts }: Hurt, { t }: PageContext): string => {
  const hurt = new Set(conflicts.map(({ number }) => number)).size
  const seats =
    enrolled === 0
      ? t('hurt.enrolled', { count: enrolled })
      : hurt === 0
        ? t('hurt.enrolled_none', { count: enrolled })
        : t('hurt.enrolled_some', { count: enrolled, conflicts: hurt })
  return waiting === 0 ? seats : `${seats} ${t('hurt.waiting', { count: waiting })}`
}

const PreviewNotice = ({ preview: { hurt, lines }, ctx }: { preview: Preview; ctx: PageContext }) => (
  <Notice
    tone={hurt.conflicts.length + hurt.taken.length > 0 ? 'attention' : 'neutral'}
    title={ctx.t('office.what_it_would_do')}
  >
    {lines.length === 0 ? (
      <p>{ctx.t('change.no_meeting')}</p>
    ) : (
      <>
        <p>{ctx.t('change.would_meet')}</p>
        <ul class="list-disc pl-5">
          {lines.map((fact) => (
            <li key={JSON.stringify(fact)}>{meetingWords(fact, ctx)}</li>
          ))}
        </ul>
      </>
    )}
    <p>
      {hurtWords(hurt, ctx)} {hurt.enrolled + hurt.waiting > 0 && ctx.t('change.told')}
    </p>
    {hurt.conflicts.length > 0 && (
      <ul class="list-disc pl-5">
        {hurt.conflicts.slice(0, conflictsShown).map((one) => (
          <li key={`${one.number} ${one.words}`}>
            {ctx.t('change.conflict', {
              name: one.name,
              number: one.number,
              conflict: momentsIn(one.words, ctx),
              link: (words) => <a href={`/registrar/students/${one.number}`}>{words}</a>,
              figures: (words) => <span class="figures">{words}</span>,
            })}
          </li>
        ))}
        {hurt.conflicts.length > conflictsShown && (
          <li>{ctx.t('change.more', { count: hurt.conflicts.length - conflictsShown })}</li>
        )}
      </ul>
    )}
    {hurt.taken.length > 0 && (
      <>
        <p>{ctx.t('change.taken')}</p>
        <ul class="list-disc pl-5">
          {hurt.taken.map((words) => (
            <li key={words}>{momentsIn(words, ctx)}</li>
          ))}
        </ul>
      </>
    )}
  </Notice>
)

const texts = ['days', 'starts', 'ends'] as const
const dates = ['from', 'until'] as const

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
  const { t } = ctx
  const field = (id: (typeof texts)[number] | (typeof dates)[number]) => (
    <FormField
      key={id}
      form={form}
      name={`${id}_${of}`}
      label={t(`change.${id}`)}
      hint={t(`change.${id}_hint`)}
      maxlength={10}
    />
  )
  const weeks = [
    ['every', t('change.weeks_every')],
    ['odd', t('change.weeks_odd')],
    ['even', t('change.weeks_even')],
    ...(rhythm !== undefined && rhythm > 2
      ? [['other', t('change.weeks_other', { count: rhythm })] as const]
      : []),
  ] as const
  return (
    <fieldset class="grid gap-4">
      <legend class="label mb-3">{name}</legend>
      <div class="grid items-end gap-4 sm:grid-cols-3">{texts.map(field)}</div>
      <div class="grid items-end gap-4 sm:grid-cols-3">
        {dates.map(field)}
        <FormSelect form={form} name={`weeks_${of}`} label={t('change.weeks')} options={weeks} />
      </div>
      <FormSelect form={form} name={`room_${of}`} label={t('change.place')} options={rooms} />
      {of !== 'new' && (
        <label class="flex items-center gap-2">
          <input
            class="tick"
            type="checkbox"
            name={`remove_${of}`}
            value="1"
            checked={(form.values[`remove_${of}`] ?? '') !== ''}
          />
          {t('change.take_away')}
        </label>
      )}
    </fieldset>
  )
}

const roomOptions = ({ rooms, meetings }: ChangeView, { t }: PageContext): PartProps['rooms'] => {
  const strange = meetings.flatMap(({ roomId, place }) =>
    roomId === null || rooms.some((room) => room.id === roomId)
      ? []
      : [[String(roomId), place ?? ''] as const],
  )
  return [
    ['', t('change.no_room')],
    ...strange,
    ...rooms.map(
      ({ id, place, seats }) => [String(id), seats > 0 ? t('change.room', { place, seats }) : place] as const,
    ),
  ]
}

export const changePage = (ctx: PageContext, view: ChangeView): string => {
  const { section, term, meetings, form, preview } = view
  const { t } = ctx
  const rooms = roomOptions(view, ctx)
  const adds = (form.values['add'] ?? '') !== '' || form.errors.some(({ field }) => field?.endsWith('_new'))
  return sectionTaskPage(ctx, {
    section,
    form,
    title: t('change.title', { section: label(section) }),
    heading: t('change.heading', headingOf(section)),
    about: t('change.about', {
      term: term.name,
      from: ctx.format.day(term.startsOn),
      to: ctx.format.day(term.endsOn),
    }),
    children: (
      <>
        {preview !== undefined && <PreviewNotice preview={preview} ctx={ctx} />}
        <form
          method="post"
          action={`/registrar/sections/${section.id}/change`}
          class="card grid gap-8 p-5"
          novalidate
        >
          <Key form={form} of="change" />
          {meetings.length === 0 && <p>{t('change.none')}</p>}
          {meetings.map(({ id, everyWeeks, instructor }, index) => (
            <Part
              key={id}
              view={view}
              of={String(id)}
              name={
                instructor === null
                  ? t('change.meeting', { number: index + 1 })
                  : t('change.meeting_of', { number: index + 1, instructor })
              }
              rooms={rooms}
              rhythm={everyWeeks}
              ctx={ctx}
            />
          ))}
          <details class="disclosure" open={adds || meetings.length === 0}>
            <summary>{t('change.add')}</summary>
            <div class="mt-3 grid gap-4">
              <Part
                view={view}
                of="new"
                name={t('change.one_more')}
                rooms={rooms}
                rhythm={undefined}
                ctx={ctx}
              />
              <label class="flex items-center gap-2">
                <input class="tick" type="checkbox" name="add" value="1" checked={adds} />
                {t('change.add_arranged')}
              </label>
            </div>
          </details>
          {preview !== undefined && (
            <>
              <input type="hidden" name="seen" value={preview.digest} />
              <input type="hidden" name="base" value={preview.hurt.base} />
            </>
          )}
          <div class="flex flex-wrap gap-3">
            <Button kind={preview === undefined ? 'primary' : 'secondary'} name="step" value="preview">
              {t('change.show')}
            </Button>
            {preview !== undefined && (
              <Button kind="primary" name="step" value="change">
                {t('change.button')}
              </Button>
            )}
            <LinkButton href={`/registrar/sections/${section.id}`}>{t('office.leave')}</LinkButton>
          </div>
        </form>
      </>
    ),
  })
}
