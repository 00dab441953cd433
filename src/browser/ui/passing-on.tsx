/** Passes a link on by the means of the device, where it has any. */
export function ShareButton({ name, link }: { name: string; link: string }) {
  if (!('share' in navigator)) return null

  /** Closing the share sheet without sharing rejects, and needs no word. */
  function share(): void {
    navigator.share({ title: `${name} - Starling`, url: link }).catch(() => undefined)
  }
  return (
    <button type="button" class="button" onClick={share}>
      Share
    </button>
  )
}

/** What is to be said of a link to a page that only this computer reaches. */
export function localNote(): string | undefined {
  if (!/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname)) return undefined
  return `It opens the page at ${location.host}, which is this computer. Others can paste it under Join in a Starling of their own.`
}
