import { describe, expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { parseRange } from '../../src/http/byte-range.ts'
import { acceptedCoding, isHeld, wantedMaxAgeMs } from '../../src/http/conditions.ts'
import { isAllowedHost } from '../../src/http/host.ts'
import { parseFilenameGlobs } from '../../src/merge/filename-globs.ts'
import { parseNamePattern } from '../../src/merge/name-pattern.ts'
import { readFileLink } from '../../src/simple/file-link.ts'
import { quotedAsPip } from '../../src/simple/file-url.ts'
import { projectsOf } from '../../src/simple/filename.ts'
import { readHtmlDetail } from '../../src/simple/html.ts'
import { htmlListReader } from '../../src/simple/html-list.ts'
import { readJsonDetail } from '../../src/simple/json.ts'
import { negotiate } from '../../src/simple/media-type.ts'
import { readMetadataFields } from '../../src/simple/metadata-fields.ts'
import { parseName } from '../../src/simple/name.ts'
import { plainText } from '../../src/simple/plain-text.ts'
import { readUploadTime } from '../../src/simple/upload-time.ts'
import {
  canonicalVersion,
  isVersion,
  maturityOf,
  normalizedVersion,
  parseVersionSpecifier,
} from '../../src/simple/version.ts'
import { contentRange, lifetimeMs, mediaType, retryAfterMs } from '../../src/upstream/fields.ts'
import { name } from '../support/build.ts'
import { readWhole } from '../support/lists.ts'

/** Long enough that going back over it again and again takes minutes. */
const LENGTH = 256 * 1024
const SOURCE = { upstream: 'a', project: name('acme'), url: 'https://a.example/simple/acme/' }
const GLOB = '*a*a*a*a*a*a*a*a*b'

/** Everything that reads what a stranger wrote. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'a project name': parseName,
  'a filename': projectsOf,
  'a link': (text) => readFileLink(text, SOURCE.url),
  'a version': (text) => [isVersion(text), canonicalVersion(text), normalizedVersion(text), maturityOf(text)],
  'an upload time': readUploadTime,
  'a reason': (text) => plainText(text),
  'a path': quotedAsPip,
  'core metadata': wholeMetadata,
  'a field of core metadata': (text) => wholeMetadata(`License: ${text}`),
  'a page in HTML': (text) => attempt(() => atOnce(readHtmlDetail(Buffer.from(text), SOURCE, { delimited: true }))),
  'a link of a page in HTML': (text) =>
    attempt(() => atOnce(readHtmlDetail(Buffer.from(`<a href="${text}">x</a>`), SOURCE, { delimited: true }))),
  'a list in HTML': (text) =>
    attempt(() => readWhole(htmlListReader({ delimited: true }), Buffer.from(`<a href="x">${text}`))),
  'a page in JSON': (text) => attempt(() => atOnce(readJsonDetail(Buffer.from(text), SOURCE))),
  'a field of a page in JSON': (text) =>
    attempt(() =>
      atOnce(
        readJsonDetail(
          Buffer.from(
            JSON.stringify({
              name: 'acme',
              versions: [text],
              files: [
                {
                  filename: text,
                  url: text,
                  yanked: text,
                  'upload-time': text,
                  'requires-python': text,
                  hashes: { [text]: text },
                },
              ],
            }),
          ),
          SOURCE,
        ),
      ),
    ),
  'a media type': (text) => mediaType({ 'content-type': text }),
  'a lifetime': (text) => lifetimeMs({ 'cache-control': text }),
  'a time to wait': (text) => retryAfterMs({ 'retry-after': text }, 0),
  'a part of a file': (text) => contentRange({ 'content-range': text }),
  'what a client takes': (text) => [negotiate(text, undefined), negotiate(undefined, text), acceptedCoding(text)],
  'what a client has': (text) => [isHeld(text, '"x"'), wantedMaxAgeMs(text)],
  'a range': (text) => parseRange(text, 100),
  'a host': (text) => isAllowedHost(text, []),
  'a name against a pattern': (text) => parseNamePattern(GLOB)?.matches(text as never),
  'a filename against a glob': (text) => parseFilenameGlobs([GLOB, `!${GLOB}`])?.includes(text),
  'a specifier': (text) => parseVersionSpecifier(text.slice(0, 1000)),
}

/** Every way to look at what was read. */
function wholeMetadata(text: string): unknown {
  const { line, lines, block, description } = readMetadataFields(text)
  return [line('License'), lines('License'), block('License'), description]
}

/** What makes patterns go back and forth. */
const SCRAPS = [
  'a',
  '1',
  '0',
  '-',
  '.',
  '_',
  ' ',
  '\t',
  '\n',
  '\r',
  ',',
  ';',
  '=',
  '"',
  "'",
  '<',
  '>',
  '&',
  '/',
  '\\',
  '%',
  '%2e',
  '#',
  '?',
  ':',
  '@',
  '[',
  ']',
  '{',
  '(',
  '*',
  '!',
  '~',
  '|',
  '1.',
  '1!',
  '1-',
  'a-',
  '-1',
  'a-1',
  '.post',
  'rc1',
  '+a',
  '.dev1.',
  ', ',
  ' ,',
  '; q=0.1,',
  'q=',
  'max-age=',
  'bytes=1-',
  '""',
  '<a href=',
  '<a>',
  '</a>',
  '<!--',
  '&amp',
  '&#',
  '\0',
  '\u00e9',
  '\ud800',
  '\u0301',
]

function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return error
  }
}

describe('a long run of the same scrap, with another end', () => {
  test.each(Object.entries(READERS))(
    'as %s is read or refused in no time',
    (_, read) => {
      const startedAt = performance.now()
      for (const scrap of SCRAPS) {
        const text = scrap.repeat(Math.ceil(LENGTH / scrap.length))
        for (const whole of [text, `${text}!`, `a-1${text}x.tar.gz`]) read(whole)
      }
      // A reader that goes back over what it has read would need years.
      expect(performance.now() - startedAt).toBeLessThan(30_000)
    },
    60_000,
  )
})
