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

const columns = ({ t }: PageContext) => [
  { head: t('column.receipt') },
  { head: t('column.what') },
  { head: t('column.when') },
]

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
  const { t } = ctx
  const none = list.receipts.length === 0 && before === ''
  const errors =
    number === ''
      ? []
      : [
          {
            // where there is nothing to search there is no field
            field: none ? undefined : 'number',
            message: t('receipts.unknown'),
            remedy: t('receipts.unknown.remedy'),
          },
        ]
  return layout(ctx, {
    title: t('receipts.title'),
    current: '/schedule',
    crumbs: [{ href: '/schedule', words: t('layout.schedule') }],
    error: errors.length > 0,
    children: (
      <div class="grid max-w-4xl gap-6">
        <ErrorSummary errors={errors} />
        <div class="grid gap-1">
          <h1>{t('receipts.title')}</h1>
          <p class="prose text-soft">{t('receipts.words')}</p>
        </div>
        {none ? (
          <Empty title={t('receipts.none')}>
            <p>{t('receipts.none_words')}</p>
            <LinkButton kind="primary" href="/catalogue">
              {t('words.search_catalogue')}
            </LinkButton>
          </Empty>
        ) : (
          <>
            <form method="get" action="/receipts" class="flex flex-wrap items-end gap-3">
              <Field
                name="number"
                label={t('receipts.number')}
                value={number}
                error={errors[0]?.message}
                autocomplete="off"
                maxlength={64}
              />
              <Button>{t('receipts.find')}</Button>
            </form>
            <div class="card">
              <Table caption={t('receipts.caption')} columns={columns(ctx)}>
                {list.receipts.map((receipt) => (
                  <Line key={receipt.number} receipt={receipt} ctx={ctx} />
                ))}
              </Table>
            </div>
            <div class="flex flex-wrap gap-3">
              {before !== '' && <LinkButton href="/receipts">{t('receipts.newest')}</LinkButton>}
              {list.next !== null && (
                <LinkButton href={`/receipts?before=${list.next}`}>{t('receipts.older')}</LinkButton>
              )}
            </div>
          </>
        )}
      </div>
    ),
  })
}
