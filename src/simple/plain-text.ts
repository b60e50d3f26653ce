/** Text that somebody else wrote, made fit to be passed on in one line. */

/** Characters of a reason that are passed on. */
export const MAX_REASON_LENGTH = 1024

/** `text` cut to `maxLength` characters, with a blank for each control character but the tab, and no half of a surrogate pair. */
export function plainText(text: string, maxLength = MAX_REASON_LENGTH): string {
  return text
    .slice(0, maxLength)
    .replace(/[^\P{Cc}\t]/gu, ' ')
    .toWellFormed()
}
