/** The browser draws: missing fonts or libraries would make every later screenshot worthless. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { describeBrowser, launchBrowser } from './support/browser.ts'
import { atEnd } from './support/servers.ts'

describeBrowser('the browser', () => {
  it('opens a local page and draws its text', async () => {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end('<h1 style="font: 40px system-ui">Größe</h1><script>document.title = "ran"</script>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    atEnd(async () => void server.close())
    const browser = await launchBrowser()
    const page = await browser.newPage()
    const blank = await page.screenshot()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    expect(await page.title()).toBe('ran')
    // without a font, the heading has no width
    const box = await page.getByRole('heading').evaluate((heading) => {
      const range = heading.ownerDocument.createRange()
      range.selectNodeContents(heading)
      return range.getBoundingClientRect().width
    })
    expect(box).toBeGreaterThan(60)
    expect((await page.screenshot()).equals(blank)).toBe(false)
    // the interface’s own font is one for text, whatever else lies on the machine
    const tools = await page.context().newCDPSession(page)
    await tools.send('DOM.enable')
    await tools.send('CSS.enable')
    const { root } = await tools.send('DOM.getDocument')
    const { nodeId } = await tools.send('DOM.querySelector', { nodeId: root.nodeId, selector: 'h1' })
    const { fonts } = await tools.send('CSS.getPlatformFontsForNode', { nodeId })
    expect(fonts.map(({ familyName }) => familyName).join()).not.toMatch(/math|serif|mono/i)
  })
})
