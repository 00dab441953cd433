import { expect, onTestFinished, test } from 'vitest'
import { mendInitChannels } from '../../src/browser/init-channel.ts'

/** Two ends of one connection; the answering one closes the channel at once, and its closing is over at the other. */
async function closedByTheOther(Connection: typeof RTCPeerConnection): Promise<RTCDataChannel> {
  const [dialler, listener] = [new Connection(), new RTCPeerConnection()]
  onTestFinished(() => {
    dialler.close()
    listener.close()
  })
  const channel = dialler.createDataChannel('init')
  dialler.onicecandidate = ({ candidate }) => void listener.addIceCandidate(candidate ?? undefined)
  listener.onicecandidate = ({ candidate }) => void dialler.addIceCandidate(candidate ?? undefined)
  listener.ondatachannel = event => event.channel.close()
  await dialler.setLocalDescription(await dialler.createOffer())
  if (dialler.localDescription !== null) await listener.setRemoteDescription(dialler.localDescription)
  await listener.setLocalDescription(await listener.createAnswer())
  if (listener.localDescription !== null) await dialler.setRemoteDescription(listener.localDescription)
  await expect.poll(() => channel.readyState, { timeout: 20_000 }).toBe('closed')
  return channel
}

function eventOf(channel: RTCDataChannel, type: string): Promise<string> {
  return new Promise(resolve => channel.addEventListener(type, event => resolve(event.type)))
}

test('Who comes too late to an init channel that the other side has closed is told that it was open, and is closed', async () => {
  class Mended extends RTCPeerConnection {}
  mendInitChannels(Mended)
  const channel = await closedByTheOther(Mended)
  expect(await eventOf(channel, 'open')).toBe('open')
  channel.close()
  expect(await eventOf(channel, 'close')).toBe('close')
})
