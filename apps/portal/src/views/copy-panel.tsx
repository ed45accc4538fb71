/**
 * Where a receipt stands: recorded here, copied to the standby there. Drawn on the server, and again in the browser as
 * it changes (receipt.island.tsx), by this same function, so that both always say the same.
 */
export interface CopyWords {
  readonly headline: string
  readonly detail: string
  readonly tone: 'good' | 'waiting' | 'attention'
  readonly recorded: string
  readonly recordedAt: string
  readonly standby: string
  readonly standbyAt: string
}

export const CopyPanel = ({ words }: { words: CopyWords }) => (
  <div class={`copy copy-${words.tone}`}>
    <ol class="copy-track">
      <li class="copy-stop copy-done">
        <span class="copy-where">{words.recorded}</span>
        <span class="figures text-soft text-sm">{words.recordedAt}</span>
      </li>
      <li class="copy-link" aria-hidden="true" />
      <li class={`copy-stop ${words.tone === 'good' ? 'copy-done' : 'copy-open'}`}>
        <span class="copy-where">{words.standby}</span>
        <span class="figures text-soft text-sm">{words.standbyAt}</span>
      </li>
    </ol>
    <p class="copy-headline" role="status">
      {words.headline}
    </p>
    <p class="text-soft">{words.detail}</p>
  </div>
)
