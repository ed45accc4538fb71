import { Button, ErrorSummary, Field, type FormError, Notice } from '@matricula/ui'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'

export interface SignInForm {
  readonly number: string
  /** where to go afterwards, a path of ours */
  readonly next: string | undefined
  /** all sessions were ended just now */
  readonly out?: boolean
  readonly errors: readonly FormError[]
}

const errorOf = (errors: readonly FormError[], field: string) =>
  errors.find((error) => error.field === field)?.message

/** A password is never sent back; everything else that was typed is. */
export const signInPage = (ctx: PageContext, { number, next, out = false, errors }: SignInForm): string =>
  layout(ctx, {
    title: 'Sign in',
    error: errors.length > 0,
    children: (
      <div class="mx-auto grid max-w-md gap-6 py-4 sm:py-10">
        <ErrorSummary errors={errors} />
        {out && errors.length === 0 && <Notice tone="good" title="You are signed out on all devices." live />}
        <div class="grid gap-2">
          <h1>Sign in</h1>
          {/* who came with a form finds it not done; who came with a link reads the same and is right */}
          {next && <p>Sign in to go on. Nothing was changed yet.</p>}
        </div>
        <form method="post" action="/sign-in" class="card grid gap-5 p-5 sm:p-6" novalidate>
          {next && <input type="hidden" name="next" value={next} />}
          <Field
            name="number"
            label="Student number or staff number"
            value={number}
            error={errorOf(errors, 'number')}
            autocomplete="username"
            maxlength={64}
          />
          <Field
            name="password"
            label="Password"
            type="password"
            error={errorOf(errors, 'password')}
            autocomplete="current-password"
          />
          <Button kind="primary">Sign in</Button>
        </form>
        <div class="grid gap-2">
          <h2>First time here, or password forgotten?</h2>
          <p>
            <a href="/activate">Set a password with your one-time code</a>. The registrar’s office gives you
            the code, and a new one whenever you need it.
          </p>
          <p>
            You can <a href="/catalogue">look at the catalogue</a> without signing in.
          </p>
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
    title: 'Set your password',
    error: errors.length > 0,
    children: (
      <div class="mx-auto grid max-w-md gap-6 py-4 sm:py-10">
        <ErrorSummary errors={errors} />
        <div class="grid gap-2">
          <h1>Set your password</h1>
          <p>
            For your first visit, or when you have forgotten your password. You need the one-time code from
            the registrar’s office.
          </p>
        </div>
        <form method="post" action="/activate" class="card grid gap-5 p-5 sm:p-6" novalidate>
          <Field
            name="number"
            label="Student number or staff number"
            value={number}
            error={errorOf(errors, 'number')}
            autocomplete="username"
            maxlength={64}
          />
          <Field
            name="code"
            label="One-time code"
            hint="As it is written in your letter; small letters and missing hyphens do not matter."
            value={code}
            error={errorOf(errors, 'code')}
            autocomplete="one-time-code"
            maxlength={64}
          />
          <Field
            name="password"
            label="New password"
            type="password"
            hint="At least 8 characters. A few words in a row are easy to remember and hard to guess."
            error={errorOf(errors, 'password')}
            autocomplete="new-password"
          />
          <Button kind="primary">Set password and sign in</Button>
        </form>
        <p>
          Know your password? <a href="/sign-in">Sign in</a>.
        </p>
      </div>
    ),
  })
