import type { GroupKeys } from './epochs/index.ts'

let loading: Promise<GroupKeys> | undefined

/** The scheme by which private rooms have their keys, loaded with the first of them: it is large. */
export function loadGroupKeys(): Promise<GroupKeys> {
  loading ??= import('./mls/index.ts').then(({ mlsGroupKeys }) => mlsGroupKeys())
  return loading
}
