import { decodeMlsMessage, encodeMlsMessage, type RatchetTree } from 'ts-mls'
import { decodeCommit, encodeCommit } from 'ts-mls/commit.js'
import { createContentCommitSignature, type FramedContent } from 'ts-mls/framedContent.js'
import { decodeGroupSecrets, encodeGroupSecrets } from 'ts-mls/groupSecrets.js'
import { defaultKeyRetentionConfig } from 'ts-mls/keyRetentionConfig.js'
import { protect, protectApplicationData, protectProposal, unprotectPrivateMessage } from 'ts-mls/messageProtection.js'
import { protectProposalPublic, protectPublicMessage, unprotectPublicMessage } from 'ts-mls/messageProtectionPublic.js'
import { defaultPaddingConfig } from 'ts-mls/paddingConfig.js'
import type { PrivateMessage } from 'ts-mls/privateMessage.js'
import {
  decodeAdd,
  decodeExternalInit,
  decodeGroupContextExtensions,
  decodeProposal,
  decodePSK,
  decodeReinit,
  decodeRemove,
  decodeUpdate,
  encodeAdd,
  encodeExternalInit,
  encodeGroupContextExtensions,
  encodeProposal,
  encodePSK,
  encodeReinit,
  encodeRemove,
  encodeUpdate
} from 'ts-mls/proposal.js'
import type { PublicMessage } from 'ts-mls/publicMessage.js'
import { decodeRatchetTree, encodeRatchetTree } from 'ts-mls/ratchetTree.js'
import { createSecretTree } from 'ts-mls/secretTree.js'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/core/bytes/index.ts'
import { loadVectors } from '../vectors/load.ts'
import { bytes, contextOf, decoded, openSuite } from './published.ts'

const suite = await openSuite()
const NOTHING = new Uint8Array()
const NO_TREE: RatchetTree = []
/** Whose messages these are, says the vectors' description. */
const SENDER = 1

function again<T>(decode: (from: Uint8Array, at: number) => [T, number] | undefined, encode: (value: T) => Uint8Array) {
  return (hex: string): string => toHex(encode(decoded(decode, hex)))
}

/** Each kind of message, decoded and encoded. */
const roundTrips: Record<string, (hex: string) => string> = {
  mls_welcome: again(decodeMlsMessage, encodeMlsMessage),
  mls_group_info: again(decodeMlsMessage, encodeMlsMessage),
  mls_key_package: again(decodeMlsMessage, encodeMlsMessage),
  ratchet_tree: again(decodeRatchetTree, encodeRatchetTree),
  group_secrets: again(decodeGroupSecrets, encodeGroupSecrets),
  add_proposal: again(decodeAdd, encodeAdd),
  update_proposal: again(decodeUpdate, encodeUpdate),
  remove_proposal: again(decodeRemove, encodeRemove),
  pre_shared_key_proposal: again(decodePSK, encodePSK),
  re_init_proposal: again(decodeReinit, encodeReinit),
  external_init_proposal: again(decodeExternalInit, encodeExternalInit),
  group_context_extensions_proposal: again(decodeGroupContextExtensions, encodeGroupContextExtensions),
  commit: again(decodeCommit, encodeCommit),
  public_message_application: again(decodeMlsMessage, encodeMlsMessage),
  public_message_proposal: again(decodeMlsMessage, encodeMlsMessage),
  public_message_commit: again(decodeMlsMessage, encodeMlsMessage),
  private_message: again(decodeMlsMessage, encodeMlsMessage)
}

test('messages: each kind is read whole, and written as it was', async () => {
  for (const vector of await loadVectors<Record<string, string>>('mls-messages')) {
    expect(Object.keys(vector).toSorted()).toEqual(Object.keys(roundTrips).toSorted())
    for (const [kind, hex] of Object.entries(vector)) expect([kind, roundTrips[kind]?.(hex)]).toEqual([kind, hex])
  }
})

interface Protection {
  readonly group_id: string
  readonly epoch: number
  readonly tree_hash: string
  readonly confirmed_transcript_hash: string
  readonly signature_priv: string
  readonly signature_pub: string
  readonly encryption_secret: string
  readonly sender_data_secret: string
  readonly membership_key: string
  readonly proposal: string
  readonly proposal_priv: string
  readonly proposal_pub: string
  readonly commit: string
  readonly commit_priv: string
  readonly commit_pub: string
  readonly application: string
  readonly application_priv: string
}

function protectionOf(vector: Protection) {
  const context = contextOf(vector, vector.epoch)
  const [signKey, signatureKey] = [bytes(vector.signature_priv), bytes(vector.signature_pub)]
  const [membershipKey, senderDataSecret] = [bytes(vector.membership_key), bytes(vector.sender_data_secret)]
  const secrets = () => createSecretTree(2, bytes(vector.encryption_secret), suite.kdf)
  const proposal = decoded(decodeProposal, vector.proposal)
  const commit = decoded(decodeCommit, vector.commit)
  const application = bytes(vector.application)

  async function signedCommit(wireformat: 'mls_public_message' | 'mls_private_message') {
    const sender = { senderType: 'member', leafIndex: SENDER } as const
    const signed = createContentCommitSignature(context, wireformat, commit, sender, NOTHING, signKey, suite.signature)
    const { framedContent: content, signature } = await signed
    return {
      wireformat,
      content,
      auth: { contentType: 'commit', signature, confirmationTag: new Uint8Array(32) }
    } as const
  }

  return {
    async openPublic(message: PublicMessage): Promise<string> {
      const opened = await unprotectPublicMessage(membershipKey, context, NO_TREE, message, suite, signatureKey)
      return textOf(opened.content)
    },
    async openPrivate(message: PrivateMessage): Promise<string> {
      const opened = await unprotectPrivateMessage(
        senderDataSecret,
        message,
        await secrets(),
        NO_TREE,
        context,
        defaultKeyRetentionConfig,
        suite,
        signatureKey
      )
      return textOf(opened.content.content)
    },
    async publicProposal(): Promise<PublicMessage> {
      return (await protectProposalPublic(signKey, membershipKey, context, NOTHING, proposal, SENDER, suite))
        .publicMessage
    },
    async publicCommit(): Promise<PublicMessage> {
      return protectPublicMessage(membershipKey, context, await signedCommit('mls_public_message'), suite)
    },
    async publicApplication(): Promise<PublicMessage> {
      const { content, auth, wireformat } = await signedCommit('mls_public_message')
      const asApplication = { ...content, contentType: 'application', applicationData: application } as const
      const signed = { contentType: 'application', signature: auth.signature } as const
      return protectPublicMessage(membershipKey, context, { wireformat, content: asApplication, auth: signed }, suite)
    },
    async privateProposal(): Promise<PrivateMessage> {
      const tree = await secrets()
      const [padding, leaf] = [defaultPaddingConfig, SENDER] as const
      return (await protectProposal(signKey, senderDataSecret, proposal, NOTHING, context, tree, leaf, padding, suite))
        .privateMessage
    },
    async privateApplication(): Promise<PrivateMessage> {
      const tree = await secrets()
      const [padding, leaf] = [defaultPaddingConfig, SENDER] as const
      return (
        await protectApplicationData(
          signKey,
          senderDataSecret,
          application,
          NOTHING,
          context,
          tree,
          leaf,
          padding,
          suite
        )
      ).privateMessage
    },
    async privateCommit(): Promise<PrivateMessage> {
      const { content, auth } = await signedCommit('mls_private_message')
      const sealed = { ...content, auth }
      const tree = await secrets()
      return (await protect(senderDataSecret, NOTHING, context, tree, sealed, SENDER, defaultPaddingConfig, suite))
        .privateMessage
    }
  }
}

function textOf(content: FramedContent): string {
  if (content.contentType === 'application') return toHex(content.applicationData)
  return toHex(content.contentType === 'commit' ? encodeCommit(content.commit) : encodeProposal(content.proposal))
}

test('message-protection: public messages as published and as made here; application data never goes in one', async () => {
  for (const vector of await loadVectors<Protection>('mls-message-protection')) {
    const { openPublic, publicProposal, publicCommit, publicApplication } = protectionOf(vector)
    for (const kind of ['proposal', 'commit'] as const) {
      const message = decoded(decodeMlsMessage, vector[`${kind}_pub`])
      if (message.wireformat !== 'mls_public_message') throw new Error('not public')
      expect(await openPublic(message.publicMessage)).toBe(vector[kind])
      const signature = message.publicMessage.auth.signature.with(0, (message.publicMessage.auth.signature[0] ?? 0) ^ 1)
      const forged = { ...message.publicMessage, auth: { ...message.publicMessage.auth, signature } } as PublicMessage
      await expect(openPublic(forged)).rejects.toThrow(/membership|Signature/)
    }
    expect(await openPublic(await publicProposal())).toBe(vector.proposal)
    expect(await openPublic(await publicCommit())).toBe(vector.commit)
    await expect(publicApplication()).rejects.toThrow('application message public')
  }
})

test('message-protection: private messages as published and as made here', async () => {
  for (const vector of await loadVectors<Protection>('mls-message-protection')) {
    const { openPrivate, privateProposal, privateCommit, privateApplication } = protectionOf(vector)
    for (const kind of ['proposal', 'commit', 'application'] as const) {
      const message = decoded(decodeMlsMessage, vector[`${kind}_priv`])
      if (message.wireformat !== 'mls_private_message') throw new Error('not private')
      expect(await openPrivate(message.privateMessage)).toBe(vector[kind])
    }
    expect(await openPrivate(await privateProposal())).toBe(vector.proposal)
    expect(await openPrivate(await privateCommit())).toBe(vector.commit)
    expect(await openPrivate(await privateApplication())).toBe(vector.application)
  }
})
