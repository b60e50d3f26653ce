import { expect, test } from 'vitest'
import { hashesToSend, hashPairs, linkHash, readHashes } from '../../src/simple/hashes.ts'

const SHA256 = 'a1'.repeat(32)
const SHA512 = 'b2'.repeat(64)
const SHA1 = 'c3'.repeat(20)
const MD5 = 'd4'.repeat(16)

test('names and digits are read in any case', () => {
  expect(readHashes([['SHA256', SHA256.toUpperCase()]])).toEqual({ sha256: SHA256 })
})

test('the strongest comes first, since pip checks the first only', () => {
  const hashes = readHashes(Object.entries({ md5: MD5, sha512: SHA512, sha256: SHA256 }))
  expect(Object.keys(hashes ?? {})).toEqual(['sha256', 'sha512', 'md5'])
})

test.each([
  ['blake2b_256', SHA256],
  ['crc32', 'abcdef01'],
  ['__proto__', SHA256],
  ['constructor', SHA256],
  ['sha256', SHA256.slice(1)],
  ['sha256', `${SHA256.slice(1)}g`],
  ['sha256', 7],
  ['', ''],
])('what is no hash of a known algorithm is left out: %s', (name, digest) => {
  expect(readHashes([[name, digest]])).toEqual({})
})

test('two digests of one algorithm cannot both be right', () => {
  const pairs: [string, string][] = [
    ['md5', MD5],
    ['MD5', '0'.repeat(32)],
  ]
  expect(readHashes(pairs)).toBeUndefined()
  expect(readHashes([...pairs.slice(0, 1), ['MD5', MD5]])).toEqual({ md5: MD5 })
})

test('a fragment may have several hashes among other things', () => {
  expect(readHashes(hashPairs(`egg=foo&md5=${MD5}&main&sha256=${SHA256}`))).toEqual({ sha256: SHA256, md5: MD5 })
  expect(readHashes(hashPairs(''))).toEqual({})
})

test('a strong hash leaves no weak one beside it', () => {
  expect(hashesToSend({ sha512: SHA512, sha1: SHA1, md5: MD5 })).toEqual({ sha512: SHA512 })
  expect(hashesToSend({ sha1: SHA1, md5: MD5 })).toEqual({ sha1: SHA1, md5: MD5 })
  expect(hashesToSend({})).toEqual({})
})

test('a link carries one hash, and never one for which uv refuses the page', () => {
  expect(linkHash({ sha512: SHA512, md5: MD5 })).toBe(`sha512=${SHA512}`)
  expect(linkHash({ sha1: SHA1, md5: MD5 })).toBe(`md5=${MD5}`)
  expect(linkHash({ sha1: SHA1 })).toBeUndefined()
  expect(linkHash({})).toBeUndefined()
})
