/** How long a rules file may be, in signs or bytes: everything in it is held in memory several times. */
export const MAX_LENGTH = 2 ** 21
