/** How a router behaves, in the terms of RFC 4787 and, for TCP, RFC 5382. */
export type NatKind =
  /** None: a public address. */
  | 'open'
  /** Endpoint-independent mapping and filtering. */
  | 'full-cone'
  /** Endpoint-independent mapping, address-dependent filtering. */
  | 'address-restricted'
  /** Endpoint-independent mapping, address-and-port-dependent filtering: most home routers. */
  | 'port-restricted'
  /** Address-and-port-dependent mapping to random ports. */
  | 'symmetric-random'
  /** Address-and-port-dependent mapping whose ports move by a regular step. */
  | 'symmetric-sequential'
  /** Port-restricted, behind another one like it. */
  | 'double'
  /** Port-restricted, and no UDP leaves. */
  | 'udp-blocked'
  /** Port-restricted, and nothing leaves but TCP to port 443. */
  | 'only-443'

/** Where two are neighbours, behind what is port-restricted. */
export type SharedKind =
  /** On one LAN. */
  | 'one-lan'
  /** Behind one router that keeps those on its LAN apart, and does not take them to each other by its public address. */
  | 'guests'
  /** As before, but it does (RFC 4787, 6: hairpinning). */
  | 'guests-hairpin'
  /** Each behind a router at home, both of them behind one of the provider's, which does not hairpin. */
  | 'provider'
  /** As before, but it does. */
  | 'provider-hairpin'

/** With IPv6, where a router translates nothing, and lets in only answers. */
export type Ip6Kind =
  /** Nothing else. */
  | 'ip6-firewall'
  /** IPv4 beside it, port-restricted. */
  | 'dual-stack'

export interface RouterPlace {
  /** Its own address outside. */
  readonly outside: string
  /** The host behind it. */
  readonly host: string
  /** What stands behind it reaches each other by its address outside. */
  readonly hairpin: boolean
  /** Whatever it does with UDP otherwise, none leaves. */
  readonly dropsUdp: boolean
}

/** The rules of a router, for `nft -f`: `wan` is its interface outside, `lan` the one inside. */
export function rulesOf(kind: NatKind, { outside, host, hairpin, dropsUdp }: RouterPlace): string {
  return [
    'table ip starling {',
    // Whom the host has written to, and from which port: what is let in is let in to that port alone.
    ' set seen {\n  type ipv4_addr . inet_service\n  flags dynamic,timeout\n  timeout 10m\n }',
    // Whose port is which: these NATs keep them.
    ' map mapped {\n  type inet_service : ipv4_addr\n  flags dynamic,timeout\n  timeout 10m\n }',
    ` chain before {\n  type nat hook prerouting priority -100\n  ${hairpin ? turned(outside) : forwarded(kind, host)}\n }`,
    ` chain behind {\n  type nat hook postrouting priority 100\n  ${translated(kind, outside)}${hairpin ? `\n  oifname "lan" ct status dnat snat to ${outside}` : ''}\n }`,
    ` chain through {\n  type filter hook forward priority 0\n  policy drop\n  ${[...(dropsUdp ? ['meta l4proto udp drop'] : []), ...passed(kind)].join('\n  ')}\n }`,
    // A router says nothing to those whom it does not know: a RST would end a punch before it begins.
    ' chain own {\n  type filter hook input priority 0\n  policy drop\n  iifname != "wan" accept\n  ct state established,related accept\n }',
    '}',
    ''
  ].join('\n')
}

/** The rules of a router that has IPv6, beside those. */
export const IP6_RULES = [
  'table ip6 starling {',
  ' chain through {\n  type filter hook forward priority 0\n  policy drop\n  ct state established,related accept\n  iifname "lan" accept\n }',
  ' chain own {\n  type filter hook input priority 0\n  policy drop\n  iifname != "wan" accept\n  ct state established,related accept\n  icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n }',
  '}',
  ''
].join('\n')

/** The rules of the bridge between all networks, on which so many in a hundred packets get lost, whatever they carry. */
export function lossRules(loss: number): string {
  const drop = `numgen random mod 10000 < ${Math.round(loss * 100)} drop`
  return [
    'table bridge starling {',
    ` chain lossy {\n  type filter hook prerouting priority 0\n  meta protocol { ip, ip6 } ${drop}\n }`,
    '}',
    ''
  ].join('\n')
}

/** What comes from inside for the address outside. */
function turned(outside: string): string {
  return `iifname "lan" ip daddr ${outside} meta l4proto { tcp, udp } dnat to th dport map @mapped`
}

/** What comes from outside unasked. */
function forwarded(kind: NatKind, host: string): string {
  if (kind === 'full-cone') return `iifname "wan" meta l4proto { tcp, udp } dnat to ${host}`
  if (kind === 'address-restricted')
    return `iifname "wan" meta l4proto { tcp, udp } ip saddr . th dport @seen dnat to ${host}`
  return 'accept'
}

function translated(kind: NatKind, outside: string): string {
  if (kind === 'symmetric-random') return 'oifname "wan" meta l4proto { tcp, udp } masquerade random,fully-random'
  // By the byte order of the counter the ports move by 256.
  if (kind === 'symmetric-sequential')
    return `oifname "wan" meta l4proto { tcp, udp } snat to ${outside} : numgen inc mod 1000 offset 40000`
  return 'oifname "wan" masquerade'
}

function passed(kind: NatKind): string[] {
  const known = 'ct state established,related accept'
  if (kind === 'only-443') return [known, 'iifname "lan" tcp dport 443 accept']
  if (kind === 'udp-blocked') return [known, 'iifname "lan" meta l4proto != udp accept']
  const sent = 'iifname "lan" meta l4proto { tcp, udp } update @seen { ip daddr . th sport } accept'
  const other = 'iifname "lan" accept'
  return [
    known,
    'iifname "lan" oifname "wan" meta l4proto { tcp, udp } update @mapped { th sport : ip saddr }',
    sent,
    other,
    ...(kind === 'full-cone' || kind === 'address-restricted' ? ['ct status dnat accept'] : [])
  ]
}
