/** No words for people stand in the code of pages, of the routes that show them, of islands, e-mails and components. */
import { readdirSync, readFileSync } from 'node:fs'
import { parseSync, type Program } from 'oxc-parser'
import { expect, it } from 'vitest'

const root = `${import.meta.dirname}/../../../..`
const folders = [
  'apps/portal/src/views',
  'apps/portal/src/http',
  'apps/portal/src/islands',
  'apps/portal/src/mail',
  'apps/portal/src/registrar',
  'packages/ui/src/components',
]

/** Whole files whose texts have not been moved yet. One that is clean must leave this list. */
const remaining: readonly string[] = []

/** Attributes and properties whose value is read or heard. */
const forPeople =
  /^(?:title|label|caption|head|hidden|hint|alt|placeholder|summary|words|message|remedy|aria-label|data-label)$/

const letters = /\p{L}{2}/u
/** A capital, and more than one word: no class, no key, no header of HTTP is written so. */
const sentence = /^[“(]?\p{Lu}\p{L}*[’,:]?\p{L}* \p{L}|\p{Ll}{2,} \p{Ll}{2,}.*[.?!]$/u

/** Words that no page shows: of HTTP, for probes, for whoever starts the portal; and what is kept, which views/notice-words.ts reads back. */
const otherwise: readonly string[] = [
  'apps/portal/src/http/headers.ts',
  'apps/portal/src/http/origin.ts',
  'apps/portal/src/http/routes/health.ts',
  'apps/portal/src/http/routes/office-meetings.ts',
]

/** The name of the product is the same in every language. */
const names: readonly string[] = ['Matricula']

type Node = Readonly<Record<string, unknown>> & { readonly type: string }
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

const nameOf = (node: unknown): string => {
  if (!isNode(node)) return ''
  const { name, value, namespace } = node
  if (node.type === 'JSXNamespacedName') return `${nameOf(namespace)}:${nameOf(name)}`
  return typeof name === 'string' ? name : typeof value === 'string' ? value : ''
}

/** Faults that only we see, types, and SQL. */
const isNoText = (node: Node): boolean =>
  (node.type === 'NewExpression' && nameOf(node['callee']) === 'Error') ||
  /^(?:ImportDeclaration|TaggedTemplateExpression|TS\w+)$/.test(node.type)

/** What is called, compared or looked up is not what is said. */
const opaque = /^(?:CallExpression|BinaryExpression|MemberExpression|JSXElement)$/

/** How much it takes to be words: letters where people read, a sentence where a key might stand; of a class nothing is. */
type Place = 'read' | 'code' | 'class'

const placeIn = (node: Node, place: Place): Place => {
  if (node.type === 'JSXAttribute') return forPeople.test(nameOf(node['name'])) ? 'read' : 'class'
  if (node.type === 'Property') return forPeople.test(nameOf(node['key'])) ? 'read' : 'code'
  return opaque.test(node.type) ? 'code' : place
}

const textOf = (node: Node): string | undefined => {
  const { type, value } = node
  if (type === 'TemplateElement') return (value as { readonly cooked: string }).cooked
  return (type === 'JSXText' || type === 'Literal') && typeof value === 'string' ? value : undefined
}

const textsIn = (program: Program): readonly string[] => {
  const found: string[] = []
  const visit = (node: Node, place: Place): void => {
    if (isNoText(node)) return
    const text = textOf(node)?.trim() ?? ''
    const isRead = node.type === 'JSXText' || place === 'read'
    if ((isRead ? letters : sentence).test(text) && place !== 'class' && !names.includes(text))
      found.push(text)
    for (const [key, child] of Object.entries(node)) {
      if (key === 'key' || key === 'test') continue
      for (const one of Array.isArray(child) ? (child as unknown[]) : [child])
        if (isNode(one)) visit(one, placeIn(node, place))
    }
  }
  visit(program as unknown as Node, 'code')
  return found
}

const read = (name: string, code: string): readonly string[] => textsIn(parseSync(name, code).program)

it('knows words for people from the rest of the code', () => {
  const page = `
    import x from 'Some Module'
    const a = <p class="Btn big" title="Yes" href="/a b">Hello <b aria-label={ok ? 'Fine' : t('layout.cart')}>{'·'}</b></p>
    const b = [{ head: 'Days' }, { kind: 'stop', words: \`\${n} left\` }]
    throw new Error('Never seen by anybody.')
    const c = kind === 'x' ? 'Nothing was changed.' : 'cache-control'`
  expect(read('a.tsx', page)).toEqual(['Yes', 'Hello', 'Fine', 'Days', 'left', 'Nothing was changed.'])
})

it('finds none where pages are made, but in the files that are still to be moved', () => {
  const files = folders.flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
      .map((file) => `${folder}/${file}`)
      .filter((file) => !otherwise.includes(file)),
  )
  const found = files
    .map((file) => ({ file, texts: read(file, readFileSync(`${root}/${file}`, 'utf8')) }))
    .filter(({ texts }) => texts.length > 0)
    .toSorted((a, b) => (a.file < b.file ? -1 : 1))
  expect(found.filter(({ file }) => !remaining.includes(file))).toEqual([])
  expect(found.map(({ file }) => file)).toEqual(remaining)
})
