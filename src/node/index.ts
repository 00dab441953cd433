/** The door of the Node edge: the whole program, as the command line and the deployed relay start it. */
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Runs the program with these words of the command line and ends the process with its exit. */
export async function runProgram(words: readonly string[]): Promise<void> {
  // What this process writes (the store, the token, the socket, compiled code) is nobody else's.
  process.umask(0o077)
  // Hundreds of modules are compiled once, not at each start; before any is loaded, and not in a folder for everybody.
  enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'starling', 'compiled'))
  const { main } = await import('./main.ts')
  await main(words)
}
