import { Button, ErrorSummary, errorOf, Field, type FormError, Notice } from '@matricula/ui'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'

export interface SignInForm {
  readonly number: string
  /** where to go afterwards, a path of ours */
  readonly next: string | undefined
  /** all sessions were ended just now */
  readonly out?: boolean
  /** a new password came after the session had ended */
  readonly lost?: boolean
  readonly errors: readonly FormError[]
}

/** Of a student or a member of staff: both come in by the same door. */
const NumberField = ({
  number,
  errors,
  ctx: { t },
}: {
  number: string
  errors: readonly FormError[]
  ctx: PageContext
}) => (
  <Field
    name="number"
    label={t('sign_in.number')}
    value={number}
    error={errorOf(errors, 'number')}
    autocomplete="username"
    maxlength={64}
  />
)

/** A password is never sent back; everything else that was typed is. */
export const signInPage = (
  ctx: PageContext,
  { number, next, out = false, lost = false, errors }: SignInForm,
): string =>
  layout(ctx, {
    title: ctx.t('sign_in.title'),
    error: errors.length > 0,
    children: (
      <div class="mx-auto grid max-w-md gap-6 py-4 sm:py-10">
        <ErrorSummary errors={errors} />
        {out && errors.length === 0 && <Notice tone="good" title={ctx.t('sign_in.out')} live />}
        {lost && errors.length === 0 && (
          <Notice tone="attention" title={ctx.t('sign_in.lost_password')} live>
            <p>{ctx.t('sign_in.lost_password_words')}</p>
          </Notice>
        )}
        <div class="grid gap-2">
          <h1>{ctx.t('sign_in.title')}</h1>
          {/* who came with a form finds it not done; who came with a link reads the same and is right */}
          {next && !lost && <p>{ctx.t('sign_in.go_on')}</p>}
        </div>
        <form method="post" action="/sign-in" class="card grid gap-5 p-5 sm:p-6" novalidate>
          {next && <input type="hidden" name="next" value={next} />}
          <NumberField number={number} errors={errors} ctx={ctx} />
          <Field
            name="password"
            label={ctx.t('sign_in.password')}
            type="password"
            error={errorOf(errors, 'password')}
            autocomplete="current-password"
          />
          <Button kind="primary">{ctx.t('sign_in.button')}</Button>
        </form>
        <div class="grid gap-2">
          <h2>{ctx.t('sign_in.first')}</h2>
          <p>{ctx.t('sign_in.first_words', { link: (words) => <a href="/activate">{words}</a> })}</p>
          <p>{ctx.t('sign_in.look', { link: (words) => <a href="/catalogue">{words}</a> })}</p>
        </div>
      </div>
    ),
  })

export interface ActivateForm {
  readonly number: string
  readonly code: string
  readonly errors: readonly FormError[]
}

export const activatePage = (ctx: PageContext, { number, code, errors }: ActivateForm): string =>
  layout(ctx, {
    title: ctx.t('activate.title'),
    error: errors.length > 0,
    children: (
      <div class="mx-auto grid max-w-md gap-6 py-4 sm:py-10">
        <ErrorSummary errors={errors} />
        <div class="grid gap-2">
          <h1>{ctx.t('activate.title')}</h1>
          <p>{ctx.t('activate.words')}</p>
        </div>
        <form method="post" action="/activate" class="card grid gap-5 p-5 sm:p-6" novalidate>
          <NumberField number={number} errors={errors} ctx={ctx} />
          <Field
            name="code"
            label={ctx.t('activate.code')}
            hint={ctx.t('activate.code_hint')}
            value={code}
            error={errorOf(errors, 'code')}
            autocomplete="one-time-code"
            maxlength={64}
          />
          <Field
            name="password"
            label={ctx.t('activate.password')}
            type="password"
            hint={ctx.t('activate.password_hint')}
            error={errorOf(errors, 'password')}
            autocomplete="new-password"
          />
          <Button kind="primary">{ctx.t('activate.button')}</Button>
        </form>
        <p>{ctx.t('activate.known', { link: (words) => <a href="/sign-in">{words}</a> })}</p>
      </div>
    ),
  })
