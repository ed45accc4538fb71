/**
 * Follows a receipt until it stands in the standby. Asks often while an answer is likely (most copies are there within
 * two seconds), then less and less; not at all while the page is hidden, or once it is copied.
 */
import { formatFor } from '@matricula/ui/format'
import { render } from 'preact'
import type { StandbyCopy } from '../catalogue/types.ts'
import { CopyPanel, type CopyState } from '../views/copy-panel.tsx'

/** ms after the page opened → ms between two questions */
const pace = (elapsed: number): number => (elapsed < 10_000 ? 400 : elapsed < 60_000 ? 2_000 : 10_000)

const isCopy = (value: unknown): value is StandbyCopy =>
  typeof value === 'object' && value !== null && 'state' in value && typeof value.state === 'string'

const ask = async (address: string): Promise<CopyState> => {
  try {
    const answer = await fetch(address, { headers: { accept: 'application/json' }, cache: 'no-store' })
    const body: unknown = answer.ok ? await answer.json() : undefined
    return isCopy(body) ? body : { state: 'unknown' }
  } catch {
    return { state: 'unknown' } // the portal is away or the network is: the next question may be answered
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const shown = () =>
  new Promise<void>((resolve) => {
    if (!document.hidden) resolve()
    else document.addEventListener('visibilitychange', () => resolve(), { once: true })
  })

const follow = async (host: HTMLElement): Promise<void> => {
  const { copyAddress = '', at = '', locale = 'en-GB', zone = 'UTC' } = host.dataset
  const format = formatFor(locale, zone)
  const began = performance.now()
  let last = ''
  for (;;) {
    await shown()
    const copy = await ask(copyAddress)
    // drawn only when it says something new, since each change is read out
    const now = JSON.stringify(copy)
    if (now !== last) render(<CopyPanel copy={copy} at={at} format={format} />, host)
    last = now
    if (copy.state === 'copied' || copy.state === 'off') break
    await pause(pace(performance.now() - began))
  }
  document.getElementById('check-again')?.remove()
}

const host = document.getElementById('standby-copy')
if (host !== null) void follow(host)
