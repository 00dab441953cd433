import { UsageError } from '../exits.ts'

/** All of standard input as text, without the line feed that ends it. */
export async function readStandardInput(maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBytes + 2)
      throw new UsageError(`standard input holds more than ${maxBytes / 1024} KiB: send it in parts`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(Buffer.concat(chunks))
      .replace(/\r?\n$/, '')
  } catch {
    throw new UsageError('standard input is not valid UTF-8: convert it first')
  }
}
