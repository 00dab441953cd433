import { failure, success, type Result } from '../bytes/index.ts'
import { SEED_BYTES } from './signature.ts'

/** The seed of a root key as 24 English words with a checksum (BIP-39; the words are the seed itself, stretched by nothing). */
export async function phraseOfRoot(rootSeed: Uint8Array): Promise<string> {
  const { bip39, words } = await load()
  return bip39.entropyToMnemonic(rootSeed, words)
}

/** The inverse, however the words are spaced and capitalised; refused with a sentence that says what is wrong with them. */
export async function rootOfPhrase(text: string): Promise<Result<Uint8Array>> {
  const { bip39, words } = await load()
  const given = text.normalize('NFKD').trim().toLowerCase().split(/\s+/)
  const strange = given.find(word => !words.includes(word))
  if (given.length !== 24) return failure(`the phrase of an identity has 24 words, not ${given.length}`)
  if (strange !== undefined) return failure(`${JSON.stringify(strange.slice(0, 20))} is no word of such a phrase`)
  try {
    const seed = bip39.mnemonicToEntropy(given.join(' '), words)
    if (seed.length === SEED_BYTES) return success(seed)
  } catch {
    // Its checksum is wrong.
  }
  return failure('these words are not the phrase of an identity: one of them is wrong, or two changed places')
}

/** 2,048 words that hardly any run needs. */
async function load() {
  const [bip39, { wordlist: words }] = await Promise.all([
    import('@scure/bip39'),
    import('@scure/bip39/wordlists/english.js')
  ])
  return { bip39, words }
}
