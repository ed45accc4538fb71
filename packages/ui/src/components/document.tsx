import type { ComponentChildren } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { type UiWords, Words } from '../words.ts'

export interface DocumentProps {
  readonly title: string
  /** a page on which a form was refused says so in its title, where a screen reader begins */
  readonly error?: boolean
  readonly site: string
  readonly lang: string
  readonly words: UiWords
  /** address of the built style sheet */
  readonly styles: string
  /** addresses of module scripts; none: the page has no script */
  readonly scripts?: readonly string[]
  readonly icon?: string | undefined
  readonly children: ComponentChildren
}

const Document = ({
  title,
  error = false,
  site,
  lang,
  words,
  styles,
  scripts = [],
  icon,
  children,
}: DocumentProps) => (
  <Words.Provider value={words}>
    <html lang={lang}>
      <head>
        <meta charset="utf-8" />
        <title>{`${error ? words.errorTitle(title) : title} · ${site}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href={styles} />
        {icon && <link rel="icon" type="image/svg+xml" href={icon} />}
        {scripts.map((src) => (
          <script key={src} type="module" src={src} />
        ))}
      </head>
      <body class="flex min-h-dvh flex-col">{children}</body>
    </html>
  </Words.Provider>
)

/** The whole page as text. Nothing in it is inline script or style, so that the strictest content policy holds. */
export const renderDocument = (props: DocumentProps): string =>
  `<!doctype html>${renderToString(<Document {...props} />)}`
