import { speaking } from '../words.ts'

/** What has to be mended, all of it at once. Each entry leads to its field; without a field it is only told. */
export interface FormError {
  readonly field: string | undefined
  readonly message: string
  readonly remedy?: string | undefined
}

/** What is wrong with a field, for the field itself. */
export const errorOf = (errors: readonly FormError[], field: string): string | undefined =>
  errors.find((error) => error.field === field)?.message

/** Takes the focus when the page opens, so that it is read first. Nothing is drawn when there is no error. */
export const ErrorSummary = speaking(({ errors }: { errors: readonly FormError[] }, words) =>
  errors.length === 0 ? null : (
    <div class="error-summary" role="alert" aria-labelledby="error-summary-title" tabindex={-1} autofocus>
      <h2 id="error-summary-title">{words.problem}</h2>
      <ul class="mt-2 grid gap-2">
        {errors.map(({ field, message, remedy }) => (
          <li key={message}>
            {field === undefined ? (
              <strong class="font-medium">{message}</strong>
            ) : (
              <a href={`#${field}`}>{message}</a>
            )}
            {remedy && <p>{remedy}</p>}
          </li>
        ))}
      </ul>
    </div>
  ),
)
