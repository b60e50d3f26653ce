/** What a survey of an upstream means for whoever uses it: plain sentences, and what clients will trip over. */
import type { Survey, Told, Tried } from '../assembly/survey.ts'
import type { UpstreamConfig } from '../config/config.ts'
import { isCopyOfPublic, publicProjectsIn } from '../resolve/public-projects.ts'
import { HOW_NOT_TO_FORWARD } from '../resolve/remedy.ts'
import { sayDuration } from '../simple/duration.ts'
import { STRONG_HASH_NAMES } from '../simple/model.ts'

/** `broken`: the upstream cannot be used as it is configured. `mind`: it can, and somebody will be surprised. */
export interface Remark {
  readonly topic: string
  readonly level: 'fine' | 'mind' | 'broken'
  readonly text: string
}

/** About each thing once, in a fixed order. */
export function remarksOn(upstream: UpstreamConfig, survey: Survey): Remark[] {
  const { tried, failure } = survey
  const page: Remark[] =
    tried !== undefined
      ? remarksOnPage(upstream, tried)
      : [
          failure === undefined
            ? mind(
                'pages',
                'no project with files is known to ask for: name one in "expect" or "owns", and more can be said',
              )
            : broken('pages', `cannot be used: ${failure.message}`),
        ]
  return [
    transport(upstream),
    list(upstream, survey.list),
    ...publicProjects(upstream, survey),
    unknownName(upstream, survey),
    ...page,
  ]
}

const fine = (topic: string, text: string): Remark => ({ topic, level: 'fine', text })
const mind = (topic: string, text: string): Remark => ({ topic, level: 'mind', text })
const broken = (topic: string, text: string): Remark => ({ topic, level: 'broken', text })

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

function transport({ url, auth, ca }: UpstreamConfig): Remark {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:') return fine('transport', `https${ca === undefined ? '' : ', trusted by "ca" as well'}`)
  if (LOOPBACK.has(hostname)) return fine('transport', 'plain http on this machine')
  const secret = auth === undefined ? '' : ', and reads the password'
  return mind('transport', `plain http: whoever is on the way can change pages and the hashes on them${secret}`)
}

function list({ private: isPrivate }: UpstreamConfig, told: Survey['list']): Remark {
  const topic = 'list'
  const owns = 'so names are its own only by "owns" and once they were served'
  if ('error' in told) {
    const text = `cannot be read: ${told.error.message}${isPrivate ? `; ${owns}` : ''}`
    return told.error.mayHeal || !isPrivate ? mind(topic, text) : broken(topic, text)
  }
  if (told.value === undefined) return isPrivate ? mind(topic, `it has none, ${owns}`) : fine(topic, 'it has none')
  const count = many(told.value.count, 'project')
  if (isPrivate && isCopyOfPublic(told.value)) {
    return broken(
      topic,
      `${count}, PyPI's among them: it is no private index. Remove "private", or point it at an index of your own projects`,
    )
  }
  return fine(topic, count)
}

/** Of a private upstream that may have PyPI in it, though its list is none of PyPI's. */
function publicProjects({ private: isPrivate }: UpstreamConfig, { list, givesPublic }: Survey): Remark[] {
  const topic = 'public names'
  const names = isPrivate && 'value' in list && list.value !== undefined ? list.value : undefined
  const listed = names === undefined || isCopyOfPublic(names) ? [] : publicProjectsIn(names)
  if (givesPublic) {
    return [
      broken(
        topic,
        'it gives pip and setuptools, as a virtual, group or proxy repository with PyPI in it does: it is no private index, and owns nothing but what "owns" says. Point it at the repository of your own projects, or remove "private"',
      ),
    ]
  }
  if (listed.length === 0) return []
  return [mind(topic, `its list has ${listed.join(', ')}: these are its own, and come from no public index`)]
}

function unknownName({ private: isPrivate }: UpstreamConfig, { unknownName: told, list }: Survey): Remark {
  const topic = 'no such name'
  if ('error' in told) {
    const { error } = told
    const { status } = error
    const names = isPrivate && 'value' in list ? list.value : undefined
    if (error.code === 'forwarded' && names?.count === 0) {
      return broken(
        topic,
        `it sends whoever asks to PyPI, and its list is empty, as GitLab's is for whoever it does not know ("auth"): so nothing shows what it lacks (${HOW_NOT_TO_FORWARD})`,
      )
    }
    if (error.code === 'forwarded' && names !== undefined && !isCopyOfPublic(names)) {
      return mind(
        topic,
        `it sends whoever asks to PyPI, instead of saying 404; what its list does not have counts as absent, and nothing of PyPI as its own (${HOW_NOT_TO_FORWARD})`,
      )
    }
    const lower = 'so nothing that it lacks comes from the upstreams below it either'
    if (error.code === 'redirect-refused' || error.code === 'forwarded')
      return broken(topic, `${error.message}; it should say 404 (${HOW_NOT_TO_FORWARD}), ${lower}`)
    const isHabit = status === 403 || status === 401
    const hint = !isHabit
      ? ''
      : isPrivate
        ? '; if that is how it says that it does not have a project, have it say 404'
        : `; if that is how it says that it does not have a project: "absentOn": [${status}]`
    return broken(topic, `${error.message}, ${lower}${hint}`)
  }
  if (told.value === undefined) return fine(topic, 'it says that it does not have it')
  return told.value.files.length === 0
    ? broken(topic, 'it gives an empty page, which hides the upstreams below it: "emptyIsAbsent": true')
    : broken(topic, 'it gives files for a name that nobody has: it is no index')
}

function remarksOnPage(upstream: UpstreamConfig, tried: Tried): Remark[] {
  const { page, head, outside, file } = tried
  const isJson = head.mediaType.endsWith('+json')
  const dropped =
    page.droppedCount === 0
      ? []
      : [
          mind(
            'entries',
            `${many(page.droppedCount, 'entry', 'entries')} of ${page.name} cannot be used: "unidex explain ${page.name}" says which`,
          ),
        ]
  return [
    isJson
      ? fine('format', 'JSON')
      : fine(
          'format',
          'HTML only, from which Unidex makes JSON; it says no sizes, upload times and statuses, unless it adds them',
        ),
    ...credentials(upstream, tried),
    spelling(tried.spelled),
    caching(upstream, tried),
    ...dropped,
    ...contents(upstream, tried),
    ...places(outside, page.files.length),
    ...(file === undefined ? [] : ofFile(file)),
  ]
}

function credentials({ auth, headers }: UpstreamConfig, { anonymous }: Tried): Remark[] {
  const topic = 'credentials'
  if (auth === undefined && headers.length === 0) return [fine(topic, 'none are configured, and none were asked for')]
  if (anonymous === undefined) return []
  if ('error' in anonymous) {
    const { code, message } = anonymous.error
    if (code === 'denied') return [fine(topic, 'accepted, and it refuses whoever has none')]
    return [mind(topic, `accepted; without them: ${message}`)]
  }
  return [
    anonymous.value === 'page'
      ? mind(topic, 'accepted, but it gives the page without them as well')
      : fine(topic, 'accepted; whoever has none is told that there is no such project'),
  ]
}

function spelling(told: Tried['spelled']): Remark {
  const topic = 'spelling'
  if ('error' in told) return mind(topic, `another spelling of a name is not understood: ${told.error.message}`)
  const unidex = 'Unidex asks for normalized names only'
  if (told.value === 'redirected') return fine(topic, 'other spellings of a name are redirected')
  if (told.value === 'answered') return fine(topic, 'other spellings of a name are answered')
  return fine(topic, `other spellings of a name are not found there; ${unidex}, so that they work here`)
}

function caching({ freshForMs, private: isPrivate }: UpstreamConfig, { head, unchanged }: Tried): Remark {
  const topic = 'caching'
  const { lifetimeMs } = head
  const own =
    lifetimeMs === undefined
      ? 'it does not say for how long a page is good'
      : `pages are good for ${sayDuration(lifetimeMs)}`
  const life = freshForMs === undefined ? own : `${own}, and "freshFor" says ${sayDuration(freshForMs)}`
  const often = isPrivate ? ', which is every two seconds while it is wanted' : ''
  if (unchanged === undefined)
    return mind(topic, `neither ETag nor Last-Modified, so a page is sent whole each time${often}; ${life}`)
  const by = head.etag ? 'ETag' : 'Last-Modified'
  if ('error' in unchanged) return mind(topic, `asked with its ${by} again: ${unchanged.error.message}`)
  return unchanged.value
    ? fine(topic, `${by}, and 304 where nothing has changed; ${life}`)
    : mind(topic, `${by}, but no 304 for it, so a page is sent whole each time${often}; ${life}`)
}

function contents({ uploadTimes }: UpstreamConfig, { page }: Tried): Remark[] {
  const { files } = page
  const wheels = files.filter(({ filename }) => filename.endsWith('.whl'))
  const withTime = files.filter(({ uploadTime }) => uploadTime !== undefined).length
  const withSize = files.filter(({ size }) => size !== undefined).length
  const strong = files.filter(({ hashes }) => STRONG_HASH_NAMES.some((each) => hashes[each] !== undefined)).length
  const unhashed = files.filter(({ hashes }) => Object.keys(hashes).length === 0).length
  const described = wheels.filter(({ coreMetadata }) => coreMetadata !== undefined && coreMetadata !== false).length
  const all = files.length
  const some = (count: number, total = all) =>
    count === 0 ? 'none' : `${count.toLocaleString('en')} of ${total.toLocaleString('en')}`
  return [
    withTime === all
      ? fine('upload times', 'of all files')
      : uploadTimes === 'first-seen'
        ? fine('upload times', `${some(withTime)}; pages have the time at which Unidex saw a file first`)
        : mind(
            'upload times',
            `${some(withTime)}: pip --uploaded-prior-to ends with an error, uv and PDM with --exclude-newer see no such file, Poetry lets it through, unless it has "uploadTimes": "first-seen"; a cooldown counts from when Unidex saw it first`,
          ),
    withSize === all
      ? fine('sizes', 'of all files')
      : fine('sizes', `${some(withSize)}; pages have them as Unidex learns them`),
    strong === all
      ? fine('hashes', 'sha256 or stronger, of all files')
      : mind(
          'hashes',
          `${some(strong)} with sha256 or stronger${unhashed === 0 ? '' : `, ${many(unhashed, 'file')} without any`}: a file that is changed there or on the way is not noticed on its first download, and locks made by uv, Poetry and PDM prove as little`,
        ),
    ...(wheels.length === 0
      ? []
      : [
          described === wheels.length
            ? fine('metadata', 'promised for all wheels')
            : fine(
                'metadata',
                `promised for ${described === 0 ? 'no wheel' : `${some(described, wheels.length)} wheels`}: of the others it is read out of the wheel, of which all is fetched where the server gives no parts`,
              ),
        ]),
  ]
}

function places(outside: Tried['outside'], all: number): Remark[] {
  if (outside.length === 0) return []
  const origins = [...new Set(outside.map(({ url }) => `${new URL(url).origin}/`))]
  const text = `${many(outside.length, 'file')} of ${all.toLocaleString('en')} outside "filesAt", and so hidden: add ${origins
    .slice(0, 3)
    .map((each) => `"${each}"`)
    .join(', ')}, if they belong there`
  return [outside.length === all ? broken('places', text) : mind('places', text)]
}

function ofFile({ file, ranges, metadata }: NonNullable<Tried['file']>): Remark[] {
  return [ofRanges(file.filename, ranges), ...(metadata === undefined ? [] : [ofMetadata(file.filename, metadata)])]
}

function ofRanges(filename: string, told: Told<boolean | undefined>): Remark {
  if ('error' in told) return broken('files', `${filename}: ${told.error.message}`)
  if (told.value === undefined) return broken('files', `${filename} is on its page and is not there`)
  return told.value
    ? fine('files', 'are there, and are given in parts')
    : mind(
        'files',
        'are there, but never in parts: a download that breaks off begins anew, and uv and Poetry, which read parts of a wheel, take all of it',
      )
}

function ofMetadata(filename: string, told: Told<boolean>): Remark {
  if ('error' in told) return mind('metadata', `${filename}.metadata: ${told.error.message}`)
  return told.value
    ? fine('metadata', 'is there where it is promised')
    : mind('metadata', `of ${filename} is promised and not there: pip (23.2 and newer), uv and pipenv give up`)
}

function many(count: number, one: string, more = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : more}`
}
