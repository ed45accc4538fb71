/** `docs/errors.md`, made from the tables of errors: a test holds the file against this function. */
import { commandLineTable } from './cli/codes.ts'
import { type ErrorEntry, errorTable } from './errors.ts'

const parts = [
  ['0', 'The command line'],
  ['1', 'The source (MySQL, MariaDB)'],
  ['2', 'The schema of the source'],
  ['3', 'The target (PostgreSQL)'],
  ['4', 'The state of the mirror'],
] as const

const introduction = `# Errors of the mirror

Every error has a code that does not change. With \`--json\` it stands in \`error.code\`; the log and the metric
\`mirror_retries_total{code}\` name it too. *Retried* errors are those after which \`mirror run\` tries again by itself,
with growing pauses; the others end it. This file is made from the tables in the code
(\`npx vitest run packages/mirror/src/errors.test.ts -u\` writes it anew).
`

const entry = ([code, { cause, remedy, retried }]: readonly [string, ErrorEntry]): string => `### ${code}

${cause}

- **What to do:** ${remedy}
- **Retried:** ${retried ? 'yes' : 'no'}
`

export function errorsDocument(): string {
  const entries = Object.entries({ ...commandLineTable, ...errorTable })
  const sections = parts.map(([digit, title]) => {
    const own = entries.filter(([code]) => code.startsWith(`MIRROR_${digit}`))
    return [`## ${title}\n`, ...own.map(entry)].join('\n')
  })
  return [introduction, ...sections].join('\n')
}
