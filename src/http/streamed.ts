/** Which answers have a body that comes bit by bit: the server hands them over itself, all others are sent in one go. */

const STREAMED = new WeakSet<Response>()

/** Marks an answer. Looking at its body would tell as well, and make the web's heavy object out of a light one. */
export function streamed(response: Response): Response {
  STREAMED.add(response)
  return response
}

export function isStreamed(response: Response): boolean {
  return STREAMED.has(response)
}
