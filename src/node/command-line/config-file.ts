import { readFileSync } from 'node:fs'
import { errorMessage, reasonInWords, UsageError } from '../exits.ts'
import { FILE_FLAGS, type Flag } from './flags.ts'
import type { FlagValues } from './parse.ts'

/** A file longer than this is not a configuration of ours. */
const MAX_FILE_BYTES = 256 * 1024

/** Reads a JSON file whose keys are the names of flags: texts, lists of texts where a flag repeats, true or false. */
export function readConfigFile(path: string): FlagValues {
  const object = parseObject(path, readText(path))
  const values = new Map<string, readonly string[]>()
  for (const [key, value] of Object.entries(object)) {
    const flag = FILE_FLAGS.get(key)
    if (flag === undefined)
      throw new UsageError(`${path}: there is no setting ${JSON.stringify(key)}; see starling --help`)
    const list = valuesOf(flag, value, path)
    if (list !== undefined) values.set(key, list)
  }
  return values
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > MAX_FILE_BYTES) throw new UsageError(`${path}: too long for a configuration file`)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown
    if (thrown instanceof TypeError) throw new UsageError(`${path}: not valid UTF-8`)
    throw new UsageError(`the configuration file ${path} cannot be read: ${reasonInWords(thrown)}`)
  }
}

function parseObject(path: string, text: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    throw new UsageError(`${path}: not JSON: ${errorMessage(thrown)}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new UsageError(`${path}: not a JSON object such as {"http": "127.0.0.1:8080"}`)
}

/** Undefined for a switch that is off. */
function valuesOf(flag: Flag, value: unknown, path: string): readonly string[] | undefined {
  if (flag.value === undefined) {
    if (typeof value === 'boolean') return value ? [] : undefined
    throw new UsageError(`${path}: "${flag.name}" is either true or false`)
  }
  const list: unknown[] = Array.isArray(value) && flag.many ? value : [value]
  if (list.every(item => typeof item === 'string' && item !== '')) return list as string[]
  throw new UsageError(`${path}: "${flag.name}" is ${flag.many ? 'a list of texts' : 'a text'}, ${flag.value}`)
}
