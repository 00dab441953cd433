import { expect, test } from 'vitest'
import { expectValue, fromHex } from '../../src/core/bytes/index.ts'
import { phraseOfRoot, rootOfPhrase } from '../../src/core/identity/index.ts'

/** Vectors of BIP-39 with 256 bits: https://github.com/trezor/python-mnemonic/blob/master/vectors.json */
const VECTORS = [
  [
    '7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f',
    'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title'
  ],
  [
    '68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c',
    'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length'
  ]
] as const

test('the words of a root key are those of BIP-39', async () => {
  for (const [seed, words] of VECTORS) {
    expect(await phraseOfRoot(expectValue(fromHex(seed)))).toBe(words)
    expect(await rootOfPhrase(words)).toEqual(fromHex(seed))
  }
})
