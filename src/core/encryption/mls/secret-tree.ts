import type { CiphersuiteImpl } from 'ts-mls'
import { concatBytes, encodeUtf8, equalBytes } from '../../bytes/index.ts'

/** What each secret of a secret tree is expanded with (RFC 9420, section 9), and nothing else is. */
const INFOS = ['tree', 'application', 'handshake'].map(label => {
  const text = encodeUtf8(`MLS 1.0 ${label}`)
  return concatBytes([Uint8Array.of(0, 32, text.length), text])
})
const NOTHING = new Uint8Array()

/**
 * The suite by which a secret tree is empty. Ts-mls fills it in each epoch, four derivations a node, though nothing but private messages of MLS takes
 * keys from it, and here are none.
 */
export function withoutSecretTree(suite: CiphersuiteImpl): CiphersuiteImpl {
  return {
    ...suite,
    kdf: {
      ...suite.kdf,
      expand: async (key, info, length) =>
        INFOS.some(each => equalBytes(each, info.subarray(0, each.length)))
          ? NOTHING
          : suite.kdf.expand(key, info, length)
    }
  }
}
