/** A port that others reach must not hand out what a secret was needed for, unless an operator said who they are. */
import { CheckError, type Config, type UpstreamConfig } from '../config/config.ts'
import { isSecretHeader } from '../config/headers.ts'

/** @throws CheckError where an index with an upstream that needs a secret does not say who its `clients` are */
export function refuseOpenHost({ policy, upstreams, openIndexes, source }: Config, host: string): void {
  const faults = [...policy.indexes.values()].flatMap((index) => {
    const asked = new Set([...index.upstreams, ...index.rules.flatMap((rule) => rule.upstreams ?? [])])
    const secret = [...asked].find((name) => needsSecret(upstreams.get(name)))
    return secret === undefined || openIndexes.has(index.name) ? [] : [fault(source, host, index.name, secret)]
  })
  if (faults.length > 0) throw new CheckError(faults.join('\n'))
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** A header from a variable, a file or a command is one because nobody should read it in the rules. */
function needsSecret(upstream: UpstreamConfig | undefined): boolean {
  return (
    upstream !== undefined &&
    (upstream.auth !== undefined ||
      upstream.mirrors.some(({ auth }) => auth !== undefined) ||
      upstream.headers.some(({ name, value }) => value.kind !== 'literal' || isSecretHeader(name)))
  )
}

function fault(source: string, host: string, index: string, upstream: string): string {
  return `${source}: index "${index}" asks upstream "${upstream}" with a secret, and --host ${host} lets others reach it: say who they are with "clients": "anyone" in the index, or listen on 127.0.0.1`
}
