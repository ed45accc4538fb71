/**
 * Statements that are built once. Kysely makes a tree of each query and text of the tree, each time: a third of the portal's own time
 * in a submission went there (decision 0047). Here the text is kept, and the values are put into it at each run.
 */
import type { Compilable, CompiledQuery, Expression, Insertable, Kysely, QueryResult } from 'kysely'
import type { Tables } from './tables.ts'

type Db = Kysely<Tables>

/** Stands in a statement for a value that each run brings. */
class Place<Args> {
  readonly value: (args: Args) => unknown

  constructor(value: (args: Args) => unknown) {
    this.value = value
  }
}

/** To be written where the value of one run would stand: `where('id', '=', place(({ id }) => id))`. */
export type Places<Args> = <Value>(value: (args: Args) => Value) => Value

/**
 * @param build called once for each server and size; whatever it does not take from a place is the same in all runs
 * @param sizeOf the shape of the statement: how many rows or keys it has
 */
export const statement = <Args, Row>(
  build: (db: Db, place: Places<Args>, size: number) => Compilable<Row>,
  sizeOf: (args: Args) => number = () => 0,
): ((db: Db, args: Args) => Promise<QueryResult<Row>>) => {
  const known = new WeakMap<object, Map<number, CompiledQuery<Row>>>()
  // the builder takes it for a value, and hands it through to the parameters as it is
  const place: Places<Args> = (value) => new Place(value) as never
  const compile = (db: Db, size: number): CompiledQuery<Row> => {
    const { adapter, plugins } = db.getExecutor()
    // what a plugin makes of a statement is its own affair: that of a schema is not kept
    if (plugins.length > 0) return build(db, place, size).compile()
    const sizes = known.get(adapter) ?? new Map<number, CompiledQuery<Row>>()
    known.set(adapter, sizes)
    const compiled = sizes.get(size) ?? build(db, place, size).compile()
    sizes.set(size, compiled)
    return compiled
  }
  return (db, args) => {
    const compiled = compile(db, sizeOf(args))
    const parameters = compiled.parameters.map((value) =>
      value instanceof Place ? (value as Place<Args>).value(args) : value,
    )
    return db.executeQuery({ ...compiled, parameters })
  }
}

/** The size of a statement for these keys: powers of two, so that there are few texts. The last key is said again (`keyPlaces`). */
export const sizeFor = (keys: readonly unknown[]): number =>
  2 ** Math.ceil(Math.log2(Math.max(1, keys.length)))

/** Places for all keys, of which there must be one at least. */
export const keyPlaces = <Key>(place: Places<readonly Key[]>, size: number): Key[] =>
  Array.from({ length: size }, (_, index) => place((keys) => keys[Math.min(index, keys.length - 1)] as Key))

/**
 * Rows of one table, as many as there are; at least one.
 * @param columns what each row brings @param fixed what is the same in all, such as the server's clock
 */
export const insertion = <Name extends keyof Tables>(
  table: Name,
  columns: readonly (keyof Insertable<Tables[Name]> & string)[],
  fixed: Readonly<Record<string, Expression<unknown>>> = {},
) =>
  statement<readonly Partial<Insertable<Tables[Name]>>[], unknown>(
    (db, place, size) =>
      db.insertInto(table).values(
        Array.from({ length: size }, (_, index) => ({
          ...Object.fromEntries(
            columns.map((column) => [column, place((rows) => rows[index]?.[column] ?? null)]),
          ),
          ...fixed,
        })) as never,
      ),
    (rows) => rows.length,
  )
