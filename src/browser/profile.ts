/**
 * `?profile=NAME` keeps a separate identity and store, to try two peers side by side. The name only ever becomes part of
 * a database's and a lock's name, so that any text will do; its length is bounded all the same.
 */
const MAX_PROFILE_CHARACTERS = 64

export function profileOf(search: string): string {
  const name = new URLSearchParams(search).get('profile')?.trim() ?? ''
  return name === '' ? 'default' : name.slice(0, MAX_PROFILE_CHARACTERS)
}
