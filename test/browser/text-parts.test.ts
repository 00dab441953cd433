import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldText, isOnlyEmoji, splitLinks } from '../../src/browser/ui/text-parts.ts'

const linksIn = (text: string) => splitLinks(text).flatMap(part => part.href ?? [])

test('only http and https addresses become links', () => {
  expect(linksIn('see https://example.org/a?b=c#d and http://x.example')).toEqual([
    'https://example.org/a?b=c#d',
    'http://x.example/'
  ])
  expect(linksIn('javascript:alert(1) data:text/html,x file:///etc/passwd ftp://x.example //x.example')).toEqual([])
  expect(linksIn('JaVaScRiPt://https:alert(1)')).toEqual([])
})

test('the sentence around an address is not part of it', () => {
  expect(linksIn('(see https://example.org/a).')).toEqual(['https://example.org/a'])
  expect(linksIn('https://example.org/wiki/Starling_(bird), yes')).toEqual(['https://example.org/wiki/Starling_(bird)'])
})

test('an address that hides where it leads is left as text', () => {
  expect(linksIn('https://bank.example@evil.example/')).toEqual([])
})

test('the parts are the text, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.constant('https://'))), texts => {
      const text = texts.join(' ')
      expect(
        splitLinks(text)
          .map(part => part.text)
          .join('')
      ).toBe(text)
    })
  )
})

test('a few emoji alone are shown large, and nothing else is', () => {
  expect(['🐦', '🐦‍⬛ 👋🏽', '👨‍👩‍👧‍👦🇫🇷❤️'].map(isOnlyEmoji)).toEqual([true, true, true])
  expect(['', '7', '🐦 a', '#', '🐦🐦🐦🐦', ' '].map(isOnlyEmoji)).toEqual([false, false, false, false, false, false])
})

test('a long paste folds at the end of a word; what fits does not', () => {
  expect(foldText('a short one')).toBeUndefined()
  expect(foldText('word '.repeat(5000))).toMatch(/word …$/)
  expect(foldText('line\n'.repeat(100))?.split('\n').length).toBeLessThanOrEqual(20)
  expect(foldText('🐦'.repeat(5000))).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/)
})

test('a text made to be slow to read is not', () => {
  const hostile = ['.', ')', ' ', 'https://a', 'https://(', '\n', '🐦', '\u202e'].map(piece =>
    piece.repeat(40_000 / piece.length)
  )
  const start = performance.now()
  for (const text of hostile) {
    splitLinks(`https://a${text}x`)
    foldText(text)
    isOnlyEmoji(text)
  }
  expect(performance.now() - start).toBeLessThan(1000)
})
