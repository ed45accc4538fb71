/** Templates that escape: everything put into a template is text, unless it is itself a template. */
const marker = Symbol('html')

export interface Html {
  readonly [marker]: string
}

type Part = string | number | Html | readonly Html[] | null

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)

function isHtml(part: Part): part is Html {
  return typeof part === 'object' && part !== null && marker in part
}

function rendered(part: Part): string {
  if (part === null) return ''
  if (isHtml(part)) return part[marker]
  if (typeof part === 'string' || typeof part === 'number') return escape(String(part))
  return part.map(rendered).join('')
}

/** html`<td>${anything}</td>` */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return {
    [marker]: strings.reduce((text, string, index) => text + rendered(parts[index - 1] ?? null) + string),
  }
}

export const toText = (page: Html): string => page[marker]
