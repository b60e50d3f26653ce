/** Reads a netrc file: who we are at which host, in the format that ftp(1) began and curl and Python read. */

export interface NetrcEntry {
  readonly login: string
  readonly password: string
}

/** The first entry for `host`, else the `default` one. undefined: none of them, or one that has no password. */
export function findNetrcEntry(text: string, host: string): NetrcEntry | undefined {
  const wanted = host.toLowerCase()
  const next = tokens(text.replaceAll('\r\n', '\n'))
  let fallback: Partial<NetrcEntry> | undefined
  let found: Partial<NetrcEntry> | undefined
  // What stands before the first `machine`, and entries of other hosts, are read and forgotten.
  let current: { login?: string; password?: string } = {}
  for (let token = next(); token !== undefined; token = next()) {
    if (token === 'machine') {
      current = {}
      const machine = next('value')
      if (found === undefined && machine?.toLowerCase() === wanted) found = current
    } else if (token === 'default') {
      current = {}
      fallback ??= current
    } else if (token === 'login' || token === 'user') {
      current.login = next('value') ?? ''
    } else if (token === 'password') {
      const password = next('value')
      if (password !== undefined) current.password = password
    } else if (token === 'account') {
      next('value')
    } else if (token === 'macdef') {
      next('macro')
    } else if (token.startsWith('#')) {
      next('line')
    }
  }
  const entry = found ?? fallback
  if (entry?.password === undefined) return undefined
  return { login: entry.login ?? '', password: entry.password }
}

/** How the next piece ends: a keyword or value at white space, a comment with its line, a macro with an empty line. */
type Piece = 'keyword' | 'value' | 'line' | 'macro'

/** Goes through `text` once. Values may be quoted, and a backslash takes the next character as it is. */
function tokens(text: string): (piece?: Piece) => string | undefined {
  let at = 0

  function skipTo(mark: string): undefined {
    const end = text.indexOf(mark, at)
    at = end === -1 ? text.length : end + mark.length
    return undefined
  }

  return (piece = 'keyword') => {
    if (piece === 'line') return skipTo('\n')
    if (piece === 'macro') return skipTo('\n\n')
    while (at < text.length && isSpace(text.charCodeAt(at))) at += 1
    if (at >= text.length) return undefined
    // A comment ends with its line, so its first word must not reach over to what follows.
    if (piece === 'keyword' && text[at] === '#') return '#'
    const quoted = text[at] === '"'
    if (quoted) at += 1
    let token = ''
    while (at < text.length && (quoted ? text[at] !== '"' : !isSpace(text.charCodeAt(at)))) {
      if (text[at] === '\\' && at + 1 < text.length) at += 1
      token += text[at]
      at += 1
    }
    if (quoted) at += 1
    return token
  }
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}
