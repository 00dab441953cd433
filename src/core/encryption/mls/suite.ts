import { getCiphersuiteFromName, getCiphersuiteImpl, type CiphersuiteImpl } from 'ts-mls'
import { expandKey, extractKey, hmacSha256, sha256 } from '../../bytes/index.ts'

export const SUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'

/**
 * The suite of ts-mls, with hashes and keys derived in place. WebCrypto does each by itself, off the thread, which costs more than the
 * hash does; a commit among hundreds takes thousands.
 */
export async function mlsSuite(): Promise<CiphersuiteImpl> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))
  return {
    ...suite,
    hash: {
      ...suite.hash,
      digest: async data => sha256(data),
      mac: async (key, data) => hmacSha256(key, data)
    },
    kdf: {
      ...suite.kdf,
      extract: async (salt, secret) => extractKey(salt, secret),
      expand: async (key, info, length) => expandKey(key, info, length)
    }
  }
}
