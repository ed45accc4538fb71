import { Button, Cell, Empty, ErrorSummary, Field, LinkButton, Row, Table } from '@matricula/ui'
import type { ReceiptList, ReceiptSummary } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { layout } from './layout.tsx'
import { headline } from './receipt-words.ts'

interface ReceiptsView {
  readonly list: ReceiptList
  /** a number that was looked for and is none of the student's; '': none was */
  readonly number: string
  readonly before: string
}

const columns = [{ head: 'Receipt' }, { head: 'What' }, { head: 'When' }]

const Line = ({ receipt, ctx }: { receipt: ReceiptSummary; ctx: PageContext }) => (
  <Row>
    <Cell>
      <a class="figures font-medium whitespace-nowrap" href={`/receipts/${receipt.number}`}>
        {receipt.number}
      </a>
    </Cell>
    <Cell>{headline(receipt, ctx)}</Cell>
    <Cell>
      <span class="figures text-soft whitespace-nowrap">{ctx.format.moment(receipt.createdAt)}</span>
    </Cell>
  </Row>
)

export const receiptsPage = (ctx: PageContext, { list, number, before }: ReceiptsView): string => {
  const message = 'You have no receipt of this number.'
  const errors =
    number === ''
      ? []
      : [{ field: 'number', message, remedy: 'Check it: twelve signs, such as R7KQ-2MXD-9TPA.' }]
  return layout(ctx, {
    title: 'Receipts',
    current: '/schedule',
    error: errors.length > 0,
    children: (
      <div class="grid max-w-4xl gap-6">
        <ErrorSummary errors={errors} />
        <div class="grid gap-1">
          <h1>Receipts</h1>
          <p class="prose text-soft">
            Every submission has one, and every seat that a waiting list gave you. They stay as they are,
            whatever happens later.
          </p>
        </div>
        {list.receipts.length === 0 && before === '' ? (
          <Empty title="No receipts yet">
            <p>The first one comes with your first registration.</p>
            <LinkButton kind="primary" href="/catalogue">
              Search the catalogue
            </LinkButton>
          </Empty>
        ) : (
          <>
            <form method="get" action="/receipts" class="flex flex-wrap items-end gap-3">
              <Field
                name="number"
                label="Receipt number"
                value={number}
                error={errors[0]?.message}
                autocomplete="off"
                maxlength={64}
              />
              <Button>Find</Button>
            </form>
            <div class="card">
              <Table caption="Your receipts, newest first" columns={columns}>
                {list.receipts.map((receipt) => (
                  <Line key={receipt.number} receipt={receipt} ctx={ctx} />
                ))}
              </Table>
            </div>
            <div class="flex flex-wrap gap-3">
              {before !== '' && <LinkButton href="/receipts">Newest</LinkButton>}
              {list.next !== null && (
                <LinkButton href={`/receipts?before=${list.next}`}>Older ones</LinkButton>
              )}
            </div>
          </>
        )}
      </div>
    ),
  })
}
