/**
 * Where a receipt stands: recorded here, copied to the standby there. Drawn on the server, and again in the browser as
 * it changes (receipt.island.tsx), by this same function, so that both always say the same.
 */
import type { Format } from '@matricula/ui/format'
import type { StandbyCopy } from '../catalogue/types.ts'

/** `unknown`: the browser could not ask; the last answer may be out of date. */
export type CopyState = StandbyCopy | { readonly state: 'unknown' }

interface Words {
  readonly headline: string
  readonly detail: string
  readonly tone: 'good' | 'waiting' | 'attention'
}

const copiedWords = (copy: Extract<StandbyCopy, { state: 'copied' }>, format: Format): Words => ({
  headline:
    copy.secondsLater === null
      ? 'Copied to the standby'
      : `Copied to the standby ${format.seconds(copy.secondsLater)} later`,
  detail: `It stands in PostgreSQL since ${format.second(copy.at)}, put there by cycle ${format.number(copy.cycle)} of the mirror.`,
  tone: 'good',
})

export const copyWords = (copy: CopyState, format: Format): Words | undefined => {
  switch (copy.state) {
    case 'off':
      return undefined
    case 'waiting':
      return {
        headline: 'On its way to the standby',
        detail: 'What you did is final already. The copy usually follows within a second or two.',
        tone: 'waiting',
      }
    case 'copied':
      return copiedWords(copy, format)
    case 'away':
      return {
        headline: 'The standby does not answer at the moment',
        detail: 'What you did is final all the same. The copy is made as soon as the standby is back.',
        tone: 'attention',
      }
    case 'unknown':
      return {
        headline: 'Cannot tell whether the copy is made',
        detail:
          'The portal does not answer this page just now; it goes on asking. What you did is final all the same.',
        tone: 'attention',
      }
    default:
      return copy satisfies never
  }
}

export const CopyPanel = ({ copy, at, format }: { copy: CopyState; at: string; format: Format }) => {
  const words = copyWords(copy, format)
  if (words === undefined) return null
  return (
    <div class={`copy copy-${words.tone}`}>
      <ol class="copy-track">
        <li class="copy-stop copy-done">
          <span class="copy-where">Recorded</span>
          <span class="figures text-soft text-sm">{format.second(at)}</span>
        </li>
        <li class="copy-link" aria-hidden="true" />
        <li class={`copy-stop ${words.tone === 'good' ? 'copy-done' : 'copy-open'}`}>
          <span class="copy-where">Standby</span>
          <span class="figures text-soft text-sm">
            {copy.state === 'copied' ? format.second(copy.at) : 'not yet seen'}
          </span>
        </li>
      </ol>
      <p class="copy-headline" role="status">
        {words.headline}
      </p>
      <p class="text-soft">{words.detail}</p>
    </div>
  )
}
