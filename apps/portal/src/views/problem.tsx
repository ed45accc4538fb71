import { LinkButton } from '@matricula/ui'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'

interface ProblemView {
  readonly status: number
  readonly message: string
  readonly remedy: string
  /** for the log: by it the office finds what happened */
  readonly requestId: string
  /** a page of ours to try again, where trying again may help */
  readonly again: string | undefined
}

const titles: Readonly<Record<number, string>> = {
  400: 'That did not work',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Page not found',
  409: 'Already sent',
  413: 'Too much at once',
  429: 'Too many requests',
  500: 'Our mistake',
  503: 'Busy just now',
}

/** What happened, why, what to do next. The same for every failure, so that none looks like a crash. */
export const problemPage = (
  ctx: PageContext,
  { status, message, remedy, requestId, again }: ProblemView,
): string =>
  layout(ctx, {
    title: titles[status] ?? 'That did not work',
    children: (
      <div class="prose grid gap-4 py-4 sm:py-10">
        <h1>{titles[status] ?? 'That did not work'}</h1>
        <p class="text-lg">{message}</p>
        <p>{remedy}</p>
        <div class="flex flex-wrap gap-3 py-2">
          {again && (
            <LinkButton kind="primary" href={again}>
              Try again
            </LinkButton>
          )}
          <LinkButton kind={again ? 'secondary' : 'primary'} href="/catalogue">
            Go to the catalogue
          </LinkButton>
        </div>
        <p class="text-soft figures text-sm">
          Status {status}, request {requestId}
        </p>
      </div>
    ),
  })
