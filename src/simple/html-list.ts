/** Project lists as HTML (simple repository API, "HTML Serialization"). */
import type { HtmlOptions } from './html.ts'
import { HtmlShape } from './html-shape.ts'
import { htmlTokens } from './html-tokens.ts'
import { isSeveralWords, projectOfLink } from './list-link.ts'
import type { ListReader } from './list-reader.ts'
import { PageError } from './model.ts'
import { parseName } from './name.ts'
import { nameCollector } from './name-collector.ts'
import { checkProjectCount, nameBatches, type NameList } from './name-list.ts'

/** Longer than any name, so that a longer text is none. */
const MAX_LINK_TEXT_LENGTH = 300

/** Bytes that are read in one step: a few milliseconds' work. */
const STEP_BYTES = 64 * 1024

/** How a list that does not say what it is must link to each of its projects: `torch/`, called `torch`. */
const PLAIN_FOLDER = /^[^/?#:]+\/(?:index\.html)?$/

/** Links that lead to no project are left out. Beside the names the reader keeps nothing but the tag at hand. */
export function htmlListReader(options: HtmlOptions): ListReader {
  const shape = new HtmlShape()
  const names = nameCollector()
  let count = 0
  let leftOut = 0
  let isPlain = true
  let link: string | undefined
  let text = ''

  function closeLink(): void {
    const closed = link
    link = undefined
    // `../` and the links by which listings are sorted (`?C=N`) lead nowhere else.
    if (closed === undefined || closed === '../' || closed.startsWith('?')) return
    const name = projectOfLink(closed, text)
    if (name !== undefined) {
      count += 1
      checkProjectCount(count)
      names.add(name)
    } else if (!isSeveralWords(text)) leftOut += 1
    // A page that stands before a network (`<a href="/accept">Accept</a>`) must not pass for a list without this project.
    isPlain &&= PLAIN_FOLDER.test(closed) && parseName(text.trim()) === name
  }

  const tokens = htmlTokens({
    open(tag, attributes) {
      shape.open(tag, attributes)
      if (tag !== 'a') return
      closeLink()
      link = attributes.get('href')
      text = ''
    },
    close(tag) {
      shape.close(tag)
      if (tag === 'a') closeLink()
    },
    text(piece) {
      shape.text(piece)
      if (link !== undefined && text.length < MAX_LINK_TEXT_LENGTH) text += piece
    },
  })
  return {
    *write(bytes) {
      for (let at = 0; at < bytes.length; at += STEP_BYTES) {
        tokens.write(bytes.subarray(at, at + STEP_BYTES))
        yield
      }
    },
    *end() {
      tokens.end()
      closeLink()
      if (!options.delimited) shape.checkFinished()
      if (!shape.isProjectListing(count > 0 && isPlain)) throw new PageError('it is no list of an index')
      return yield* names.list()
    },
    leftOut: () => leftOut,
  }
}

/** A list of projects in chunks of 64 KiB or more, but for what is left at the end. */
export function* writeHtmlList(names: NameList): Generator<Buffer> {
  const title = 'Simple index'
  const meta = '<meta charset="utf-8">\n<meta name="pypi:repository-version" content="1.4">'
  let chunk = `<!DOCTYPE html>\n<html>\n<head>\n${meta}\n<title>${title}</title>\n</head>\n<body>\n`
  for (const batch of nameBatches(names)) {
    yield Buffer.from(chunk + batch.map((name) => `<a href="${name}/">${name}</a><br>\n`).join(''))
    chunk = ''
  }
  yield Buffer.from(`${chunk}</body>\n</html>\n`)
}
