import { deriveKey } from '../../bytes/index.ts'

/**
 * What those who hold an invite's link have in common with the members, all of it from the invite's public half: separate HKDF outputs, so
 * that who sees one can link it to no other. The public half stands in the room's log and in the link, and is told to nobody else.
 */
export interface InviteSecrets {
  /** Where they meet: topics and meeting keys of each day follow from it, as for a room (`rendezvous.ts`). */
  readonly rendezvous: Uint8Array
  /** The mailbox for requests. */
  readonly mailboxTag: Uint8Array
  /** What requests in it are sealed with. */
  readonly mailboxKey: Uint8Array
}

/** The same for further devices of members: they meet where the room does, and leave their requests apart from others'. */
export function deviceSecrets(rendezvous: Uint8Array): InviteSecrets {
  const secret = deriveKey(rendezvous, 'starling/devices/1')
  return { rendezvous, mailboxTag: deriveKey(secret, 'mailbox-tag'), mailboxKey: deriveKey(secret, 'mailbox-seal') }
}

/** @param publicKey the invite's public half, 32 bytes */
export function inviteSecrets(publicKey: Uint8Array): InviteSecrets {
  const secret = deriveKey(publicKey, 'starling/invite/1')
  return {
    rendezvous: deriveKey(secret, 'rendezvous'),
    mailboxTag: deriveKey(secret, 'mailbox-tag'),
    mailboxKey: deriveKey(secret, 'mailbox-seal')
  }
}
