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

const titled = [400, 401, 403, 404, 409, 413, 429, 500, 503] as const

/** What kind of failure it is; one that has no title of its own says no more than that. */
const titleOf = ({ t }: PageContext, status: number): string =>
  t(`problem.title_${titled.find((known) => known === status) ?? 400}`)

/** Where one's own work begins. */
const homes = {
  student: { href: '/catalogue', words: 'problem.catalogue' },
  registrar: { href: '/registrar', words: 'problem.desk' },
  instructor: { href: '/teaching', words: 'problem.teaching' },
} as const

/** What happened, why, what to do next. The same for every failure, so that none looks like a crash. */
export const problemPage = (
  ctx: PageContext,
  { status, message, remedy, requestId, again }: ProblemView,
): string => {
  const home = homes[ctx.person?.role ?? 'student']
  return layout(ctx, {
    title: titleOf(ctx, status),
    children: (
      <div class="prose grid gap-4 py-4 sm:py-10">
        <h1>{titleOf(ctx, status)}</h1>
        <p class="text-lg">{message}</p>
        <p>{remedy}</p>
        <div class="flex flex-wrap gap-3 py-2">
          {again && (
            <LinkButton kind="primary" href={again}>
              {ctx.t('problem.again')}
            </LinkButton>
          )}
          <LinkButton kind={again ? 'secondary' : 'primary'} href={home.href}>
            {ctx.t(home.words)}
          </LinkButton>
        </div>
        <p class="text-soft figures text-sm">
          {ctx.t('problem.request', { status: String(status), request: requestId })}
        </p>
      </div>
    ),
  })
}
