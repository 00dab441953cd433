import { foldName, type MemberId } from '../identity/index.ts'

/** Letters of an id that name somebody. */
export const FEWEST_LETTERS = 6

/** Those who are called so, or else whose id begins so. */
export function namedOrById<T extends { readonly member: MemberId; readonly nick: string }>(
  all: readonly T[],
  reference: string
): readonly T[] {
  const named = all.filter(({ nick }) => foldName(nick) === foldName(reference))
  const isId = reference.length >= FEWEST_LETTERS && /^[0-9a-f]+$/.test(reference)
  return named.length > 0 || !isId ? named : all.filter(({ member }) => member.startsWith(reference))
}
