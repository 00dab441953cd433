/** What can be done about what was found: with a program something else than in a tab, whose user has no flags. */
export interface Remedies {
  /** Ends of sentences. */
  readonly relays: string
  readonly anotherRelay: string
  readonly outsideRelay: string
  readonly aRelay: string
  readonly stunServer: string
  readonly ownStun: string
  readonly turnServer: string
  readonly strictRouter: string
  readonly withoutUdp: string
  readonly webrtcOff: string
  /** Sentences. */
  readonly noRelayAnswers: string
  readonly noneOutside: string
  readonly listensNowhere: string
}

export const PROGRAM: Remedies = {
  relays: 'name them with --bootstrap',
  anotherRelay: 'name another with --bootstrap',
  outsideRelay: 'add one outside with --bootstrap',
  aRelay: 'name one with --bootstrap, anyone’s will do',
  stunServer: 'name a STUN server with --stun',
  ownStun: 'a relay with STUN (or --stun)',
  turnServer: 'a TURN server (--turn)',
  strictRouter: 'a forwarded port, IPv6 or a TURN server (--turn)',
  withoutUdp: 'by TCP, by WebSocket or through a relay',
  noRelayAnswers: 'None of the relays you named answers: check their addresses, and whether this machine is online.',
  noneOutside: 'There was no relay outside to try your addresses: name one with --bootstrap.',
  listensNowhere: 'You listen nowhere that could be reached from the internet; others reach you through a relay.',
  webrtcOff: 'switched off by --no-webrtc'
}

/** A tab knows the relays of its page, and those of links and of peers it met. */
export const TAB: Remedies = {
  relays: 'they come with the page and with invite links',
  anotherRelay: 'a link from somebody who meets elsewhere brings another',
  outsideRelay: 'open the page, or a link, that comes from a relay on the internet',
  aRelay: 'one comes with the page, or with an invite link',
  stunServer: 'it takes two relays with STUN',
  ownStun: 'a relay with STUN',
  turnServer: 'a TURN server at your relay',
  strictRouter: 'IPv6, another network or a TURN server at your relay',
  withoutUdp: 'by WebSocket, through a relay',
  noRelayAnswers: 'None of the relays this page knows answers: check whether this device is online.',
  noneOutside:
    'This is where relays on your own network see you: only one on the internet can tell your public address.',
  listensNowhere: 'Nobody can dial a tab from outside: others come to you by WebRTC, or through a relay.',
  webrtcOff: 'not there in this browser'
}
