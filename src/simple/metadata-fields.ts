/**
 * Core metadata as fields (PyPA specification "Core metadata specifications", PEP 566, 643, 639, 685): headers as in a mail,
 * and a body that is the description. Read as Python's `email` reads it, which all tools use.
 */

/** What a file of core metadata says. Whatever its version, a field that it does not have is absent. */
export interface MetadataFields {
  /** The value of a field of one line, unfolded; of several the first. undefined: absent, empty, or the `UNKNOWN` of old tools. */
  line(field: string): string | undefined
  /** All values of a field, unfolded, in their order. */
  lines(field: string): readonly string[]
  /** The value of a field that may have several lines, e.g. `License`. */
  block(field: string): string | undefined
  /** Of the body, or, in versions that had none, of its field. */
  readonly description: string | undefined
}

/** Bounds the time that one line can take; longer names are none. */
const MAX_NAME_LENGTH = 100

/** Linear in `text`. */
export function readMetadataFields(text: string): MetadataFields {
  /** Values by name in lower case; those of several lines with the line breaks, and what stands before each line. */
  const fields = new Map<string, string[]>()
  let current: string[] | undefined
  let at = 0
  while (at < text.length) {
    const end = text.indexOf('\n', at)
    const next = end === -1 ? text.length : end + 1
    const line = withoutReturn(text.slice(at, end === -1 ? undefined : end))
    if (line === '') {
      at = next
      break
    }
    if (line.startsWith(' ') || line.startsWith('\t')) {
      // What nothing comes before continues nothing.
      current?.push(`${current.pop() ?? ''}\n${line}`)
    } else {
      const name = nameOf(line)
      // No header: the headers end before it, as if an empty line stood there.
      if (name === undefined) break
      current = fields.get(name) ?? []
      fields.set(name, current)
      current.push(line.slice(name.length + 1).trim())
    }
    at = next
  }
  const body = text.slice(at)
  const values = (field: string) => fields.get(field.toLowerCase()) ?? []
  const block = (field: string) => said(unfolded(values(field)[0] ?? ''))
  const lines = (field: string) => values(field).flatMap((value) => said(oneLine(value)) ?? [])
  return {
    line: (field) => said(oneLine(values(field)[0] ?? '')),
    lines,
    block,
    description: said(body) ?? block('Description'),
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** In lower case. RFC 5322, section 3.6.8: printable ASCII without the colon. */
function nameOf(line: string): string | undefined {
  const name = line.slice(0, Math.max(0, line.slice(0, MAX_NAME_LENGTH).indexOf(':')))
  return /^[!-9;-~]+$/.test(name) ? name.toLowerCase() : undefined
}

function oneLine(value: string): string {
  if (!value.includes('\n')) return value
  const parts = value.split('\n').map((part) => part.trim())
  return parts.filter((part) => part !== '').join(' ')
}

/** Lines of a folded block begin with eight blanks, or with seven and a bar, so that what stands behind keeps its own blanks. */
function unfolded(value: string): string {
  const lines = value.split('\n')
  return lines.map((line) => line.replace(/^(?: {7}\|| {8}|[ \t])/, '')).join('\n')
}

function said(text: string): string | undefined {
  return text.trim() === '' || text.trim() === 'UNKNOWN' ? undefined : text
}
