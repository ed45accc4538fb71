/** A student's file at the registrar's office. */
import { Badge, Button, Cell, Empty, ErrorSummary, Field, Row, Table } from '@matricula/ui'
import type { HoldRecord, OverrideRecord, StudentFile, StudentHead } from '../catalogue/office.ts'
import type { OverrideRule } from '../policy/rules.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { Done, End, errorOf, type FormState, Select } from './office-parts.tsx'
import { creditWords, label } from './words.ts'

export const overrideWords: Readonly<Record<OverrideRule, string>> = {
  requirement: 'Prerequisites and co-requisites',
  repeat: 'Taking a course again',
  credits: 'Credit limit',
  conflict: 'Sections at the same time',
  window: 'Registering before the own window',
  deadline: 'Adding or dropping after the last day',
  linked: 'A section without its laboratory',
  full: 'A seat in a full section',
  reserved: 'A seat that is kept for a group',
}
const known: Readonly<Record<string, string>> = overrideWords

export const studentsPage = (ctx: PageContext, words: string, found: readonly StudentHead[]): string =>
  layout(ctx, {
    title: 'Students',
    current: '/registrar',
    children: (
      <div class="grid max-w-3xl gap-6">
        <h1>Students</h1>
        <form method="get" action="/registrar/students" class="card grid gap-4 p-5">
          <Field
            name="q"
            label="Number or name"
            hint="A whole number, such as S100001, or words of the name. The first fifty are shown."
            value={words}
            autocomplete="off"
            maxlength={64}
          />
          <div>
            <Button kind="primary">Find the student</Button>
          </div>
        </form>
        {words !== '' && found.length === 0 && (
          <Empty title="Nobody was found">
            <p>Check the number, or try a part of the name.</p>
          </Empty>
        )}
        {found.length > 0 && (
          <div class="card">
            <Table caption="Students found" columns={[{ head: 'Student' }, { head: 'Programme' }]}>
              {found.map((student) => (
                <Row key={student.id}>
                  <Cell>
                    <a class="font-medium" href={`/registrar/students/${student.number}`}>
                      {student.name} <span class="figures">{student.number}</span>
                    </a>
                  </Cell>
                  <Cell>{student.programme}</Cell>
                </Row>
              ))}
            </Table>
          </div>
        )}
      </div>
    ),
  })

const By = ({ record, ctx }: { record: HoldRecord | OverrideRecord; ctx: PageContext }) => (
  <span class="text-soft block text-sm">
    {ctx.format.moment(record.since)}
    {record.by !== null && `, by ${record.by}`}
    {record.ended !== null &&
      `. Ended ${ctx.format.moment(record.ended.at)}${record.ended.by === null ? '' : ` by ${record.ended.by}`}: ${record.ended.reason}`}
  </span>
)

const Holds = ({ file, ctx, form }: { file: StudentFile; ctx: PageContext; form: FormState }) => (
  <section class="grid gap-3" aria-labelledby="holds">
    <h2 id="holds">Holds</h2>
    {file.holds.length === 0 && <p class="text-soft">None so far.</p>}
    <ul class="grid gap-3">
      {file.holds.map((hold) => (
        <li key={hold.id} class="card grid gap-2 p-4">
          <p>
            <Badge tone={hold.ended === null ? 'stop' : 'neutral'}>
              {hold.ended === null ? 'In force' : 'Released'}
            </Badge>{' '}
            <strong class="font-medium">{hold.reason}</strong>; ask {hold.office}
            <By record={hold} ctx={ctx} />
          </p>
          {hold.ended === null && (
            <End
              action={`/registrar/students/${file.student.number}/holds/${hold.id}/release`}
              id={`release-${hold.id}`}
              words="Release …"
              label={`Release the hold “${hold.reason}”`}
            />
          )}
        </li>
      ))}
    </ul>
    <form
      method="post"
      action={`/registrar/students/${file.student.number}/holds`}
      class="card grid gap-4 p-5"
      novalidate
    >
      <h3>Place a hold</h3>
      <Field
        name="hold_reason"
        label="What it is about"
        hint="The student reads it: “A fee that is not paid”."
        value={form.values['hold_reason']}
        error={errorOf(form.errors, 'hold_reason')}
        maxlength={120}
        autocomplete="off"
      />
      <Field
        name="hold_office"
        label="Whom to ask"
        hint="“the bursar’s office, Weir House 12”"
        value={form.values['hold_office']}
        error={errorOf(form.errors, 'hold_office')}
        maxlength={70}
        autocomplete="off"
      />
      <div>
        <Button>Place the hold</Button>
      </div>
    </form>
  </section>
)

const Permissions = ({ file, ctx, form }: { file: StudentFile; ctx: PageContext; form: FormState }) => (
  <section class="grid gap-3" aria-labelledby="permissions">
    <h2 id="permissions">Permissions</h2>
    {file.overrides.length === 0 && <p class="text-soft">None so far.</p>}
    <ul class="grid gap-3">
      {file.overrides.map((one) => (
        <li key={one.id} class="card grid gap-2 p-4">
          <p>
            <Badge tone={one.ended === null ? 'good' : 'neutral'}>
              {one.ended === null ? 'Granted' : 'Revoked'}
            </Badge>{' '}
            <strong class="font-medium">{known[one.rule] ?? one.rule}</strong>
            {one.credits !== null && ` of ${creditWords(one.credits, ctx.format)}`}
            {one.concerns.length > 0 && `, for ${one.concerns.join(', ')}`}: {one.reason}
            {one.expiresAt !== null && ` (until ${ctx.format.moment(one.expiresAt)})`}
            <By record={one} ctx={ctx} />
          </p>
          {one.ended === null && (
            <End
              action={`/registrar/students/${file.student.number}/permissions/${one.id}/revoke`}
              id={`revoke-${one.id}`}
              words="Revoke …"
              label={`Revoke the permission of ${ctx.format.moment(one.since)}`}
            />
          )}
        </li>
      ))}
    </ul>
    <form
      method="post"
      action={`/registrar/students/${file.student.number}/permissions`}
      class="card grid gap-4 p-5"
      novalidate
    >
      <h3>Grant a permission</h3>
      <Select
        name="rule"
        label="From which rule"
        options={Object.entries(overrideWords)}
        value={form.values['rule']}
      />
      <Field
        name="concerns"
        label="For what"
        hint="A CRN of the current term, a course such as CS 201, or a term’s code such as 202710. Empty: for everything."
        value={form.values['concerns']}
        error={errorOf(form.errors, 'concerns')}
        maxlength={40}
        autocomplete="off"
      />
      <Field
        name="credits"
        label="Credits"
        hint="For the credit limit: how many instead. Empty: no limit."
        value={form.values['credits']}
        error={errorOf(form.errors, 'credits')}
        inputmode="numeric"
        maxlength={6}
        autocomplete="off"
      />
      <Field
        name="override_reason"
        label="Why"
        value={form.values['override_reason']}
        error={errorOf(form.errors, 'override_reason')}
        maxlength={200}
        autocomplete="off"
      />
      <Field
        name="expires"
        label="Until"
        hint={`Such as 2026-12-01 17:00, in ${ctx.timeZone}. Empty: until it is revoked.`}
        value={form.values['expires']}
        error={errorOf(form.errors, 'expires')}
        maxlength={30}
        autocomplete="off"
      />
      <div>
        <Button>Grant the permission</Button>
      </div>
    </form>
  </section>
)

const sources = [
  ['transfer', 'Taken elsewhere'],
  ['examination', 'By examination'],
  ['earlier', 'Taken here, before the portal'],
] as const

const AcademicRecord = ({ file, ctx, form }: { file: StudentFile; ctx: PageContext; form: FormState }) => (
  <section class="grid gap-3" aria-labelledby="record">
    <h2 id="record">Record: {creditWords(file.creditsEarned, ctx.format)} earned</h2>
    {file.history.length > 0 && (
      <div class="card">
        <Table
          caption="Courses with a grade"
          columns={[{ head: 'Course' }, { head: 'Credits', number: true }, { head: 'Grade' }]}
        >
          {file.history.map((one, index) => (
            <Row key={`${one.course} ${index}`}>
              <Cell>
                <span class="figures">{one.course}</span>
              </Cell>
              <Cell kind="number" label="Credits">
                {ctx.format.number(one.credits)}
              </Cell>
              <Cell label="Grade">{one.grade}</Cell>
            </Row>
          ))}
        </Table>
      </div>
    )}
    <form
      method="post"
      action={`/registrar/students/${file.student.number}/record`}
      class="card grid gap-4 p-5"
      novalidate
    >
      <h3>Add a course</h3>
      <Field
        name="course"
        label="Course"
        hint="As requirements name it: CS 101"
        value={form.values['course']}
        error={errorOf(form.errors, 'course')}
        maxlength={17}
        autocomplete="off"
      />
      <Field
        name="title"
        label="Title"
        value={form.values['title']}
        error={errorOf(form.errors, 'title')}
        maxlength={120}
        autocomplete="off"
      />
      <Field
        name="course_credits"
        label="Credits"
        value={form.values['course_credits']}
        error={errorOf(form.errors, 'course_credits')}
        inputmode="numeric"
        maxlength={5}
        autocomplete="off"
      />
      <Field
        name="grade"
        label="Grade"
        hint="A letter, or T for a course that was transferred without one"
        value={form.values['grade']}
        error={errorOf(form.errors, 'grade')}
        maxlength={4}
        autocomplete="off"
      />
      <Select name="source" label="From where" options={sources} value={form.values['source']} />
      <Field
        name="completed"
        label="Completed on"
        hint="Such as 2026-05-20"
        value={form.values['completed']}
        error={errorOf(form.errors, 'completed')}
        maxlength={10}
        autocomplete="off"
      />
      <div>
        <Button>Add the course</Button>
      </div>
    </form>
  </section>
)

const Sections = ({ file, ctx }: { file: StudentFile; ctx: PageContext }) => (
  <section class="grid gap-3" aria-labelledby="sections">
    <h2 id="sections">Sections</h2>
    {file.enrolments.length === 0 ? (
      <p class="text-soft">Enrolled in nothing so far.</p>
    ) : (
      <div class="card">
        <Table
          caption="Sections, newest term first"
          columns={[{ head: 'Section' }, { head: 'Term' }, { head: 'Since' }, { head: 'Grade' }]}
        >
          {file.enrolments.map(({ section, enrolledAt, grade }) => (
            <Row key={section.id}>
              <Cell>
                <a href={`/registrar/sections/${section.id}`}>
                  <span class="figures">{label(section)}</span> {section.title}
                </a>
              </Cell>
              <Cell label="Term">{section.term.name}</Cell>
              <Cell label="Since">{ctx.format.moment(enrolledAt)}</Cell>
              <Cell label="Grade">{grade ?? <span class="text-soft">none yet</span>}</Cell>
            </Row>
          ))}
        </Table>
      </div>
    )}
    {file.waiting.length > 0 && (
      <p>
        On the waiting list of{' '}
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

export const studentPage = (ctx: PageContext, file: StudentFile, form: FormState): string => {
  const { student } = file
  return layout(ctx, {
    title: student.name,
    current: '/registrar',
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
            {student.programme}, {student.level}
            {student.classYear !== null && `, class of ${student.classYear}`}; {student.status}.{' '}
            {student.email}
          </p>
          <p>
            <a href={`/registrar/trail?student=${student.number}`}>Who has looked at this, or changed it</a>
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
