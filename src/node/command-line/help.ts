import { COMMANDS, type Command } from './commands.ts'
import { GLOBAL_FLAGS, type Flag } from './flags.ts'

const HEAD = `Starling: group chat without a server. Every program is a peer, and rooms live on their members.`

export function generalHelp(): string {
  return [
    HEAD,
    '',
    'usage: starling COMMAND [ARGUMENTS] [FLAGS]',
    '',
    ...commandLines(COMMANDS.filter(isBuilt)),
    '',
    'Not built yet:',
    ...commandLines(COMMANDS.filter(command => !isBuilt(command))),
    '',
    'Flags of every command:',
    ...flagLines(GLOBAL_FLAGS),
    '',
    'ROOM is a name, a room id, or the start of one. `starling COMMAND --help` says more.'
  ].join('\n')
}

export function groupHelp(group: string): string {
  return [`usage: starling ${group} COMMAND`, '', ...commandLines(COMMANDS.filter(isOf(group)))].join('\n')
}

export function commandHelp(command: Command): string {
  const own = command.flags.length === 0 ? [] : ['', 'Flags:', ...flagLines(command.flags)]
  return [
    `usage: starling ${command.path} ${command.arguments}`.trimEnd(),
    '',
    `${sentence(command.summary)}${isBuilt(command) ? '' : ' Not built yet.'}`,
    ...own,
    '',
    'Flags of every command:',
    ...flagLines(GLOBAL_FLAGS)
  ].join('\n')
}

function isBuilt(command: Command): boolean {
  return command.load !== undefined
}

function isOf(group: string): (command: Command) => boolean {
  return command => command.path.startsWith(`${group} `)
}

function commandLines(commands: readonly Command[]): string[] {
  return columns(commands.map(command => [`${command.path} ${command.arguments}`.trimEnd(), command.summary]))
}

function flagLines(flags: readonly Flag[]): string[] {
  return columns(
    flags.map(flag => [
      `--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
      flag.environment === undefined ? flag.summary : `${flag.summary} (env ${flag.environment})`
    ])
  )
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
