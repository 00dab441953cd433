import { describe, expect, test } from 'vitest'
import { foldCase, foldName, parseNickname } from '../../src/core/identity/index.ts'

describe('nicknames', () => {
  test.each([
    ['Anna', 'Anna'],
    ['  Anna   Maria ', 'Anna Maria'],
    ['Ζωή', 'Ζωή'],
    ['שלום', 'שלום'],
    ['李', '李'],
    ['e\u0301va', 'éva'],
    ['👩‍🚀 Ada', '👩‍🚀 Ada'],
    ['❤️', '❤️'],
    ['a'.repeat(64), 'a'.repeat(64)]
  ])('%j is shown as %j', (text, shown) => {
    expect(parseNickname(text)).toEqual({ ok: true, value: shown })
  })

  test.each([
    ['', 'a nickname must not be empty'],
    ['   ', 'a nickname must not be empty'],
    ['a'.repeat(65), 'a nickname must not be longer than 64 characters'],
    ['an\u202ena', 'a nickname must not contain control, invisible or text-direction characters'],
    ['\u2066anna\u2069', 'a nickname must not contain control, invisible or text-direction characters'],
    ['an\u200bna', 'a nickname must not contain control, invisible or text-direction characters'],
    ['an\u00adna', 'a nickname must not contain control, invisible or text-direction characters'],
    ['anna\u{e0061}', 'a nickname must not contain control, invisible or text-direction characters'],
    ['\u3164', 'a nickname must not contain control, invisible or text-direction characters'],
    ['anna\nbob', 'a nickname must not contain control, invisible or text-direction characters'],
    ['anna\u0007', 'a nickname must not contain control, invisible or text-direction characters'],
    ['a\u0334\u0335\u0336\u0337\u0338', 'a nickname must not stack more than four marks on a letter']
  ])('%j is refused', (text, reason) => {
    expect(parseNickname(text)).toEqual({ ok: false, error: reason })
  })
})

test('names that differ in case, composition or compatibility form fold to the same', () => {
  expect(foldName('ÄNNA')).toBe(foldName('anna'))
  expect(foldName('ａｎｎａ')).toBe(foldName('Anna'))
  for (const [a, b] of [
    ['Аnnа', 'Anna'],
    ['BiIl', 'Bill'],
    ['B0b', 'Bob'],
    ['An na', 'Anna']
  ] as const) {
    expect(foldName(a)).toBe(foldName(b))
  }
  expect(foldName('Anna')).not.toBe(foldName('Anne'))
  expect(foldCase('Straße')).toBe(foldCase('STRASSE'))
  expect(foldCase('ΣΑΣ')).toBe(foldCase('σας'))
  expect(foldCase('Anna')).not.toBe(foldCase('Anne'))
})
