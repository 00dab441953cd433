import type { CiphersuiteImpl } from 'ts-mls'
import { failure, success, type Result } from '../../bytes/index.ts'

/**
 * What comes of `work`, which is given a suite that takes each signature as valid and verifies it meanwhile: all of them at once, each on a thread
 * that is free. Of one that is wrong nothing comes, so that whatever `work` does by itself has to be undone by dropping its result.
 */
export async function verifiedTogether<T>(
  suite: CiphersuiteImpl,
  work: (suite: CiphersuiteImpl) => Promise<T>
): Promise<Result<T>> {
  const verified: Promise<boolean>[] = []
  const verify = async (...signed: Parameters<typeof suite.signature.verify>): Promise<boolean> => {
    verified.push(suite.signature.verify(...signed).catch(() => false))
    return true
  }
  const value = await work({ ...suite, signature: { ...suite.signature, verify } })
  return (await Promise.all(verified)).every(Boolean) ? success(value) : failure('a signature that is wrong')
}
