/** What PyPI's JSON API calls the kind of a file (`packagetype`). */

const TYPES: readonly (readonly [suffix: string, type: string | undefined])[] = [
  ['.whl', 'bdist_wheel'],
  // Says which variants of a wheel there are (PEP 825), and is no distribution.
  ['-variants.json', undefined],
  ['.egg', 'bdist_egg'],
  ['.exe', 'bdist_wininst'],
  ['.msi', 'bdist_msi'],
  ['.rpm', 'bdist_rpm'],
  ['.deb', 'bdist_dumb'],
  ['.dmg', 'bdist_dmg'],
]

/** Of a file that a project page lists. undefined: it is no distribution. */
export function packageTypeOf(filename: string): string | undefined {
  const found = TYPES.find(([suffix]) => filename.endsWith(suffix))
  return found === undefined ? 'sdist' : found[1]
}

/** For which Python it is, in PyPI's words (`python_version`): the tag of a wheel, `source` for a source archive. undefined: not said. */
export function pythonVersionOf(filename: string): string | undefined {
  const type = packageTypeOf(filename)
  if (type === 'sdist') return 'source'
  if (type !== 'bdist_wheel') return undefined
  // Name, version, perhaps a build tag, which begins with a digit as no Python tag does.
  const [, , third = '', fourth] = filename.split('-')
  return /^\d/.test(third) ? fourth : third
}
