/** Links of a project list: which project a link leads to, if any. */
import { parseName, type ProjectName } from './name.ts'

/**
 * The project that a link of a project list leads to. The link is right where the text is cut, padded or a display name;
 * a text of several words (`Parent Directory`) is no project's. undefined: it leads elsewhere.
 */
export function projectOfLink(link: string, text: string): ProjectName | undefined {
  const name = parseName(text)
  if (name !== undefined && isFolder(link, name)) return name
  if (isSeveralWords(text)) return undefined
  const path = (link.split(/[?#]/, 1)[0] ?? '').trim().replace(/^https?:\/\/[^/]*/i, '')
  // Static generators name the file: `acme-core/index.html`.
  const segments = path.replace(/\/(?:index\.html)?$/, '').split('/')
  return parseName(decodeSegment(segments.at(-1) ?? ''))
}

/** As the texts of links that lead elsewhere are, and no project's name. */
export function isSeveralWords(text: string): boolean {
  return /\S\s+\S/.test(text.trim())
}

/** Whether `link` is a plain path to the folder `name`, as in nearly every list: then nothing needs to be taken apart. */
function isFolder(link: string, name: string): boolean {
  const from = link.length - name.length - 1
  if (from < 0 || !link.startsWith(name, from) || !link.endsWith('/')) return false
  return from === 0 || (link[from - 1] === '/' && !/[:?#]/.test(link.slice(0, from)))
}

/** Names have no sign that needs encoding, but some servers encode all but letters and digits. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
