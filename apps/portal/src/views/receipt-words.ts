/** A receipt in one sentence: on its own page, and in the list of all. */
import type { ReceiptSummary } from '../catalogue/types.ts'
import type { Language } from '../texts/index.ts'

const registerWords = ({ lines }: ReceiptSummary, { t }: Language): string => {
  const enrolled = lines.filter(({ result }) => result === 'enrolled').length
  const lists = lines.filter(({ result }) => result === 'waiting').length
  // a fallback that was not needed was not wanted either
  const all = lines.filter(({ result }) => result !== 'spare').length
  if (enrolled === 0) return lists === 0 ? t('headline.not_enrolled') : t('headline.lists', { lists })
  const seats =
    enrolled + lists === all
      ? t('headline.enrolled', { enrolled })
      : t('headline.enrolled_of', { enrolled, all })
  return lists === 0 ? seats : t('headline.and_lists', { enrolled: seats, lists })
}

/** The answer in one sentence, before the details. */
export const headline = (receipt: ReceiptSummary, language: Language): string => {
  const { t, format } = language
  const [first, second] = receipt.lines
  /** what is taken together is named together */
  const like = (line: typeof first, unknown: 'headline.section' | 'headline.other'): string => {
    const labels = receipt.lines.flatMap(({ label, result }) =>
      label !== null && result === line?.result ? [label] : [],
    )
    return line === undefined || line.label === null || receipt.kind === 'drop'
      ? (line?.label ?? t(unknown))
      : format.list(labels)
  }
  const section = like(first, 'headline.section')
  const other = like(second, 'headline.other')
  switch (receipt.kind) {
    case 'register':
      return registerWords(receipt, language)
    case 'drop':
      if (first?.result === 'withdrawn') return t('headline.withdrawn', { section })
      return t(first?.result === 'dropped' ? 'headline.dropped' : 'headline.not_dropped', { section })
    case 'swap':
      if (first?.result === 'enrolled') return t('headline.swapped', { section, other })
      if (first?.result === 'waiting') return t('headline.swap_waiting', { section, other })
      return t('headline.not_swapped', { other })
    case 'leave':
      return t(first?.result === 'refused' ? 'headline.not_left' : 'headline.left', { section })
    case 'promotion':
      return t('headline.promoted', { section })
    case 'cancellation':
      return t('headline.cancelled', { section })
    default:
      return receipt.kind satisfies never
  }
}
