/** A flag of the command line. Its name is its key in a configuration file, too. */
export interface Flag {
  readonly name: string
  /** What stands for its value in the help; none: the flag takes no value. */
  readonly value?: string
  readonly many?: true
  readonly summary: string
  readonly environment?: string
  /** May not stand in a configuration file. */
  readonly commandLineOnly?: true
}

/** Flags that every command takes. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: 'data', value: 'DIR', summary: 'data folder of this peer', environment: 'STARLING_DATA' },
  {
    name: 'passphrase-file',
    value: 'FILE',
    summary: 'holds the passphrase of the identity (or env STARLING_PASSPHRASE)'
  },
  { name: 'json', summary: 'one JSON object a line on stdout, people’s text on stderr' },
  { name: 'log', value: 'LEVEL', summary: 'error, warn (default), info or debug, to stderr' },
  {
    name: 'bootstrap',
    value: 'MULTIADDR',
    many: true,
    summary: 'a peer to meet others at (repeatable)',
    environment: 'STARLING_BOOTSTRAP'
  },
  { name: 'listen', value: 'MULTIADDR', many: true, summary: 'where to listen (repeatable; replaces the defaults)' },
  {
    name: 'announce',
    value: 'MULTIADDR',
    many: true,
    summary: 'an address at which others reach this peer (repeatable)'
  },
  { name: 'http', value: 'HOST:PORT', summary: 'web app and local API; port 0: any free one' },
  { name: 'web-url', value: 'URL', summary: 'address of the web app, used in links' },
  {
    name: 'stun',
    value: 'URI',
    many: true,
    summary: 'a STUN server to use (repeatable)',
    environment: 'STARLING_STUN'
  },
  {
    name: 'turn',
    value: 'URI',
    many: true,
    summary: 'a TURN server to use (repeatable)',
    environment: 'STARLING_TURN'
  },
  { name: 'turn-secret-file', value: 'FILE', summary: 'holds the secret for time-limited TURN credentials' },
  { name: 'turn-user', value: 'NAME:PASSWORD', summary: 'fixed TURN credentials' },
  { name: 'no-relay', summary: 'do not carry others' },
  { name: 'no-mdns', summary: 'do not look for peers on the local network' },
  { name: 'no-dht', summary: 'neither use nor serve the DHT' },
  { name: 'no-webrtc', summary: 'neither dial nor answer WebRTC' },
  { name: 'no-punch', summary: 'no TCP hole punching' },
  { name: 'no-upnp', summary: 'do not ask the router for a port' },
  { name: 'config', value: 'FILE', summary: 'JSON file with these names as keys', commandLineOnly: true },
  { name: 'help', summary: 'explain this command', commandLineOnly: true },
  { name: 'version', summary: 'print the version', commandLineOnly: true }
]

const METRICS_PUBLIC: Flag = { name: 'metrics-public', summary: 'answer /metrics to everybody, not on loopback only' }

export const UP_FLAGS: readonly Flag[] = [METRICS_PUBLIC]

export const RELAY_FLAGS: readonly Flag[] = [
  METRICS_PUBLIC,
  { name: 'check', summary: 'validate, print what would run, and end', commandLineOnly: true },
  { name: 'stun-port', value: 'PORT', summary: 'answer STUN on this UDP port (default 3478; 0: do not)' },
  { name: 'keep', summary: 'store rooms for members who are offline' },
  { name: 'keep-quota', value: 'SIZE', summary: 'space for the rooms kept, such as 500M; default 1G' }
]

/** What a configuration file may hold, for whichever command reads it: a key of another command is passed over. */
export const FILE_FLAGS: ReadonlyMap<string, Flag> = new Map(
  [...GLOBAL_FLAGS, ...UP_FLAGS, ...RELAY_FLAGS].filter(flag => !flag.commandLineOnly).map(flag => [flag.name, flag])
)
