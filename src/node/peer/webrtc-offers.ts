/** What is used here of node-datachannel's `RTCPeerConnection`; its type is that of browsers, which Node has not. */
interface Offerer extends EventTarget {
  readonly signalingState: string
  readonly connectionState: string
  setRemoteDescription(description: never): Promise<void>
  createDataChannel(label: string, ...rest: never[]): EventTarget
}

/**
 * What holds up whoever dials by `/webrtc` (node-datachannel 0.33.4, `@libp2p/webrtc` 6.0.33, initiate-connection.ts).
 *
 * libdatachannel answers the ICE checks of the other side before it has the answer to its offer. The other side, which knows
 * our candidates by then, takes that for a connection and begins DTLS. What comes before the answer is dropped, and repeated a
 * second later; what comes while the answer is taken over meets no fingerprint to be compared with ("unknown CA"), and all
 * fails. So our candidates are told once the answer has been taken over.
 *
 * And a dial whose connection has failed goes on waiting for its channel `init`, until its time is over: it is told.
 */
export function mendOffers({ prototype }: { prototype: Offerer }): void {
  const { dispatchEvent, setRemoteDescription, createDataChannel } = prototype
  const held = new WeakMap<Offerer, Event[]>()

  prototype.dispatchEvent = function (this: Offerer, event) {
    if (event.type !== 'icecandidate' || this.signalingState !== 'have-local-offer') {
      return dispatchEvent.call(this, event)
    }
    held.set(this, [...(held.get(this) ?? []), event])
    return true
  }
  prototype.setRemoteDescription = async function (this: Offerer, description) {
    await setRemoteDescription.call(this, description)
    for (const event of held.get(this) ?? []) dispatchEvent.call(this, event)
    held.delete(this)
  }
  prototype.createDataChannel = function (this: Offerer, label, ...rest) {
    const channel = createDataChannel.call(this, label, ...rest)
    if (label === 'init') tellFailures(this, channel)
    return channel
  }
}

function tellFailures(connection: Offerer, channel: EventTarget): void {
  connection.addEventListener('connectionstatechange', () => {
    const { connectionState } = connection
    if (connectionState === 'failed' || connectionState === 'closed') channel.dispatchEvent(new Event('error'))
  })
}
