import { STEERING } from './visible.ts'

/** The object as one line of JSON in which no character steers a terminal: `\u202e` means the same, and shows as it is. */
export function jsonLine(object: object): string {
  return JSON.stringify(object).replaceAll(STEERING, character => `\\u${hex(character).padStart(4, '0')}`)
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16)
}
