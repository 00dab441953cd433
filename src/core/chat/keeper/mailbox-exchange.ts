import type { Millis } from '../../bytes/index.ts'
import type { Network, PeerId, ProtocolLimits } from '../../network/index.ts'
import { askPeer } from '../ask-peer.ts'
import { Serial } from '../serial.ts'
import {
  decodeLeaveAnswer,
  decodeLetters,
  decodeMailboxAsk,
  encodeMailboxAsk,
  MAILBOX_PROTOCOL,
  MAX_MAILBOX_ANSWER_BYTES,
  MAX_MAILBOX_ASK_BYTES,
  type LeaveAnswer,
  type MailboxAsk
} from './mailbox-codec.ts'

/** A letter is durable before it is answered. */
const MAX_DURATION: Millis = 15_000

const ASKING = {
  maxFrameBytes: MAX_MAILBOX_ANSWER_BYTES,
  maxTotalBytes: MAX_MAILBOX_ANSWER_BYTES,
  maxDuration: MAX_DURATION
}

const ANSWERING: ProtocolLimits = {
  maxFrameBytes: MAX_MAILBOX_ASK_BYTES,
  maxTotalBytes: MAX_MAILBOX_ASK_BYTES,
  maxDuration: MAX_DURATION,
  // Each side asks one thing after the other; a second is there for one that broke off.
  maxStreamsPerPeer: 2,
  maxStreams: 64
}

/** Leaves a letter at a connected peer; rejects when it is no keeper or does not answer. */
export async function leaveLetter(
  network: Network,
  peer: PeerId,
  { tag, letter }: { readonly tag: Uint8Array; readonly letter: Uint8Array },
  signal: AbortSignal
): Promise<LeaveAnswer> {
  const answer = decodeLeaveAnswer(await ask(network, peer, { kind: 'leave', tag, letter }, signal))
  if (!answer.ok) throw new Error(answer.error)
  return answer.value
}

/** The letters under this tag at a connected peer; rejects as `leaveLetter`. */
export async function lookForLetters(
  network: Network,
  peer: PeerId,
  tag: Uint8Array,
  signal: AbortSignal
): Promise<readonly Uint8Array[]> {
  const letters = decodeLetters(await ask(network, peer, { kind: 'look', tag }, signal))
  if (!letters.ok) throw new Error(letters.error)
  return letters.value
}

/** Answers those who ask, or does not; the returned function stops that. */
export function serveMailbox(
  network: Network,
  answer: (ask: MailboxAsk, asker: PeerId) => Promise<Uint8Array | undefined>
): () => void {
  return network.handle(MAILBOX_PROTOCOL, ANSWERING, async stream => {
    const frame = await stream.read()
    const asked = frame && decodeMailboxAsk(frame)
    const answered = asked?.ok ? await answer(asked.value, stream.peer) : undefined
    if (answered === undefined) return stream.abort('an ask that is not answered')
    await stream.write(answered)
  })
}

/** Of each keeper that is asked: those that somebody named or chose. */
const turns = new WeakMap<Network, Map<PeerId, Serial>>()

function ask(network: Network, peer: PeerId, said: MailboxAsk, signal: AbortSignal): Promise<Uint8Array> {
  const asked = { protocol: MAILBOX_PROTOCOL, limits: ASKING, frame: encodeMailboxAsk(said) }
  return turnsAt(network, peer).run(() => askPeer(network, peer, asked, signal))
}

/** Rooms, requests and direct conversations go to the same keepers, and know nothing of one another. */
function turnsAt(network: Network, peer: PeerId): Serial {
  const ofNetwork = turns.get(network) ?? new Map<PeerId, Serial>()
  turns.set(network, ofNetwork)
  const ofPeer = ofNetwork.get(peer) ?? new Serial()
  ofNetwork.set(peer, ofPeer)
  return ofPeer
}
