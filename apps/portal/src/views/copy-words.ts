/** Where a receipt's copy stands, in words, for copy-panel.tsx. Made on the server alone: no text and no format goes to the browser. */
import type { StandbyCopy } from '../catalogue/types.ts'
import type { Language } from '../texts/index.ts'
import type { CopyWords } from './copy-panel.tsx'

/** `unknown`: the browser could not ask; the last answer may be out of date. */
type CopyState = StandbyCopy | { readonly state: 'unknown' }

/** @param at the receipt's own moment; undefined: nothing is copied anywhere */
export const copyWords = (copy: CopyState, at: string, { t, format }: Language): CopyWords | undefined => {
  const stops = {
    recorded: t('copy.recorded'),
    recordedAt: format.second(at),
    standby: t('copy.standby'),
    standbyAt: copy.state === 'copied' ? format.second(copy.at) : t('copy.not_seen'),
  }
  switch (copy.state) {
    case 'off':
      return undefined
    case 'waiting':
      return { ...stops, headline: t('copy.waiting'), detail: t('copy.waiting_words'), tone: 'waiting' }
    case 'copied': {
      const { secondsLater, cycle } = copy
      return {
        ...stops,
        headline:
          secondsLater === null
            ? t('copy.copied')
            : t('copy.copied_later', { seconds: format.seconds(secondsLater) }),
        detail: t('copy.copied_words', { moment: format.second(copy.at), cycle }),
        tone: 'good',
      }
    }
    case 'away':
    case 'unknown':
      return {
        ...stops,
        headline: t(`copy.state_${copy.state}`),
        detail: t(`copy.state_${copy.state}_words`),
        tone: 'attention',
      }
    default:
      return copy satisfies never
  }
}
