import { decodeMlsMessage, mlsExporter } from 'ts-mls'
import { decodeAuthenticatedContent } from 'ts-mls/authenticatedContent.js'
import { determineLength } from 'ts-mls/codec/variableLength.js'
import { refhash } from 'ts-mls/crypto/hash.js'
import { decryptWithLabel, encryptWithLabel } from 'ts-mls/crypto/hpke.js'
import { deriveSecret, deriveTreeSecret, expandWithLabel } from 'ts-mls/crypto/kdf.js'
import { signWithLabel, verifyWithLabel } from 'ts-mls/crypto/signature.js'
import { encodeGroupContext } from 'ts-mls/groupContext.js'
import { verifyGroupInfoConfirmationTag, verifyGroupInfoSignature } from 'ts-mls/groupInfo.js'
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js'
import { defaultKeyRetentionConfig } from 'ts-mls/keyRetentionConfig.js'
import { initializeEpoch } from 'ts-mls/keySchedule.js'
import { computePskSecret } from 'ts-mls/presharedkey.js'
import { createSecretTree, ratchetToGeneration } from 'ts-mls/secretTree.js'
import { expandSenderDataKey, expandSenderDataNonce, type ReuseGuard } from 'ts-mls/sender.js'
import { createConfirmedHash, createInterimHash } from 'ts-mls/transcriptHash.js'
import { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/core/bytes/index.ts'
import { loadVectors } from '../vectors/load.ts'
import { bytes, contextOf, decoded, openSuite } from './published.ts'

const suite = await openSuite()
type Strings<Key extends string> = Readonly<Record<Key, string>>

interface Basics {
  readonly ref_hash: Strings<'label' | 'value' | 'out'>
  readonly expand_with_label: Strings<'secret' | 'label' | 'context' | 'out'> & { readonly length: number }
  readonly derive_secret: Strings<'secret' | 'label' | 'out'>
  readonly derive_tree_secret: Strings<'secret' | 'label' | 'out'> & {
    readonly generation: number
    readonly length: number
  }
  readonly sign_with_label: Strings<'priv' | 'pub' | 'content' | 'label' | 'signature'>
  readonly encrypt_with_label: Strings<'priv' | 'pub' | 'label' | 'context' | 'plaintext' | 'kem_output' | 'ciphertext'>
}

test('crypto-basics: hashes, derivations, signatures and sealing with labels', async () => {
  for (const basics of await loadVectors<Basics>('mls-crypto-basics')) {
    const { ref_hash: ref, expand_with_label: expand, derive_secret: derive, derive_tree_secret: tree } = basics
    expect(toHex(await refhash(ref.label, bytes(ref.value), suite.hash))).toBe(ref.out)
    const expanded = expandWithLabel(
      bytes(expand.secret),
      expand.label,
      bytes(expand.context),
      expand.length,
      suite.kdf
    )
    expect(toHex(await expanded)).toBe(expand.out)
    expect(toHex(await deriveSecret(bytes(derive.secret), derive.label, suite.kdf))).toBe(derive.out)
    const inTree = deriveTreeSecret(bytes(tree.secret), tree.label, tree.generation, tree.length, suite.kdf)
    expect(toHex(await inTree)).toBe(tree.out)

    const { label, priv, pub, content, signature } = basics.sign_with_label
    expect(toHex(await signWithLabel(bytes(priv), label, bytes(content), suite.signature))).toBe(signature)
    const isSigned = (text: Uint8Array): Promise<boolean> =>
      verifyWithLabel(bytes(pub), label, text, bytes(signature), suite.signature)
    expect([await isSigned(bytes(content)), await isSigned(bytes(`${content}00`))]).toEqual([true, false])

    const sealing = basics.encrypt_with_label
    const context = bytes(sealing.context)
    const key = await suite.hpke.importPrivateKey(bytes(sealing.priv))
    const open = async (enc: Uint8Array, ct: Uint8Array): Promise<string> =>
      toHex(await decryptWithLabel(key, sealing.label, context, enc, ct, suite.hpke))
    expect(await open(bytes(sealing.kem_output), bytes(sealing.ciphertext))).toBe(sealing.plaintext)
    const publicKey = await suite.hpke.importPublicKey(bytes(sealing.pub))
    const sealed = await encryptWithLabel(publicKey, sealing.label, context, bytes(sealing.plaintext), suite.hpke)
    expect(await open(sealed.enc, sealed.ct)).toBe(sealing.plaintext)
  }
})

test('deserialization: lengths', async () => {
  interface Header {
    readonly vlbytes_header: string
    readonly length: number
  }
  for (const header of await loadVectors<Header>('mls-deserialization'))
    expect(determineLength(bytes(header.vlbytes_header)).length).toBe(header.length)
})

/** The names that RFC 9420 and ts-mls give to the secrets of an epoch. */
const EPOCH_SECRETS = {
  init_secret: 'initSecret',
  sender_data_secret: 'senderDataSecret',
  exporter_secret: 'exporterSecret',
  epoch_authenticator: 'epochAuthenticator',
  external_secret: 'externalSecret',
  confirmation_key: 'confirmationKey',
  membership_key: 'membershipKey',
  resumption_psk: 'resumptionPsk'
} as const

interface Schedule {
  readonly group_id: string
  readonly initial_init_secret: string
  readonly epochs: readonly (Strings<
    | keyof typeof EPOCH_SECRETS
    | 'tree_hash'
    | 'confirmed_transcript_hash'
    | 'group_context'
    | 'commit_secret'
    | 'psk_secret'
    | 'joiner_secret'
    | 'welcome_secret'
    | 'encryption_secret'
    | 'external_pub'
  > & { readonly exporter: Strings<'label' | 'context' | 'secret'> & { readonly length: number } })[]
}

test('key-schedule: all secrets of an epoch come of the one before', async () => {
  for (const { group_id, initial_init_secret, epochs } of await loadVectors<Schedule>('mls-key-schedule')) {
    let initSecret = bytes(initial_init_secret)
    for (const [index, epoch] of epochs.entries()) {
      const context = contextOf({ ...epoch, group_id }, index)
      expect(toHex(encodeGroupContext(context))).toBe(epoch.group_context)
      const [commit, psk] = [bytes(epoch.commit_secret), bytes(epoch.psk_secret)]
      const made = await initializeEpoch(initSecret, commit, context, psk, suite.kdf)
      const { keySchedule } = made
      expect(toHex(made.joinerSecret)).toBe(epoch.joiner_secret)
      expect(toHex(made.welcomeSecret)).toBe(epoch.welcome_secret)
      expect(toHex(made.encryptionSecret)).toBe(epoch.encryption_secret)
      for (const [name, ours] of Object.entries(EPOCH_SECRETS)) {
        expect([name, toHex(keySchedule[ours])]).toEqual([name, epoch[name as keyof typeof EPOCH_SECRETS]])
      }
      const { publicKey } = await suite.hpke.deriveKeyPair(keySchedule.externalSecret)
      expect(toHex(await suite.hpke.exportPublicKey(publicKey))).toBe(epoch.external_pub)
      const { label, context: about, length, secret } = epoch.exporter
      const exported = await mlsExporter(keySchedule.exporterSecret, label, bytes(about), length, suite)
      expect(toHex(exported)).toBe(secret)
      initSecret = keySchedule.initSecret
    }
  }
})

interface SecretTreeVector {
  readonly encryption_secret: string
  readonly sender_data: Strings<'sender_data_secret' | 'ciphertext' | 'key' | 'nonce'>
  readonly leaves: readonly (readonly (Strings<
    'application_key' | 'application_nonce' | 'handshake_key' | 'handshake_nonce'
  > & { readonly generation: number })[])[]
}

test('secret-tree: keys and nonces of each member and generation', async () => {
  for (const { encryption_secret, sender_data, leaves } of await loadVectors<SecretTreeVector>('mls-secret-tree')) {
    const [secret, ciphertext] = [bytes(sender_data.sender_data_secret), bytes(sender_data.ciphertext)]
    expect(toHex(await expandSenderDataKey(suite, secret, ciphertext))).toBe(sender_data.key)
    expect(toHex(await expandSenderDataNonce(suite, secret, ciphertext))).toBe(sender_data.nonce)
    let tree = await createSecretTree(leaves.length, bytes(encryption_secret), suite.kdf)
    for (const [leafIndex, generations] of leaves.entries()) {
      for (const each of generations) {
        for (const kind of ['application', 'handshake'] as const) {
          const reuseGuard = new Uint8Array(4) as ReuseGuard
          const got = await ratchetToGeneration(
            tree,
            { leafIndex, generation: each.generation, reuseGuard },
            kind === 'handshake' ? 'commit' : kind,
            defaultKeyRetentionConfig,
            suite
          )
          expect([toHex(got.key), toHex(got.nonce)]).toEqual([each[`${kind}_key`], each[`${kind}_nonce`]])
          tree = got.newTree
        }
      }
    }
  }
})

test('psk_secret: of several shared keys one', async () => {
  interface Psks {
    readonly psks: readonly Strings<'psk_id' | 'psk' | 'psk_nonce'>[]
    readonly psk_secret: string
  }
  for (const { psks, psk_secret } of await loadVectors<Psks>('mls-psk_secret')) {
    const given = psks.map(({ psk_id, psk, psk_nonce }) => {
      const id = { psktype: 'external', pskId: bytes(psk_id), pskNonce: bytes(psk_nonce) } as const
      return [id, bytes(psk)] as [typeof id, Uint8Array]
    })
    expect(toHex(await computePskSecret(given, suite))).toBe(psk_secret)
  }
})

test('transcript-hashes: what confirms a commit', async () => {
  type Transcript = Strings<
    | 'confirmation_key'
    | 'authenticated_content'
    | 'interim_transcript_hash_before'
    | 'confirmed_transcript_hash_after'
    | 'interim_transcript_hash_after'
  >
  for (const vector of await loadVectors<Transcript>('mls-transcript-hashes')) {
    const { wireformat, content, auth } = decoded(decodeAuthenticatedContent, vector.authenticated_content)
    if (content.contentType !== 'commit' || auth.contentType !== 'commit') throw new Error('not a commit')
    const { signature, confirmationTag } = auth
    const before = bytes(vector.interim_transcript_hash_before)
    const confirmed = await createConfirmedHash(before, { wireformat, content, signature }, suite.hash)
    expect(toHex(confirmed)).toBe(vector.confirmed_transcript_hash_after)
    expect(await suite.hash.verifyMac(bytes(vector.confirmation_key), confirmationTag, confirmed)).toBe(true)
    const interim = await createInterimHash(confirmed, confirmationTag, suite.hash)
    expect(toHex(interim)).toBe(vector.interim_transcript_hash_after)
  }
})

test('welcome: whoever is meant opens it, and finds it signed and confirmed', async () => {
  type WelcomeVector = Strings<'init_priv' | 'signer_pub' | 'key_package' | 'welcome'>
  for (const vector of await loadVectors<WelcomeVector>('mls-welcome')) {
    const shown = decoded(decodeMlsMessage, vector.key_package)
    const message = decoded(decodeMlsMessage, vector.welcome)
    if (shown.wireformat !== 'mls_key_package' || message.wireformat !== 'mls_welcome')
      throw new Error('other messages')
    const key = await suite.hpke.importPrivateKey(bytes(vector.init_priv))
    const ref = await makeKeyPackageRef(shown.keyPackage, suite.hash)
    const secrets = await decryptGroupSecrets(key, ref, message.welcome, suite.hpke)
    if (secrets === undefined) throw new Error('no secrets')
    const noPsk = new Uint8Array(suite.kdf.size)
    const info = await decryptGroupInfo(message.welcome, secrets.joinerSecret, noPsk, suite)
    if (info === undefined) throw new Error('no group info')
    expect(await verifyGroupInfoSignature(info, bytes(vector.signer_pub), suite.signature)).toBe(true)
    expect(await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite)).toBe(true)
  }
})
