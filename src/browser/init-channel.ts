/**
 * Whoever dials by `/webrtc` (`@libp2p/webrtc` 6.0.33, initiate-connection.ts) opens a channel `init`, reads candidates
 * until it is connected, and then waits for the channel to be open, closes it, and waits for that. The other side closes
 * the channel, too, as soon as it sees it. When it is the quicker one, both events are over before they are waited for,
 * and the dial hangs until the other side gives up its connection.
 *
 * Here, whoever waits on an `init` channel for what is over is told at once.
 */
export function mendInitChannels({ prototype }: { prototype: RTCPeerConnection }): void {
  const create = prototype.createDataChannel
  prototype.createDataChannel = function createDataChannel(label, options) {
    const channel = create.call(this, label, options)
    return label === 'init' ? tellingLate(channel) : channel
  }
}

function tellingLate(channel: RTCDataChannel): RTCDataChannel {
  const add = channel.addEventListener.bind(channel)
  channel.addEventListener = (type: string, ...rest: [EventListenerOrEventListenerObject, ...unknown[]]) => {
    add(type, ...(rest as [EventListenerOrEventListenerObject]))
    if (isOver(channel, type)) queueMicrotask(() => channel.dispatchEvent(new Event(type)))
  }
  return channel
}

function isOver({ readyState }: RTCDataChannel, type: string): boolean {
  if (type === 'open') return readyState === 'closing' || readyState === 'closed'
  return type === 'close' && readyState === 'closed'
}
