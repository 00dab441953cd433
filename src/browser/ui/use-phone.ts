import { useEffect, useState } from 'preact/hooks'

/** As in the style sheet: below this there is room for one pane at a time. */
const PHONE = '(max-width: 719px)'

export function isPhone(): boolean {
  return matchMedia(PHONE).matches
}

export function usePhone(): boolean {
  const [phone, setPhone] = useState(isPhone)
  useEffect(() => {
    const query = matchMedia(PHONE)
    const ended = new AbortController()
    query.addEventListener('change', () => setPhone(query.matches), ended)
    return () => ended.abort()
  }, [])
  return phone
}
