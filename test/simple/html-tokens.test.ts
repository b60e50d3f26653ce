import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { htmlTokens } from '../../src/simple/html-tokens.ts'
import { PageError } from '../../src/simple/model.ts'

type Token = readonly [kind: string, text: string, ...attributes: (readonly [string, string])[]]

/** What is in the pieces; texts that touch are one. */
function tokensOf(...pieces: readonly (string | Uint8Array)[]): Token[] {
  const tokens: Token[] = []
  const reader = htmlTokens({
    open: (tag, attributes) => tokens.push(['open', tag, ...attributes]),
    close: (tag) => tokens.push(['close', tag]),
    text(text) {
      const last = tokens.at(-1)
      if (last?.[0] === 'text') tokens[tokens.length - 1] = ['text', last[1] + text]
      else tokens.push(['text', text])
    },
  })
  for (const piece of pieces) reader.write(typeof piece === 'string' ? Buffer.from(piece) : piece)
  reader.end()
  return tokens
}

test('references are decoded in texts and in attributes, once', () => {
  expect(tokensOf('<a data-yanked="&gt;=3 &amp;amp; &#39;&eacute;&#x1F600;" href=?a&lt=1>&lt;&amp;gt;')).toEqual([
    ['open', 'a', ['data-yanked', ">=3 &amp; 'é😀"], ['href', '?a&lt=1']],
    ['text', '<&gt;'],
  ])
})

test('attributes are read in any case, with any quotes or none, the first of each name', () => {
  expect(tokensOf(`<A HREF='x' href="y" Data-Yanked\n=\nz data-gpg-sig class="none"/>`)).toEqual([
    ['open', 'a', ['href', 'x'], ['data-yanked', 'z'], ['data-gpg-sig', '']],
  ])
})

test('links in preformatted text are links, those in comments, scripts and titles are none', () => {
  const hidden =
    '<!-- <a href=1> --><script><a href=2></script><title><a href=3></title><textarea><a href=4></textarea>'
  const links = tokensOf(`${hidden}<pre><a href="5">`).filter(([kind, tag]) => kind === 'open' && tag === 'a')
  expect(links).toEqual([['open', 'a', ['href', '5']]])
})

test('a tag that the document does not end is none', () => {
  expect(tokensOf('<a href="x"><a href="y')).toEqual([['open', 'a', ['href', 'x']]])
})

test('an attribute is read to a limit', () => {
  const [token] = tokensOf(`<a href="${'x'.repeat(50_000)}&amp;${'y'.repeat(50_000)}" data-yanked="z">`)
  expect(token).toEqual(['open', 'a', ['href', 'x'.repeat(16 * 1024 + 1)], ['data-yanked', 'z']])
})

test('it does not matter where the pieces are cut', () => {
  const page = readFileSync(new URL('../fixtures/pages/pypiron/acme-core-marked.html', import.meta.url))
  const scraps = Buffer.from(
    '<!-- a --><title>&lt;x</title>ü&eacute;<a href="&amp;" data-yanked=\'&notit;\'>&ampx<script>1<2</script></a >',
  )
  const whole = tokensOf(page, scraps)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), (sizes) => {
      const bytes = Buffer.concat([page, scraps])
      const pieces: Uint8Array[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        pieces.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(tokensOf(...pieces)).toEqual(whole)
    }),
  )
})

test('a mark of the byte order is no text', () => {
  expect(tokensOf(Buffer.from([0xef, 0xbb, 0xbf]), 'x')).toEqual([['text', 'x']])
})

test('what is not UTF-8 is refused, at the end too', () => {
  expect(() => tokensOf(Buffer.from([0xff, 0xfe, 0x61]))).toThrow(PageError)
  expect(() => tokensOf(Buffer.from([0x61, 0xc3]))).toThrow(PageError)
})
