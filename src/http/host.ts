/** Which `Host` headers are answered: on loopback only loopback ones, so that no web page can reach the index through a name of its own. */

/** `host` may have a port. `hosts`: further names, lower case, without port. */
export function isAllowedHost(host: string, hosts: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:\d{1,5}$/, '')
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name) || hosts.includes(name)
}
