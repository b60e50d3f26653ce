/** Secrets that must show up nowhere, in every encoding in which they could. */

/** Has signs that each encoding writes in another way. */
export const SECRET = 'canary+/s3cret?=x'

/** As it may be written: plain, percent-encoded, in base64, and in base64 together with its user. */
export const SECRET_FORMS: readonly string[] = [
  SECRET,
  encodeURIComponent(SECRET),
  Buffer.from(SECRET).toString('base64').replace(/=+$/, ''),
  Buffer.from(`ci:${SECRET}`).toString('base64').replace(/=+$/, ''),
]

/** The form in which `text` holds the secret; undefined: in none. */
export function secretIn(text: string): string | undefined {
  return SECRET_FORMS.find((form) => text.includes(form))
}

/** How an upstream's entry in the rules file says the secret; each is a way of its own through the product. */
export const SECRET_PLACES = {
  userinfo: (url: string) => ({ url: url.replace('://', `://ci:${encodeURIComponent(SECRET)}@`) }),
  environment: (url: string) => ({ url, auth: { username: 'ci', password: { env: 'CANARY' } } }),
  netrc: (url: string) => ({ url, auth: 'netrc' }),
} as const

export type SecretPlace = keyof typeof SECRET_PLACES
