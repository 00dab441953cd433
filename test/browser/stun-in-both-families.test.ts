import { expect, test } from 'vitest'
import { stunInBothFamilies } from '../../src/browser/stun-in-both-families.ts'

const RELAY = '/p2p/12D3KooWGWTbb9wo8xr2zw7kXpdcxsFHVDheWoVbMQ5YdG39CwVn'
const OTHER = '/p2p/12D3KooWC4vArD8wDCFfHH51ssroJjSFaNGChUJiMUxtcQMZYFzS'
const LISTED = [
  `/ip4/44.0.0.1/tcp/4002/ws${RELAY}`,
  `/ip6/2a00:44::1/tcp/4002/ws${RELAY}`,
  `/ip4/44.0.0.2/tcp/4002/ws${OTHER}`
]

test('a relay that the page names by IPv4 and by IPv6 is a STUN server by both, whichever it is connected at', () => {
  const [four, six] = [{ urls: 'stun:44.0.0.1:3478' }, { urls: 'stun:[2a00:44::1]:3478' }]
  expect(stunInBothFamilies([four], LISTED)).toEqual([four, six])
  expect(stunInBothFamilies([six], LISTED)).toEqual([six, four])
})

test('servers of others, names and TURN servers stay what they are', () => {
  const offered = [
    { urls: 'stun:44.0.0.2:3478' },
    { urls: 'stun:44.0.0.9:3478' },
    { urls: 'stun:chat.example:3478' },
    { urls: 'turn:44.0.0.1:3479?transport=udp', username: 'a', credential: 'b' }
  ]
  expect(stunInBothFamilies(offered, LISTED)).toEqual(offered)
})
