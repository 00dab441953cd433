import { failure, success, type Result } from '../bytes/index.ts'

/** A name that is safe to show: see `parseDisplayName`. */
export type DisplayName = string & { readonly __brand: 'DisplayName' }

/** A nickname must fit on one line of a phone. */
const MAX_NICKNAME_CHARACTERS = 64

/** Control, format, private, unassigned and surrogate code points, line breaks, and everything that shows as nothing. */
const DECEPTIVE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u
/** The joiner and selectors inside an emoji sequence, the one place where an invisible code point is meant to be there. */
const EMOJI_SEQUENCE = /\p{RGI_Emoji}/gv
/** More combining marks than any script stacks on one letter: they would spill over the lines around. */
const STACKED_MARKS = /\p{M}{5}/u

/**
 * A name of 1 to `limit` characters, in NFC, trimmed, with single spaces; names that hide something (bidirectional
 * controls, zero-width and control characters, stacks of marks) are refused with a sentence that starts with `what`.
 */
export function parseDisplayName(text: string, what: string, limit: number): Result<DisplayName> {
  const name = text
    .normalize('NFC')
    .trim()
    .replaceAll(/\p{Zs}+/gu, ' ')
  if (name === '') return failure(`${what} must not be empty`)
  if ([...name].length > limit) return failure(`${what} must not be longer than ${limit} characters`)
  if (DECEPTIVE.test(name.replaceAll(EMOJI_SEQUENCE, ''))) {
    return failure(`${what} must not contain control, invisible or text-direction characters`)
  }
  if (STACKED_MARKS.test(name)) return failure(`${what} must not stack more than four marks on a letter`)
  return success(name as DisplayName)
}

export function parseNickname(text: string): Result<DisplayName> {
  return parseDisplayName(text, 'a nickname', MAX_NICKNAME_CHARACTERS)
}

/** Letters of other scripts, and digits, that look like Latin ones: the commonest of UTS #39, in lower case. */
const LOOK_ALIKES = new Map(
  Object.entries({
    a: 'аα',
    b: 'ЬьƄ',
    c: 'сϲ',
    d: 'ԁ',
    e: 'еєε',
    g: 'ɡ',
    h: 'һн',
    k: 'кκ',
    l: 'iı1|ӏіιⅼ',
    n: 'пη',
    o: '0оοσօ',
    p: 'рρ',
    r: 'г',
    s: 'ѕ',
    t: 'тτ',
    u: 'υս',
    v: 'νѵ',
    w: 'ѡωш',
    x: 'хχ',
    y: 'уγү'
  }).flatMap(([letter, others]) => [...others].map(other => [other, letter] as const))
)

/**
 * Two names with the same fold count as the same: compatibility forms, case, marks and spaces are taken off, and letters
 * that look alike are one (after the skeletons of UTS #39, smaller). A false match costs a suffix, no more.
 */
export function foldName(name: string): string {
  const plain = foldCase(name.normalize('NFKD').replaceAll(/[\p{M}\s]/gu, ''))
  return [...plain].map(letter => LOOK_ALIKES.get(letter) ?? letter).join('')
}

/**
 * Full case folding (Unicode, section 3.13) through upper case, letter by letter, because JavaScript's `toLowerCase`
 * alone leaves ß apart from SS and lower-cases Σ by its place in the word.
 */
export function foldCase(text: string): string {
  return [...text.normalize('NFC').toUpperCase()]
    .map(letter => letter.toLowerCase())
    .join('')
    .normalize('NFC')
}
