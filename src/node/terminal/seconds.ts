/** `0.8 s` */
export function secondsText(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`
}
