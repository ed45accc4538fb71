import type { Expression, ExpressionBuilder } from 'kysely'

/** Is there any such row? As 1 or 0: what EXISTS itself gives is another thing on each server. */
export const anyRow = <Db, Table extends keyof Db>(
  eb: ExpressionBuilder<Db, Table>,
  query: Expression<unknown>,
) => eb.case().when(eb.exists(query)).then(eb.lit(1)).else(eb.lit(0)).end()
