import { readdirSync, readFileSync } from 'node:fs'
import {
  isLiteralElement,
  isPoundElement,
  type MessageFormatElement,
  parse,
} from '@formatjs/icu-messageformat-parser'
import type { VNode } from 'preact'
import { expect, it } from 'vitest'
import { en } from './en/index.ts'
import { english, languageFor, languageOf, said } from './index.ts'
import { pseudoMessage } from './pseudo.ts'

const us = languageFor('en-US', 'America/Chicago')
const pseudo = languageOf('en-XA', 'UTC', ['en', 'en-XA'])

it('says a text with its arguments, numbers as the reader writes them', () => {
  expect(us.t('words.credits', { credits: 1 })).toBe('1 credit')
  expect(languageFor('en-IN', 'UTC').t('words.credits', { credits: 123456 })).toBe('1,23,456 credits')
  expect(us.t('words.credits', { credits: 0.5 })).toBe('0.5 credits')
  expect(english.say(said('password.short', { least: 8 }))).toContain('at least 8 characters')
})

it('gives what stands between tags to the page', () => {
  const link = (words: readonly unknown[]) => ({ type: 'a', props: { children: words } }) as unknown as VNode
  expect(us.t('sign_in.look', { link })).toEqual([
    'You can ',
    { type: 'a', props: { children: ['look at the catalogue'] } },
    ' without signing in.',
  ])
})

it('does not compile without a key or an argument of it', () => {
  // never run: each line is here for the compiler, which must refuse it
  const wrong = () => {
    // @ts-expect-error no such key
    us.t('words.nothing')
    // @ts-expect-error an argument is missing
    us.t('words.window_open', { term: 'Fall' })
    // @ts-expect-error all arguments are missing
    us.t('words.credits')
    // @ts-expect-error an argument too many
    us.t('words.cancelled', { count: 1 })
    // @ts-expect-error a number is no text
    us.t('ui.page', { page: 1 })
    // @ts-expect-error a tag is an argument, too
    us.t('sign_in.look')
    // @ts-expect-error what has tags cannot be said outside of a page
    said('sign_in.look', { link: () => null })
  }
  expect(wrong).toBeTypeOf('function')
})

it('offers English alone, and the pseudo-locale to tests that ask for it', () => {
  expect(languageOf('de', 'UTC').lang).toBe('en')
  expect(languageOf('de, en-US;q=0.5', 'UTC').format.locale).toBe('en-US')
  expect(languageOf('en-XA', 'UTC').t('layout.cart')).toBe('Cart')
  expect(pseudo.lang).toBe('en-XA')
  expect(pseudo.t('layout.cart')).not.toMatch(/[A-Za-z]{2}/)
})

const literals = (ast: readonly MessageFormatElement[]): string =>
  ast
    .flatMap((part) => {
      if (isLiteralElement(part)) return [part.value]
      if ('children' in part) return [literals(part.children)]
      return 'options' in part ? Object.values(part.options).map(({ value }) => literals(value)) : []
    })
    .join('')

const sorted = (names: Iterable<string>): readonly string[] => [...new Set(names)].toSorted()
const argsOf = (ast: readonly MessageFormatElement[]): readonly string[] =>
  ast.flatMap((part) => [
    ...(isLiteralElement(part) || isPoundElement(part) ? [] : [part.value]),
    ...('children' in part ? argsOf(part.children) : []),
    ...('options' in part ? Object.values(part.options).flatMap(({ value }) => argsOf(value)) : []),
  ])

it('is read by the library in every language, with the arguments that English has', async () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  expect(folders.map(({ name }) => name)).toContain('en')
  for (const { name } of folders) {
    const module = (await import(`./${name}/index.ts`)) as Record<string, Record<string, string>>
    const catalogue = module[name] ?? {}
    expect(sorted(Object.keys(catalogue))).toEqual(sorted(Object.keys(en)))
    for (const [key, message] of Object.entries(en))
      expect([key, ...sorted(argsOf(parse(catalogue[key] ?? '')))]).toEqual([
        key,
        ...sorted(argsOf(parse(message))),
      ])
  }
})

it('is 40 % longer in the pseudo-locale, and nothing of it is left as it was', () => {
  for (const message of Object.values(en)) {
    const [before, after] = [literals(parse(message)), literals(pseudoMessage(message))]
    expect(after).not.toMatch(/[A-Za-z]/)
    const letters = before.replaceAll(/[^A-Za-z]/g, '').length
    expect(after.length - before.length).toBeGreaterThanOrEqual(Math.floor(letters * 0.4))
  }
})

/** `cart.move_${name}` in the code stands for every key of that form: which of them there are the compiler knows. */
const keysIn = (code: string): RegExp => {
  const forms = [...code.matchAll(/`([a-z_.]*\.(?:[a-z_.]|\$\{[^}`]*\})*)`/g)].map(([, form = '']) =>
    form.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[a-z_0-9.]+'),
  )
  return new RegExp(`^(?:${forms.join('|')})$`)
}

it('holds no text that nobody says', () => {
  const root = `${import.meta.dirname}/..`
  const code = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/^texts\/\w+\/|\.test\.ts$/.test(file))
    .map((file) => readFileSync(`${root}/${file}`, 'utf8'))
    .join('\n')
  const composed = keysIn(code)
  const unsaid = (keys: readonly string[]) =>
    keys.filter((key) => !composed.test(key) && !code.includes(`'${key.replace(/\.remedy$/, '')}'`))
  expect(unsaid(Object.keys(en))).toEqual([])
  expect(unsaid(['cart.nobody_says_this'])).toHaveLength(1)
})
