import type { Report } from '../../src/core/doctor/index.ts'

/** A tab behind a router of the usual kind, with one relay. */
export const PLAIN_REPORT: Report = {
  peer: 'me',
  summary: 'Others find you through a relay, and a direct connection usually follows at once.',
  nat: {
    kind: 'cone',
    mapping: 'endpoint-independent',
    filtering: 'unknown',
    preservesPorts: true,
    portStep: null,
    tcp: { mapping: 'unknown', preservesPorts: null, portStep: null },
    advice: 'Your router keeps one port for everybody you talk to.'
  },
  addresses: { seen: ['44.0.0.7'], tried: [], advice: 'Nobody can dial a tab from outside.' },
  candidates: {
    host: ['udp 1d1c8e2a-0000-4000-8000-000000000000.local:50001'],
    srflx: ['udp 44.0.0.7:50001'],
    relay: [],
    carries: [{ peer: 'bo', local: 'host', remote: 'prflx' }],
    advice: 'WebRTC knows your address outside and can try direct connections.'
  },
  transports: [
    {
      transport: 'ws',
      state: 'works',
      ms: 31.2,
      address: '/dns4/relay.example/tcp/443/wss/p2p/12D3KooWRelayRelayRelayRelay',
      reason: null,
      advice: 'WebSocket gets out, as browsers use it.'
    },
    {
      transport: 'webrtc-direct',
      state: 'fails',
      ms: null,
      address: '/ip4/44.0.0.1/udp/4001/webrtc-direct/certhash/uEi/p2p/12D3KooWRelayRelayRelayRelay',
      reason: 'no answer in time',
      advice: 'UDP does not get out: use relays with TCP or WebSocket addresses.'
    },
    {
      transport: 'circuit',
      state: 'works',
      ms: 62,
      address: '/dns4/relay.example/tcp/443/wss/p2p/12D3KooWRelayRelayRelayRelay/p2p-circuit/p2p/me',
      reason: null,
      advice: 'Others reach you through the relay.'
    }
  ],
  relays: {
    known: [
      {
        peer: '12D3KooWRelayRelayRelayRelay',
        address: '/dns4/relay.example/tcp/443/wss/p2p/12D3KooWRelayRelayRelayRelay',
        rtt: 12,
        isOutside: true,
        place: true,
        witness: true
      }
    ],
    stun: [{ server: 'relay.example:3478', answered: true }],
    advice: 'One relay passes others on to you: a second would keep you reachable when it stops.'
  },
  clock: { ahead: -12, witnesses: 1, advice: 'Your clock is right.' },
  warnings: []
}
