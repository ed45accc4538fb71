/** A receipt in one sentence: on its own page, and in the list of all. */
import type { ReceiptSummary } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { count } from './words.ts'

const registerWords = ({ lines }: ReceiptSummary, ctx: PageContext): string => {
  const enrolled = lines.filter(({ result }) => result === 'enrolled').length
  const waiting = lines.filter(({ result }) => result === 'waiting').length
  // a fallback that was not needed was not wanted either
  const all = lines.filter(({ result }) => result !== 'spare').length
  const lists = count(waiting, 'waiting list', 'waiting lists', ctx.format)
  if (enrolled === 0) return waiting === 0 ? 'You were not enrolled' : `You are on ${lists}`
  const seats =
    enrolled + waiting === all
      ? `You are enrolled in ${count(enrolled, 'section', 'sections', ctx.format)}`
      : `You are enrolled in ${ctx.format.number(enrolled)} of ${ctx.format.number(all)} sections`
  return waiting === 0 ? seats : `${seats}, and on ${lists}`
}

/** The answer in one sentence, before the details. */
export const headline = (receipt: ReceiptSummary, ctx: PageContext): string => {
  const [first, second] = receipt.lines
  const name = first?.label ?? 'the section'
  const other = second?.label ?? 'the other one'
  switch (receipt.kind) {
    case 'register':
      return registerWords(receipt, ctx)
    case 'drop':
      if (first?.result === 'withdrawn') return `You have withdrawn from ${name}`
      return first?.result === 'dropped' ? `You have dropped ${name}` : `${name} was not dropped`
    case 'swap':
      if (first?.result === 'enrolled') return `You have swapped ${other} for ${name}`
      if (first?.result === 'waiting') return `You wait for ${name}, and keep ${other}`
      return `Nothing was swapped: you still have ${other}`
    case 'leave':
      return `You have left the waiting list of ${name}`
    case 'promotion':
      return `You have got a seat in ${name}`
    case 'cancellation':
      return `${name} has been cancelled`
    default:
      return receipt.kind satisfies never
  }
}
