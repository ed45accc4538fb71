/** The flags of commands, made of the settings; and the shape of a command's own ones. */
import { definitionOf, type SettingGroup, type SettingName, settingNames } from './settings.ts'

export interface Flag {
  /** as commander reads it: `--poll <time>` */
  readonly usage: string
  readonly help: string
  readonly repeatable?: boolean
}

const flagOf = (name: SettingName): readonly Flag[] => {
  const { value, help, default: given, repeatable, flag } = definitionOf(name)
  if (flag === false) return []
  const shown = value === undefined || given === undefined ? help : `${help} (${given})`
  return [
    {
      usage: value === undefined ? `--${name}` : `--${name} ${value}`,
      help: shown,
      ...(repeatable === true && { repeatable }),
    },
  ]
}

/** In the order in which --help lists them. */
export const flagsOfGroup = (group: SettingGroup): readonly Flag[] =>
  settingNames.filter((name) => definitionOf(name).group === group).flatMap(flagOf)

/** These are no settings: one says where settings are, the other what the caller reads. */
export const commandFlags: readonly Flag[] = [
  { usage: '--config <file>', help: 'settings from a YAML file' },
  { usage: '--json', help: 'one JSON document on standard output' },
  ...flagsOfGroup('output'),
]
