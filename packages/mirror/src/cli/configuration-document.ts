/** `docs/configuration.md`, made from the settings: a test holds the file against this function. */
import { definitionOf, envName, type SettingGroup, type SettingName, settingNames } from './settings.ts'

const groups: readonly (readonly [SettingGroup, string])[] = [
  ['connection', 'Which mirror (every command)'],
  ['tuning', 'How hard, and when to ask (check, sync, run, verify)'],
  ['run', 'mirror run'],
  ['restore', 'mirror restore'],
  ['output', 'What is said (every command)'],
]

const introduction = `# Configuration of the mirror

Every setting is a flag, a variable and a key of a YAML file (\`--config FILE\`, or \`MIRROR_CONFIG\`). A flag wins over the
variable, the variable over the file; an empty variable is none. Unknown flags, keys and parameters of addresses are errors, all told at
once (exit status 2); a variable \`MIRROR_…\` that is none is told when it looks like a slip.

Times are written \`500ms\`, \`1s\`, \`2m\`, \`1h\`; shares \`0.1\` or \`10%\`; lists with commas, by repeating the flag, or as a YAML list.
Paths in a file are meant from where the file stands. This file is made from the code
(\`npx vitest run packages/mirror/src/cli/configuration.test.ts -u\` writes it anew).

\`\`\`yaml
source: mysql://mirror@db.example/school?ssl-mode=VERIFY_IDENTITY&ssl-ca=ca.pem
target: postgres://mirror@standby.example/standby?sslmode=verify-full&sslrootcert=ca.pem
source-password-file: /etc/mirror/source
target-password-file: /etc/mirror/target
exclude: [session, "tmp_*"]
max-share: 20%
\`\`\`
`

const addresses = `## Addresses

\`mysql://USER[:PASSWORD]@HOST[:3306]/DATABASE[?PARAMETERS]\` and \`postgres://USER[:PASSWORD]@HOST[:5432]/DATABASE[?PARAMETERS]\`. In user, password and
database \`% # / ? @ :\` are written \`%25 %23 %2F %3F %40 %3A\`. A password stands in one place only: the address, its variable or its file. Files of
certificates are PEM; they are read at each connection, so that renewed ones count at once.

| source                               | target                         | what it means                                                                        |
| ------------------------------------ | ------------------------------ | ------------------------------------------------------------------------------------ |
| \`ssl-mode=DISABLED\`                  | \`sslmode=disable\`              | not encrypted                                                                        |
| \`ssl-mode=PREFERRED\` (the default)   | \`sslmode=prefer\` (the default) | encrypted where the server offers it; over a socket not. Nobody is asked who he is   |
| \`ssl-mode=REQUIRED\`                  | \`sslmode=require\`              | encrypted, or no connection. Nobody is asked who he is                               |
| \`ssl-mode=VERIFY_CA\` (with \`ssl-ca\`) | \`sslmode=verify-ca\`            | and the server's certificate is signed by the CA                                     |
| \`ssl-mode=VERIFY_IDENTITY\`           | \`sslmode=verify-full\`          | and it names the host of the address: the only one that keeps out who stands between |
| \`ssl-ca=FILE\`                        | \`sslrootcert=FILE\`             | the CA; without it, those that Node.js knows. Alone it means VERIFY_CA, verify-full  |
| \`ssl-cert=FILE&ssl-key=FILE\`         | \`sslcert=FILE&sslkey=FILE\`     | our own certificate, where the server asks for one                                   |
| \`socket=PATH\`                        | \`host=FOLDER\`                  | a Unix socket instead of TCP                                                         |

\`VERIFY_IDENTITY\` needs a host by name. With \`require\`, a \`sslrootcert\` makes it \`verify-ca\`, as in libpq.
`

const cell = (text: string): string => text.replaceAll('|', '\\|')

const section = (name: SettingName): string => {
  const { help, value, default: given, reason, repeatable, flag } = definitionOf(name)
  const ways = [
    ...(flag === false ? [] : [`\`--${name}${value === undefined ? '' : ` ${value}`}\``]),
    `\`${envName(name)}\``,
    `\`${name}:\``,
  ]
  const kind = value === undefined ? (flag === false ? '<text>' : 'true or false') : value
  return `### ${name}

${help}.

- **Given as:** ${ways.join(', ')}${flag === false ? ' (no flag: a command line is for all to read)' : ''}
- **Value:** ${cell(kind.replace(/^<(.*)>$/, '$1'))}${repeatable === true ? ', a list' : ''}
- **Default:** ${given === undefined ? 'none' : `\`${given}\``}${reason === undefined ? '' : `: ${reason}`}
`
}

export function configurationDocument(): string {
  const parts = groups.map(([group, title]) => {
    const own = settingNames.filter((name) => definitionOf(name).group === group)
    return [`## ${title}\n`, ...own.map(section)].join('\n')
  })
  return [introduction, addresses, ...parts].join('\n')
}
