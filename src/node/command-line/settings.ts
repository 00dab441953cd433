import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { defaultDataFolder } from '../data/default-folder.ts'
import { reasonInWords, UsageError } from '../exits.ts'
import { checkAddresses } from './addresses.ts'
import { readConfigFile } from './config-file.ts'
import { GLOBAL_FLAGS } from './flags.ts'
import type { FlagValues } from './parse.ts'
import {
  parseHostPort,
  parseIceUri,
  parseLogLevel,
  parseTurnUser,
  parseWebUrl,
  type HostPort,
  type LogLevel
} from './values.ts'

/** What holds for one run, from flags, else the environment, else the configuration file, else the defaults. */
export interface Settings {
  readonly data: string
  /** Of the identity, where it was given beforehand. */
  readonly passphrase: string | undefined
  readonly json: boolean
  readonly log: LogLevel
  readonly bootstrap: readonly string[]
  /** Undefined: the command's defaults. */
  readonly listen: readonly string[] | undefined
  readonly announce: readonly string[]
  readonly http: HostPort | undefined
  readonly webUrl: string | undefined
  readonly stun: readonly string[]
  readonly turn: readonly string[]
  readonly turnCredentials: TurnCredentials | undefined
  readonly carryOthers: boolean
  readonly mdns: boolean
  readonly dht: boolean
  readonly webrtc: boolean
  /** Punch holes with TCP. */
  readonly punch: boolean
  readonly upnp: boolean
  readonly metricsPublic: boolean
  /** The command's own flags, and every other one, as written. */
  readonly flags: FlagValues
}

export type TurnCredentials =
  | { readonly kind: 'user'; readonly username: string; readonly credential: string }
  | { readonly kind: 'secret'; readonly secret: string }

export async function readSettings(flags: FlagValues, environment: NodeJS.ProcessEnv): Promise<Settings> {
  const path = flags.get('config')?.[0]
  const file = path === undefined ? new Map<string, readonly string[]>() : readConfigFile(path)
  const base = path === undefined ? process.cwd() : dirname(resolve(path))
  const fromFile = relativeTo(base, file)
  const merged = mergeSources(flags, fromEnvironment(environment), fromFile)
  const settings = { ...settingsOf(merged, environment), passphrase: passphraseOf(flags, environment, fromFile) }
  await checkAddresses('bootstrap', settings.bootstrap)
  await checkAddresses('listen', settings.listen ?? [])
  await checkAddresses('announce', settings.announce)
  return settings
}

/** Earlier sources win, flag by flag. */
function mergeSources(...sources: readonly FlagValues[]): FlagValues {
  return new Map(sources.toReversed().flatMap(source => [...source]))
}

function fromEnvironment(environment: NodeJS.ProcessEnv): FlagValues {
  const values = new Map<string, readonly string[]>()
  for (const flag of GLOBAL_FLAGS) {
    const text = flag.environment === undefined ? undefined : environment[flag.environment]
    if (text === undefined || text.trim() === '') continue
    values.set(
      flag.name,
      flag.many
        ? text
            .split(',')
            .map(part => part.trim())
            .filter(part => part !== '')
        : [text]
    )
  }
  return values
}

/** Paths in a file are meant from where the file is. */
function relativeTo(base: string, file: FlagValues): FlagValues {
  const isPath = (name: string): boolean => ['data', 'passphrase-file', 'turn-secret-file'].includes(name)
  return new Map(
    [...file].map(([name, values]) => [name, isPath(name) ? values.map(path => resolve(base, path)) : values])
  )
}

function settingsOf(flags: FlagValues, environment: NodeJS.ProcessEnv): Omit<Settings, 'passphrase'> {
  const one = (name: string): string | undefined => flags.get(name)?.[0]
  const many = (name: string): readonly string[] => flags.get(name) ?? []
  const http = one('http')
  const webUrl = one('web-url')
  return {
    data: resolve(one('data') ?? defaultDataFolder(environment)),
    json: flags.has('json'),
    log: parseLogLevel(one('log') ?? 'warn'),
    bootstrap: [...new Set(many('bootstrap'))],
    listen: flags.get('listen'),
    announce: many('announce'),
    http: http === undefined ? undefined : parseHostPort(http, 'http'),
    webUrl: webUrl === undefined ? undefined : parseWebUrl(webUrl),
    stun: many('stun').map(uri => parseIceUri(uri, 'stun')),
    turn: many('turn').map(uri => parseIceUri(uri, 'turn')),
    turnCredentials: turnCredentials(one('turn-secret-file'), one('turn-user')),
    carryOthers: !flags.has('no-relay'),
    mdns: !flags.has('no-mdns'),
    dht: !flags.has('no-dht'),
    webrtc: !flags.has('no-webrtc'),
    punch: !flags.has('no-punch'),
    upnp: !flags.has('no-upnp'),
    metricsPublic: flags.has('metrics-public'),
    flags
  }
}

function turnCredentials(secretFile: string | undefined, user: string | undefined): TurnCredentials | undefined {
  if (secretFile !== undefined && user !== undefined) {
    throw new UsageError('--turn-secret-file and --turn-user exclude each other')
  }
  if (user !== undefined) return { kind: 'user', ...parseTurnUser(user) }
  if (secretFile === undefined) return undefined
  const secret = readSecret('turn-secret-file', secretFile).trim()
  if (secret === '') throw new UsageError(`--turn-secret-file ${secretFile}: the file is empty`)
  return { kind: 'secret', secret }
}

/** A flag before the environment, the environment before the configuration file. */
function passphraseOf(flags: FlagValues, environment: NodeJS.ProcessEnv, file: FlagValues): string | undefined {
  const name = 'passphrase-file'
  const given = flags.get(name)?.[0]
  const inEnvironment = environment['STARLING_PASSPHRASE']
  if (given === undefined && inEnvironment !== undefined && inEnvironment !== '') return inEnvironment
  const path = given ?? file.get(name)?.[0]
  if (path === undefined) return undefined
  const passphrase = readSecret(name, path).replace(/\r?\n$/, '')
  if (passphrase === '') throw new UsageError(`--${name} ${path}: the file is empty`)
  return passphrase
}

function readSecret(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new UsageError(`--${flag} ${path} cannot be read: ${reasonInWords(thrown)}`)
  }
}
