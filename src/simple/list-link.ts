/** Links of a project list: which project a link leads to, if any. */
import { parseName, type ProjectName } from './name.ts'

/**
 * The project that a link of a project list leads to. The link is right where the text is cut, padded or a display name;
 * a text of several words (`Parent Directory`) is no project's. undefined: it leads elsewhere.
 */
export function projectOfLink(link: string, text: string): ProjectName | undefined {
  if (/\S\s+\S/.test(text.trim())) return undefined
  const path = (link.split(/[?#]/, 1)[0] ?? '').trim().replace(/^https?:\/\/[^/]*/i, '')
  // Static generators name the file: `acme-core/index.html`.
  const segments = path.replace(/\/(?:index\.html)?$/, '').split('/')
  return parseName(decodeSegment(segments.at(-1) ?? ''))
}

/** Names have no sign that needs encoding, but some servers encode all but letters and digits. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
