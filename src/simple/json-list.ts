/** Project lists as JSON (simple repository API, "JSON Serialization"). */
import { checkApiVersion } from './api-version.ts'
import { jsonDocumentReader } from './json-document.ts'
import type { ListReader } from './list-reader.ts'
import { PageError } from './model.ts'
import { parseName } from './name.ts'
import { nameCollector } from './name-collector.ts'
import { checkProjectCount, nameBatches, type NameList } from './name-list.ts'

export function jsonListReader(): ListReader {
  let names = nameCollector()
  let count = 0
  let leftOut = 0
  const document = jsonDocumentReader({
    begin(name) {
      if (name !== 'projects') return
      names = nameCollector()
      count = leftOut = 0
    },
    take(name, projects) {
      if (name !== 'projects') return
      count += projects.length
      checkProjectCount(count)
      for (const project of projects) {
        const name = isObject(project) && typeof project.name === 'string' ? parseName(project.name) : undefined
        if (name === undefined) leftOut += 1
        else names.add(name)
      }
    },
  })
  return {
    write: document.write,
    *end() {
      const list = document.end()
      if (!isObject(list)) throw new PageError('it is no JSON object')
      if (isObject(list.meta)) checkApiVersion(list.meta['api-version'])
      if (!Array.isArray(list.projects)) throw new PageError('its "projects" are no array')
      return yield* names.list()
    },
    leftOut: () => leftOut,
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A list of projects in chunks of 64 KiB or more, but for what is left at the end. */
export function* writeJsonList(names: NameList): Generator<Buffer> {
  let chunk = '{"meta":{"api-version":"1.4"},"projects":['
  for (const batch of nameBatches(names)) {
    yield Buffer.from(`${chunk}{"name":"${batch.join('"},{"name":"')}"}`, 'latin1')
    chunk = ','
  }
  yield Buffer.from(names.count === 0 ? `${chunk}]}` : ']}')
}
