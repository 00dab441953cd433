/** Control characters but line feed and tab, and those that turn the direction of text: a terminal would obey them. */
export const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text of others as it may be printed on a terminal: what would steer the terminal is spelled out. */
export function visible(text: string): string {
  return text.replaceAll(STEERING, character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
