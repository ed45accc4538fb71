/**
 * Follows a receipt until it stands in the standby. Asks often while an answer is likely (most copies are there within
 * two seconds), then less and less; not at all while the page is hidden, or once it is copied.
 */
import { render } from 'preact'
import { CopyPanel, type CopyWords } from '../views/copy-panel.tsx'

/** ms after the page opened → ms between two questions */
const pace = (elapsed: number): number => (elapsed < 10_000 ? 400 : elapsed < 60_000 ? 2_000 : 10_000)

interface Answer {
  readonly state: string
  /** in the page's language; undefined: there is nothing to say */
  readonly panel?: CopyWords
}

const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && 'state' in value && typeof value.state === 'string'

/** undefined: nobody answered */
const ask = async (address: string): Promise<Answer | undefined> => {
  try {
    const answer = await fetch(address, { headers: { accept: 'application/json' }, cache: 'no-store' })
    const body: unknown = answer.ok ? await answer.json() : undefined
    return isAnswer(body) ? body : undefined
  } catch {
    return undefined // the portal is away or the network is: the next question may be answered
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const shown = () =>
  new Promise<void>((resolve) => {
    if (!document.hidden) resolve()
    else document.addEventListener('visibilitychange', () => resolve(), { once: true })
  })

const follow = async (host: HTMLElement): Promise<void> => {
  const { copyAddress = '', unknown = 'null' } = host.dataset
  const unanswered = JSON.parse(unknown) as CopyWords
  const began = performance.now()
  let last = ''
  for (;;) {
    await shown()
    const copy = await ask(copyAddress)
    // drawn only when it says something new, since each change is read out
    const words = copy === undefined ? unanswered : copy.panel
    const now = JSON.stringify(words)
    if (words !== undefined && now !== last) render(<CopyPanel words={words} />, host)
    last = now
    if (copy?.state === 'copied' || copy?.state === 'off') break
    await pause(pace(performance.now() - began))
  }
  document.getElementById('check-again')?.remove()
}

const host = document.getElementById('standby-copy')
if (host !== null) void follow(host)
