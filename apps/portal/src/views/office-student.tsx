/** A student's file at the registrar's office. */
import { Badge, Cell, ErrorSummary, Row, Table } from '@matricula/ui'
import type { HoldRecord, OverrideRecord, StudentFile } from '../catalogue/office.ts'
import { overrideRules } from '../policy/rules.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Disclosed, End, FormField, FormSelect, type FormState, OfficeForm, Wide } from './office-form.tsx'
import { deskCrumb, Done, ruleWords } from './office-parts.tsx'
import { creditWords, label } from './words.ts'

/** Since when and by whom; how it ended. */
const By = ({ record, ctx: { t, format } }: { record: HoldRecord | OverrideRecord; ctx: PageContext }) => {
  const { ended } = record
  const since = format.moment(record.since)
  const at = ended === null ? '' : format.moment(ended.at)
  return (
    <span class="text-soft block text-sm">
      {record.by === null ? since : t('file.by', { moment: since, name: record.by })}
      {ended !== null && '. '}
      {ended !== null &&
        (ended.by === null
          ? t('file.ended', { moment: at, reason: ended.reason })
          : t('file.ended_by', { moment: at, name: ended.by, reason: ended.reason }))}
    </span>
  )
}

const Holds = ({ file, ctx, form }: { file: StudentFile; ctx: PageContext; form: FormState }) => {
  const { t } = ctx
  return (
    <section class="grid gap-3" aria-labelledby="holds">
      <h2 id="holds">{t('file.holds')}</h2>
      {file.holds.length === 0 && <p class="text-soft">{t('office.none')}</p>}
      <ul class="grid gap-3">
        {file.holds.map((hold) => (
          <li key={hold.id} class="card grid gap-2 p-4">
            <p>
              <Badge tone={hold.ended === null ? 'stop' : 'neutral'}>
                {t(hold.ended === null ? 'file.in_force' : 'file.released')}
              </Badge>{' '}
              {t('file.hold', {
                reason: hold.reason,
                office: hold.office,
                strong: (words) => <strong class="font-medium">{words}</strong>,
              })}
              <By record={hold} ctx={ctx} />
            </p>
            {hold.ended === null && (
              <End
                form={form}
                action={`/registrar/students/${file.student.number}/holds/${hold.id}/release`}
                id={`release-${hold.id}`}
                t={t}
                words={t('file.release')}
                label={t('file.release_named', { hold: hold.reason })}
              />
            )}
          </li>
        ))}
      </ul>
      <Disclosed words={t('file.place')} form={form} fields={['hold_reason', 'hold_office']}>
        <OfficeForm
          action={`/registrar/students/${file.student.number}/holds`}
          form={form}
          of="hold"
          button={t('file.place_button')}
        >
          <FormField
            form={form}
            name="hold_reason"
            label={t('file.hold_reason')}
            hint={t('file.hold_reason_hint')}
            maxlength={120}
          />
          <FormField
            form={form}
            name="hold_office"
            label={t('file.hold_office')}
            hint={t('file.hold_office_hint')}
            maxlength={70}
          />
        </OfficeForm>
      </Disclosed>
    </section>
  )
}

const Permissions = ({ file, ctx, form }: { file: StudentFile; ctx: PageContext; form: FormState }) => {
  const { t } = ctx
  return (
    <section class="grid gap-3" aria-labelledby="permissions">
      <h2 id="permissions">{t('file.permissions')}</h2>
      {file.overrides.length === 0 && <p class="text-soft">{t('office.none')}</p>}
      <ul class="grid gap-3">
        {file.overrides.map((one) => (
          <li key={one.id} class="card grid gap-2 p-4">
            <p>
              <Badge tone={one.ended === null ? 'good' : 'neutral'}>
                {t(one.ended === null ? 'file.granted' : 'file.revoked')}
              </Badge>{' '}
              {t('file.permission', {
                rule: ruleWords(one.rule, ctx),
                credits: one.credits === null ? 'none' : creditWords(one.credits, ctx),
                concerns: one.concerns.length === 0 ? 'none' : one.concerns.join(', '),
                reason: one.reason,
                until: one.expiresAt === null ? 'none' : ctx.format.moment(one.expiresAt),
                strong: (words) => <strong class="font-medium">{words}</strong>,
              })}
              <By record={one} ctx={ctx} />
            </p>
            {one.ended === null && (
              <End
                form={form}
                action={`/registrar/students/${file.student.number}/permissions/${one.id}/revoke`}
                id={`revoke-${one.id}`}
                t={t}
                words={t('file.revoke')}
                label={t('file.revoke_named', { moment: ctx.format.moment(one.since) })}
              />
            )}
          </li>
        ))}
      </ul>
      <Disclosed
        words={t('file.grant')}
        form={form}
        fields={['rule', 'concerns', 'credits', 'override_reason', 'expires']}
      >
        <OfficeForm
          action={`/registrar/students/${file.student.number}/permissions`}
          form={form}
          of="permission"
          button={t('file.grant_button')}
        >
          <Wide>
            <FormSelect
              form={form}
              name="rule"
              label={t('file.rule')}
              options={overrideRules.map((rule) => [rule, t(`rule.${rule}`)] as const)}
            />
          </Wide>
          <FormField
            form={form}
            name="concerns"
            label={t('file.concerns')}
            hint={t('file.concerns_hint')}
            maxlength={40}
          />
          <FormField
            form={form}
            name="credits"
            label={t('column.credits')}
            hint={t('file.credits_hint')}
            inputmode="numeric"
            maxlength={6}
          />
          <Wide>
            <FormField form={form} name="override_reason" label={t('office.why')} maxlength={200} />
          </Wide>
          <FormField
            form={form}
            name="expires"
            label={t('office.until')}
            hint={t('file.until_hint', { zone: ctx.timeZone })}
            maxlength={30}
          />
        </OfficeForm>
      </Disclosed>
    </section>
  )
}

const sources = ['transfer', 'examination', 'earlier'] as const

const AcademicRecord = ({ file, ctx, form }: { file: StudentFile; ctx: PageContext; form: FormState }) => {
  const { t } = ctx
  return (
    <section class="grid gap-3" aria-labelledby="record">
      <h2 id="record">{t('file.record', { credits: file.creditsEarned })}</h2>
      {file.history.length > 0 && (
        <div class="card">
          <Table
            caption={t('file.record_caption')}
            columns={[
              { head: t('column.course') },
              { head: t('column.credits'), number: true },
              { head: t('column.grade') },
            ]}
          >
            {file.history.map((one, index) => (
              <Row key={`${one.course} ${index}`}>
                <Cell>
                  <span class="figures">{one.course}</span>
                </Cell>
                <Cell kind="number" label={t('column.credits')}>
                  {ctx.format.number(one.credits)}
                </Cell>
                <Cell label={t('column.grade')}>{one.grade}</Cell>
              </Row>
            ))}
          </Table>
        </div>
      )}
      <Disclosed
        words={t('file.add_course')}
        form={form}
        fields={['course', 'title', 'course_credits', 'grade', 'source', 'completed']}
      >
        <OfficeForm
          action={`/registrar/students/${file.student.number}/record`}
          form={form}
          of="record"
          button={t('file.add_course_button')}
        >
          <FormField
            form={form}
            name="course"
            label={t('column.course')}
            hint={t('file.course_hint')}
            maxlength={17}
          />
          <FormField
            form={form}
            name="grade"
            label={t('column.grade')}
            hint={t('file.grade_hint')}
            maxlength={4}
          />
          <FormField form={form} name="title" label={t('file.course_title')} maxlength={120} />
          <FormField
            form={form}
            name="course_credits"
            label={t('column.credits')}
            inputmode="numeric"
            maxlength={5}
          />
          <FormSelect
            form={form}
            name="source"
            label={t('history.from_column')}
            options={sources.map((source) => [source, t(`file.source_${source}`)] as const)}
          />
          <FormField
            form={form}
            name="completed"
            label={t('file.completed')}
            hint={t('file.completed_hint')}
            maxlength={10}
          />
        </OfficeForm>
      </Disclosed>
    </section>
  )
}

const Sections = ({ file, ctx }: { file: StudentFile; ctx: PageContext }) => (
  <section class="grid gap-3" aria-labelledby="sections">
    <h2 id="sections">{ctx.t('file.sections')}</h2>
    {file.enrolments.length === 0 ? (
      <p class="text-soft">{ctx.t('file.no_sections')}</p>
    ) : (
      <div class="card">
        <Table
          caption={ctx.t('file.sections_caption')}
          columns={[
            { head: ctx.t('column.section') },
            { head: ctx.t('schedule.term') },
            { head: ctx.t('roster.since') },
            { head: ctx.t('column.grade') },
          ]}
        >
          {file.enrolments.map(({ section, enrolledAt, grade }) => (
            <Row key={section.id}>
              <Cell>
                <a href={`/registrar/sections/${section.id}`}>
                  <span class="figures">{label(section)}</span> {section.title}
                </a>
              </Cell>
              <Cell label={ctx.t('schedule.term')}>{section.term.name}</Cell>
              <Cell label={ctx.t('roster.since')}>{ctx.format.moment(enrolledAt)}</Cell>
              <Cell label={ctx.t('column.grade')}>
                {grade ?? (
                  <span class="text-soft">
                    {/* a laboratory of no credits never has one */}
                    {ctx.t(section.credits.max === 0 ? 'file.ungraded' : 'file.no_grade')}
                  </span>
                )}
              </Cell>
            </Row>
          ))}
        </Table>
      </div>
    )}
    {file.waiting.length > 0 && (
      <p>
        {ctx.t('file.waiting')}{' '}
        {file.waiting.map((section, index) => (
          <span key={section.id}>
            {index > 0 && ', '}
            <a class="figures" href={`/registrar/sections/${section.id}`}>
              {label(section)}
            </a>
          </span>
        ))}
        .
      </p>
    )}
  </section>
)

const statuses = ['active', 'on_leave', 'graduated', 'withdrawn'] as const

const statusWords = (status: string, { t }: PageContext): string =>
  statuses.filter((known) => known === status).map((known) => t(`status.${known}`))[0] ?? status

export const studentPage = (ctx: PageContext, file: StudentFile, form: FormState): string => {
  const { student } = file
  return layout(ctx, {
    title: student.name,
    current: '/registrar',
    crumbs: [deskCrumb(ctx), { href: '/registrar/students', words: ctx.t('students.title') }],
    error: form.errors.length > 0,
    children: (
      <div class="grid max-w-4xl gap-8">
        <ErrorSummary errors={form.errors} />
        <Done words={form.done} />
        <header class="grid gap-1">
          <h1>
            {student.name} <span class="figures">{student.number}</span>
          </h1>
          <p class="text-soft">
            {ctx.t('file.about', {
              programme: student.programme,
              level: ctx.t(`file.${student.level}`),
              year: student.classYear === null ? 'none' : String(student.classYear),
              status: statusWords(student.status, ctx),
              email: student.email,
            })}
          </p>
          <p>
            <a href={`/registrar/trail?student=${student.number}`}>{ctx.t('file.trail')}</a>
          </p>
        </header>
        <Holds file={file} ctx={ctx} form={form} />
        <Permissions file={file} ctx={ctx} form={form} />
        <Sections file={file} ctx={ctx} />
        <AcademicRecord file={file} ctx={ctx} form={form} />
      </div>
    ),
  })
}
