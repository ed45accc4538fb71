/** A chart of cost against size, both on logarithmic scales: lines that run level cost the same whatever the size. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../packages/devstack/src/index.ts'

export interface Line {
  readonly name: string
  readonly points: readonly (readonly [size: number, cost: number])[]
}

export interface Chart {
  readonly title: string
  /** what the axes count */
  readonly size: string
  readonly cost: string
  readonly lines: readonly Line[]
}

const width = 720
const height = 420
const box = { left: 80, right: 520, top: 50, bottom: 350 }
// told apart by dashes too, not by colour alone
const strokes = ['#1d4ed8', '#b45309', '#047857', '#9d174d', '#4b5563', '#6d28d9']
const dashes = ['', '8 4', '2 3', '12 4 2 4', '4 4', '1 5']

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const decades = (values: readonly number[]): readonly [number, number] => {
  const logs = values.map((value) => Math.log10(Math.max(value, 1e-3)))
  const low = Math.floor(Math.min(...logs))
  return [low, Math.max(low + 1, Math.ceil(Math.max(...logs)))]
}

const power = (exponent: number): string =>
  exponent < 0 ? (10 ** exponent).toFixed(-exponent) : (10 ** exponent).toLocaleString('en')

export const asSvg = (chart: Chart, caption: string): string => {
  const points = chart.lines.flatMap((line) => line.points)
  const [x0, x1] = decades(points.map(([size]) => size))
  const [y0, y1] = decades(points.map(([, cost]) => cost))
  const x = (size: number): number =>
    box.left + ((Math.log10(Math.max(size, 1e-3)) - x0) / (x1 - x0)) * (box.right - box.left)
  const y = (cost: number): number =>
    box.bottom - ((Math.log10(Math.max(cost, 1e-3)) - y0) / (y1 - y0)) * (box.bottom - box.top)
  const label = (at: readonly [number, number], text: string, more = ''): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}"${more}>${escapeXml(text)}</text>`
  const rule = (a: readonly [number, number], b: readonly [number, number]): string =>
    `<line x1="${a[0].toFixed(1)}" y1="${a[1].toFixed(1)}" x2="${b[0].toFixed(1)}" y2="${b[1].toFixed(1)}" stroke="#d1d5db"/>`
  const exponents = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index)
  const parts = [
    label([box.left, 24], chart.title, ' font-size="15" font-weight="bold"'),
    ...exponents(x0, x1).flatMap((exponent) => [
      rule([x(10 ** exponent), box.top], [x(10 ** exponent), box.bottom]),
      label([x(10 ** exponent), box.bottom + 18], power(exponent), ' text-anchor="middle"'),
    ]),
    ...exponents(y0, y1).flatMap((exponent) => [
      rule([box.left, y(10 ** exponent)], [box.right, y(10 ** exponent)]),
      label([box.left - 8, y(10 ** exponent) + 4], power(exponent), ' text-anchor="end"'),
    ]),
    label([(box.left + box.right) / 2, box.bottom + 38], chart.size, ' text-anchor="middle"'),
    label([box.left - 8, box.top - 8], chart.cost, ' text-anchor="end"'),
    ...chart.lines.flatMap((line, index) => {
      const stroke = `stroke="${strokes[index % strokes.length]}" stroke-dasharray="${dashes[index % dashes.length]}"`
      const path = line.points.map(([size, cost]) => `${x(size).toFixed(1)},${y(cost).toFixed(1)}`).join(' ')
      const at = box.top + 12 + index * 22
      return [
        `<polyline points="${path}" fill="none" stroke-width="2" ${stroke}/>`,
        ...line.points.map(
          ([size, cost]) =>
            `<circle cx="${x(size).toFixed(1)}" cy="${y(cost).toFixed(1)}" r="3" fill="${strokes[index % strokes.length]}"/>`,
        ),
        `<line x1="${box.right + 16}" y1="${at - 4}" x2="${box.right + 44}" y2="${at - 4}" stroke-width="2" ${stroke}/>`,
        label([box.right + 50, at], line.name),
      ]
    }),
    label([box.left, height - 8], caption, ' fill="#4b5563" font-size="10"'),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${escapeXml(chart.title)}">
<rect width="${width}" height="${height}" fill="#fff"/>
${parts.join('\n')}
</svg>
`
}

const writeResult = (name: string, text: string): string => {
  const folder = join(repository, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** Writes `bench/results/NAME.svg`; returns its path. */
export const writeChart = (name: string, chart: Chart, caption: string): string =>
  writeResult(`${name}.svg`, asSvg(chart, caption))

/** Writes `bench/results/NAME.txt`, what was printed; returns its path. */
export const writeFigures = (name: string, figures: string): string =>
  writeResult(`${name}.txt`, `${figures}\n`)
