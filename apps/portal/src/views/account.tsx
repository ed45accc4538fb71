import { Badge, Button, Cell, Row, Table, type Tone } from '@matricula/ui'
import type { Person, TrailLine } from '../account/index.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'

export interface AccountView {
  readonly person: Person
  readonly signIns: readonly TrailLine[]
}

const outcomes: Record<TrailLine['outcome'], { readonly words: string; readonly tone: Tone }> = {
  signed_in: { words: 'Signed in', tone: 'neutral' },
  activated: { words: 'Password set with a code', tone: 'attention' },
  password_refused: { words: 'Refused: wrong password', tone: 'stop' },
  code_refused: { words: 'Refused: wrong code', tone: 'stop' },
  ended_everywhere: { words: 'Signed out everywhere', tone: 'neutral' },
}

const browserOf = ({ browser }: TrailLine): string =>
  browser === '' ? 'Unknown' : browser.charAt(0).toUpperCase() + browser.slice(1)

const Line = ({ line, ctx }: { line: TrailLine; ctx: PageContext }) => {
  const { words, tone } = outcomes[line.outcome]
  return (
    <Row>
      <Cell>
        <span class="figures">{ctx.format.moment(line.at)}</span>
      </Cell>
      <Cell>
        <Badge tone={tone}>{words}</Badge>
      </Cell>
      <Cell label="Browser">
        {browserOf(line)}
        {line.outcome === 'signed_in' && !line.knownDevice && (
          <span class="text-soft text-sm"> (first time here)</span>
        )}
      </Cell>
      <Cell label="From">
        <span class="figures break-all">{line.network === '' ? 'Unknown' : line.network}</span>
      </Cell>
    </Row>
  )
}

const columns = [{ head: 'When' }, { head: 'What' }, { head: 'Browser' }, { head: 'From' }]

export const accountPage = (ctx: PageContext, { person, signIns }: AccountView): string =>
  layout(ctx, {
    title: 'Your account',
    children: (
      <div class="grid gap-8">
        <div class="grid gap-1">
          <h1>Your account</h1>
          <p class="text-soft">
            {person.name} <span class="figures">({person.number})</span>
          </p>
        </div>
        <section class="grid gap-3" aria-labelledby="sign-ins">
          <h2 id="sign-ins">Last sign-ins</h2>
          <p class="prose">
            Something here that was not you? Sign out everywhere, then ask the registrar’s office for a new
            one-time code and set another password with it.
          </p>
          <div class="card overflow-x-auto">
            <Table caption="Last sign-ins and refused attempts, newest first" columns={columns}>
              {signIns.map((line) => (
                <Line key={`${line.at} ${line.outcome} ${line.network}`} line={line} ctx={ctx} />
              ))}
            </Table>
          </div>
        </section>
        <section class="grid gap-3" aria-labelledby="out">
          <h2 id="out">Sign out everywhere</h2>
          <p class="prose">
            Ends your sessions on all devices, this one included: after using a computer that is not yours, or
            when a device is lost. Your registrations stay as they are.
          </p>
          <form method="post" action="/sign-out-everywhere">
            <Button kind="stop">Sign out everywhere</Button>
          </form>
        </section>
      </div>
    ),
  })
