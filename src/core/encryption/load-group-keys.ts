import { UnavailableError } from '../bytes/index.ts'
import type { GroupKeys } from './epochs/index.ts'

const NOT_LOADED =
  'the part of the program that private rooms need could not be loaded: try again when you are connected, or load the page again'

let loading: Promise<GroupKeys> | undefined

/** The scheme by which private rooms have their keys, loaded with the first of them: it is large. */
export function loadGroupKeys(): Promise<GroupKeys> {
  loading ??= load()
  return loading
}

async function load(): Promise<GroupKeys> {
  try {
    const { mlsGroupKeys } = await import('./mls/index.ts')
    return await mlsGroupKeys()
  } catch (thrown) {
    // Tried anew by whoever needs it next.
    loading = undefined
    throw new UnavailableError(NOT_LOADED, { cause: thrown })
  }
}
