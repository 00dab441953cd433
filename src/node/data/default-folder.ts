import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** Where this platform keeps a program's data; on Linux by the XDG Base Directory Specification. */
export function defaultDataFolder(
  environment: NodeJS.ProcessEnv,
  platform = process.platform,
  home = homedir()
): string {
  if (platform === 'win32') return join(environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'starling')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'starling')
  const xdg = environment['XDG_DATA_HOME']
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'share'), 'starling')
}
