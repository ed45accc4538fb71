import {
  Badge,
  Button,
  Cell,
  ErrorSummary,
  errorOf,
  Field,
  type FormError,
  Notice,
  Row,
  Table,
  type Tone,
} from '@matricula/ui'
import type { Person, TrailLine } from '../account/index.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'

export interface AccountView {
  readonly person: Person
  readonly signIns: readonly TrailLine[]
  /** of the form for a new password */
  readonly errors: readonly FormError[]
  readonly changed: boolean
}

const tones: Record<TrailLine['outcome'], Tone> = {
  signed_in: 'neutral',
  activated: 'attention',
  password_refused: 'stop',
  code_refused: 'stop',
  ended_everywhere: 'neutral',
  password_changed: 'attention',
}

/** From the words that are kept (policy/browser.ts): names of products, and "a browser" for one that has none. */
const browserOf = ({ browser }: TrailLine, { t }: PageContext): string => {
  const [, name, system] = /^(.+) on (.+)$/.exec(browser) ?? []
  if (name === undefined || system === undefined) return browser === '' ? t('account.unknown') : browser
  return t('account.browser_on', { browser: name === 'a browser' ? t('account.some_browser') : name, system })
}

const Line = ({ line, ctx }: { line: TrailLine; ctx: PageContext }) => {
  const unknown = ctx.t('account.unknown')
  return (
    <Row>
      <Cell>
        <span class="figures">{ctx.format.moment(line.at)}</span>
      </Cell>
      <Cell>
        <Badge tone={tones[line.outcome]}>{ctx.t(`account.outcome_${line.outcome}`)}</Badge>
      </Cell>
      <Cell label={ctx.t('account.browser')}>
        {browserOf(line, ctx)}
        {line.outcome === 'signed_in' && !line.knownDevice && (
          <span class="text-soft text-sm"> {ctx.t('account.first_time')}</span>
        )}
      </Cell>
      <Cell label={ctx.t('account.from')}>
        <span class="figures break-all">{line.network === '' ? unknown : line.network}</span>
      </Cell>
    </Row>
  )
}

const columns = ({ t }: PageContext) => [
  { head: t('column.when') },
  { head: t('column.what') },
  { head: t('account.browser') },
  { head: t('account.from') },
]

/** Nothing that was typed is sent back. */
const NewPassword = ({
  person,
  errors,
  ctx: { t },
}: Pick<AccountView, 'person' | 'errors'> & { ctx: PageContext }) => {
  return (
    <section class="grid gap-3" aria-labelledby="password-title">
      <h2 id="password-title">{t('account.password')}</h2>
      <p class="prose">{t('account.password_words')}</p>
      <form method="post" action="/account/password" class="card grid max-w-md gap-5 p-5 sm:p-6" novalidate>
        {/* by which a password manager knows whose password it is to keep */}
        <input hidden type="text" autocomplete="username" value={person.number} readonly />
        <Field
          name="current"
          label={t('account.current')}
          type="password"
          error={errorOf(errors, 'current')}
          autocomplete="current-password"
        />
        <Field
          name="password"
          label={t('activate.password')}
          type="password"
          hint={t('activate.password_hint')}
          error={errorOf(errors, 'password')}
          autocomplete="new-password"
        />
        <Field
          name="again"
          label={t('account.again')}
          type="password"
          error={errorOf(errors, 'again')}
          autocomplete="new-password"
        />
        <div>
          <Button kind="primary">{t('account.change')}</Button>
        </div>
      </form>
    </section>
  )
}

export const accountPage = (ctx: PageContext, { person, signIns, errors, changed }: AccountView): string =>
  layout(ctx, {
    title: ctx.t('account.title'),
    error: errors.length > 0,
    children: (
      <div class="grid gap-8">
        <ErrorSummary errors={errors} />
        {changed && errors.length === 0 && <Notice tone="good" title={ctx.t('account.changed')} live />}
        <div class="grid gap-1">
          <h1>{ctx.t('account.title')}</h1>
          <p class="text-soft wrap-anywhere">
            {person.name} <span class="figures">({person.number})</span>
          </p>
        </div>
        <section class="grid gap-3" aria-labelledby="sign-ins">
          <h2 id="sign-ins">{ctx.t('account.sign_ins')}</h2>
          <p class="prose">{ctx.t('account.sign_ins_words')}</p>
          <div class="card overflow-x-auto">
            <Table caption={ctx.t('account.sign_ins_caption')} columns={columns(ctx)}>
              {signIns.map((line) => (
                <Line key={`${line.at} ${line.outcome} ${line.network}`} line={line} ctx={ctx} />
              ))}
            </Table>
          </div>
        </section>
        <NewPassword person={person} errors={errors} ctx={ctx} />
        <section class="grid gap-3" aria-labelledby="out">
          <h2 id="out">{ctx.t('account.out')}</h2>
          <p class="prose">{ctx.t('account.out_words')}</p>
          <form method="post" action="/sign-out-everywhere">
            <Button kind="stop">{ctx.t('account.out')}</Button>
          </form>
        </section>
      </div>
    ),
  })
