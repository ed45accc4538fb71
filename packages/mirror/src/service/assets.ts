/** The style and the small script of the status page, served beside it so that the content policy needs no exception. */

/** Where it is narrow: each row a name and, in as few lines as it takes, what is known of it. */
const asList = (table: string): string => `
  ${table} thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  ${table}, ${table} tbody { display: block; }
  ${table} tbody tr { display: flex; flex-wrap: wrap; gap: .125rem 1.25rem; padding: .5rem .75rem; border-bottom: 1px solid var(--line); }
  ${table} tbody th, ${table} tbody td { padding: 0; border: 0; min-width: 0; overflow-wrap: anywhere; }
  ${table} tbody th, ${table} tbody td.long { flex: 1 0 100%; }
  ${table} tbody td.number { text-align: left; } ${table} tbody td:empty { display: none; }
  ${table} tbody th::before, ${table} tbody td::before { content: attr(data-label) " "; color: var(--quiet); font-weight: 400; }
`

/* Contrast of every pair of text and ground is at least 4.5 : 1 in both themes. */
export const css = `
:root { color-scheme: light dark; --ground: #fbfbfa; --text: #1c1d1f; --quiet: #5c6066; --line: #d9dbde; --card: #fff;
  --accent: #1d5fbf; --good: #176b3a; --wait: #8a5200; --stop: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181b; --text: #eceef0; --quiet: #a3a9b1; --line: #363a40; --card: #1e2125;
  --accent: #8ab8ff; --good: #7fd6a2; --wait: #f0b95b; --stop: #ff9b92; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
.brand { margin: 0; color: var(--quiet); font-weight: 600; }
h1 { margin: .25rem 0 .5rem; max-width: 40em; font-size: 1.5rem; line-height: 1.3; }
h2 { margin: 2rem 0 .5rem; font-size: 1.125rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.quiet { color: var(--quiet); }
.notice { overflow-wrap: anywhere; margin: 1rem 0; padding: .75rem 1rem; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--accent); }
.notice.stop { border-left-color: var(--stop); } .notice.wait { border-left-color: var(--wait); }
.notice h2 { margin: 0; font-size: 1rem; } .notice p { margin: .25rem 0 0; } .notice ul { margin: .5rem 0 0; padding-left: 1.25rem; }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
th, td { padding: .375rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
td.long { min-width: 16rem; overflow-wrap: anywhere; } .wide td { min-width: 6rem; overflow-wrap: anywhere; } .wide td.long { min-width: 12rem; } .wide td.name { min-width: 10rem; } time { white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 600; white-space: nowrap; } tbody th { font-weight: 600; }
td.number, th.number { text-align: right; }
.badge { font-weight: 600; } .badge.good { color: var(--good); } .badge.wait { color: var(--wait); } .badge.stop { color: var(--stop); }
@media (max-width: 52rem) {${asList('table')}}
@media (max-width: 76rem) {${asList('table.wide')}}
@media (prefers-reduced-motion: no-preference) { a { transition: color 120ms; } }
`

/* A page that is hidden, or in which someone reads or selects, is left as it is. */
export const script = `
const local = () => {
  for (const element of document.querySelectorAll('time')) {
    const at = new Date(element.dateTime)
    const day = at.toDateString() === new Date().toDateString() ? '' : at.toLocaleDateString() + ' '
    element.textContent = day + at.toLocaleTimeString()
  }
}
const busy = () => document.hidden || document.getSelection()?.type === 'Range' || document.activeElement !== document.body
const again = async () => {
  try {
    if (busy()) return
    const answer = await fetch('/', { headers: { accept: 'text/html' } })
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const main = next.getElementById('main')
    if (!main || busy()) return
    document.getElementById('main').replaceWith(main)
    document.title = next.title
    local()
  } catch {
    document.title = 'Mirror: this page gets no answer'
  } finally {
    setTimeout(again, 2000)
  }
}
local()
setTimeout(again, 2000)
`
