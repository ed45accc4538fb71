/** The built files that pages name: made by scripts/build.mjs, named by content, served as never changing. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const manifest = z.object({
  styles: z.string(),
  icon: z.string(),
  scripts: z.record(z.string(), z.string()),
})

export interface Assets {
  /** folder on disk */
  readonly folder: string
  /** addresses, ready for a page */
  readonly styles: string
  readonly icon: string
  readonly scripts: Readonly<Record<string, string>>
}

export const assetsPrefix = '/assets/'
const built = join(dirname(fileURLToPath(import.meta.url)), '../../dist/assets')

export const loadAssets = (folder = built): Assets => {
  const file = join(folder, 'manifest.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error('The pages’ style sheets and scripts are not built yet. Run: npm run build', { cause })
  }
  const { styles, icon, scripts } = manifest.parse(JSON.parse(text))
  const address = (name: string) => `${assetsPrefix}${name}`
  return {
    folder,
    styles: address(styles),
    icon: address(icon),
    scripts: Object.fromEntries(Object.entries(scripts).map(([key, name]) => [key, address(name)])),
  }
}
