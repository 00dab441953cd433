import { useEffect, useState } from 'preact/hooks'
import type { Session } from '../state/session.ts'

/** Whether the identity has a passphrase; undefined until that is known. */
export function useProtected({ own, report }: Session): boolean | undefined {
  const [isProtected, setProtected] = useState<boolean>()
  useEffect(() => {
    own.vault.isProtected().then(setProtected, report)
  }, [])
  return isProtected
}
