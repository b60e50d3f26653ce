/** Our own pages, read by rules of their own: the exact shape in which they are written, and no other. */

/** A file as a page shows it. */
export interface ShownFile {
  readonly filename: string
  /** Without a fragment. */
  readonly url: string
  readonly sha256: string | undefined
  readonly yanked: string | true | undefined
  readonly requiresPython: string | undefined
}

const HEAD = [
  /^<!DOCTYPE html>$/,
  /^<html>$/,
  /^<head>$/,
  /^<meta charset="utf-8">$/,
  /^<meta name="pypi:repository-version" content="1\.[04]">$/,
  /^<title>Links for [a-z0-9-]+<\/title>$/,
  /^<\/head>$/,
  /^<body>$/,
  /^<h1>Links for [a-z0-9-]+<\/h1>$/,
]
const STATUS = /^<meta name="pypi:project-status(?:-reason)?" content="[^"<>]*">$/
const ANCHOR = /^<a href="([^"<>]*)"((?: data-[a-z-]+="[^"<>]*")*)>([^<>]*)<\/a><br>$/
const ATTRIBUTE = / (data-[a-z-]+)="([^"<>]*)"/g

/** The files of a page in HTML. @throws Error where it has a line that we never write: something got out of its quotes */
export function filesOfHtml(html: string): ShownFile[] {
  const lines = html.split('\n').filter((line) => !STATUS.test(line))
  for (const [at, shape] of HEAD.entries())
    if (!shape.test(lines[at] ?? '')) throw new Error(`Line ${at} is ${JSON.stringify(lines[at])}`)
  if (lines.slice(-3).join('|') !== '</body>|</html>|') throw new Error('The page does not end as it should')
  return lines.slice(HEAD.length, -3).map((line) => {
    const [, href, attributes = '', text] = ANCHOR.exec(line) ?? []
    if (href === undefined || text === undefined) throw new Error(`No link: ${JSON.stringify(line)}`)
    const said = new Map([...attributes.matchAll(ATTRIBUTE)].map(([, name = '', value = '']) => [name, decoded(value)]))
    const [url = '', fragment] = decoded(href).split('#')
    const yanked = said.get('data-yanked')
    return {
      filename: decoded(text),
      url,
      sha256: fragment?.startsWith('sha256=') ? fragment.slice(7) : undefined,
      yanked: yanked === '' ? true : yanked,
      requiresPython: said.get('data-requires-python'),
    }
  })
}

/** The files of a page in JSON. */
export function filesOfJson(json: string): ShownFile[] {
  const { files } = JSON.parse(json) as { files: Record<string, unknown>[] }
  return files.map((file) => ({
    filename: String(file['filename']),
    url: String(file['url']),
    sha256: (file['hashes'] as Record<string, string>)['sha256'],
    yanked: file['yanked'] === undefined || file['yanked'] === false ? undefined : (file['yanked'] as string | true),
    requiresPython: file['requires-python'] as string | undefined,
  }))
}

const REFERENCES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function decoded(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const sign = REFERENCES[name]
    if (sign === undefined) throw new Error(`${whole} is no reference that we write`)
    return sign
  })
}
