import { parseArgs } from 'node:util'
import { UsageError } from '../exits.ts'
import { COMMANDS, GROUPS, type Command } from './commands.ts'
import { GLOBAL_FLAGS, type Flag } from './flags.ts'

/** What a person or a file wrote for the flags: each name once, its values in order; a flag without value has none. */
export type FlagValues = ReadonlyMap<string, readonly string[]>

export interface CommandLine {
  /** Undefined when only `--help` or `--version`, or nothing, was asked for. */
  readonly command: Command | undefined
  /** The word of a group (`room`) whose help is asked for. */
  readonly group: string | undefined
  readonly arguments: readonly string[]
  readonly asksHelp: boolean
  readonly flags: FlagValues
}

/** `id` alone shows the identity. */
const DEFAULT_OF_GROUP: ReadonlyMap<string, string> = new Map([['id', 'id show']])

/** A number below zero: no flag begins with a digit. */
const BELOW_ZERO = /^-\d/

/** Flags may stand before, between and after arguments; `--` ends them. */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const every = new Map([...GLOBAL_FLAGS, ...COMMANDS.flatMap(command => command.flags)].map(flag => [flag.name, flag]))
  const { tokens } = parseArgs({
    args: [...words],
    options: parseOptions(every),
    tokens: true,
    strict: false,
    allowPositionals: true
  })
  const isArgument = ({ kind, index }: { kind: string; index: number }): boolean =>
    kind === 'positional' || (kind === 'option' && BELOW_ZERO.test(words[index] ?? ''))
  const options = tokens.filter(token => token.kind === 'option').filter(token => !isArgument(token))
  const places = new Set(tokens.filter(isArgument).map(token => token.index))
  const positionals = [...places].map(index => words[index] ?? '')
  const asksHelp = positionals[0] === 'help' || options.some(option => option.name === 'help')
  const found = findCommand(positionals, asksHelp || options.some(option => option.name === 'version'))
  const known = new Map([...GLOBAL_FLAGS, ...(found.command?.flags ?? [])].map(flag => [flag.name, flag]))
  const flags = new Map<string, string[]>()
  for (const option of options) {
    addFlag(flags, known.get(option.name), { ...option, value: option.value, helpOf: found.command?.path })
  }
  if (found.command !== undefined && !asksHelp) checkCount(found.command, found.arguments)
  return { ...found, asksHelp, flags }
}

function parseOptions(flags: ReadonlyMap<string, Flag>) {
  return Object.fromEntries(
    [...flags.values()].map(flag => [
      flag.name,
      { type: flag.value === undefined ? ('boolean' as const) : ('string' as const), multiple: true, ...shortOf(flag) }
    ])
  )
}

function shortOf(flag: Flag): { short?: string } {
  return flag.name === 'help' ? { short: 'h' } : {}
}

type Found = Omit<CommandLine, 'flags' | 'asksHelp'>

/** `help room create` is `room create --help`. */
function findCommand(positionals: readonly string[], asksOnly: boolean): Found {
  const [first, second] = positionals
  if (first === undefined) {
    if (asksOnly) return { command: undefined, group: undefined, arguments: [] }
    throw new UsageError('there is no command; see starling --help')
  }
  if (first === 'help') return findCommand(positionals.slice(1), true)
  const pair = COMMANDS.find(command => command.path === `${first} ${second ?? ''}`)
  if (pair !== undefined) return { command: pair, group: undefined, arguments: positionals.slice(2) }
  const single = COMMANDS.find(command => command.path === first)
  if (single !== undefined) return { command: single, group: undefined, arguments: positionals.slice(1) }
  return findInGroup(first, second, asksOnly)
}

function findInGroup(first: string, second: string | undefined, asksOnly: boolean): Found {
  if (!GROUPS.has(first)) throw new UsageError(`there is no command ${quote(first)}; see starling --help`)
  if (second !== undefined) {
    throw new UsageError(`there is no command ${quote(`${first} ${second}`)}; see starling ${first} --help`)
  }
  if (asksOnly) return { command: undefined, group: first, arguments: [] }
  const fallback = COMMANDS.find(command => command.path === DEFAULT_OF_GROUP.get(first))
  if (fallback !== undefined) return { command: fallback, group: undefined, arguments: [] }
  throw new UsageError(`${quote(first)} needs one more word; see starling ${first} --help`)
}

interface Option {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
  readonly helpOf: string | undefined
}

function addFlag(flags: Map<string, string[]>, flag: Flag | undefined, option: Option): void {
  const help = `see starling ${option.helpOf === undefined ? '' : `${option.helpOf} `}--help`
  if (flag === undefined) throw new UsageError(`there is no flag ${option.rawName}; ${help}`)
  if (flag.value === undefined) {
    if (option.value !== undefined) throw new UsageError(`--${flag.name} takes no value; ${help}`)
    flags.set(flag.name, [])
    return
  }
  const isFlag = option.inlineValue !== true && option.value?.startsWith('--')
  if (option.value === undefined || option.value === '' || isFlag) {
    throw new UsageError(`--${flag.name} needs a value, ${flag.value}; ${help}`)
  }
  flags.set(flag.name, flag.many ? [...(flags.get(flag.name) ?? []), option.value] : [option.value])
}

function checkCount(command: Command, given: readonly string[]): void {
  const [fewest, most] = command.count
  if (given.length < fewest) {
    throw new UsageError(`${command.path} needs ${command.arguments}; see starling ${command.path} --help`)
  }
  if (given.length <= most) return
  const first = given[most] ?? ''
  throw new UsageError(`starling ${command.path} has no use for ${quote(first)}; put a name with spaces in quotes`)
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 60))
}
