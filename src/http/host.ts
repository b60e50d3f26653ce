/** Which `Host` headers are answered: on loopback only loopback ones, so that no web page can reach the index through a name of its own. */

/** Whether it is written as a name or address, with or without a port (RFC 9110, section 7.2), and could be part of a URL. */
export function isHost(host: string): boolean {
  return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) && URL.canParse(`http://${host}/`)
}

/** `host` may have a port. `hosts`: further names, lower case, without port. */
export function isAllowedHost(host: string, hosts: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:\d{1,5}$/, '')
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name) || hosts.includes(name)
}
