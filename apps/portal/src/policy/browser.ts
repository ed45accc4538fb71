/**
 * A User-Agent header → a few words in which a person recognises her own browser. Only known names come out, so that
 * nothing that a stranger sends reaches a page or the database; versions are left out, as they would single people out.
 */
const browsers: readonly (readonly [sign: RegExp, name: string])[] = [
  // in this order: most name themselves beside those whose engine they share
  [/\bEdgA?\/|\bEdgiOS\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\/|\bHeadlessChrome\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
]

const systems: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

const first = (text: string, of: typeof browsers): string | undefined =>
  of.find(([sign]) => sign.test(text))?.[1]

/** 'Firefox on Linux', 'Chrome', 'a browser on Android'; '' when it says nothing that is known. */
export const browserWords = (userAgent: string | undefined): string => {
  const text = (userAgent ?? '').slice(0, 400)
  const browser = first(text, browsers)
  const system = first(text, systems)
  if (system === undefined) return browser ?? ''
  return `${browser ?? 'a browser'} on ${system}`
}
