import { loadOrCreateSelfKey } from '@libp2p/config'
import type { PrivateKey } from '@libp2p/interface'
import type { KeychainInit } from '@libp2p/keychain'
import type { Datastore } from './options.ts'

/**
 * Opens the keychain that holds the transport key and the key of the webrtc-direct certificate. The pass is no secret:
 * these keys name a connection, not a person, lie beside the data they serve, and can be thrown away. Whoever reads the
 * data folder has them either way, so stretching the pass would only cost time at every start (1,000 is the least the
 * keychain takes).
 */
export const keychainInit: KeychainInit = {
  pass: 'starling transport keys, disposable',
  dek: { keyLength: 64, iterationCount: 1000, salt: 'starling transport keys', hash: 'sha2-512' }
}

/** The key behind the PeerId, the same at every start on this datastore. */
export function loadTransportKey(datastore: Datastore): Promise<PrivateKey> {
  return loadOrCreateSelfKey(datastore, keychainInit)
}
