/** `docs/configuration-portal.md`, made from the table of settings: a test holds the file against this function. */
import { type Described, environmentName, settingNames, settings } from './config.ts'

const introduction = `# Settings of the portal

Each setting may come from a flag, from the environment or from a YAML file (\`--config FILE\` or \`PORTAL_CONFIG\`). A flag
wins over the environment, the environment over the file. Everything that is wrong is told at once, with exit status 2;
unknown flags and unknown keys of the file are errors, an unknown \`PORTAL_…\` variable is a warning. An empty variable is
one that is not set. Where several values may be given, flags are repeated, variables hold commas, and the file holds a list.

This file is made from the table in the code (\`npx vitest run apps/portal/src/cli/config.test.ts -u\` writes it anew).
`

const example = `## As a file

\`\`\`yaml
# portal.yaml: portal serve --config portal.yaml
database: mysql://portal@db.example.edu:3306/school
database-password-file: database.password # from the folder of this file
origin:
  - https://register.example.edu
trust-proxy:
  - 10.0.0.0/8
time-zone: America/New_York
\`\`\`

Every user of a machine can read the flags of a process, and with them the password in an address: put it into a file, or
into the environment.
`

const section = (title: string, ...of: readonly Described['of'][]): string => {
  const entries = settingNames
    .filter((name) => of.includes(settings[name].of))
    .map((name) => {
      const { value, help, initial, repeatable } = settings[name]
      return `### ${name}

\`--${name} <${value}>\` · \`${environmentName(name)}\`${repeatable ? ' · several' : ''}

${help.charAt(0).toUpperCase()}${help.slice(1)}.

Default: ${initial ?? 'none'}.
`
    })
  return [`## ${title}\n`, ...entries].join('\n')
}

export const configurationDocument = (): string =>
  [
    introduction,
    section('Of every command', 'every'),
    section('Of `portal serve` and `portal sample`', 'sample'),
    section('Of `portal serve`', 'serve'),
    example,
    `## In Docker alone

\`PORTAL_SAMPLE=yes\` fills an empty database with the sample university before the portal serves.
`,
  ].join('\n')
